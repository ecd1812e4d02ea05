//! Whatever can be sent is answered properly or not at all, reaches nobody, and ends nothing but its own connection.

use std::fs;
use std::time::Instant;

use crate::house::{self, Answer, Caller, Connection, House, PATIENCE, Plan};

/// A request that is rejected: its octets (`{host}` and `{auth}` filled in), its answer and the reason told.
type Row = (&'static str, &'static str, u16, &'static str, &'static str);

const BAD: &str = "MALFORMED_REQUEST";

/// Heads that never become a request, and requests with more than one reading.
const ROWS: &[Row] = &[
    (
        "a bare LF",
        "GET / HTTP/1.1\nHost: {host}\n\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "one bare LF",
        "GET / HTTP/1.1\r\nHost: {host}\nX: 1\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "a line end first",
        "\r\nGET / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "two blanks",
        "GET  / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "no version",
        "GET /\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "TLS on a plain port",
        "\u{16}\u{3}\u{1}\u{2}",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "garbage",
        "\u{0}\u{1}\u{2}\u{3}\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "HTTP/1.0",
        "GET / HTTP/1.0\r\nHost: {host}\r\n\r\n",
        505,
        "HTTP_VERSION_NOT_SUPPORTED",
        "version_unsupported",
    ),
    (
        "HTTP/2.0 in words",
        "GET / HTTP/2.0\r\nHost: {host}\r\n\r\n",
        505,
        "HTTP_VERSION_NOT_SUPPORTED",
        "version_unsupported",
    ),
    (
        "the preface of HTTP/2",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        505,
        "HTTP_VERSION_NOT_SUPPORTED",
        "version_unsupported",
    ),
    (
        "no Host",
        "GET / HTTP/1.1\r\nX: 1\r\n\r\n",
        400,
        BAD,
        "host_ambiguous",
    ),
    (
        "two Hosts",
        "GET / HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "host_ambiguous",
    ),
    (
        "an empty Host",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        400,
        BAD,
        "host_ambiguous",
    ),
    (
        "a user in Host",
        "GET / HTTP/1.1\r\nHost: u@{host}\r\n\r\n",
        400,
        BAD,
        "host_ambiguous",
    ),
    (
        "a path in Host",
        "GET / HTTP/1.1\r\nHost: {host}/x\r\n\r\n",
        400,
        BAD,
        "host_ambiguous",
    ),
    (
        "another Host",
        "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        421,
        "MISDIRECTED_REQUEST",
        "host_misdirected",
    ),
    (
        "another authority",
        "GET http://evil.example/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
        421,
        "MISDIRECTED_REQUEST",
        "host_misdirected",
    ),
    (
        "ftp",
        "GET ftp://{host}/ HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "authority-form",
        "GET {host} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "an asterisk",
        "GET * HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "a fragment",
        "GET /a#b HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "two slashes",
        "GET //a HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "dots",
        "GET /a/../b HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "encoded dots",
        "GET /a/%2e%2e/b HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "a backslash",
        "GET /a\\b HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "a parameter",
        "GET /a;b HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "an encoded NUL",
        "GET /a%00 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "half an escape",
        "GET /a%2 HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "a raw octet",
        "GET /\u{e9} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "target_ambiguous",
    ),
    (
        "lower case",
        "get / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "method_malformed",
    ),
    (
        "no token",
        "G(T / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        400,
        BAD,
        "method_malformed",
    ),
    (
        "an unknown method",
        "PROPFIND / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        501,
        "METHOD_NOT_IMPLEMENTED",
        "method_unknown",
    ),
    (
        "TRACE",
        "TRACE / HTTP/1.1\r\nHost: {host}\r\n\r\n",
        405,
        "METHOD_NOT_ALLOWED",
        "method_forbidden",
    ),
    (
        "CONNECT",
        "CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n",
        405,
        "METHOD_NOT_ALLOWED",
        "method_forbidden",
    ),
    (
        "CONNECT elsewhere",
        "CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
        405,
        "METHOD_NOT_ALLOWED",
        "method_forbidden",
    ),
    (
        "OPTIONS *",
        "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n\r\n",
        405,
        "METHOD_NOT_ALLOWED",
        "method_forbidden",
    ),
    (
        "both framings",
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "two lengths",
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "a signed length",
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +5\r\n\r\nhello",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "two codings",
        "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "chunked first",
        "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "gzip",
        "POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        501,
        "TRANSFER_CODING_NOT_IMPLEMENTED",
        "transfer_coding_unknown",
    ),
    (
        "too long a body",
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 99999999999\r\n\r\n",
        413,
        "BODY_TOO_LARGE",
        "body_too_large",
    ),
    (
        "a folded field",
        "GET / HTTP/1.1\r\nHost: {host}\r\nX: a\r\n b\r\n\r\n",
        400,
        BAD,
        "header_ambiguous",
    ),
    (
        "a blank before the colon",
        "GET / HTTP/1.1\r\nHost: {host}\r\nX : a\r\n\r\n",
        400,
        BAD,
        "header_ambiguous",
    ),
    (
        "no colon",
        "GET / HTTP/1.1\r\nHost: {host}\r\nfoo\r\n\r\n",
        400,
        BAD,
        "header_ambiguous",
    ),
    (
        "a NUL",
        "GET / HTTP/1.1\r\nHost: {host}\r\nX: a\u{0}b\r\n\r\n",
        400,
        BAD,
        "header_ambiguous",
    ),
    (
        "a bare CR",
        "GET / HTTP/1.1\r\nHost: {host}\r\nX: a\rb\r\n\r\n",
        400,
        BAD,
        "framing_ambiguous",
    ),
    (
        "a nominated Authorization",
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Authorization\r\n\r\n",
        400,
        BAD,
        "header_ambiguous",
    ),
    (
        "a nominated X-Forwarded-For",
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close, X-Forwarded-For\r\n\r\n",
        400,
        BAD,
        "header_ambiguous",
    ),
    (
        "another expectation",
        "GET / HTTP/1.1\r\nHost: {host}\r\nExpect: 200-ok\r\n\r\n",
        417,
        "EXPECTATION_FAILED",
        "expectation_unknown",
    ),
];

