//! The caller behind a proxy: believed from whom the listener trusts, in the one way it reads, and from nobody else.

use std::net::{IpAddr, Ipv4Addr};

use crate::house::{Answer, Caller, Connection, House, Plan};

const PEER: &str = "{ name: peer, address: 127.0.0.1:0 }";
const FORWARDED_FOR: &str = "{ name: xff, address: 127.0.0.1:0, client_address: { source: x_forwarded_for, trusted_proxies: [127.0.0.4, 127.0.0.5] } }";
const FORWARDED: &str = "{ name: forwarded, address: 127.0.0.1:0, client_address: { source: forwarded, trusted_proxies: [127.0.0.4] } }";
const HEADER: &str = "{ name: header, address: 127.0.0.1:0, client_address: { source: { header: X-Client-IP }, trusted_proxies: [127.0.0.4] } }";
const PROXY: &str = "{ name: proxy, address: 127.0.0.1:0, client_address: { source: proxy_protocol, trusted_proxies: [127.0.0.4] } }";

fn house() -> House {
    let plan = Plan::new();
    plan.listening(&[PEER, FORWARDED_FOR, FORWARDED, HEADER, PROXY], "");
    plan.build()
}

/// `elsewhere` may call from 198.51.100.0/24 only.
fn elsewhere(house: &House, listener: &str, from: u8) -> Caller {
    Caller::new(house.listener(listener), "elsewhere").from_address(from)
}

/// What a caller from 127.0.0.`from`, with these fields, is told, and from where it was seen to call.
fn told(house: &House, listener: &str, from: u8, fields: &[&str]) -> (u16, String) {
    let mut caller = elsewhere(house, listener, from);
    for field in fields {
        caller = caller.with_field(field);
    }
    let answer = caller.get("/x");
    let seen = match answer.status {
        200 => house
            .upstream
            .last()
            .only("x-forwarded-for")
            .expect("one address")
            .to_owned(),
        403 => answer.json()["parameters"][0]
            .as_str()
            .expect("an address")
            .to_owned(),
        _ => answer.error_code(),
    };
    (answer.status, seen)
}

#[test]
fn a_listener_that_reads_the_peer_is_told_nothing_by_headers() {
    let house = house();
    let spoofed = [
        "X-Forwarded-For: 198.51.100.7",
        "Forwarded: for=198.51.100.7",
        "X-Real-IP: 198.51.100.7",
        "X-Client-IP: 198.51.100.7",
        "True-Client-IP: 198.51.100.7",
        "X_Forwarded_For: 198.51.100.7",
    ];
    for from in [1, 4] {
        let peer = format!("127.0.0.{from}");
        assert_eq!(told(&house, "peer", from, &spoofed), (403, peer));
    }
    assert!(house.upstream.seen().is_empty());
}

/// Who connects, with what, is told what, about which address.
const CHAINS: [(u8, &[&str], u16, &str); 17] = [
    (4, &["X-Forwarded-For: 198.51.100.7"], 200, "198.51.100.7"),
    (
        5,
        &["X-Forwarded-For: 198.51.100.7, 127.0.0.4"],
        200,
        "198.51.100.7",
    ),
    (
        4,
        &[
            "X-Forwarded-For: 203.0.113.9",
            "X-Forwarded-For: 198.51.100.7",
        ],
        200,
        "198.51.100.7",
    ),
    (
        4,
        &["X-Forwarded-For: 198.51.100.7:443"],
        200,
        "198.51.100.7",
    ),
    (
        4,
        &["X-Forwarded-For: ::ffff:198.51.100.7"],
        200,
        "198.51.100.7",
    ),
    (
        4,
        &["X-Forwarded-For: 198.51.100.7, 203.0.113.9"],
        403,
        "203.0.113.9",
    ),
    (
        4,
        &[
            "X-Forwarded-For: 198.51.100.7",
            "X-Forwarded-For: 203.0.113.9",
        ],
        403,
        "203.0.113.9",
    ),
    (
        4,
        &["X-Forwarded-For: [2001:db8::7]:443"],
        403,
        "2001:db8::7",
    ),
    (
        4,
        &["X-Forwarded-For: 127.0.0.5, 127.0.0.4"],
        403,
        "127.0.0.5",
    ),
    (4, &[], 403, "unknown"),
    (
        4,
        &["Forwarded: for=198.51.100.7", "X-Client-IP: 198.51.100.7"],
        403,
        "unknown",
    ),
    (
        4,
        &["X-Forwarded-For: 198.51.100.7, unknown"],
        403,
        "unknown",
    ),
    (4, &["X-Forwarded-For: 198.51.100.7,"], 403, "unknown"),
    (4, &["X-Forwarded-For: 198.51.100.07"], 403, "unknown"),
    (4, &["X-Forwarded-For: 3325256711"], 403, "unknown"),
    (1, &["X-Forwarded-For: 198.51.100.7"], 403, "127.0.0.1"),
    (
        1,
        &["X-Forwarded-For: 198.51.100.7, 127.0.0.4"],
        403,
        "127.0.0.1",
    ),
];

