//! Two hundred reloads while callers keep calling: nobody notices but by the answers.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};

use crate::house::{PATIENCE, Session};

use super::{ACME, IN, OUT, acme, plan, target};

const RELOADS: u64 = 200;
const CALLERS: usize = 3;

/// Policies are numbered: even ones let the callers in, odd ones do not.
#[derive(Default)]
struct Numbers {
    /// The newest policy that was written.
    written: AtomicU64,
    /// The newest policy that `/status` has told.
    seen: AtomicU64,
}

impl Numbers {
    /// Calls until the last policy is seen. Tells the first answer of each policy that was seen when asking.
    fn call(&self, mut session: Session, heard: &Sender<u64>) {
        let mut told = 0;
        loop {
            let before = self.seen.load(SeqCst);
            let status = session.ask("GET", &target()).status;
            let after = self.written.load(SeqCst);
            let explains = |policy: u64| status == if policy.is_multiple_of(2) { 200 } else { 403 };
            assert!(
                (before..=after).any(explains),
                "{status} between policies {before} and {after}"
            );
            if before > told {
                told = before;
                let _ = heard.send(before);
            }
            if before >= RELOADS {
                return;
            }
        }
    }
}

#[test]
fn no_request_is_lost_and_every_answer_is_that_of_a_policy_in_force() {
    let plan = plan();
    plan.settings("limits: { requests_per_connection: 10000000 }\n");
    let house = plan.build();
    let numbers = Numbers::default();
    let sessions: Vec<_> = (0..CALLERS).map(|_| house.session("moved")).collect();
    let (sender, heard) = channel();
    std::thread::scope(|scope| {
        for session in sessions {
            let (numbers, sender) = (&numbers, sender.clone());
            scope.spawn(move || numbers.call(session, &sender));
        }
        drop(sender);
        for policy in 1..=RELOADS {
            numbers.written.store(policy, SeqCst);
            house.reload(ACME, &acme(if policy % 2 == 0 { IN } else { OUT }));
            numbers.seen.store(policy, SeqCst);
            for _ in 0..CALLERS {
                if heard.recv_timeout(PATIENCE) != Ok(policy) {
                    // Lets the others end, so that the words of the one that failed are heard.
                    numbers.seen.store(RELOADS, SeqCst);
                    panic!("a caller has had no answer under policy {policy}");
                }
            }
        }
    });
    assert_eq!(house.generation(), 1 + RELOADS);
}
