//! The first octets of a connection: a PROXY header is found as soon as it is whole, and the same however it arrives.

#![no_main]

use std::net::{Ipv4Addr, Ipv6Addr};

use keywarden::peer::{ProxyHeader, ProxyHeaderError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let whole = ProxyHeader::parse(octets);
    let mut settled = None;
    for end in 0..=octets.len().min(ProxyHeader::MAX_LENGTH + 2) {
        let now = ProxyHeader::parse(&octets[..end]);
        if let Some(settled) = settled {
            assert_eq!(now, settled, "another answer after {end} octets");
        }
        match now {
            Err(ProxyHeaderError::Incomplete) => assert!(end < ProxyHeader::MAX_LENGTH),
            Err(ProxyHeaderError::Bad) => settled = Some(now),
            Ok(header) => {
                assert_eq!(
                    header.length,
                    settled.map_or(end, |_| header.length),
                    "read too much or too little"
                );
                settled = Some(now);
            }
        }
    }
    assert_eq!(whole, settled.unwrap_or(Err(ProxyHeaderError::Incomplete)));
    let Ok(header) = whole else { return };
    let told = &octets[..header.length];
    let source = match told {
        [b'P', ..] => {
            let line = std::str::from_utf8(told)
                .unwrap()
                .strip_suffix("\r\n")
                .unwrap();
            assert!(told.len() <= 107 && !line.contains(['\r', '\n']));
            match line.split(' ').collect::<Vec<_>>()[..] {
                ["PROXY", "TCP4", source, target, _, _] => {
                    target.parse::<Ipv4Addr>().unwrap();
                    Some(source.parse::<Ipv4Addr>().unwrap().into())
                }
                ["PROXY", "TCP6", source, target, _, _] => {
                    target.parse::<Ipv6Addr>().unwrap();
                    Some(source.parse::<Ipv6Addr>().unwrap().to_canonical())
                }
                ["PROXY", "UNKNOWN", ..] => None,
                _ => panic!("{line:?} is no header"),
            }
        }
        [..] if told[12] == 0x21 && told[13] == 0x11 => {
            assert!(told.len() >= 16 + 12, "no room for both ends");
            Some(Ipv4Addr::new(told[16], told[17], told[18], told[19]).into())
        }
        [..] if told[12] == 0x21 && told[13] == 0x21 => {
            assert!(told.len() >= 16 + 36, "no room for both ends");
            let octets: [u8; 16] = told[16..32].try_into().unwrap();
            Some(Ipv6Addr::from(octets).to_canonical())
        }
        _ => {
            assert!(matches!(told[12], 0x20 | 0x21));
            None
        }
    };
    assert_eq!(header.source, source);
});
