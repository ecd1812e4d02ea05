//! Entries and callers: finding is a linear scan for the entry that lasts longest, then the narrowest.

#![no_main]

use std::net::{IpAddr, Ipv6Addr};

use keywarden::digest::Timestamp;
use keywarden::peer::CallerAddress;
use keywarden::policy::{AccessList, Entry, Network, NetworkError};
use keywarden_fuzz::source::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let mut source = Source::new(octets);
    let now = Timestamp::from_millis(source.octet().into());
    let count = source.octet() % 24;
    let entries: Vec<Entry> = (0..count.into())
        .map(|item| entry(&mut source, item))
        .collect();
    let Some(list) = AccessList::new(entries.clone()) else {
        assert!(entries.is_empty());
        return;
    };
    assert_eq!(list.entries(), entries);
    let mut callers: Vec<IpAddr> = entries
        .iter()
        .flat_map(|entry| around(entry.network))
        .collect();
    while !source.is_empty() {
        callers.push(address(&mut source));
    }
    for caller in callers {
        let caller = CallerAddress::from(caller);
        let found = list.find(caller, now);
        assert_eq!(found, scan(&entries, caller.ip(), now), "{caller}");
        if let Some(found) = found {
            let nearest = list.nearest(caller).expect("there is one");
            assert!(nearest.network.contains(caller.ip()) && found.is_in_force(now));
        }
    }
});

fn scan(entries: &[Entry], caller: IpAddr, now: Timestamp) -> Option<&Entry> {
    let mut best: Option<&Entry> = None;
    for entry in entries
        .iter()
        .filter(|entry| entry.network.contains(caller) && entry.is_in_force(now))
    {
        let lasts = |entry: &Entry| entry.expires.map_or(u64::MAX, Timestamp::as_millis);
        let better = best.is_none_or(|best| {
            (lasts(entry), entry.network.prefix()) > (lasts(best), best.network.prefix())
        });
        if better {
            best = Some(entry);
        }
    }
    best
}

fn entry(source: &mut Source<'_>, item: u32) -> Entry {
    let expires = source.octet();
    let address = address(source);
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let prefix = source.octet() % (longest + 1);
    let network = match format!("{address}/{prefix}").parse::<Network>() {
        Ok(network) | Err(NetworkError::HostBits { network, .. }) => network,
        Err(_) => Network::host(address),
    };
    Entry {
        network,
        named: None,
        comment: None,
        expires: (expires > 64).then(|| Timestamp::from_millis(expires.into())),
        item,
    }
}

fn address(source: &mut Source<'_>) -> IpAddr {
    let family = source.octet();
    let [a, b, c, d] = source.octets();
    match family & 3 {
        0 => Ipv6Addr::from([a, b, 0, 0, 0, 0, c, 0, 0, 0, 0, 0, 0, 0, 0, d]).into(),
        1 => Ipv6Addr::from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d]).into(),
        _ => [a, b, c, d].into(),
    }
}

/// The ends of a block, and what lies just outside.
fn around(network: Network) -> Vec<IpAddr> {
    let ends = [network.first(), network.last()];
    let near = ends.into_iter().flat_map(|end| match end {
        IpAddr::V4(v4) => {
            [1, u32::MAX].map(|step| IpAddr::V4(v4.to_bits().wrapping_add(step).into()))
        }
        IpAddr::V6(v6) => {
            [1, u128::MAX].map(|step| IpAddr::V6(v6.to_bits().wrapping_add(step).into()))
        }
    });
    near.chain(ends).collect()
}
