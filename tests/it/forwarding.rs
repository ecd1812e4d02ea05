//! What is forwarded is what was matched, streamed both ways, with nothing on it that a caller could forge.

use std::time::Duration;

use crate::house::{self, Caller, Connection, House, Plan, Proof, Stage};

#[test]
fn a_proven_request_is_forwarded_octet_for_octet_and_its_answer_comes_back() {
    let house = House::new();
    let target = "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/x%2Fy/z/?a=%7Eb&c";
    let answer = house.caller("open").call("POST", target, b"{\"a\":1}");
    assert_eq!((answer.status, answer.text().as_str()), (200, "oo"));
    let seen = house.upstream.last();
    assert_eq!(seen.line, format!("POST {target} HTTP/1.1"));
    assert_eq!(seen.body, b"{\"a\":1}");
    assert_eq!(seen.only("x-keywarden-key"), Some("open"));
    assert_eq!(seen.only("x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(seen.only("authorization"), None);
}

#[test]
fn an_upload_reaches_the_upstream_while_the_caller_is_still_sending() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    for framing in ["Content-Length: 10", "Transfer-Encoding: chunked"] {
        let mut connection = caller.connect();
        let proof = caller.proof(&mut connection, "POST", "/upload");
        connection.send(&head(
            &caller,
            "POST /upload",
            &[&authorization(&proof), framing],
        ));
        let chunked = framing.contains("chunked");
        connection.send(if chunked { b"5\r\nfirst\r\n" } else { b"first" });
        let mut upstream = stage.enter();
        let seen = upstream.head();
        let first = if chunked {
            upstream.chunk()
        } else {
            upstream.octets(5)
        };
        assert_eq!(first, b"first", "the last octets are not sent yet");
        assert_eq!(seen.contains("content-length: 10\r\n"), !chunked, "{seen}");
        assert_eq!(
            seen.contains("transfer-encoding: chunked\r\n"),
            chunked,
            "{seen}"
        );
        connection.send(if chunked {
            b"4\r\nlast\r\n0\r\nTrailer-Field: 1\r\n\r\n"
        } else {
            b", las"
        });
        if chunked {
            assert_eq!(upstream.chunk(), b"last");
            assert_eq!(
                upstream.octets(5),
                b"0\r\n\r\n",
                "no trailers are passed on"
            );
        } else {
            assert_eq!(upstream.octets(5), b", las");
        }
        upstream.send(&plain("done"));
        let answer = connection.answer();
        assert_eq!((answer.status, answer.text().as_str()), (200, "done"));
        // The next round has a connection of its own.
        drop(upstream);
    }
}

#[test]
fn a_download_reaches_the_caller_while_the_upstream_is_still_sending() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "GET", "/download");
    connection.send(&caller.request("GET", "/download", &proof.header(), b""));
    let mut upstream = stage.enter();
    upstream.head();
    upstream.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n");
    assert!(connection.head().starts_with("HTTP/1.1 200 "));
    assert_eq!(
        connection.chunk(),
        b"first",
        "the last chunk is not sent yet"
    );
    upstream.send(b"4\r\nlast\r\n0\r\nTrailer: 1\r\n\r\n");
    assert_eq!(connection.chunk(), b"last");
    assert_eq!(
        connection.octets(5),
        b"0\r\n\r\n",
        "no trailers are passed on"
    );
    // With a length, on the same upstream connection: its first answer was read to the end.
    let target = "/second";
    let again = Proof {
        count: "00000002".to_owned(),
        uri: target.to_owned(),
        ..proof
    };
    connection.send(&caller.request("GET", target, &again.header(), b""));
    upstream.head();
    upstream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
    let head = connection.head();
    assert!(head.contains("content-length: 9\r\n"), "{head}");
    assert_eq!(
        connection.octets(5),
        b"first",
        "the last octets are not sent yet"
    );
    upstream.send(b"last");
    assert_eq!(connection.octets(4), b"last");
}

