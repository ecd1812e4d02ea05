//! A key's access list: entries resolved to networks, equal lists kept once.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::document::{AccessListEntry, EntryOrigin};
use crate::digest::Timestamp;
use crate::policy::{AccessList, Entry, Network};

use super::networks::{SharedNetworks, network};
use super::{Findings, did_you_mean, moment};

/// Every access list of one load: equal lists are one.
#[derive(Debug, Default)]
pub(in crate::config) struct Lists {
    hasher: foldhash::quality::RandomState,
    known: Mutex<HashMap<u64, Vec<Arc<AccessList>>>>,
}

impl Lists {
    /// The list of these entries; `None` if there are none.
    fn of(&self, entries: Vec<Entry>) -> Option<Arc<AccessList>> {
        let hash = self.hash(&entries);
        let find = |lists: &[Arc<AccessList>]| {
            lists
                .iter()
                .find(|list| list.entries() == entries)
                .map(Arc::clone)
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let equal = known.entry(hash).or_default();
        if let Some(list) = find(equal) {
            return Some(list);
        }
        let list = Arc::new(AccessList::new(entries)?);
        equal.push(Arc::clone(&list));
        Some(list)
    }

    fn hash(&self, entries: &[Entry]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        for entry in entries {
            hasher.write_u64(
                self.hasher
                    .hash_one((entry.network, entry.expires, entry.item)),
            );
        }
        hasher.finish()
    }
}

/// What entries may refer to.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'c> {
    /// The networks of the organization's own file.
    pub(super) own: &'c SharedNetworks,
    /// Those of `networks.yaml`.
    pub(super) shared: &'c SharedNetworks,
    /// Every list of this load.
    pub(super) lists: &'c Lists,
    /// When it is compiled.
    pub(super) now: Timestamp,
}

/// Compiles the entries written at `field` (a key's `access_list`). `None` if none of them is usable, which with no
/// entry written means "no list" and is an error otherwise.
pub(super) fn access_list(
    written: &[AccessListEntry],
    field: &str,
    around: Surroundings<'_>,
    findings: &mut Findings<'_>,
) -> Option<Arc<AccessList>> {
    let mut entries = Vec::with_capacity(written.len());
    for (item, entry) in (0..).zip(written) {
        compile(entry, item, field, around, findings, &mut entries);
    }
    warn_of_overlaps(&entries, field, findings);
    around.lists.of(entries)
}

fn compile(
    written: &AccessListEntry,
    item: u32,
    field: &str,
    around: Surroundings<'_>,
    findings: &mut Findings<'_>,
    entries: &mut Vec<Entry>,
) {
    let here = || format!("{field}[{item}]{}", written.origin.field());
    let expires = written.expires.as_ref().and_then(|text| {
        let field = format!("{field}[{item}].expires");
        let end = moment(text, &field, findings)?;
        if end <= around.now {
            let message = format!("the entry expired at {text}");
            let help = "nobody is let in by it any more: remove it or set a later moment";
            findings.warning("KW0409", &field, message, help);
        }
        Some(end)
    });
    let comment = written.comment.as_deref().map(Arc::from);
    let entry = |network, named| Entry {
        network,
        named,
        comment: Option::clone(&comment),
        expires,
        item,
    };
    match &written.origin {
        EntryOrigin::Network(name) => match around.own.find(name).or(around.shared.find(name)) {
            Some((name, networks)) => {
                entries.extend(networks.iter().map(|&n| entry(n, Some(Arc::clone(name)))));
            }
            None => unknown_network(name, &here(), around, findings),
        },
        EntryOrigin::Address(text) if text.contains('/') => {
            let message = format!("`{text}` is a block and stands as an address");
            let help = format!("write `cidr: {text}`");
            findings.error("KW0410", &here(), message, &help);
        }
        EntryOrigin::Address(text) | EntryOrigin::Bare(text) | EntryOrigin::Cidr(text) => {
            entries.extend(network(text, here, findings).map(|network| entry(network, None)));
        }
    }
}

fn unknown_network(name: &str, field: &str, around: Surroundings<'_>, findings: &mut Findings<'_>) {
    let message = format!("the network `{}` is not defined", name.escape_debug());
    let help =
        did_you_mean(name, around.own.names().chain(around.shared.names())).unwrap_or_else(|| {
            "define it in networks.yaml or under `networks:` of this file".to_owned()
        });
    findings.error("KW0411", field, message, &help);
}

/// Warns of entries that change nothing, because an earlier or a wider one lasts at least as long.
fn warn_of_overlaps(entries: &[Entry], field: &str, findings: &mut Findings<'_>) {
    let mut sorted: Vec<&Entry> = entries.iter().collect();
    sorted.sort_by_key(|entry| (entry.network.first(), entry.network.prefix(), entry.item));
    // blocks nest or are disjoint: what is open is what encloses the next one
    let mut open: Vec<&Entry> = Vec::new();
    for entry in sorted {
        while open
            .last()
            .is_some_and(|outer| !holds(outer.network, entry.network))
        {
            open.pop();
        }
        let covering = open
            .iter()
            .find(|outer| outer.item != entry.item && outlasts(outer, entry));
        if let Some(outer) = covering {
            let field = format!("{field}[{}]", entry.item);
            let same = outer.network == entry.network;
            let (code, verb) = if same {
                ("KW0412", "repeats")
            } else {
                ("KW0413", "is covered by")
            };
            let message = format!(
                "`{}` {verb} entry {} (`{}`)",
                entry.network, outer.item, outer.network
            );
            findings.warning(code, &field, message, "one of the two is enough");
        }
        open.push(entry);
    }
}

/// Whether `outer` holds every address of `inner`.
pub(in crate::config) fn holds(outer: Network, inner: Network) -> bool {
    // the last address of `::fffe:0:0/95` is IPv4-mapped, and so in no IPv6 block: only the first is asked about
    outer.prefix() <= inner.prefix() && outer.contains(inner.first())
}

fn outlasts(outer: &Entry, inner: &Entry) -> bool {
    match (outer.expires, inner.expires) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(outer), Some(inner)) => inner <= outer,
    }
}
