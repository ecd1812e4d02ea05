//! Headers of balancers and of those who would like to be one.

use std::net::{SocketAddr, SocketAddrV4, SocketAddrV6};

use proptest::prelude::*;

use super::*;

/// What a header yields: the source's text, or none.
type Outcome<'t> = Result<Option<&'t str>, ProxyHeaderError>;

fn source(text: &[u8]) -> Result<Option<String>, ProxyHeaderError> {
    ProxyHeader::parse(text).map(|header| header.source.map(|address| address.to_string()))
}

fn v2(command: u8, family: u8, size: u16, block: &[u8]) -> Vec<u8> {
    let mut header = V2_SIGNATURE.to_vec();
    header.extend([command, family]);
    header.extend(size.to_be_bytes());
    header.extend(block);
    header
}

#[test]
fn version_1_lines_are_read_strictly() {
    let long = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_LIMIT));
    let longest = format!("PROXY UNKNOWN {}\r\n", "x".repeat(V1_LIMIT - 16));
    let table: &[(&[u8], Outcome<'_>)] = &[
        (
            b"PROXY TCP4 203.0.113.5 127.0.0.1 56324 443\r\nGET /",
            Ok(Some("203.0.113.5")),
        ),
        (
            b"PROXY TCP6 2001:db8::5 ::1 0 65535\r\n",
            Ok(Some("2001:db8::5")),
        ),
        (
            b"PROXY TCP6 ::ffff:203.0.113.5 ::1 1 2\r\n",
            Ok(Some("203.0.113.5")),
        ),
        (b"PROXY UNKNOWN\r\n", Ok(None)),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", Ok(None)),
        (longest.as_bytes(), Ok(None)),
        (long.as_bytes(), Err(Bad)),
        (b"PROXY UNKNOWNS\r\n", Err(Bad)),
        (b"PROXY UNKNOWN a\rb\r\n", Err(Bad)),
        (b"PROXY TCP4 0313.0.113.5 127.0.0.1 1 2\r\n", Err(Bad)),
        (b"PROXY TCP4 2001:db8::5 ::1 1 2\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 ::1 1 2\r\n", Err(Bad)),
        (b"PROXY TCP6 203.0.113.5 127.0.0.1 1 2\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 1\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 1 2 3\r\n", Err(Bad)),
        (b"PROXY TCP4  203.0.113.5 127.0.0.1 1 2\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 01 2\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 +1 2\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 65536 2\r\n", Err(Bad)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 1 2\n", Err(Bad)),
        (b"PROXY UDP4 203.0.113.5 127.0.0.1 1 2\r\n", Err(Bad)),
        (b"proxy TCP4 203.0.113.5 127.0.0.1 1 2\r\n", Err(Bad)),
        (b"GET / HTTP/1.1\r\n", Err(Bad)),
        (b"", Err(Incomplete)),
        (b"PRO", Err(Incomplete)),
        (b"PROXY TC", Err(Incomplete)),
        (b"PROXY TCP4 203.0.113.5 127.0.0.1 1 2\r", Err(Incomplete)),
    ];
    for (text, expected) in table {
        let expected = expected.map(|address| address.map(str::to_owned));
        assert_eq!(
            source(text),
            expected,
            "{:?}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn version_2_headers_are_read_strictly() {
    let block = [203, 0, 113, 5, 127, 0, 0, 1, 1, 2, 3, 4];
    let mut six = [0; 36];
    six[..16].copy_from_slice(&"2001:db8::5".parse::<Ipv6Addr>().unwrap().octets());
    let mut mapped = [0; 36];
    mapped[10..16].copy_from_slice(&[0xff, 0xff, 203, 0, 113, 5]);
    let padded = [&block[..], &[0; V2_LIMIT - 12]].concat();
    let table: &[(Vec<u8>, Outcome<'_>)] = &[
        (v2(0x21, 0x11, 12, &block), Ok(Some("203.0.113.5"))),
        (v2(0x21, 0x11, 536, &padded), Ok(Some("203.0.113.5"))),
        (v2(0x21, 0x21, 36, &six), Ok(Some("2001:db8::5"))),
        (v2(0x21, 0x21, 36, &mapped), Ok(Some("203.0.113.5"))),
        (v2(0x20, 0x00, 0, b"GET"), Ok(None)),
        (v2(0x20, 0x11, 12, &block), Ok(None)),
        (v2(0x21, 0x00, 0, b""), Ok(None)),
        (v2(0x21, 0x31, 0, b""), Ok(None)),
        (v2(0x21, 0x11, 4, &block), Err(Bad)),
        (v2(0x21, 0x21, 12, &block), Err(Bad)),
        (v2(0x31, 0x11, 12, &block), Err(Bad)),
        (v2(0x22, 0x11, 12, &block), Err(Bad)),
        (v2(0x21, 0x41, 12, &block), Err(Bad)),
        (v2(0x21, 0x13, 12, &block), Err(Bad)),
        (v2(0x21, 0x11, 537, &block), Err(Bad)),
        (v2(0x21, 0x11, 0xffff, b""), Err(Bad)),
        (v2(0x21, 0x11, 13, &block), Err(Incomplete)),
        (V2_SIGNATURE[..5].to_vec(), Err(Incomplete)),
        (V2_SIGNATURE.to_vec(), Err(Incomplete)),
        (b"\r\n\r\n\0\r\nQUIT!".to_vec(), Err(Bad)),
        (b"\r\n\r\nGET / HTTP/1.1\r\n".to_vec(), Err(Bad)),
    ];
    for (octets, expected) in table {
        let expected = expected.map(|address| address.map(str::to_owned));
        assert_eq!(source(octets), expected, "{octets:x?}");
    }
}

fn pair() -> impl Strategy<Value = (SocketAddr, SocketAddr)> {
    let four = any::<(SocketAddrV4, SocketAddrV4)>().prop_map(|(a, b)| (a.into(), b.into()));
    let six = any::<(SocketAddrV6, SocketAddrV6)>().prop_map(|(a, b)| (a.into(), b.into()));
    prop_oneof![four, six]
}

proptest! {
    #[test]
    fn a_written_header_is_read_back_whole_and_never_before((from, to) in pair()) {
        let (from_ip, to_ip) = (from.ip(), to.ip());
        let family = if from.is_ipv4() { "TCP4" } else { "TCP6" };
        let text = format!("PROXY {family} {from_ip} {to_ip} {} {}\r\n", from.port(), to.port());
        let header = ProxyHeader { source: Some(from_ip.to_canonical()), length: text.len() };
        prop_assert_eq!(ProxyHeader::parse(text.as_bytes()), Ok(header));
        for cut in 0..text.len() {
            prop_assert_eq!(ProxyHeader::parse(&text.as_bytes()[..cut]), Err(Incomplete));
        }
    }

    #[test]
    fn arbitrary_octets_never_panic_and_never_stay_incomplete(
        start in prop_oneof![Just(&b""[..]), Just(V1_START), Just(&V2_SIGNATURE[..])],
        rest in prop::collection::vec(any::<u8>(), 0..700),
    ) {
        let octets = [start, &rest].concat();
        match ProxyHeader::parse(&octets) {
            Ok(header) => prop_assert!(header.length <= octets.len() && header.length <= ProxyHeader::MAX_LENGTH),
            Err(Incomplete) => prop_assert!(octets.len() < ProxyHeader::MAX_LENGTH),
            Err(Bad) => {}
        }
    }
}
