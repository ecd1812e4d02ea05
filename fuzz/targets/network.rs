//! An address or CIDR block as text: it reads back as it is written, and holds exactly what its bits say.

#![no_main]

use std::net::IpAddr;

use keywarden::policy::{Network, NetworkError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let Ok(text) = std::str::from_utf8(octets) else {
        return;
    };
    let network = match text.parse::<Network>() {
        Ok(network) => network,
        Err(NetworkError::HostBits {
            network, address, ..
        }) => {
            assert!(network.contains(address));
            network
        }
        Err(error) => {
            assert!(read(text).is_none(), "{error}");
            return;
        }
    };
    assert_eq!(network.to_string().parse(), Ok(network));
    let (first, prefix) = read(text).expect("accepted, and no network");
    assert_eq!(network.prefix(), prefix);
    let width = if first.is_ipv4() { 32 } else { 128 };
    let rest = width - u32::from(prefix);
    let cut = |bits: u128| bits.checked_shr(rest).unwrap_or(0);
    assert_eq!(cut(bits(network.first())), cut(bits(first)));
    assert_eq!(cut(bits(network.last())), cut(bits(first)));
    assert_eq!(network.first().is_ipv4(), first.is_ipv4());
    assert_eq!(
        bits(network.last())
            .wrapping_sub(bits(network.first()))
            .wrapping_add(1),
        1_u128.checked_shl(rest).unwrap_or(0)
    );
    // the last address of `::fffe:0:0/95` is an IPv4-mapped one, which is an IPv4 address
    let unmapped = |address: IpAddr| address == address.to_canonical();
    for end in [network.first(), network.last()] {
        assert!(network.contains(end) || !unmapped(end));
    }
    for beside in [
        bits(network.first()).checked_sub(1),
        bits(network.last()).checked_add(1),
    ]
    .into_iter()
    .flatten()
    {
        let beside = match (first, u32::try_from(beside)) {
            (IpAddr::V4(_), Ok(bits)) => IpAddr::V4(bits.into()),
            (IpAddr::V4(_), Err(_)) => continue,
            (IpAddr::V6(_), _) => IpAddr::V6(beside.into()),
        };
        assert!(!network.contains(beside) || !unmapped(beside));
    }
});

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u128::from(v4.to_bits()),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The canonical address and prefix that a text names, host bits or not.
fn read(text: &str) -> Option<(IpAddr, u8)> {
    let (address, prefix) = text
        .split_once('/')
        .map_or((text, None), |(a, p)| (a, Some(p)));
    let written: IpAddr = address.parse().ok()?;
    let width: u8 = if written.is_ipv4() { 32 } else { 128 };
    let length = match prefix {
        Some(digits) => (0..=width).find(|length| length.to_string() == digits)?,
        None => width,
    };
    let address = written.to_canonical();
    if address.is_ipv4() && written.is_ipv6() {
        return Some((address, length.checked_sub(96)?));
    }
    Some((address, length))
}
