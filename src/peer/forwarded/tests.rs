//! Chains a proxy or a forger can send, and who is calling.

use proptest::prelude::*;

use super::*;
use crate::peer::CallerAddress;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn proxies() -> TrustedProxies {
    TrustedProxies::new([
        (ip("10.0.0.0"), ip("10.0.0.255")),
        (ip("2001:db8:ffff::"), ip("2001:db8:ffff::ffff")),
    ])
}

fn derive(source: AddressSource, lines: &[&[u8]]) -> Result<Caller, ChainTooLong> {
    derive_caller(ip("10.0.0.1"), &proxies(), source, lines.iter().copied())
}

/// The caller's address as text, or why it is unknown.
fn outcome(source: AddressSource, lines: &[&[u8]]) -> String {
    let caller = derive(source, lines).unwrap();
    assert_eq!(caller.source, source);
    assert_eq!(caller.peer.ip(), ip("10.0.0.1"));
    assert_eq!(caller.address.is_none(), caller.doubt.is_some());
    match (caller.address, caller.doubt) {
        (Some(address), _) => address.to_string(),
        (None, doubt) => format!("{doubt:?}"),
    }
}

const UNREADABLE: &str = "Some(EntryUnreadable)";
const MISSING: &str = "Some(ChainMissing)";

#[test]
fn a_list_is_walked_from_right_to_left_past_trusted_proxies() {
    let table: &[(&[&[u8]], &str)] = &[
        (&[b"203.0.113.5"], "203.0.113.5"),
        (&[b"198.51.100.1, 203.0.113.5"], "203.0.113.5"),
        (&[b"198.51.100.1", b"203.0.113.5"], "203.0.113.5"),
        (&[b"203.0.113.5, 10.0.0.2,\t10.0.0.3 "], "203.0.113.5"),
        (&[b"203.0.113.5, 2001:db8:ffff::1"], "203.0.113.5"),
        (&[b"10.0.0.9, 10.0.0.8"], "10.0.0.9"),
        (&[b"garbage, 203.0.113.5"], "203.0.113.5"),
        (&[b"203.0.113.5:443"], "203.0.113.5"),
        (&[b"[2001:db8::5]:443"], "2001:db8::5"),
        (&[b"[2001:db8::5]"], "2001:db8::5"),
        (&[b"2001:DB8::5"], "2001:db8::5"),
        (&[b"::ffff:203.0.113.5"], "203.0.113.5"),
        (&[b"203.0.113.5, ::ffff:10.0.0.2"], "203.0.113.5"),
        (&[b"::203.0.113.5"], "::cb00:7105"),
        (&[b"garbage, 10.0.0.2"], UNREADABLE),
        (&[b"203.0.113.5, unknown"], UNREADABLE),
        (&[b"203.0.113.5,"], UNREADABLE),
        (&[b"203.0.113.5", b""], UNREADABLE),
        (&[b""], UNREADABLE),
        (&[b"_hidden"], UNREADABLE),
        (&[b"3405803781"], UNREADABLE),
        (&[b"203.0.28933"], UNREADABLE),
        (&[b"0313.0.113.5"], UNREADABLE),
        (&[b"203.000.113.005"], UNREADABLE),
        (&[b"0xcb.0.113.5"], UNREADABLE),
        (&[b"fe80::1%eth0"], UNREADABLE),
        (&[b"[fe80::1%25eth0]:80"], UNREADABLE),
        (&[b"203.0.113.5:"], UNREADABLE),
        (&[b"203.0.113.5:65536"], UNREADABLE),
        (&[b"203.0.113.5:+80"], UNREADABLE),
        (&[b"[203.0.113.5]:80"], UNREADABLE),
        (&[b"[2001:db8::5]80"], UNREADABLE),
        (&[b"[2001:db8::5"], UNREADABLE),
        (&[b"203.0.113.5/32"], UNREADABLE),
        (&[b"\xa0203.0.113.5"], UNREADABLE),
        (&[b"203.0.113.5\x0b"], UNREADABLE),
        (&[b"\"203.0.113.5\""], UNREADABLE),
        (&[], MISSING),
    ];
    for (lines, expected) in table {
        for source in [AddressSource::XForwardedFor, AddressSource::Header] {
            assert_eq!(outcome(source, lines), *expected, "{lines:?}");
        }
    }
}