#[test]
fn a_chain_of_addresses_is_walked_from_the_right_past_those_who_are_trusted() {
    let house = house();
    for (from, fields, status, seen) in CHAINS {
        assert_eq!(
            told(&house, "xff", from, fields),
            (status, seen.to_owned()),
            "{fields:?} from {from}"
        );
    }
    let chain = |entries: usize| {
        format!(
            "X-Forwarded-For: 198.51.100.7{}",
            ", 127.0.0.5".repeat(entries - 1)
        )
    };
    assert_eq!(
        told(&house, "xff", 4, &[&chain(32)]).0,
        200,
        "as many as anybody honest sends"
    );
    assert_eq!(
        told(&house, "xff", 4, &[&chain(33)]),
        (400, "MALFORMED_REQUEST".to_owned())
    );
}

#[test]
fn an_unreadable_address_is_on_no_list_and_keys_without_a_list_do_not_care() {
    let house = house();
    let open = Caller::new(house.listener("xff"), "open").from_address(4);
    let answer = open.with_field("X-Forwarded-For: _hidden").get("/x");
    assert_eq!(answer.status, 200);
    assert_eq!(
        house.upstream.last().only("x-forwarded-for"),
        Some("127.0.0.4"),
        "nothing unreadable goes on"
    );
    let listed = Caller::new(house.listener("xff"), "listed").from_address(4);
    let answer = listed.with_field("X-Forwarded-For: _hidden").get("/x");
    assert_eq!(
        (answer.status, answer.error_code().as_str()),
        (403, "IP_ADDRESS_NOT_ON_ACCESS_LIST")
    );
    assert_eq!(
        answer.json()["detail"],
        "IP address unknown is not allowed to access this resource."
    );
}

/// The same, with the listener first.
const HEADERS: [(&str, u8, &[&str], u16, &str); 10] = [
    (
        "forwarded",
        4,
        &["Forwarded: for=198.51.100.7;proto=https"],
        200,
        "198.51.100.7",
    ),
    (
        "forwarded",
        4,
        &["Forwarded: for=203.0.113.9, For=\"198.51.100.7:99\""],
        200,
        "198.51.100.7",
    ),
    (
        "forwarded",
        4,
        &["Forwarded: for=\"198.51.100.7, for=203.0.113.9\""],
        403,
        "unknown",
    ),
    (
        "forwarded",
        4,
        &["Forwarded: for=\"[2001:db8::7]\""],
        403,
        "2001:db8::7",
    ),
    ("forwarded", 4, &["Forwarded: for=_hidden"], 403, "unknown"),
    (
        "forwarded",
        4,
        &["X-Forwarded-For: 198.51.100.7"],
        403,
        "unknown",
    ),
    (
        "forwarded",
        1,
        &["Forwarded: for=198.51.100.7"],
        403,
        "127.0.0.1",
    ),
    (
        "header",
        4,
        &["X-Client-IP: 198.51.100.7"],
        200,
        "198.51.100.7",
    ),
    (
        "header",
        4,
        &["X-Forwarded-For: 198.51.100.7"],
        403,
        "unknown",
    ),
    (
        "header",
        1,
        &["X-Client-IP: 198.51.100.7"],
        403,
        "127.0.0.1",
    ),
];

#[test]
fn the_forwarded_header_is_read_with_its_quotes_and_a_vendors_header_as_it_is() {
    let house = house();
    for (listener, from, fields, status, seen) in HEADERS {
        assert_eq!(
            told(&house, listener, from, fields),
            (status, seen.to_owned()),
            "{listener}: {fields:?} from {from}"
        );
    }
}

