//! An access list against the plain way to ask it: look at every entry.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::super::NetworkError;
use super::*;

fn entry(network: &str, expires: Option<u64>) -> Entry {
    Entry {
        network: network.parse().unwrap(),
        named: None,
        comment: None,
        expires: expires.map(Timestamp::from_millis),
        item: 0,
    }
}

fn list(entries: &[(&str, Option<u64>)]) -> AccessList {
    let entries = entries.iter().map(|(n, e)| entry(n, *e)).collect();
    AccessList::new(entries).unwrap()
}

fn caller(text: &str) -> CallerAddress {
    text.parse::<IpAddr>().unwrap().into()
}

fn found(list: &AccessList, from: &str, now: u64) -> Option<String> {
    list.find(caller(from), Timestamp::from_millis(now))
        .map(|entry| entry.network.to_string())
}

#[test]
fn an_empty_list_is_no_list() {
    assert!(AccessList::new(Vec::new()).is_none());
}

#[test]
fn a_caller_is_let_in_by_the_entry_that_holds_it() {
    let list = list(&[
        ("203.0.113.0/24", None),
        ("198.51.100.7", None),
        ("2001:db8::/32", None),
        ("::ffff:192.0.2.0/120", None),
    ]);
    for (from, by) in [
        ("203.0.113.0", Some("203.0.113.0/24")),
        ("203.0.113.255", Some("203.0.113.0/24")),
        ("203.0.114.0", None),
        ("203.0.112.255", None),
        ("198.51.100.7", Some("198.51.100.7")),
        ("198.51.100.6", None),
        ("198.51.100.8", None),
        ("2001:db8:ffff::1", Some("2001:db8::/32")),
        ("2001:db9::", None),
        ("192.0.2.9", Some("192.0.2.0/24")),
        ("::ffff:203.0.113.9", Some("203.0.113.0/24")),
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("::", None),
    ] {
        assert_eq!(found(&list, from, 0).as_deref(), by, "{from}");
    }
}

#[test]
fn the_very_first_and_last_addresses_can_be_on_a_list() {
    let list = list(&[
        ("0.0.0.0", None),
        ("255.255.255.255", None),
        ("ffff::/16", None),
        ("::", None),
    ]);
    for from in [
        "0.0.0.0",
        "255.255.255.255",
        "::",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ] {
        assert!(found(&list, from, 0).is_some(), "{from}");
    }
    for from in ["0.0.0.1", "255.255.255.254", "::1", "fffe::"] {
        assert!(found(&list, from, 0).is_none(), "{from}");
    }
}

#[test]
fn of_several_entries_the_one_that_lasts_longest_answers_then_the_narrowest() {
    let list = list(&[
        ("10.0.0.0/8", None),
        ("10.1.0.0/16", Some(50)),
        ("10.1.1.0/24", Some(90)),
        ("10.2.0.0/16", None),
        ("172.16.0.0/12", Some(50)),
        ("172.16.5.0/24", Some(90)),
        ("172.16.5.7", Some(20)),
    ]);
    for (from, by) in [
        ("10.1.1.1", Some("10.0.0.0/8")),
        ("10.2.0.1", Some("10.2.0.0/16")),
        ("172.16.5.7", Some("172.16.5.0/24")),
        ("172.16.5.8", Some("172.16.5.0/24")),
        ("172.16.6.1", Some("172.16.0.0/12")),
    ] {
        assert_eq!(found(&list, from, 0).as_deref(), by, "{from}");
    }
    assert_eq!(found(&list, "172.16.6.1", 50), None);
    assert!(found(&list, "172.16.5.7", 89).is_some());
    assert_eq!(found(&list, "172.16.5.7", 90), None);
}

#[test]
fn the_nearest_entry_is_told_whether_in_force_or_not() {
    let list = list(&[
        ("203.0.113.0/24", None),
        ("203.0.120.0/24", Some(1)),
        ("198.51.100.7", None),
    ]);
    let nearest = |from| list.nearest(caller(from)).map(|e| e.network.to_string());
    assert_eq!(nearest("203.0.114.9").as_deref(), Some("203.0.113.0/24"));
    assert_eq!(nearest("203.0.120.9").as_deref(), Some("203.0.120.0/24"));
    assert_eq!(nearest("1.1.1.1").as_deref(), Some("198.51.100.7"));
    assert_eq!(nearest("2001:db8::1"), None);
}