#[test]
fn an_answer_without_a_body_has_none_and_the_connection_goes_on() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "GET", "/");
    let cases = [
        ("HEAD", "/h?octets=7", 200),
        ("GET", "/n?reply=204&octets=0", 204),
        ("GET", "/m?reply=304&octets=0", 304),
    ];
    for (round, (method, target, status)) in cases.into_iter().enumerate() {
        proof = Proof {
            method: method.to_owned(),
            uri: target.to_owned(),
            count: format!("{:08x}", round + 1),
            ..proof
        };
        connection.send(&caller.request(method, target, &proof.header(), b""));
        let answer = connection.answer_to_head();
        assert_eq!(answer.status, status, "{target}");
        if method == "HEAD" {
            assert_eq!(
                answer.field("content-length"),
                Some("7"),
                "what a GET would have had"
            );
        }
    }
    let target = "/whole?octets=3";
    proof = Proof {
        method: "GET".to_owned(),
        uri: target.to_owned(),
        count: "00000004".to_owned(),
        ..proof
    };
    connection.send(&caller.request("GET", target, &proof.header(), b""));
    assert_eq!(
        connection.answer().text(),
        "ooo",
        "no octet is left over from before"
    );
}

#[test]
fn big_bodies_go_both_ways_whole() {
    let house = House::new();
    let caller = house.caller("open");
    let body: Vec<u8> = (0..3_000_000_u32)
        .map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1])
        .collect();
    let target = "/big?octets=5000000";
    let answer = caller.call("POST", target, &body);
    assert_eq!((answer.status, answer.body.len()), (200, 5_000_000));
    assert!(house.upstream.last().body == body, "octet for octet");
}

#[test]
fn a_body_over_the_limit_is_413_by_length_and_by_chunks() {
    let stage = Stage::new();
    let house = house_before(&stage, "limits: { body: 1000 }\n");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "POST", "/");
    connection.send(&caller.request("POST", "/", &proof.header(), &[b'a'; 1001]));
    let answer = connection.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    connection.end();
    assert!(!stage.is_called(), "known before anything is forwarded");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "POST", "/");
    connection.send(&head(
        &caller,
        "POST /",
        &[&authorization(&proof), "Transfer-Encoding: chunked"],
    ));
    connection.send(b"3e8\r\n");
    connection.send(&[b'a'; 1000]);
    let mut upstream = stage.enter();
    upstream.head();
    assert_eq!(upstream.chunk(), [b'a'; 1000], "as many as allowed");
    connection.send(b"\r\n1\r\na\r\n0\r\n\r\n");
    let answer = connection.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    assert!(
        !upstream.end().ends_with(b"0\r\n\r\n"),
        "the upstream must not take it for a whole request"
    );
    connection.end();
}

#[test]
fn an_upload_that_stalls_is_408_and_one_that_breaks_off_is_never_whole() {
    let stage = Stage::new();
    let house = house_before(&stage, "timeouts: { body_idle: 100ms }\n");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "POST", "/");
    connection.send(&head(
        &caller,
        "POST /",
        &[&authorization(&proof), "Content-Length: 10"],
    ));
    connection.send(b"half");
    let mut upstream = stage.enter();
    upstream.head();
    let answer = connection.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (408, "REQUEST_TIMEOUT")
    );
    assert_eq!(
        upstream.end(),
        b"half",
        "the upstream connection is not used again"
    );
    connection.end();

    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "POST", "/");
    connection.send(&head(
        &caller,
        "POST /",
        &[&authorization(&proof), "Transfer-Encoding: chunked"],
    ));
    connection.send(b"4\r\nhalf\r\n");
    let mut upstream = stage.enter();
    upstream.head();
    assert_eq!(upstream.chunk(), b"half");
    drop(connection);
    assert_eq!(upstream.end(), b"", "no last chunk, and not used again");
}

#[test]
fn connections_to_the_upstream_are_kept_and_used_again() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "GET", "/");
    for round in 1..=4 {
        proof.count = format!("{round:08x}");
        connection.send(&caller.request("GET", "/", &proof.header(), b""));
        assert_eq!(connection.answer().status, 200);
    }
    let seen = house.upstream.seen();
    assert_eq!(seen.len(), 4);
    assert!(
        seen.iter().all(|one| one.connection == 0),
        "one connection for all: {seen:?}"
    );
}

