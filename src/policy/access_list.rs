//! An API access list: never empty, answers with the entry and not with a bool.

use std::sync::Arc;

use crate::digest::Timestamp;
use crate::peer::CallerAddress;

use super::Network;

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

/// A list of entries over sorted, disjoint ranges.
#[derive(Clone, Debug)]
pub struct AccessList {
    entries: Box<[Entry]>,
    // the owner adds the sorted, disjoint ranges, each with the index of its entry
}

impl AccessList {
    /// A list of these entries; `None` if there are none, because `[]` is "no list".
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Option<Self> {
        (!entries.is_empty()).then(|| Self {
            entries: entries.into(),
        })
    }

    /// The entry that lets `caller` in at `now`: of several the one that lasts longest, then the narrowest.
    /// Allocates nothing.
    #[must_use]
    pub fn find(&self, caller: CallerAddress, now: Timestamp) -> Option<&Entry> {
        let _ = (caller, now);
        todo!()
    }

    /// Every entry, as written.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry whose block lies closest to `caller`, in force or expired: for `explain`.
    #[must_use]
    pub fn nearest(&self, caller: CallerAddress) -> Option<&Entry> {
        let _ = caller;
        todo!()
    }
}
