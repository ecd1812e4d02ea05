//! Nobody can take more than a share: connections, requests, and guesses are bounded.

use std::net::{IpAddr, Ipv4Addr};

use crate::house::{self, Connection, House, Plan, Proof, Stage};

#[test]
fn a_source_with_too_many_connections_is_turned_away_and_others_are_not() {
    let plan = Plan::new();
    plan.settings("limits: { connections_per_source: 2 }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut first = caller.connect();
    let mut second = caller.connect();
    for connection in [&mut first, &mut second] {
        caller.proof(connection, "GET", "/");
    }
    let mut third = caller.connect();
    let answer = third.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (503, "OVERLOADED")
    );
    assert_eq!(answer.field("connection"), Some("close"));
    assert_eq!(answer.field("x-request-id").map(str::len), Some(32));
    third.end();
    house.until_metric(&house::requests("fail", "overloaded"), 1.0);
    let another = house.caller("open").from_address(2);
    assert_eq!(
        another.get("/").status,
        200,
        "another source has its own share"
    );
    drop(second);
    house.until_metric(
        "keywarden_connections{listener=\"public\",state=\"idle\"}",
        1.0,
    );
    assert_eq!(caller.get("/").status, 200, "leaving makes room");
    caller.proof(&mut first, "GET", "/");
}

#[test]
fn a_listener_with_too_many_connections_turns_everybody_away() {
    let plan = Plan::new();
    plan.settings("limits: { connections: 1 }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut first = caller.connect();
    caller.proof(&mut first, "GET", "/");
    let from = IpAddr::from(Ipv4Addr::new(127, 0, 0, 9));
    let answer = Connection::open_from(house.address(), from).answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (503, "OVERLOADED")
    );
}

#[test]
fn a_connection_serves_so_many_requests_and_says_which_is_the_last() {
    let plan = Plan::new();
    plan.settings("limits: { requests_per_connection: 3 }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "GET", "/");
    connection.send(&caller.request("GET", "/", &proof.header(), b""));
    assert_eq!(connection.answer().field("connection"), None);
    let last = Proof {
        count: "00000002".to_owned(),
        ..proof
    };
    connection.send(&caller.request("GET", "/", &last.header(), b""));
    let answer = connection.answer();
    assert_eq!(
        (answer.status, answer.field("connection")),
        (200, Some("close"))
    );
    assert_eq!(connection.end(), b"");
}

#[test]
fn a_key_has_so_many_requests_in_flight_until_their_answers_have_ended() {
    let stage = Stage::new();
    let plan = Plan::new();
    plan.forwarding_to(&stage.url(), "limits: { in_flight_per_key: 1 }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut first = caller.connect();
    let proof = caller.proof(&mut first, "GET", "/");
    first.send(&caller.request("GET", "/", &proof.header(), b""));
    let mut upstream = stage.enter();
    upstream.head();
    let busy = caller.get("/");
    assert_eq!(
        (busy.status, busy.error_code().as_str()),
        (503, "OVERLOADED"),
        "waiting for a head"
    );
    assert!(busy.field("retry-after").is_some());
    // Closing, so that no worker's pool has it when the third request comes.
    upstream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nab");
    first.head();
    assert_eq!(first.octets(2), b"ab");
    assert_eq!(
        caller.get("/").status,
        503,
        "half an answer is still in flight"
    );
    let other = house.caller("listed");
    let mut second = other.connect();
    let proof = other.proof(&mut second, "GET", "/");
    second.send(&other.request("GET", "/", &proof.header(), b""));
    let mut another = stage.enter();
    another.head();
    another.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    assert_eq!(second.answer().status, 200, "another key has its own share");
    upstream.send(b"cd");
    assert_eq!(first.octets(2), b"cd");
    house.until_metric("keywarden_requests_in_flight{listener=\"public\"}", 0.0);
    let mut third = caller.connect();
    let proof = caller.proof(&mut third, "GET", "/");
    third.send(&caller.request("GET", "/", &proof.header(), b""));
    let mut upstream = stage.enter();
    upstream.head();
    upstream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(third.answer().status, 200, "the end makes room");
}

#[test]
fn failed_proofs_make_the_guesser_wait_and_nobody_else() {
    let plan = Plan::new();
    plan.unguarded(
        "throttle: { burst: 3, per_second: 0.01 }\nshutdown: { linger: 0s, grace: 1s }\n",
    );
    let house = plan.build();
    let guesser = house
        .caller("open")
        .from_address(7)
        .with_private_key("a guess");
    for _ in 0..3 {
        assert_eq!(guesser.get("/").status, 401, "a few may fail");
    }
    let answer = guesser.get("/");
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (429, "RATE_LIMITED")
    );
    let seconds: u64 = answer
        .field("retry-after")
        .expect("when")
        .parse()
        .expect("seconds");
    assert!((1..=3600).contains(&seconds), "{seconds}");
    assert_eq!(answer.field("www-authenticate"), None);
    let same = house.caller("open").from_address(7);
    assert_eq!(
        same.get("/").status,
        429,
        "not even the right one is looked at from there"
    );
    assert_eq!(
        house.caller("open").from_address(8).get("/").status,
        200,
        "the key from elsewhere is"
    );
    assert_eq!(
        house.caller("elsewhere").from_address(7).get("/").status,
        403,
        "another key from there is"
    );
    house.until_metric("keywarden_throttled_total", 2.0);
    let exempt = House::new();
    let guesser = exempt.caller("open").with_private_key("a guess");
    for _ in 0..15 {
        assert_eq!(guesser.get("/").status, 401, "an exempt source never waits");
    }
}
