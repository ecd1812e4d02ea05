//! An API access list: never empty, answers with the entry and not with a bool.

use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

use crate::digest::Timestamp;
use crate::peer::CallerAddress;

use super::Network;
use super::address_ranges::{Address, AddressRanges, Claim};

/// One entry of an access list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// The addresses.
    pub network: Network,
    /// The named network this entry was written as, if it was.
    pub named: Option<Arc<str>>,
    /// The comment.
    pub comment: Option<Arc<str>>,
    /// From when on the entry no longer counts.
    pub expires: Option<Timestamp>,
    /// Which item of the key's `access_list` in the file it comes from, from 0.
    pub item: u32,
}

impl Entry {
    /// Whether the entry counts at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }

    /// What decides between entries that hold the same address, best first: the one that lasts longest, then the
    /// narrowest. As the winner lasts longest, an expired winner means that all of them are expired.
    fn precedence(&self) -> (bool, Reverse<Option<Timestamp>>, Reverse<u8>) {
        (
            self.expires.is_some(),
            Reverse(self.expires),
            Reverse(self.network.prefix()),
        )
    }

    /// How many addresses lie between the block and `address`: 0 inside; `None` in the other family.
    fn distance(&self, address: IpAddr) -> Option<u128> {
        match (self.network.first(), self.network.last(), address) {
            (IpAddr::V4(first), IpAddr::V4(last), IpAddr::V4(address)) => Some(gap(
                u128::from(first.to_bits()),
                u128::from(last.to_bits()),
                u128::from(address.to_bits()),
            )),
            (IpAddr::V6(first), IpAddr::V6(last), IpAddr::V6(address)) => {
                Some(gap(first.to_bits(), last.to_bits(), address.to_bits()))
            }
            (IpAddr::V4(_) | IpAddr::V6(_), _, _) => None,
        }
    }
}

/// How far `value` lies outside `first..=last`.
fn gap(first: u128, last: u128, value: u128) -> u128 {
    first.saturating_sub(value).max(value.saturating_sub(last))
}

/// A list of entries over sorted, disjoint ranges.
#[derive(Clone, Debug)]
pub struct AccessList {
    entries: Box<[Entry]>,
    v4: AddressRanges<u32>,
    v6: AddressRanges<u128>,
}

impl AccessList {
    /// A list of these entries; `None` if there are none, because `[]` is "no list".
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Option<Self> {
        (!entries.is_empty()).then(|| Self {
            v4: ranges(&entries),
            v6: ranges(&entries),
            entries: entries.into(),
        })
    }

    /// The entry that lets `caller` in at `now`: of several the one that lasts longest, then the narrowest.
    /// Allocates nothing.
    #[must_use]
    pub fn find(&self, caller: CallerAddress, now: Timestamp) -> Option<&Entry> {
        let owner = match caller.ip() {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.find(v6.to_bits()),
        };
        let entry = self.entries.get(usize::try_from(owner?).ok()?)?;
        entry.is_in_force(now).then_some(entry)
    }

    /// Every entry, as written.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry whose block lies closest to `caller`, in force or expired: for `explain`. `None` if no entry is of
    /// the caller's address family.
    #[must_use]
    pub fn nearest(&self, caller: CallerAddress) -> Option<&Entry> {
        self.entries
            .iter()
            .filter_map(|entry| Some((entry.distance(caller.ip())?, entry)))
            .min_by_key(|(distance, entry)| (*distance, entry.precedence()))
            .map(|(_, entry)| entry)
    }
}

/// The ranges of one address family.
fn ranges<A: Address>(entries: &[Entry]) -> AddressRanges<A> {
    let claims = (0..)
        .zip(entries)
        .filter_map(|(index, entry)| {
            Some(Claim {
                first: A::of(entry.network.first())?,
                last: A::of(entry.network.last())?,
                entry: index,
            })
        })
        .collect();
    let precedence = |index: u32| {
        let index = usize::try_from(index).ok()?;
        entries.get(index).map(Entry::precedence)
    };
    AddressRanges::new(claims, |inner, outer| precedence(inner) < precedence(outer))
}

#[cfg(test)]
mod tests;
