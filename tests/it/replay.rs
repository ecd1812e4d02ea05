//! Each proof once: whoever sends it again, from wherever, at whatever moment, is told that it is stale.

use std::sync::Barrier;

use crate::house::{Answer, House, PROJECT, Proof, Session};

const TARGET: &str = "/api/atlas/v2/clusters";

/// What a request with this count comes to.
fn with_count(session: &mut Session, count: u32) -> (u16, bool) {
    let proof = Proof {
        count: format!("{count:08x}"),
        ..session.proof("GET", TARGET)
    };
    told(&session.send(&proof.header(), "GET", TARGET))
}

fn told(answer: &Answer) -> (u16, bool) {
    (answer.status, answer.is_stale())
}

const REPLAYED: (u16, bool) = (401, true);
const ACCEPTED: (u16, bool) = (200, false);

#[test]
fn the_same_proof_again_is_stale_and_never_reaches_the_upstream() {
    let house = House::new();
    let mut session = house.session("open");
    assert_eq!(session.ask("GET", TARGET).status, 200);
    let seen = house.upstream.seen().len();
    for _ in 0..3 {
        let again = session.ask_again("GET", TARGET);
        assert_eq!(told(&again), REPLAYED);
        assert_eq!(again.all("www-authenticate").len(), 2);
    }
    assert_eq!(house.upstream.seen().len(), seen);
    assert_eq!(
        session.ask("GET", TARGET).status,
        200,
        "the next count is fresh"
    );
    let other = Proof {
        cnonce: "another".to_owned(),
        ..session.proof("GET", TARGET)
    };
    assert_eq!(
        told(&session.send(&other.header(), "GET", TARGET)),
        REPLAYED,
        "whatever the cnonce"
    );
    let other = Proof {
        sha256: true,
        ..session.proof("GET", TARGET)
    };
    assert_eq!(
        told(&session.send(&other.header(), "GET", TARGET)),
        REPLAYED,
        "whatever the algorithm"
    );
    let other = Proof {
        count: "2".to_owned(),
        ..session.proof("GET", TARGET)
    };
    assert_eq!(
        told(&session.send(&other.header(), "GET", TARGET)),
        REPLAYED,
        "however it is written"
    );
    assert_eq!(
        told(&session.send(&session.proof("GET", "/other").header(), "GET", "/other")),
        REPLAYED,
        "whatever the target"
    );
}

#[test]
fn of_two_that_send_one_proof_at_the_same_instant_one_is_let_through() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connections: Vec<_> = (0..4).map(|_| caller.connect()).collect();
    for round in 0..50 {
        let proof = caller.proof(&mut connections[0], "GET", TARGET);
        let request = caller.request("GET", TARGET, &proof.header(), b"");
        let gate = Barrier::new(connections.len());
        let answers: Vec<_> = std::thread::scope(|scope| {
            let senders: Vec<_> = connections
                .iter_mut()
                .map(|connection| {
                    let (request, gate) = (&request, &gate);
                    scope.spawn(move || {
                        gate.wait();
                        connection.send(request);
                        told(&connection.answer())
                    })
                })
                .collect();
            senders
                .into_iter()
                .map(|sender| sender.join().expect("an answer"))
                .collect()
        });
        let accepted = answers.iter().filter(|answer| **answer == ACCEPTED).count();
        let replayed = answers.iter().filter(|answer| **answer == REPLAYED).count();
        assert_eq!((accepted, replayed), (1, 3), "round {round}: {answers:?}");
    }
    assert_eq!(house.upstream.seen().len(), 50);
}

#[test]
fn counts_may_come_out_of_order_within_256_and_not_below() {
    let house = House::new();
    let mut session = house.session("open");
    for count in [300, 45, 299, 46, 298] {
        assert_eq!(with_count(&mut session, count), ACCEPTED, "{count}");
    }
    for count in [300, 45, 299, 46, 298] {
        assert_eq!(with_count(&mut session, count), REPLAYED, "again {count}");
    }
    for count in [44, 1, 0] {
        assert_eq!(
            with_count(&mut session, count),
            REPLAYED,
            "below the window: {count}"
        );
    }
    assert_eq!(with_count(&mut session, 301), ACCEPTED);
    assert_eq!(with_count(&mut session, 47), ACCEPTED);
    assert_eq!(with_count(&mut session, u32::MAX), ACCEPTED);
    assert_eq!(with_count(&mut session, 302), REPLAYED);
    assert_eq!(with_count(&mut session, u32::MAX - 255), ACCEPTED);
}

#[test]
fn a_count_may_begin_at_nought() {
    let house = House::new();
    let mut session = house.session("open");
    assert_eq!(with_count(&mut session, 0), ACCEPTED);
    assert_eq!(with_count(&mut session, 0), REPLAYED);
    assert_eq!(with_count(&mut session, 1), ACCEPTED);
}

#[test]
fn a_refused_request_spends_nothing() {
    let house = House::new();
    let mut session = house.session("open");
    let target = format!("/api/atlas/v2/groups/{PROJECT}/clusters/C/backup/snapshots");
    let refused = session.ask("POST", &target);
    assert_eq!(refused.error_code(), "RESOURCE_REQUIRES_ACCESS_LIST");
    assert_eq!(
        session.ask_again("POST", &target).status,
        403,
        "again, and no replay"
    );
    assert_eq!(session.ask_again("GET", TARGET).status, 200);
    assert_eq!(told(&session.ask_again("GET", TARGET)), REPLAYED);
    // Once spent, the answer is the refusal still: it is asked first.
    assert_eq!(session.ask_again("POST", &target).status, 403);
}

#[test]
fn malformed_credentials_and_wrong_proofs_spend_nothing() {
    let house = House::new();
    let mut session = house.session("open");
    assert_eq!(session.ask("GET", TARGET).status, 200);
    let next = || Proof {
        count: "00000002".to_owned(),
        ..house_proof(&session)
    };
    let (malformed, elsewhere, wrong) = (
        next().header().replace("qop=auth", "qop=auth-int"),
        Proof {
            uri: "/other".to_owned(),
            ..next()
        }
        .header(),
        Proof {
            password: "wrong".to_owned(),
            ..next()
        }
        .header(),
    );
    for (authorization, status) in [(malformed, 400), (elsewhere, 400), (wrong, 401)] {
        let answer = session.send(&authorization, "GET", TARGET);
        assert_eq!(
            (answer.status, answer.is_stale()),
            (status, false),
            "{authorization}"
        );
    }
    assert_eq!(with_count(&mut session, 2), ACCEPTED);
    assert_eq!(with_count(&mut session, 2), REPLAYED);
}

fn house_proof(session: &Session) -> Proof {
    session.proof("GET", TARGET)
}

#[test]
fn a_request_that_the_upstream_does_not_answer_has_spent_its_proof() {
    let house = House::new();
    let mut session = house.session("open");
    assert_eq!(session.ask("GET", "/x?hangup").status, 502);
    assert_eq!(told(&session.ask_again("GET", "/x?hangup")), REPLAYED);
}

#[test]
fn nonces_have_counts_of_their_own() {
    let house = House::new();
    let (mut one, mut other) = (house.session("open"), house.session("listed"));
    assert_eq!(with_count(&mut one, 7), ACCEPTED);
    assert_eq!(with_count(&mut other, 7), ACCEPTED);
    // One nonce is one row of counts, whoever uses it.
    let shared = Proof {
        nonce: one.proof("GET", TARGET).nonce,
        count: "00000007".to_owned(),
        ..other.proof("GET", TARGET)
    };
    assert_eq!(told(&other.send(&shared.header(), "GET", TARGET)), REPLAYED);
}
