//! What a change of policy opens: the widenings a reload warns of or refuses.

mod table;

use std::collections::HashMap;
use std::sync::Arc;

use crate::policy::{
    AccessList, Enforcement, Key, Organization, Reach, ResourceTable, Scopes, Snapshot,
};

/// One way in which a new policy lets more through than the one in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// A fixed word, one of [`Opening::CODES`].
    pub code: &'static str,
    /// One sentence that names it.
    pub message: String,
}

impl Opening {
    /// Every code, in alphabetical order.
    pub const CODES: [&'static str; 12] = [
        "enforcement_relaxed",
        "entry_wide",
        "key_enabled",
        "key_open",
        "list_emptied",
        "operation_gone",
        "requirement_dropped",
        "roles_widened",
        "row_gone",
        "row_requirement_dropped",
        "scope_exception",
        "scope_gone",
    ];
}

/// What `new` opens that `old` kept closed. Keys are the same if their organization's id and their own id are.
#[must_use]
pub fn openings(old: &Snapshot, new: &Snapshot) -> Vec<Opening> {
    let mut openings = Vec::new();
    let before: HashMap<&str, &Arc<Organization>> = old
        .organizations()
        .iter()
        .map(|organization| (&*organization.id, organization))
        .collect();
    for organization in new.organizations() {
        match before.get(&*organization.id) {
            Some(same) if Arc::ptr_eq(same, organization) => {}
            earlier => of_organization(earlier.map(|o| &***o), organization, &mut openings),
        }
    }
    let unchanged =
        Arc::ptr_eq(&old.resources, &new.resources) && Arc::ptr_eq(&old.scopes, &new.scopes);
    if !unchanged {
        let (old, new) = (
            (&*old.resources, &*old.scopes),
            (&*new.resources, &*new.scopes),
        );
        openings.extend(table_openings(old, new));
    }
    openings
}

/// What a new table and its scopes open.
pub(super) fn table_openings(
    (old, old_scopes): (&ResourceTable, &Scopes),
    (new, new_scopes): (&ResourceTable, &Scopes),
) -> Vec<Opening> {
    let mut openings = Vec::new();
    table::of_rows(old, new, &mut openings);
    table::of_scopes(old_scopes, new_scopes, &mut openings);
    openings
}

fn of_organization(old: Option<&Organization>, new: &Organization, openings: &mut Vec<Opening>) {
    let before: HashMap<&str, &Key> = old
        .into_iter()
        .flat_map(|organization| &organization.keys)
        .map(|key| (&*key.id, key))
        .collect();
    match old {
        Some(old) => {
            if relaxed(old.enforcement, new.enforcement) {
                let message = format!("{} is only observed, no longer enforced", named(new));
                openings.push(opening("enforcement_relaxed", message));
            }
            if old.require_access_list && !new.require_access_list {
                openings.push(requirement_dropped(&before, new));
            }
        }
        // Another id must not be a way to stop enforcing unsaid.
        None if new.enforcement == Enforcement::Observe => {
            let message = format!("new {} is only observed", named(new));
            openings.push(opening("enforcement_relaxed", message));
        }
        None => {}
    }
    for key in &new.keys {
        match before.get(&*key.id) {
            Some(earlier) => of_key(earlier, key, new, openings),
            None => of_new_key(key, new, openings),
        }
    }
}

/// An organization that no longer requires lists, with the keys that this lets call from anywhere.
fn requirement_dropped(before: &HashMap<&str, &Key>, new: &Organization) -> Opening {
    let freed: Vec<&str> = new
        .keys
        .iter()
        .filter(|key| matches!(key.reach, Reach::Anywhere) && before.contains_key(&*key.id))
        .map(|key| &*key.public_key)
        .collect();
    let mut message = format!("{} no longer requires access lists", named(new));
    if let Some((first, rest)) = freed.split_first() {
        message = format!("{message}: key `{first}` may call from anywhere");
        if !rest.is_empty() {
            message = format!("{message}, and so may {} more", rest.len());
        }
    }
    opening("requirement_dropped", message)
}

fn of_key(old: &Key, new: &Key, organization: &Organization, openings: &mut Vec<Opening>) {
    let whose = || format!("key `{}` of {}", new.public_key, named(organization));
    match (&old.reach, &new.reach) {
        (Reach::Listed(list), Reach::Anywhere) => {
            let entries = list.entries().len();
            let message = format!(
                "{} lost its access list ({entries} entries): it may call from anywhere",
                whose()
            );
            openings.push(opening("list_emptied", message));
        }
        (Reach::Listed(old), Reach::Listed(new)) => wide(Some(old), new, &whose, openings),
        (Reach::Anywhere | Reach::Nowhere, Reach::Listed(new)) => wide(None, new, &whose, openings),
        // Nowhere → Anywhere is told by the organization's dropped requirement
        (Reach::Anywhere | Reach::Nowhere, Reach::Anywhere)
        | (Reach::Anywhere | Reach::Listed(_) | Reach::Nowhere, Reach::Nowhere) => {}
    }
    if relaxed(old.enforcement, new.enforcement) {
        let message = format!("{} is only observed, no longer enforced", whose());
        openings.push(opening("enforcement_relaxed", message));
    }
    if !old.enabled && new.enabled {
        let message = format!("{} is enabled again", whose());
        openings.push(opening("key_enabled", message));
    }
}

fn of_new_key(key: &Key, organization: &Organization, openings: &mut Vec<Opening>) {
    let whose = || format!("new key `{}` of {}", key.public_key, named(organization));
    match &key.reach {
        Reach::Anywhere => {
            let message = format!("{} may call from anywhere: it has no access list", whose());
            openings.push(opening("key_open", message));
        }
        Reach::Listed(list) => wide(None, list, &whose, openings),
        Reach::Nowhere => {}
    }
    if key.enforcement == Enforcement::Observe {
        let message = format!("{} is only observed", whose());
        openings.push(opening("enforcement_relaxed", message));
    }
}

/// Entries that were not there and are wider than a careful person writes.
fn wide(
    old: Option<&AccessList>,
    new: &AccessList,
    whose: &dyn Fn() -> String,
    openings: &mut Vec<Opening>,
) {
    let known = |network| {
        old.is_some_and(|list| list.entries().iter().any(|entry| entry.network == network))
    };
    for entry in new.entries() {
        if entry.network.is_wide() && !known(entry.network) {
            let message = format!("{} may call from `{}`", whose(), entry.network);
            openings.push(opening("entry_wide", message));
        }
    }
}

fn relaxed(old: Enforcement, new: Enforcement) -> bool {
    old == Enforcement::Enforce && new == Enforcement::Observe
}

fn named(organization: &Organization) -> String {
    format!("organization `{}` ({})", organization.name, organization.id)
}

fn opening(code: &'static str, message: String) -> Opening {
    Opening { code, message }
}

#[cfg(test)]
mod tests;