/// A small generator (`SplitMix64`), so that a failure can be repeated by its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, sides: u64) -> u64 {
        self.roll() % sides
    }

    /// An address out of few, so that blocks nest and callers hit: 12 bits vary, at either end of the family.
    fn address(&mut self) -> IpAddr {
        let low = u32::try_from(self.below(1 << 12)).unwrap();
        let (base, v6) = (self.below(3), self.below(2) == 0);
        match (v6, base) {
            (false, 0) => IpAddr::V4(Ipv4Addr::from_bits(low)),
            (false, 1) => IpAddr::V4(Ipv4Addr::from_bits(u32::MAX - low)),
            (false, _) => IpAddr::V4(Ipv4Addr::from_bits(0xcb00_7000 | low)),
            (true, 0) => IpAddr::V6(Ipv6Addr::from_bits(u128::from(low))),
            (true, 1) => IpAddr::V6(Ipv6Addr::from_bits(u128::MAX - u128::from(low))),
            (true, _) => IpAddr::V6(Ipv6Addr::from_bits((0x2001_0db8 << 96) | u128::from(low))),
        }
    }

    fn entry(&mut self) -> Entry {
        let address = self.address();
        let full: u64 = if address.is_ipv4() { 32 } else { 128 };
        let cut = if self.below(40) == 0 {
            full
        } else {
            self.below(13)
        };
        let text = format!("{address}/{}", full - cut);
        let network = match text.parse::<Network>() {
            Ok(network) | Err(NetworkError::HostBits { network, .. }) => network,
            Err(other) => panic!("{text}: {other}"),
        };
        let expires = match self.below(3) {
            0 => None,
            _ => Some(Timestamp::from_millis(self.below(6))),
        };
        Entry {
            network,
            named: None,
            comment: None,
            expires,
            item: 0,
        }
    }
}

#[test]
fn find_equals_a_linear_scan_and_gives_the_best_entry() {
    let mut dice = Dice(20_261_123);
    let mut hits = 0_u32;
    for _ in 0..400 {
        let entries: Vec<_> = (0..=dice.below(24)).map(|_| dice.entry()).collect();
        let list = AccessList::new(entries.clone()).unwrap();
        for _ in 0..500 {
            let (from, now) = (dice.address(), Timestamp::from_millis(dice.below(6)));
            let best = entries
                .iter()
                .filter(|e| e.network.contains(from) && e.is_in_force(now))
                .min_by_key(|e| e.precedence());
            let found = list.find(from.into(), now);
            assert_eq!(
                found.map(|e| (e.network, e.expires)),
                best.map(|e| (e.network, e.expires)),
                "{from} at {now:?} in {entries:?}"
            );
            hits += u32::from(found.is_some());
        }
    }
    assert!(
        (20_000..180_000).contains(&hits),
        "a test of both answers: {hits}"
    );
}

#[test]
fn one_entry_more_never_shuts_anybody_out() {
    let mut dice = Dice(7);
    for _ in 0..300 {
        let mut entries: Vec<_> = (0..=dice.below(12)).map(|_| dice.entry()).collect();
        let before = AccessList::new(entries.clone()).unwrap();
        entries.insert(usize::try_from(dice.below(2)).unwrap(), dice.entry());
        let after = AccessList::new(entries).unwrap();
        for _ in 0..200 {
            let (from, now) = (dice.address().into(), Timestamp::from_millis(dice.below(6)));
            assert!(before.find(from, now).is_none() || after.find(from, now).is_some());
        }
    }
}

#[test]
fn a_long_list_is_asked_without_allocating() {
    let entries = (0..1_000_u32)
        .map(|n| entry(&Ipv4Addr::from_bits(n << 8).to_string(), None))
        .collect();
    let list = AccessList::new(entries).unwrap();
    let info = allocation_counter::measure(|| {
        assert!(
            list.find(caller("0.0.255.0"), Timestamp::default())
                .is_some()
        );
        assert!(
            list.find(caller("0.0.255.1"), Timestamp::default())
                .is_none()
        );
    });
    assert_eq!(info.count_total, 0);
}
