//! Proofs spent once, in any order, by many at once, and never again after anything was forgotten.

use std::collections::{HashMap, HashSet};
use std::sync::Barrier;
use std::thread;

use proptest::prelude::*;

use super::*;

const LIFETIME: Duration = Duration::from_secs(300);
const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_123);

fn memory() -> Memory {
    Memory::new(1_000_000, LIFETIME)
}

fn at(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

fn ticket(nonce: u64, issued: Timestamp, count: u32) -> Ticket {
    Ticket {
        nonce,
        issued,
        count,
    }
}

fn passes(memory: &Memory, nonce: u64, count: u32) -> bool {
    memory.spend(ticket(nonce, NOW, count), NOW).is_ok()
}

#[test]
fn a_proof_passes_once() {
    let memory = memory();
    for count in [1, 2, 0, 41, 3, u32::MAX] {
        assert!(passes(&memory, 7, count));
        assert!(!passes(&memory, 7, count));
    }
    assert!(!passes(&memory, 7, 4), "below the window");
    assert!(passes(&memory, 8, 1), "another nonce counts for itself");
    assert_eq!(memory.occupancy().nonces, 2);
}

#[test]
fn a_nonce_passes_within_its_lifetime_and_the_skew_and_not_outside() {
    let memory = memory();
    let passes =
        |issued: u64, now: u64| memory.spend(ticket(issued, at(issued), 1), at(now)).is_ok();
    assert!(passes(1_000, 1_300));
    assert!(!passes(999, 1_300));
    assert!(passes(1_330, 1_300));
    assert!(!passes(1_331, 1_300));
}

#[test]
fn expired_nonces_are_forgotten_and_stay_refused() {
    let memory = memory();
    for nonce in 0..1_000 {
        memory.spend(ticket(nonce << 30, NOW, 1), NOW).unwrap();
    }
    assert_eq!(memory.occupancy().nonces, 1_000);
    memory.spend(ticket(1, at(400), 1), at(400)).unwrap();
    assert_eq!(memory.occupancy().nonces, 1);
    for now in [at(400), at(100), NOW] {
        assert!(
            memory.spend(ticket(5 << 30, NOW, 1), now).is_err(),
            "the clock may go back"
        );
        assert!(memory.spend(ticket(5 << 30, NOW, 2), now).is_err());
    }
}

#[test]
fn changing_the_lifetime_forgets_no_spent_proof() {
    let memory = memory();
    let spent = ticket(7, at(100), 1);
    memory.spend(spent, at(100)).unwrap();
    memory.set_lifetime(Duration::from_secs(3_600));
    assert!(
        memory.spend(spent, at(500)).is_err(),
        "remembered for longer"
    );
    memory.set_lifetime(Duration::from_secs(10));
    memory.spend(ticket(8, at(500), 1), at(500)).unwrap();
    assert_eq!(memory.occupancy().nonces, 1, "forgotten");
    memory.set_lifetime(Duration::from_secs(3_600));
    assert!(
        memory.spend(spent, at(500)).is_err(),
        "and refused all the same"
    );
    memory.spend(ticket(10, at(505), 1), at(510)).unwrap();
}

#[test]
fn nonces_from_before_the_start_are_refused() {
    let memory = memory().started(at(10));
    assert!(memory.spend(ticket(7, at(9), 1), at(11)).is_err());
    assert!(memory.spend(ticket(7, at(10), 1), at(11)).is_ok());
}

#[test]
fn a_full_bucket_refuses_unseen_nonces_and_still_knows_the_others() {
    let memory = Memory::new(128, LIFETIME);
    assert!(passes(&memory, 1, 1) && passes(&memory, 2, 5));
    assert!(!passes(&memory, 3, 1));
    assert_eq!(
        memory.occupancy(),
        Occupancy {
            nonces: 2,
            overflows: 1
        }
    );
    assert!(passes(&memory, 1, 2) && passes(&memory, 2, 6));
    assert!(!passes(&memory, 1, 1) && !passes(&memory, 2, 5));
    assert_eq!(
        memory.occupancy(),
        Occupancy {
            nonces: 2,
            overflows: 1
        }
    );
    assert!(
        passes(&memory, 1 << 32, 1),
        "the next shard has room of its own"
    );
}

#[test]
fn a_full_shard_makes_room_for_later_nonces_by_refusing_earlier_ones() {
    let memory = Memory::new(64, LIFETIME);
    let early = ticket(1, NOW, 1);
    memory.spend(early, NOW).unwrap();
    memory.spend(ticket(2, at(60), 1), at(60)).unwrap();
    assert!(memory.spend(early, at(60)).is_err());
    assert!(memory.spend(ticket(1, NOW, 2), at(60)).is_err());
    assert!(
        memory.spend(ticket(3, at(30), 1), at(60)).is_err(),
        "no room for an earlier one"
    );
    assert_eq!(
        memory.occupancy(),
        Occupancy {
            nonces: 1,
            overflows: 1
        }
    );
}

#[test]
fn of_many_that_race_for_one_proof_exactly_one_passes() {
    let memory = memory();
    let (rounds, racers) = (200, 8);
    let start = Barrier::new(racers);
    let race = || {
        let race_once = |round: u64| {
            start.wait();
            let ticket = ticket(round % 5, NOW, u32::try_from(round).unwrap());
            usize::from(memory.spend(ticket, NOW).is_ok())
        };
        (0..rounds).map(race_once).collect::<Vec<_>>()
    };
    let passed: Vec<Vec<usize>> = thread::scope(|scope| {
        let racers: Vec<_> = (0..racers).map(|_| scope.spawn(race)).collect();
        racers
            .into_iter()
            .map(|racer| racer.join().unwrap())
            .collect()
    });
    for round in 0..passed[0].len() {
        let winners: usize = passed.iter().map(|racer| racer[round]).sum();
        assert_eq!(winners, 1, "round {round}");
    }
}

/// One call of the model check: which nonce, with which count, how many seconds later.
type Call = (u64, u32, u64);

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let count = prop_oneof![4 => 0..6_u32, 2 => 0..400_u32, 1 => any::<u32>()];
    let later = prop_oneof![8 => Just(0_u64), 2 => 0..20_u64, 1 => 0..400_u64];
    prop::collection::vec((0..12_u64, count, later), 1..200)
}

