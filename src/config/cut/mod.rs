//! Files caught while they are written: what ends in the middle of a line, and what is only a beginning of the
//! version in force, is taken for an edit only if it opens nothing.

use std::path::Path;

use crate::digest::Timestamp;
use crate::policy::{AccessList, Assignment, Enforcement, Entry, Key, Organization, Reach, Roles};

use super::compile::{SharedNetworks, Table, holds};
use super::difference::table_openings;
use super::{Problem, Settings, Widening};

/// An error if the text of `file` ends in the middle of a line, where a cut could read as something else
/// (`203.0.113.77` as `203.0.113.7`). JSON, and YAML written as one `{…}`, close what they open and need no newline.
pub(super) fn unended(file: &str, text: &[u8]) -> Option<Problem> {
    let json = Path::new(file)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let braced = text.trim_ascii_start().first() == Some(&b'{');
    if json || braced || text.is_empty() || text.last() == Some(&b'\n') {
        return None;
    }
    Some(
        Problem::error("KW0601", file, "")
            .message("the last line does not end in a newline: the file may be cut short")
            .help("end the last line with a newline"),
    )
}

/// Whether `new` is a strict beginning of `old`.
pub(super) fn is_cut(old: &[u8], new: &[u8]) -> bool {
    new.len() < old.len() && old.starts_with(new)
}

/// What is said of a file that is a beginning of the version in force and would open something.
pub(super) fn cut_short(file: &str) -> Problem {
    Problem::error("KW0602", file, "")
        .message(
            "the file is a beginning of the version in force and would open what that one closes: it is taken for a \
             file cut short",
        )
        .help("if the end was removed on purpose, end the file with a comment that was not there before")
}

/// Whether `new` lets anything through that `old` keeps out.
pub(super) fn organization_opens(old: &Organization, new: &Organization) -> bool {
    let keeps = old.id == new.id
        && !relaxed(old.enforcement, new.enforcement)
        && (new.require_access_list || !old.require_access_list)
        && new
            .projects
            .iter()
            .all(|project| old.projects.iter().any(|o| o.id == project.id))
        && new.keys.iter().all(|key| {
            // a cut leaves the keys before it where they were
            let earlier = usize::try_from(key.item)
                .ok()
                .and_then(|item| old.keys.get(item));
            earlier.is_some_and(|earlier| !key_opens(earlier, key))
        });
    !keeps
}

fn key_opens(old: &Key, new: &Key) -> bool {
    let keeps = old.id == new.id
        && old.public_key == new.public_key
        && (old.enabled || !new.enabled)
        && ends_no_later(old.expires, new.expires)
        && !relaxed(old.enforcement, new.enforcement)
        && within(&new.roles, &old.roles)
        && new
            .projects
            .iter()
            .all(|given| was_given(given, &old.projects))
        && !reach_opens(&old.reach, &new.reach);
    !keeps
}

fn was_given(new: &Assignment, old: &[Assignment]) -> bool {
    old.iter()
        .any(|given| given.project == new.project && within(&new.roles, &given.roles))
}

fn reach_opens(old: &Reach, new: &Reach) -> bool {
    match (old, new) {
        (Reach::Anywhere | Reach::Listed(_) | Reach::Nowhere, Reach::Nowhere)
        | (Reach::Anywhere, Reach::Anywhere) => false,
        // a list opens the resources that require one
        (Reach::Anywhere | Reach::Nowhere, Reach::Listed(_))
        | (Reach::Listed(_) | Reach::Nowhere, Reach::Anywhere) => true,
        (Reach::Listed(old), Reach::Listed(new)) => {
            !new.entries().iter().all(|entry| is_covered(entry, old))
        }
    }
}

fn is_covered(new: &Entry, old: &AccessList) -> bool {
    old.entries()
        .iter()
        .any(|entry| holds(entry.network, new.network) && ends_no_later(entry.expires, new.expires))
}

fn ends_no_later(old: Option<Timestamp>, new: Option<Timestamp>) -> bool {
    match (old, new) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(old), Some(new)) => new <= old,
    }
}

fn relaxed(old: Enforcement, new: Enforcement) -> bool {
    old == Enforcement::Enforce && new == Enforcement::Observe
}

fn within(new: &Roles, old: &Roles) -> bool {
    new.iter().all(|role| old.has(role))
}

/// Whether a name holds an address that it did not hold.
pub(super) fn networks_open(old: &SharedNetworks, new: &SharedNetworks) -> bool {
    new.iter().any(|(name, blocks)| {
        let before = old.find(name).map(|(_, blocks)| blocks);
        !before.is_some_and(|before| {
            blocks
                .iter()
                .all(|block| before.iter().any(|outer| holds(*outer, *block)))
        })
    })
}

/// Whether the table protects less.
pub(super) fn table_opens(old: &Table, new: &Table) -> bool {
    let (before, after) = (
        (&*old.resources, &*old.scopes),
        (&*new.resources, &*new.scopes),
    );
    !table_openings(before, after).is_empty()
}

/// Whether widenings are no longer refused.
pub(super) fn settings_open(old: &Settings, new: &Settings) -> bool {
    old.reload.widening == Widening::Refuse && new.reload.widening == Widening::Warn
}

#[cfg(test)]
mod tests;
