//! What is seen from outside: metrics, health and status, for reading only; and a shutdown that loses nobody.

use std::time::Duration;

use crate::house::{self, Answer, Connection, House, Plan, Stage};

fn ask(house: &House, request: &str) -> Answer {
    let mut connection = Connection::open(house.gateway().admin());
    connection.send(request.as_bytes());
    if request.starts_with("HEAD") {
        connection.answer_to_head()
    } else {
        connection.answer()
    }
}

#[test]
fn the_admin_listener_is_for_reading_and_for_those_who_name_it_by_address() {
    let house = House::new();
    let cases = [
        ("GET /metrics HTTP/1.1\r\nHost: localhost", 200),
        ("HEAD /metrics HTTP/1.1\r\nHost: localhost:9180", 200),
        ("GET /health/live HTTP/1.1\r\nHost: 127.0.0.1:9180", 200),
        ("GET /health/ready HTTP/1.1\r\nHost: [::1]:9180", 200),
        ("GET /status HTTP/1.1\r\nHost: [::1]", 200),
        ("GET /nothing HTTP/1.1\r\nHost: localhost", 404),
        ("GET / HTTP/1.1\r\nHost: localhost", 404),
        ("GET /metrics HTTP/1.1\r\nHost: evil.example", 421),
        ("GET /metrics HTTP/1.1\r\nHost: localhost.evil.example", 421),
        ("GET /metrics HTTP/1.1\r\nX: no host", 421),
        (
            "POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0",
            405,
        ),
        ("DELETE /status HTTP/1.1\r\nHost: localhost", 405),
        ("OPTIONS /status HTTP/1.1\r\nHost: localhost", 405),
    ];
    for (request, status) in cases {
        let answer = ask(&house, &format!("{request}\r\n\r\n"));
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{request}");
        if status == 405 {
            assert_eq!(answer.field("allow"), Some("GET, HEAD"), "{request}");
        }
    }
}

#[test]
fn metrics_are_text_with_every_family_and_they_count() {
    let house = House::new();
    house.caller("open").get("/");
    house.caller("elsewhere").get("/");
    let (granted, refused) = (
        house::requests("forward", "granted"),
        house::requests("refuse", "address_not_on_access_list"),
    );
    house.until_metric(&granted, 1.0);
    house.until_metric(&refused, 1.0);
    house.until_metric(&house::requests("challenge", "credentials_missing"), 2.0);
    house.caller("open").get("/");
    house.until_metric(&granted, 2.0);
    house.until_metric("keywarden_upstream_requests_total{code=\"200\"}", 2.0);
    house.until_metric("keywarden_nonces_issued_total", 3.0);
    house.until_metric("keywarden_replay_cache_entries", 2.0);
    let answer = ask(&house, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(
        answer.field("content-type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
    let text = answer.text();
    let families = [
        "keywarden_requests_total",
        "keywarden_request_duration_seconds",
        "keywarden_decision_duration_seconds",
        "keywarden_requests_in_flight",
        "keywarden_observed_refusals_total",
        "keywarden_connections_total",
        "keywarden_connections",
        "keywarden_upstream_requests_total",
        "keywarden_upstream_request_duration_seconds",
        "keywarden_nonces_issued_total",
        "keywarden_replay_refusals_total",
        "keywarden_throttled_total",
        "keywarden_config_reloads_total",
        "keywarden_config_last_reload_successful",
        "keywarden_config_files",
        "keywarden_config_info",
        "keywarden_organizations",
        "keywarden_keys",
        "keywarden_access_list_entries",
        "keywarden_replay_cache_entries",
        "keywarden_panics_caught_total",
        "keywarden_build_info",
        "process_start_time_seconds",
    ];
    for family in families {
        assert!(
            text.contains(&format!("# TYPE {family} ")),
            "{family} is missing"
        );
        assert!(
            text.contains(&format!("# HELP {family} ")),
            "{family} is not explained"
        );
    }
    house.until_metric("keywarden_organizations", 1.0);
    for name in [house::PRIVATE_KEY, "\"open\"", "elsewhere"] {
        assert!(!text.contains(name), "no label bears {name}");
    }
}

#[test]
fn the_status_says_what_is_in_force_and_where() {
    let house = House::new();
    let status = house.status();
    assert_eq!(status["ready"], true);
    assert_eq!(status["generation"]["number"], 1);
    assert!(
        !status["generation"]["fingerprint"]
            .as_str()
            .expect("text")
            .is_empty()
    );
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["listeners"][0]["name"], "public");
    assert_eq!(
        status["listeners"][0]["address"],
        house.address().to_string()
    );
    assert_eq!(
        status["upstream"][0],
        format!("http://{}", house.upstream.address())
    );
    assert_eq!(status["policy"]["organizations"], 1);
    assert_eq!(status["policy"]["keys"], 3);
    assert_eq!(status["policy"]["keys_with_access_list"], 2);
    let files = status["files"].as_array().expect("files");
    assert!(files.len() >= 4, "{status:#}");
    assert!(!house.admin("/status").1.contains(house::PRIVATE_KEY));
}

#[test]
fn while_it_lingers_it_is_not_ready_still_serves_and_tells_connections_to_close() {
    let plan = Plan::new();
    plan.unguarded("shutdown: { linger: 10s, grace: 1s }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut old = caller.connect();
    let proof = caller.proof(&mut old, "GET", "/");
    assert_eq!(house.admin("/health/ready").0, 200);
    house.gateway().stop();
    assert_eq!(house.admin("/health/ready").0, 503, "no new work, please");
    assert_eq!(house.admin("/health/live").0, 200, "but nothing is wrong");
    assert_eq!(house.status()["ready"], false);
    old.send(&caller.request("GET", "/", &proof.header(), b""));
    let answer = old.answer();
    assert_eq!(
        (answer.status, answer.field("connection")),
        (200, Some("close"))
    );
    assert_eq!(old.end(), b"");
    let mut new = caller.connect();
    new.send(&caller.request("GET", "/", "", b""));
    let answer = new.answer();
    assert_eq!(
        (answer.status, answer.field("connection")),
        (401, Some("close")),
        "who still comes is served"
    );
}

#[test]
fn a_shutdown_lets_what_is_in_flight_end_and_closes_the_rest() {
    let stage = Stage::new();
    let plan = Plan::new();
    let text = house::keywarden_yaml(&stage.url(), "").replace("grace: 1s", "grace: 20s");
    plan.write("keywarden.yaml", &text);
    let mut house = plan.build();
    let caller = house.caller("open");
    let mut busy = caller.connect();
    let proof = caller.proof(&mut busy, "GET", "/");
    busy.send(&caller.request("GET", "/", &proof.header(), b""));
    let mut upstream = stage.enter();
    upstream.head();
    let mut idle = caller.connect();
    caller.proof(&mut idle, "GET", "/");
    let mut fresh = caller.connect();
    let gateway = house.take_gateway();
    gateway.stop();
    assert_eq!(idle.end(), b"", "an idle connection is closed");
    assert_eq!(fresh.end(), b"", "and one that never said anything");
    assert!(
        busy.is_silent_for(Duration::from_millis(50)),
        "the busy one is waited for"
    );
    upstream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
    let answer = busy.answer();
    assert_eq!((answer.status, answer.text().as_str()), (200, "done"));
    assert_eq!(busy.end(), b"");
    gateway.wait();
}