#[test]
fn a_request_is_sent_again_only_if_nothing_of_it_was_sent() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "POST", "/");
    let mut post = |connection: &mut Connection, count: u32| {
        proof.count = format!("{count:08x}");
        connection.send(&caller.request("POST", "/", &proof.header(), b"{}"));
    };
    post(&mut connection, 1);
    let mut upstream = stage.enter();
    upstream.head();
    upstream.octets(2);
    upstream.send(&plain("one"));
    assert_eq!(connection.answer().text(), "one");
    // The upstream closes an idle connection, as it may at any time: the next request finds another.
    drop(upstream);
    post(&mut connection, 2);
    let mut upstream = stage.enter();
    upstream.head();
    upstream.octets(2);
    upstream.send(&plain("two"));
    assert_eq!(connection.answer().text(), "two");
    // But one that was read and not answered may have been obeyed: it is not sent twice.
    post(&mut connection, 3);
    upstream.head();
    drop(upstream);
    let answer = connection.answer();
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (502, "UPSTREAM_UNAVAILABLE")
    );
    assert!(!stage.is_called(), "nobody was asked again");
}

#[test]
fn an_upstream_that_is_down_is_502_and_one_that_is_silent_504() {
    let gone = Stage::new().url();
    let plan = Plan::new();
    plan.forwarding_to(&gone, "");
    let house = plan.build();
    let answer = house.caller("open").get("/");
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (502, "UPSTREAM_UNAVAILABLE")
    );
    assert_eq!(answer.field("content-type"), Some("application/json"));
    assert!(answer.field("x-request-id").is_some());

    let plan = Plan::new();
    plan.settings("timeouts: { upstream_head: 100ms, upstream_idle: 100ms }\n");
    let house = plan.build();
    let answer = house.caller("open").get("/?silent");
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (504, "UPSTREAM_TIMEOUT")
    );
    let answer = house.caller("open").call("POST", "/?silent", b"{}");
    assert_eq!(answer.status, 504, "with a body too");
    assert_eq!(
        house.caller("open").get("/").status,
        200,
        "the next one is answered"
    );
}

#[test]
fn a_slow_upload_does_not_make_the_upstream_late() {
    let stage = Stage::new();
    let house = house_before(&stage, "timeouts: { upstream_head: 150ms }\n");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "POST", "/");
    connection.send(&head(
        &caller,
        "POST /",
        &[&authorization(&proof), "Content-Length: 2"],
    ));
    let mut upstream = stage.enter();
    upstream.head();
    connection.send(b"a");
    upstream.octets(1);
    // Longer than the upstream may be silent after the last octet; it is the caller who makes everybody wait.
    upstream_is_silent_for(&mut upstream, Duration::from_millis(400));
    connection.send(b"b");
    upstream.octets(1);
    upstream.send(&plain("thanks"));
    assert_eq!(connection.answer().text(), "thanks");
}

#[test]
fn an_upstream_that_breaks_http_is_502_and_its_connection_is_never_used_again() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "GET", "/");
    let mut count = 0;
    let mut get = |connection: &mut Connection| {
        count += 1;
        proof.count = format!("{count:08x}");
        connection.send(&caller.request("GET", "/", &proof.header(), b""));
    };
    let lies: [(&str, &str); 9] = [
        ("hangs up", ""),
        ("breaks off its head", "HTTP/1.1 200 OK\r\nContent-Le"),
        (
            "says both",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "says two lengths",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        ),
        (
            "says one length twice",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
        ),
        (
            "says no number",
            "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab",
        ),
        (
            "says gzip",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        ),
        (
            "switches protocols",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n",
        ),
        ("speaks no HTTP", "SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    ];
    for (what, octets) in lies {
        get(&mut connection);
        let mut upstream = stage.enter();
        upstream.head();
        upstream.send(octets.as_bytes());
        upstream.finish();
        let answer = connection.answer();
        assert_eq!(answer.status, 502, "{what}");
        assert_eq!(answer.error_code(), "UPSTREAM_UNAVAILABLE", "{what}");
        upstream.end();
        get(&mut connection);
        let mut upstream = stage.enter();
        upstream.head();
        upstream.send(&plain("mine"));
        assert_eq!(connection.answer().text(), "mine", "after one that {what}");
        drop(upstream);
    }
}

#[test]
fn an_answer_that_ends_early_ends_early_for_the_caller_too() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    let halves = [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
    ];
    for half in halves {
        let mut connection = caller.connect();
        let proof = caller.proof(&mut connection, "GET", "/");
        connection.send(&caller.request("GET", "/", &proof.header(), b""));
        let mut upstream = stage.enter();
        upstream.head();
        upstream.send(half.as_bytes());
        upstream.finish();
        let _ = connection.head();
        let body = connection.end();
        assert!(
            !body.ends_with(b"0\r\n\r\n") && body.len() < 10,
            "not to be taken for whole: {body:?}"
        );
        upstream.end();
    }
    house.until_metric(&house::requests("fail", "upstream_protocol"), 3.0);
}

