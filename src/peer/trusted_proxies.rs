//! The proxies whose word about the caller's address is taken: sorted, disjoint ranges of addresses.

use std::net::IpAddr;

/// Trusted proxies of one listener. The default trusts nobody.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrustedProxies {
    ranges: Vec<(IpAddr, IpAddr)>,
}

impl TrustedProxies {
    /// Trusts the addresses from each `first` to its `last`, both inclusive. A range that is reversed or spans both
    /// address families holds nothing.
    #[must_use]
    pub fn new(ranges: impl IntoIterator<Item = (IpAddr, IpAddr)>) -> Self {
        let mut sorted: Vec<_> = ranges
            .into_iter()
            .map(|(first, last)| (first.to_canonical(), last.to_canonical()))
            .filter(|(first, last)| first <= last && first.is_ipv4() == last.is_ipv4())
            .collect();
        sorted.sort_unstable();
        let mut ranges: Vec<(IpAddr, IpAddr)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match ranges.last_mut() {
                Some(before) if first <= before.1 => before.1 = before.1.max(last),
                Some(_) | None => ranges.push((first, last)),
            }
        }
        Self { ranges }
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Whether `address`, in canonical form, is a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let after = self.ranges.partition_point(|(first, _)| *first <= address);
        after
            .checked_sub(1)
            .and_then(|index| self.ranges.get(index))
            .is_some_and(|(_, last)| address <= *last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_default_trusts_nobody() {
        assert!(TrustedProxies::default().is_empty());
        assert!(!TrustedProxies::default().contains(ip("127.0.0.1")));
    }

    #[test]
    fn a_mapped_address_is_trusted_as_its_ipv4_address() {
        let proxies = TrustedProxies::new([(ip("::ffff:10.0.0.0"), ip("::ffff:10.0.0.255"))]);
        assert!(proxies.contains(ip("10.0.0.7")));
        assert!(proxies.contains(ip("::ffff:10.0.0.7")));
        assert!(!proxies.contains(ip("::10.0.0.7")));
    }

    #[test]
    fn a_reversed_or_mixed_range_holds_nothing() {
        let proxies = TrustedProxies::new([
            (ip("10.0.0.9"), ip("10.0.0.1")),
            (ip("0.0.0.0"), ip("ffff::")),
        ]);
        assert!(proxies.is_empty());
    }

    fn any_ip() -> impl Strategy<Value = IpAddr> {
        prop_oneof![
            (0..64u32).prop_map(|n| IpAddr::V4(n.into())),
            (0..64u128).prop_map(|n| IpAddr::V6((n << 64).into())),
        ]
    }

    proptest! {
        #[test]
        fn looking_up_equals_a_linear_scan(
            ranges in prop::collection::vec((any_ip(), any_ip()), 0..12),
            address in any_ip(),
        ) {
            let scan = ranges.iter().any(|(first, last)| {
                first.is_ipv4() == last.is_ipv4() && *first <= address && address <= *last
            });
            prop_assert_eq!(TrustedProxies::new(ranges).contains(address), scan);
        }
    }
}
