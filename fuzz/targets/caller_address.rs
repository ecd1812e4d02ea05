//! Lines of `X-Forwarded-For` or `Forwarded`, a NUL between two, after an octet that picks the header, the peer and
//! who is trusted: the caller is the peer or somebody in the chain, and nobody's words in front make it another.

#![no_main]

use std::net::IpAddr;

use keywarden::peer::{AddressSource, CallerDoubt, MAX_CHAIN, TrustedProxies, derive_caller};
use libfuzzer_sys::fuzz_target;

const SOURCES: [AddressSource; 4] = [
    AddressSource::XForwardedFor,
    AddressSource::Forwarded,
    AddressSource::Header,
    AddressSource::Peer,
];

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fuzz_target!(|octets: &[u8]| {
    let Some((choice, text)) = octets.split_first() else {
        return;
    };
    let source = SOURCES[usize::from(choice & 3)];
    let trusted = match choice >> 2 & 3 {
        0 => TrustedProxies::new([(ip("10.0.0.0"), ip("10.255.255.255"))]),
        1 => TrustedProxies::new([
            (ip("10.0.0.1"), ip("10.0.0.1")),
            (ip("2001:db8::"), ip("2001:db8::ff")),
        ]),
        2 => TrustedProxies::new([
            (ip("0.0.0.0"), ip("255.255.255.255")),
            (ip("::"), ip("ffff::")),
        ]),
        _ => TrustedProxies::default(),
    };
    let peer = [
        ip("10.0.0.1"),
        ip("::ffff:10.0.0.1"),
        ip("2001:db8::1"),
        ip("203.0.113.9"),
    ][usize::from(choice >> 4 & 3)];
    let lines: Vec<&[u8]> = text.split(|octet| *octet == 0).collect();
    let derived = derive_caller(peer, &trusted, source, lines.iter().copied());

    let believed = trusted.contains(peer) && source != AddressSource::Peer;
    let Ok(caller) = derived else {
        assert!(
            believed
                && text
                    .iter()
                    .filter(|octet| matches!(**octet, b',' | 0))
                    .count()
                    >= MAX_CHAIN
        );
        return;
    };
    assert_eq!(caller.peer.ip(), peer.to_canonical());
    if !believed {
        assert_eq!(
            caller.address.map(|address| address.ip()),
            Some(peer.to_canonical())
        );
        assert_eq!(caller.source, AddressSource::Peer);
        let told = caller.doubt == Some(CallerDoubt::PeerUntrusted);
        assert_eq!(
            told,
            source != AddressSource::Peer,
            "a header was ignored in silence"
        );
        return;
    }
    assert_eq!(caller.address.is_none(), caller.doubt.is_some());
    let found = caller.address.map(|address| address.ip());
    if let Some(found) = found {
        assert_eq!(found, found.to_canonical());
        assert!(
            lines.iter().any(|line| names(line, found)),
            "{found} is not in the chain"
        );
    }
    if source != AddressSource::Forwarded {
        assert_eq!(found, walk(&lines, &trusted));
    }
    // Whoever stands left of the caller wrote it, or let it be written.
    if found.is_none_or(|found| !trusted.contains(found)) && lines != [b""] {
        for forged in [
            &b"198.51.100.66"[..],
            b"for=198.51.100.66",
            b"for=\"198.51.100.66",
            b"unknown",
            b"\\\"",
            b"for=10.0.0.1;",
        ] {
            let longer = std::iter::once(forged).chain(lines.iter().copied());
            if let Ok(longer) = derive_caller(peer, &trusted, source, longer) {
                let longer = longer.address.map(|address| address.ip());
                assert!(
                    longer.is_none() || longer == found,
                    "{found:?} becomes {longer:?}"
                );
            }
        }
    }
});

/// Whether some part of a line reads as this address.
fn names(line: &[u8], wanted: IpAddr) -> bool {
    let is_part = |octet: &u8| octet.is_ascii_hexdigit() || matches!(octet, b'.' | b':');
    line.split(|octet| !is_part(octet)).any(|part| {
        let part = std::str::from_utf8(part).unwrap();
        let bare = part.rsplit_once(':').map_or(part, |(address, _)| address);
        let reads = |text: &str| {
            text.parse::<IpAddr>()
                .is_ok_and(|address| address.to_canonical() == wanted)
        };
        reads(part) || reads(bare)
    })
}

/// The walk from right to left over a comma-separated list.
fn walk(lines: &[&[u8]], trusted: &TrustedProxies) -> Option<IpAddr> {
    let list = lines.join(&b',');
    let mut last = None;
    for entry in list.rsplit(|octet| *octet == b',') {
        let entry = std::str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
        let port = |text: &str| {
            text.len() <= 5
                && text.bytes().all(|o| o.is_ascii_digit())
                && text.parse::<u16>().is_ok()
        };
        let address = match (entry.strip_prefix('['), entry.matches(':').count()) {
            (Some(inner), _) => {
                let (address, rest) = inner.split_once(']')?;
                if !(rest.is_empty() || port(rest.strip_prefix(':')?)) {
                    return None;
                }
                IpAddr::V6(address.parse().ok()?)
            }
            (None, 1) => {
                let (address, number) = entry.split_once(':')?;
                if !port(number) {
                    return None;
                }
                IpAddr::V4(address.parse().ok()?)
            }
            (None, _) => entry.parse().ok()?,
        };
        last = Some(address.to_canonical());
        if !trusted.contains(address) {
            break;
        }
    }
    last
}
