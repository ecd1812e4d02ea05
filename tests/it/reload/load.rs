//! Two hundred reloads while callers keep calling: nobody notices but by the answers.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Instant;

use crate::house::PATIENCE;

use super::{ACME, IN, OUT, acme, plan, target};

const RELOADS: u64 = 200;
const CALLERS: usize = 3;

/// Policies are numbered: even ones let the callers in, odd ones do not.
#[derive(Default)]
struct Clockwork {
    /// The newest policy that was written.
    written: AtomicU64,
    /// The newest policy that `/status` has told.
    seen: AtomicU64,
    /// For each caller, what was seen when its last answered request began.
    answered: [AtomicU64; CALLERS],
}

#[test]
fn no_request_is_lost_and_every_answer_is_that_of_a_policy_in_force() {
    let plan = plan();
    plan.settings("limits: { requests_per_connection: 10000000 }\n");
    let house = plan.build();
    let clockwork = Clockwork::default();
    let sessions: Vec<_> = (0..CALLERS).map(|_| house.session("moved")).collect();
    std::thread::scope(|scope| {
        for (index, mut session) in sessions.into_iter().enumerate() {
            let clockwork = &clockwork;
            scope.spawn(move || {
                while clockwork.seen.load(SeqCst) < RELOADS {
                    let before = clockwork.seen.load(SeqCst);
                    let status = session.ask("GET", &target()).status;
                    let after = clockwork.written.load(SeqCst);
                    let explained = (before..=after)
                        .any(|policy| status == if policy % 2 == 0 { 200 } else { 403 });
                    assert!(explained, "{status} between policies {before} and {after}");
                    clockwork.answered[index].store(before, SeqCst);
                }
            });
        }
        for policy in 1..RELOADS {
            clockwork.written.store(policy, SeqCst);
            house.reload(ACME, &acme(if policy % 2 == 0 { IN } else { OUT }));
            clockwork.seen.store(policy, SeqCst);
            let heard = || {
                clockwork
                    .answered
                    .iter()
                    .all(|seen| seen.load(SeqCst) == policy)
            };
            let began = Instant::now();
            while !heard() && began.elapsed() < PATIENCE {
                std::thread::yield_now();
            }
            if !heard() {
                // Lets the callers end, so that their own words are heard.
                clockwork.seen.store(RELOADS, SeqCst);
                panic!("a caller has had no answer under policy {policy}");
            }
        }
        clockwork.written.store(RELOADS, SeqCst);
        clockwork.seen.store(RELOADS, SeqCst);
    });
    assert_eq!(house.generation(), RELOADS);
}