#[test]
fn what_has_more_than_one_reading_is_rejected_told_and_kept_from_the_upstream() {
    let logs = tempfile::tempdir().expect("a folder");
    let file = logs.path().join("access.log");
    let plan = Plan::new();
    plan.listening(
        &["{ name: public, address: 127.0.0.1:0, server_names: [127.0.0.1] }"],
        &format!("access_log: {{ path: {} }}\n", file.display()),
    );
    let house = plan.build();
    let caller = house.caller("open");
    let mut counts = std::collections::BTreeMap::new();
    let mut told = Vec::new();
    for (what, octets, status, code, reason) in rows() {
        let mut connection = caller.connect();
        let octets: Vec<u8> = octets
            .replace("{host}", &caller.host())
            .chars()
            .map(octet)
            .collect();
        connection.send(&octets);
        let answer = connection.answer();
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (status, code),
            "{what}"
        );
        assert_rejection(&answer, what);
        connection.end();
        *counts.entry(reason).or_insert(0.0) += 1.0;
        told.push((
            answer.field("x-request-id").unwrap_or_default().to_owned(),
            what,
            status,
            reason,
        ));
    }
    assert!(
        house.upstream.seen().is_empty(),
        "nothing was forwarded: {:?}",
        house.upstream.seen()
    );
    for (reason, count) in counts {
        house.until_metric(&house::requests("reject", reason), count);
    }
    for (id, what, status, reason) in told {
        let line = logged(&file, &id);
        assert_eq!(line["http.response.status_code"], status, "{what}");
        assert_eq!(line["keywarden.decision"], "reject", "{what}");
        assert_eq!(line["keywarden.reason"], reason, "{what}");
    }
    assert_eq!(
        house.caller("open").get("/").status,
        200,
        "and everybody else is served"
    );
    house.until_metric("keywarden_panics_caught_total", 0.0);
}

#[test]
fn a_good_request_is_answered_before_the_bad_one_behind_it_is_rejected() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "GET", "/good");
    let good = caller.request("GET", "/good", &proof.header(), b"");
    let bad = format!("GET /smuggled HTTP/1.1\nHost: {}\n\n", caller.host());
    connection.send(&[good, bad.into_bytes()].concat());
    assert_eq!(connection.answer().status, 200);
    let rejected = connection.answer();
    assert_eq!(
        (rejected.status, rejected.error_code().as_str()),
        (400, BAD)
    );
    connection.end();
    let seen = house.upstream.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].target(), "/good");
}

#[test]
fn each_of_several_requests_at_once_is_asked_for_its_own_proof() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "GET", "/1");
    let first = caller.request("GET", "/1", &proof.header(), b"");
    let second = caller.request("GET", "/2", "", b"");
    let third = caller.request("GET", "/1", &proof.header(), b"");
    connection.send(&[first, second, third].concat());
    assert_eq!(connection.answer().status, 200);
    assert_eq!(connection.answer().status, 401, "no proof at all");
    let again = connection.answer();
    assert_eq!(
        (again.status, again.is_stale()),
        (401, true),
        "a proof serves once"
    );
    assert_eq!(house.upstream.seen().len(), 1);
}