/// Nonces of the model check are issued 25 s apart and spread over two shards.
fn modelled(nonce: u64, count: u32) -> Ticket {
    ticket((nonce % 2) << 32 | nonce, at(nonce * 25), count)
}

proptest! {
    #[test]
    fn the_memory_answers_as_a_plain_set_with_a_window_would(calls in calls()) {
        let memory = memory();
        let mut model: HashMap<u64, (u32, HashSet<u32>)> = HashMap::new();
        let mut seconds = 0;
        for (nonce, count, later) in calls {
            seconds += later;
            let (issued, now) = (at(nonce * 25), at(seconds));
            let alive = now.since(issued) <= LIFETIME && issued.since(now) <= NonceKeys::SKEW;
            let (highest, seen) = model.entry(nonce).or_default();
            let fresh = alive
                && (seen.is_empty() || count > *highest || *highest - count < 256)
                && seen.insert(count);
            if fresh {
                *highest = count.max(*highest);
            }
            prop_assert_eq!(memory.spend(modelled(nonce, count), now).is_ok(), fresh);
        }
    }

    #[test]
    fn nothing_passes_twice_however_small_the_memory_and_however_clock_and_lifetime_jump(
        calls in prop::collection::vec((0..12_u64, 0..4_u32, 0..500_u64, 1..400_u64), 1..200),
        capacity in 0..400_usize,
    ) {
        let memory = Memory::new(capacity, LIFETIME);
        let mut passed = HashSet::new();
        for (nonce, count, seconds, lifetime) in calls {
            memory.set_lifetime(Duration::from_secs(lifetime));
            if memory.spend(modelled(nonce, count), at(seconds)).is_ok() {
                prop_assert!(passed.insert((nonce, count)));
            }
            prop_assert!(memory.occupancy().nonces <= capacity.div_ceil(64).max(1) as u64 * 64);
        }
    }
}