#[test]
fn forwarded_elements_are_read_with_regard_to_quotes() {
    let table: &[(&[&[u8]], &str)] = &[
        (&[b"for=203.0.113.5"], "203.0.113.5"),
        (
            &[b"For=\"203.0.113.5:80\";proto=https;by=10.0.0.1"],
            "203.0.113.5",
        ),
        (
            &[b"proto=http; for=\"[2001:db8::5]:1234\" ;host=x"],
            "2001:db8::5",
        ),
        (&[b"for=\"[2001:db8::5]\""], "2001:db8::5"),
        (&[b"for=198.51.100.1, for=203.0.113.5"], "203.0.113.5"),
        (
            &[b"for=198.51.100.1", b"for=203.0.113.5, for=10.0.0.2"],
            "203.0.113.5",
        ),
        (
            &[b"host=\"a,b;for=1.2.3.4\";for=203.0.113.5"],
            "203.0.113.5",
        ),
        (
            &[b"host=\"a\\\",for=1.2.3.4\";for=203.0.113.5"],
            "203.0.113.5",
        ),
        (&[b"for=203.0.113.5, for=unknown"], UNREADABLE),
        (&[b"for=_gazonk"], UNREADABLE),
        (&[b"for=\"203.0.113.5:_x\""], UNREADABLE),
        (&[b"for=\"203.0.113.5, for=198.51.100.1\""], UNREADABLE),
        (&[b"for=\"203.0.113.5"], UNREADABLE),
        (&[b"for=\"", b"for=203.0.113.5"], UNREADABLE),
        (&[b"for=\"203.0.113.\\5\""], UNREADABLE),
        (&[b"for=203.0.113.5;for=198.51.100.1"], UNREADABLE),
        (&[b"for = 203.0.113.5"], UNREADABLE),
        (&[b"by=203.0.113.5"], UNREADABLE),
        (&[b"203.0.113.5"], UNREADABLE),
        (&[b"for="], UNREADABLE),
        (&[b"for=203.0.113.5,"], UNREADABLE),
        (&[b""], UNREADABLE),
        (&[], MISSING),
    ];
    for (lines, expected) in table {
        assert_eq!(
            outcome(AddressSource::Forwarded, lines),
            *expected,
            "{lines:?}"
        );
    }
}

#[test]
fn headers_of_an_untrusted_peer_are_ignored_and_that_is_told() {
    for (source, doubt) in [
        (AddressSource::Forwarded, Some(CallerDoubt::PeerUntrusted)),
        (AddressSource::Header, Some(CallerDoubt::PeerUntrusted)),
        (AddressSource::Peer, None),
        (AddressSource::ProxyProtocol, None),
        (
            AddressSource::XForwardedFor,
            Some(CallerDoubt::PeerUntrusted),
        ),
    ] {
        let peer = ip("198.51.100.77");
        let line: &[u8] = b"203.0.113.5";
        let caller = derive_caller(peer, &proxies(), source, [line]).unwrap();
        let expected = Caller {
            doubt,
            ..Caller::peer(peer)
        };
        assert_eq!(caller, expected);
        let silent = derive_caller(peer, &proxies(), source, []).unwrap();
        assert_eq!(silent, Caller::peer(peer));
    }
}

#[test]
fn a_listener_that_reads_no_header_believes_not_even_a_trusted_peer() {
    let caller = derive(AddressSource::Peer, &[b"203.0.113.5"]).unwrap();
    assert_eq!(caller, Caller::peer(ip("10.0.0.1")));
}

#[test]
fn a_chain_of_thirty_two_is_read_and_one_more_is_too_long() {
    let chain = |length: usize| vec!["10.0.0.2"; length].join(", ");
    for (prefix, source) in [
        ("", AddressSource::XForwardedFor),
        ("for=", AddressSource::Forwarded),
    ] {
        let text = |length| chain(length).replace("10.", &format!("{prefix}10."));
        let (longest, longer) = (text(MAX_CHAIN), text(MAX_CHAIN + 1));
        assert_eq!(outcome(source, &[longest.as_bytes()]), "10.0.0.2");
        assert_eq!(derive(source, &[longer.as_bytes()]), Err(ChainTooLong));
        let one = text(1);
        assert_eq!(
            derive(source, &[longest.as_bytes(), one.as_bytes()]),
            Err(ChainTooLong)
        );
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic_and_leave_an_address_or_a_doubt(
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4),
    ) {
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        for source in [AddressSource::XForwardedFor, AddressSource::Forwarded] {
            if let Ok(caller) = derive(source, &lines) {
                prop_assert_eq!(caller.address.is_none(), caller.doubt.is_some());
            }
        }
    }

    #[test]
    fn what_is_displayed_is_read_back(address in any::<IpAddr>(), port in any::<u16>(), other in any::<IpAddr>()) {
        let canonical = CallerAddress::from(address).to_string();
        let socket = std::net::SocketAddr::new(address, port);
        prop_assume!(!proxies().contains(address));
        for text in [address.to_string(), socket.to_string(), format!("{other}, {socket}")] {
            prop_assert_eq!(&outcome(AddressSource::XForwardedFor, &[text.as_bytes()]), &canonical);
        }
        let text = format!("for=\"{other}\", for=\"{socket}\"");
        prop_assert_eq!(&outcome(AddressSource::Forwarded, &[text.as_bytes()]), &canonical);
    }
}