#[test]
fn a_broken_chunk_never_ends_a_body() {
    let house = House::new();
    let caller = house.caller("open");
    for broken in [
        "5\nhello\r\n0\r\n\r\n",
        "5;x\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "\r\nhello\r\n0\r\n\r\n",
    ] {
        let mut connection = caller.connect();
        let proof = caller.proof(&mut connection, "POST", "/");
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTransfer-Encoding: chunked\r\n\r\n{broken}",
            caller.host(),
            proof.header()
        );
        connection.send(head.as_bytes());
        connection.send(b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = connection.answer();
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (400, BAD),
            "{broken:?}"
        );
        assert_eq!(
            connection.end(),
            b"",
            "nothing behind it is read: {broken:?}"
        );
    }
    assert!(
        house.upstream.seen().is_empty(),
        "no whole request: {:?}",
        house.upstream.seen()
    );
}

#[test]
fn nobody_is_told_to_go_on_before_the_proof() {
    let house = House::new();
    let caller = house.caller("listed").with_field("Expect: 100-continue");
    let target = "/upload";
    let mut connection = caller.connect();
    connection.send(&unfinished(&caller, target, ""));
    assert!(
        connection.head().starts_with("HTTP/1.1 401 "),
        "no 100 before it"
    );
    // A wrong key and a wrong address are not told to go on either.
    let wrong = caller.clone().with_private_key("wrong");
    let mut connection = wrong.connect();
    let proof =
        house
            .caller("listed")
            .with_private_key("wrong")
            .proof(&mut connection, "POST", target);
    connection.send(&unfinished(&wrong, target, &proof.header()));
    assert!(connection.head().starts_with("HTTP/1.1 401 "));
    let elsewhere = house.caller("elsewhere").with_field("Expect: 100-continue");
    let mut connection = elsewhere.connect();
    let proof = house
        .caller("elsewhere")
        .proof(&mut connection, "POST", target);
    connection.send(&unfinished(&elsewhere, target, &proof.header()));
    assert!(connection.head().starts_with("HTTP/1.1 403 "));
    // The proven caller is, and the upstream is not asked to say so.
    let mut connection = caller.connect();
    let proof = house
        .caller("listed")
        .proof(&mut connection, "POST", target);
    connection.send(&unfinished(&caller, target, &proof.header()));
    assert!(connection.head().starts_with("HTTP/1.1 100 "));
    connection.send(b"{}");
    assert_eq!(connection.answer().status, 200);
    let seen = house.upstream.last();
    assert_eq!(
        (seen.only("expect"), seen.body.as_slice()),
        (None, &b"{}"[..])
    );
}

#[test]
fn a_caller_that_posts_without_a_proof_can_read_its_challenge() {
    let house = House::new();
    let caller = house.caller("open");
    for (octets, chunked) in [(1 << 20, false), (8 << 20, false), (8 << 20, true)] {
        let mut connection = caller.connect();
        let framing = if chunked {
            "Transfer-Encoding: chunked".to_owned()
        } else {
            format!("Content-Length: {octets}")
        };
        let head = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\n{framing}\r\n\r\n",
            caller.host()
        );
        let mut body = vec![b'a'; octets];
        if chunked {
            body = [
                format!("{octets:x}\r\n").into_bytes(),
                body,
                b"\r\n0\r\n\r\n".to_vec(),
            ]
            .concat();
        }
        connection.send(head.as_bytes());
        connection.send(&body);
        let answer = connection.answer();
        assert_eq!(answer.status, 401, "{octets} chunked={chunked}");
        assert!(answer.challenge("nonce").is_some());
        if octets == 1 << 20 {
            // Little enough to be read for: the connection goes on.
            connection
                .send(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", caller.host()).as_bytes());
            assert_eq!(connection.answer().status, 401);
        }
    }
    assert!(house.upstream.seen().is_empty());
}

#[test]
fn malformed_credentials_are_400_and_cost_the_proof_nothing() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "GET", "/");
    let good = proof.header();
    let bad = [
        format!("{good}, username=\"b\""),
        good.replace("nc=00000001", "nc=0x1"),
        good.replace("uri=\"/\"", "uri=\"/other\""),
        good.replace("qop=auth", "qop=auth,auth-int"),
        good.replace("cnonce=\"f2wE4q74E6zIJEtW\"", "cnonce=\"\""),
        good.replace("username=\"open\"", "username=\"open"),
        "Digest".to_owned() + " =",
    ];
    for header in bad {
        connection.send(&caller.request("GET", "/", &header, b""));
        let answer = connection.answer();
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (400, "MALFORMED_CREDENTIALS"),
            "{header}"
        );
    }
    let twice = caller.clone().with_field(&format!("Authorization: {good}"));
    connection.send(&twice.request("GET", "/", &good, b""));
    assert_eq!(connection.answer().status, 400, "two fields");
    connection.send(&caller.request("GET", "/", &good, b""));
    assert_eq!(
        connection.answer().status,
        200,
        "the same nonce and count are still good"
    );
    assert_eq!(house.upstream.seen().len(), 1);
}