#[test]
fn octets_behind_an_answer_are_never_taken_for_the_next_one() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "GET", "/");
    connection.send(&caller.request("GET", "/", &proof.header(), b""));
    let mut upstream = stage.enter();
    upstream.head();
    upstream.send(&[plain("mine"), plain("smuggled")].concat());
    assert_eq!(connection.answer().text(), "mine");
    upstream.end();
    proof.count = "00000002".to_owned();
    connection.send(&caller.request("GET", "/", &proof.header(), b""));
    let mut upstream = stage.enter();
    upstream.head();
    upstream.send(&plain("also mine"));
    assert_eq!(connection.answer().text(), "also mine");
}

#[test]
fn an_answer_before_the_end_of_the_upload_reaches_a_caller_that_goes_on_sending() {
    let stage = Stage::new();
    let house = house_before(&stage, "");
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "POST", "/");
    connection.send(&head(
        &caller,
        "POST /",
        &[&authorization(&proof), "Content-Length: 8000000"],
    ));
    connection.send(&[b'a'; 1000]);
    let mut upstream = stage.enter();
    upstream.head();
    upstream.octets(1000);
    upstream.send(b"HTTP/1.1 409 Conflict\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno");
    drop(upstream);
    for _ in 0..7_999 {
        if !connection.try_send(&[b'a'; 1000]) {
            break;
        }
    }
    let answer = connection.answer();
    assert_eq!((answer.status, answer.text().as_str()), (409, "no"));
}

#[test]
fn what_the_upstream_says_to_this_hop_stays_here_and_the_proof_is_the_gateways() {
    let house = House::new();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let proof = caller.proof(&mut connection, "GET", "/x");
    connection.send(&caller.request("GET", "/x", &proof.header(), b""));
    let answer = connection.answer();
    for gone in ["www-authenticate", "x-hop", "keep-alive", "connection"] {
        assert_eq!(answer.field(gone), None, "{gone}");
    }
    assert_eq!(answer.field("x-upstream"), Some("yes"));
    let info = answer.all("authentication-info");
    assert_eq!(info.len(), 1, "not the upstream's nextnonce: {info:?}");
    let (user, realm, key) = ("open", house::REALM, house::PRIVATE_KEY);
    let ha1 = md5(&format!("{user}:{realm}:{key}"));
    let ha2 = md5(":/x");
    let rspauth = md5(&format!(
        "{ha1}:{}:00000001:{}:auth:{ha2}",
        proof.nonce, proof.cnonce
    ));
    assert!(
        info[0].contains(&format!("rspauth=\"{rspauth}\"")),
        "{info:?}"
    );
    assert!(
        info[0].contains("qop=auth") && info[0].contains("nc=00000001"),
        "{info:?}"
    );
    let refused = caller.get("/x?reply=401");
    assert_eq!(refused.status, 401, "the upstream's own 401 passes");
    assert_eq!(
        refused.field("www-authenticate"),
        None,
        "without its challenge"
    );
}