#[test]
fn a_proxy_header_of_a_proxy_says_who_calls() {
    let house = house();
    let good: [(&str, Vec<u8>, u16, &str); 6] = [
        (
            "v1",
            b"PROXY TCP4 198.51.100.7 127.0.0.1 56324 443\r\n".to_vec(),
            200,
            "198.51.100.7",
        ),
        (
            "v1 mapped",
            b"PROXY TCP6 ::ffff:198.51.100.7 ::1 56324 443\r\n".to_vec(),
            200,
            "198.51.100.7",
        ),
        (
            "v1 elsewhere",
            b"PROXY TCP4 203.0.113.9 127.0.0.1 56324 443\r\n".to_vec(),
            403,
            "203.0.113.9",
        ),
        (
            "v1 unknown",
            b"PROXY UNKNOWN\r\n".to_vec(),
            403,
            "127.0.0.4",
        ),
        ("v2", v2(0x21, 0x11, &SOURCE), 200, "198.51.100.7"),
        ("v2 local", v2(0x20, 0x00, &[]), 403, "127.0.0.4"),
    ];
    for (what, header, status, seen) in good {
        let (answer, _) = behind(&house, 4, &header).expect(what);
        assert_eq!(answer.status, status, "{what}");
        if status == 200 {
            assert_eq!(
                house.upstream.last().only("x-forwarded-for"),
                Some(seen),
                "{what}"
            );
        } else {
            assert_eq!(answer.json()["parameters"][0], seen, "{what}");
        }
    }
}

#[test]
fn without_a_sound_proxy_header_from_a_proxy_there_is_nothing_but_the_end() {
    let house = house();
    let bad: [(&str, u8, Vec<u8>); 7] = [
        (
            "from a stranger",
            1,
            b"PROXY TCP4 198.51.100.7 127.0.0.1 56324 443\r\n".to_vec(),
        ),
        ("none", 4, Vec::new()),
        (
            "octal",
            4,
            b"PROXY TCP4 0306.51.100.7 127.0.0.1 56324 443\r\n".to_vec(),
        ),
        (
            "a bare LF",
            4,
            b"PROXY TCP4 198.51.100.7 127.0.0.1 56324 443\n".to_vec(),
        ),
        (
            "too long",
            4,
            [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat(),
        ),
        ("v2 cut short", 4, v2(0x21, 0x11, &SOURCE[..4])),
        ("v3", 4, v2(0x31, 0x11, &SOURCE)),
    ];
    for (what, from, header) in bad {
        assert!(
            behind(&house, from, &header).is_none(),
            "{what}: nothing but the end"
        );
    }
    assert!(house.upstream.seen().is_empty(), "nothing was forwarded");
    let mut peer = Connection::open(house.listener("peer"));
    peer.send(b"PROXY TCP4 198.51.100.7 127.0.0.1 56324 443\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(peer.answer().status, 400, "nobody asked for one");
}

/// Version 2: 198.51.100.7:56324 calls 127.0.0.1:443.
const SOURCE: [u8; 12] = [198, 51, 100, 7, 127, 0, 0, 1, 0xdc, 4, 1, 0xbb];

fn v2(command: u8, family: u8, addresses: &[u8]) -> Vec<u8> {
    let length = u8::try_from(addresses.len()).expect("short");
    let head = [
        b"\r\n\r\n\0\r\nQUIT\n".as_slice(),
        &[command, family, 0, length],
    ]
    .concat();
    [head, addresses.to_vec()].concat()
}

/// Sends a PROXY header and a proven request as one; the answer, unless the connection ends first.
fn behind(house: &House, from: u8, header: &[u8]) -> Option<(Answer, Connection)> {
    let caller = elsewhere(house, "proxy", from);
    let address = IpAddr::from(Ipv4Addr::new(127, 0, 0, from));
    let mut connection = Connection::open_from(house.listener("proxy"), address);
    // A nonce is good on every listener: the proxy's own needs a header first.
    let proof = elsewhere(house, "peer", from).proof(
        &mut elsewhere(house, "peer", from).connect(),
        "GET",
        "/x",
    );
    let request = caller.request("GET", "/x", &proof.header(), b"");
    connection.try_send(&[header, &request].concat());
    let answer = connection.try_answer(false)?;
    Some((answer, connection))
}