#[test]
fn a_slow_head_is_408_and_silence_just_ends() {
    let plan = Plan::new();
    plan.settings("timeouts: { first_byte: 50ms, head: 50ms, idle: 50ms }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut slow = caller.connect();
    slow.send(b"GET / HTTP/1.1\r\nHo");
    let answer = slow.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (408, "REQUEST_TIMEOUT")
    );
    assert_eq!(answer.field("connection"), Some("close"));
    slow.end();
    house.until_metric(&house::requests("fail", "request_timeout"), 1.0);
    assert_eq!(
        caller.connect().end(),
        b"",
        "nothing was said, nothing is answered"
    );
    let mut idle = caller.connect();
    idle.send(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", caller.host()).as_bytes());
    assert_eq!(idle.answer().status, 401);
    assert_eq!(idle.end(), b"", "idle connections end without a word");
}

#[test]
fn a_caller_that_reads_nothing_is_let_go() {
    let plan = Plan::new();
    plan.settings("timeouts: { write_stall: 100ms }\n");
    let house = plan.build();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let target = "/?octets=60000000";
    let proof = caller.proof(&mut connection, "GET", target);
    connection.send(&caller.request("GET", target, &proof.header(), b""));
    house.until_metric(&house::requests("fail", "caller_gone"), 1.0);
    assert!(connection.end().len() < 60_000_000);
}

#[test]
fn a_request_that_comes_back_is_a_loop() {
    let house = House::new();
    house.caller("open").get("/");
    let via = house.upstream.last().only("via").expect("a Via").to_owned();
    let mut connection = Connection::open(house.address());
    connection
        .send(format!("GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 other, {via}\r\n\r\n").as_bytes());
    let answer = connection.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (508, "LOOP_DETECTED")
    );
    assert_eq!(
        house
            .caller("open")
            .with_field("Via: 1.1 keywarden")
            .get("/")
            .status,
        200,
        "another gateway is none"
    );
}

/// The rows, and some that are too long to be written out.
fn rows() -> impl Iterator<Item = (&'static str, String, u16, &'static str, &'static str)> {
    let written = ROWS.iter().map(|(what, octets, status, code, reason)| {
        (*what, (*octets).to_owned(), *status, *code, *reason)
    });
    written.chain(long_rows())
}

fn long_rows() -> [(&'static str, String, u16, &'static str, &'static str); 3] {
    let long = format!(
        "GET /{} HTTP/1.1\r\nHost: {{host}}\r\n\r\n",
        "a".repeat(8_300)
    );
    let many = format!(
        "GET / HTTP/1.1\r\nHost: {{host}}\r\n{}\r\n",
        "X: y\r\n".repeat(100)
    );
    let large = format!(
        "GET / HTTP/1.1\r\nHost: {{host}}\r\nX: {}\r\n\r\n",
        "y".repeat(33_000)
    );
    [
        (
            "a long target",
            long,
            414,
            "URI_TOO_LONG",
            "target_too_long",
        ),
        ("many fields", many, 431, "HEAD_TOO_LARGE", "head_too_large"),
        (
            "a large field",
            large,
            431,
            "HEAD_TOO_LARGE",
            "head_too_large",
        ),
    ]
}

/// A POST whose body of two octets is still to come.
fn unfinished(caller: &Caller, target: &str, authorization: &str) -> Vec<u8> {
    let mut request = caller.request("POST", target, authorization, b"{}");
    request.truncate(request.len() - 2);
    request
}

fn assert_rejection(answer: &Answer, what: &str) {
    assert_eq!(
        answer.field("content-type"),
        Some("application/json"),
        "{what}"
    );
    assert_eq!(answer.field("connection"), Some("close"), "{what}");
    assert_eq!(answer.field("www-authenticate"), None, "{what}");
    let body = answer.json();
    let keys: Vec<&String> = body.as_object().expect("an object").keys().collect();
    assert_eq!(
        keys,
        ["detail", "error", "errorCode", "parameters", "reason"],
        "{what}"
    );
    assert_eq!(body["error"], answer.status, "{what}");
    assert_eq!(
        answer.field("x-request-id").map(str::len),
        Some(32),
        "{what}"
    );
}

/// One octet, where the text has one beyond ASCII.
fn octet(c: char) -> u8 {
    u8::try_from(u32::from(c)).expect("Latin-1")
}

/// The line of the access log with this id.
fn logged(log: &std::path::Path, id: &str) -> serde_json::Value {
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(log).unwrap_or_default();
        if let Some(line) = text.lines().find(|line| line.contains(id)) {
            return serde_json::from_str(line).expect("a line of JSON");
        }
        assert!(began.elapsed() < PATIENCE, "no line with {id}");
        std::thread::yield_now();
    }
}