/// What a caller might say in the gateway's name.
const FORGED: [&str; 25] = [
    "X-Keywarden-Key: admin",
    "X_Keywarden_Key: admin",
    "x.keywarden.roles: GLOBAL_OWNER",
    "X-Keywarden-Anything: 1",
    "X-Forwarded-For: 198.51.100.7",
    "X_Forwarded_For: 198.51.100.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Port: 1",
    "Forwarded: for=198.51.100.7",
    "X-Real-IP: 198.51.100.7",
    "True-Client-IP: 198.51.100.7",
    "CF-Connecting-IP: 198.51.100.7",
    "X-Original-URL: /admin",
    "X-Rewrite-URL: /admin",
    "X.Rewrite.Url: /admin",
    "X-HTTP-Method-Override: DELETE",
    "X_HTTP_Method_Override: DELETE",
    "X-Request-Id: mine",
    "Proxy-Authorization: Basic eA==",
    "Keep-Alive: timeout=5",
    "TE: trailers",
    "Upgrade: h2c",
    "X-Custom-Hop: 1",
    "Connection: X-Custom-Hop",
];

#[test]
fn nothing_on_a_request_speaks_for_the_gateway_but_the_gateway() {
    let house = House::new();
    let mut caller = house
        .caller("listed")
        .with_field("X-Mine: kept")
        .with_field("Via: 1.1 other");
    for field in FORGED {
        caller = caller.with_field(field);
    }
    let target = format!("/api/atlas/v2/groups/{}/clusters", house::PROJECT);
    let answer = caller.get(&target);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let seen = house.upstream.last();
    let own = [
        ("x-keywarden-key", "listed".to_owned()),
        ("x-keywarden-key-id", "5d1d143c87d9d63e6d694702".to_owned()),
        ("x-keywarden-organization", house::ORGANIZATION.to_owned()),
        ("x-keywarden-roles", "ORG_OWNER".to_owned()),
        ("x-keywarden-matched-entry", "127.0.0.1".to_owned()),
        ("x-forwarded-for", "127.0.0.1".to_owned()),
        ("x-forwarded-proto", "http".to_owned()),
        ("x-forwarded-host", house.address().to_string()),
        ("x-mine", "kept".to_owned()),
        ("host", house.upstream.address().to_string()),
    ];
    for (name, value) in &own {
        assert_eq!(seen.only(name), Some(value.as_str()), "{name}");
    }
    let id = seen.only("x-request-id").expect("an id");
    assert!(
        id.len() == 32 && id.bytes().all(|octet| octet.is_ascii_hexdigit()),
        "{id}"
    );
    let via = seen.all("via");
    assert_eq!(via.len(), 2, "{via:?}");
    assert!(
        via[0] == "1.1 other" && via[1].starts_with("1.1 keywarden-"),
        "{via:?}"
    );
    let known = own.iter().map(|(name, _)| *name);
    let known: Vec<&str> = known
        .chain(["x-request-id", "via", "traceparent"])
        .collect();
    for (name, value) in &seen.fields {
        assert!(
            known.contains(&name.to_ascii_lowercase().as_str()),
            "{name}: {value}"
        );
    }
}

#[test]
fn every_request_has_an_id_of_its_own_and_a_key_without_a_list_no_matched_entry() {
    let house = House::new();
    let caller = house.caller("open");
    caller.get("/");
    let first = house.upstream.last();
    caller.get("/");
    let second = house.upstream.last();
    assert_ne!(first.only("x-request-id"), second.only("x-request-id"));
    assert_eq!(second.only("x-keywarden-matched-entry"), None);
}

#[test]
fn a_trace_is_gone_on_with_and_begun_where_there_is_none() {
    let house = House::new();
    let given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let caller = house.caller("open").with_field("tracestate: a=1");
    caller
        .clone()
        .with_field(&format!("traceparent: {given}"))
        .get("/");
    let seen = house.upstream.last();
    assert_eq!(
        (seen.only("traceparent"), seen.only("tracestate")),
        (Some(given), Some("a=1"))
    );
    for bad in [
        "",
        "traceparent: 00-zz",
        "traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01",
    ] {
        let caller = if bad.is_empty() {
            caller.clone()
        } else {
            caller.clone().with_field(bad)
        };
        caller.get("/");
        let seen = house.upstream.last();
        let made = seen.only("traceparent").expect("one trace");
        assert!(
            made.len() == 55 && made.starts_with("00-") && made != given,
            "{made}"
        );
        assert_eq!(
            seen.only("tracestate"),
            None,
            "it belonged to another trace"
        );
    }
}

#[test]
fn a_target_goes_on_with_the_very_octets_it_came_with() {
    let house = House::new();
    let targets = [
        "/",
        "/a",
        "/a/",
        "/a%2Fb",
        "/a%2fb/%7Euser/~user",
        "/a:b@c!$&'()*+,=",
        "/?",
        "/?a=b?c/d;e",
        "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/databaseUsers/admin/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx",
    ];
    for target in targets {
        let answer = house.caller("open").get(target);
        assert_eq!(answer.status, 200, "{target}: {}", answer.text());
        assert_eq!(house.upstream.last().target(), target);
    }
    // Absolute-form becomes origin-form; the query and the path stay.
    let caller = house.caller("open");
    let absolute = format!("http://{}/x%2Fy?a=%7Eb", caller.host());
    let answer = caller.get(&absolute);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(house.upstream.last().target(), "/x%2Fy?a=%7Eb");
}

#[test]
fn with_several_addresses_one_may_be_down() {
    let gone = Stage::new().url();
    let plan = Plan::new();
    let up = format!("http://{}", plan.upstream().address());
    plan.forwarding_to(&up, "");
    let text = house::keywarden_yaml(&up, "").replace(
        &format!("url: {up}"),
        &format!("urls: [\"{gone}\", \"{up}\"]"),
    );
    plan.write("keywarden.yaml", &text);
    let house = plan.build();
    for _ in 0..4 {
        assert_eq!(house.caller("open").get("/").status, 200);
    }
    assert_eq!(house.upstream.seen().len(), 4);
}

#[test]
fn the_gateway_authenticates_itself_where_it_is_told_to() {
    let cases = [
        ("bearer_file", "t0ken\n", "Bearer t0ken"),
        ("basic_file", "user:pass\n", "Basic dXNlcjpwYXNz"),
    ];
    for (kind, secret, header) in cases {
        let plan = Plan::new();
        plan.write("upstream.secret", secret);
        let up = format!("http://{}", plan.upstream().address());
        let with = format!("url: {up}, authentication: {{ {kind}: upstream.secret }}");
        let text = house::keywarden_yaml(&up, "").replace(&format!("url: {up}"), &with);
        plan.write("keywarden.yaml", &text);
        let house = plan.build();
        assert_eq!(house.caller("open").get("/").status, 200);
        assert_eq!(
            house.upstream.last().only("authorization"),
            Some(header),
            "{kind}"
        );
    }
}

/// The usual house in front of a stage.
fn house_before(stage: &Stage, more: &str) -> House {
    let plan = Plan::new();
    plan.forwarding_to(&stage.url(), more);
    plan.build()
}

/// A head with these fields and the right `Host`; the body is sent apart.
fn head(caller: &Caller, line: &str, fields: &[&str]) -> Vec<u8> {
    let fields = fields.join("\r\n");
    format!(
        "{line} HTTP/1.1\r\nHost: {}\r\n{fields}\r\n\r\n",
        caller.host()
    )
    .into_bytes()
}

fn authorization(proof: &Proof) -> String {
    format!("Authorization: {}", proof.header())
}

/// An answer with this body.
fn plain(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn md5(text: &str) -> String {
    use md5::Digest as _;
    use std::fmt::Write as _;
    let octets = md5::Md5::digest(text);
    octets.iter().fold(String::new(), |mut out, octet| {
        let _ = write!(out, "{octet:02x}");
        out
    })
}

/// Reads until the time is over, and panics if anything came, the end included.
fn upstream_is_silent_for(upstream: &mut Connection, time: Duration) {
    assert!(upstream.is_silent_for(time), "the gateway gave up");
}
