//! The facts a decision rests on, looked up once more to be told.

use crate::decide::Question;
use crate::digest::{Algorithm, Verifier};
use crate::policy::{Entry, Match, Named, Reach, Resource, Roles};

use super::account::{Case, Spot, Written};
use super::telling;

/// The file of the resource table.
const TABLE: &str = "resources.yaml";

/// Why a key cannot authenticate, whoever proves it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Obstacle {
    /// `enabled: false`.
    Disabled,
    /// Its time is over.
    Expired,
    /// No credential line with an enabled algorithm.
    NoCredential,
}

/// A question with all that was looked up for it.
pub(super) struct Facts<'f> {
    /// What is asked, of whom.
    pub(super) case: &'f Case<'f>,
    /// The question.
    pub(super) question: &'f Question<'f>,
    /// The rows it touches.
    pub(super) touched: Match<'f>,
}

impl<'f> Facts<'f> {
    /// Looks up what the question touches.
    pub(super) fn new(case: &'f Case<'f>, question: &'f Question<'f>) -> Self {
        let touched = case
            .snapshot
            .resources
            .find(question.method, question.target);
        Self {
            case,
            question,
            touched,
        }
    }

    /// Why the key cannot authenticate.
    pub(super) fn obstacle(&self) -> Option<Obstacle> {
        let key = self.case.identity.key;
        if !key.enabled {
            Some(Obstacle::Disabled)
        } else if !key.is_in_force(self.case.at) {
            Some(Obstacle::Expired)
        } else if self.algorithms().is_empty() {
            Some(Obstacle::NoCredential)
        } else {
            None
        }
    }

    /// The row that names the request.
    pub(super) fn resource(&self) -> Option<Written> {
        self.touched.resource.map(|row| Written {
            text: format!("{}: {}", row.id, row.title),
            at: self.row_spot(row, ""),
        })
    }

    /// The entry that lets the caller in, or the one that lies nearest.
    pub(super) fn entry(&self) -> Option<Written> {
        let Reach::Listed(list) = &self.case.identity.key.reach else {
            return None;
        };
        let entry = list
            .find(self.case.caller, self.case.at)
            .or_else(|| list.nearest(self.case.caller))?;
        Some(Written {
            text: telling::describe(entry),
            at: self.entry_spot(entry),
        })
    }

    /// An entry that would let the caller in, had it not expired.
    pub(super) fn expired(&self) -> Option<&'f Entry> {
        let Reach::Listed(list) = &self.case.identity.key.reach else {
            return None;
        };
        list.entries()
            .iter()
            .find(|entry| entry.network.contains(self.case.caller.ip()))
    }

    /// What the path names as a project.
    pub(super) fn project(&self) -> Named<'f> {
        self.case
            .snapshot
            .scopes
            .project
            .named(self.question.target)
    }

    /// What the path names as an organization.
    pub(super) fn organization(&self) -> Named<'f> {
        self.case
            .snapshot
            .scopes
            .organization
            .named(self.question.target)
    }

    /// The first row whose roles the key lacks.
    pub(super) fn unsatisfied(&self) -> Option<&'f Resource> {
        self.touched
            .role_rows
            .iter()
            .find(|row| !self.satisfies(&row.roles))
    }

    /// The roles the key was given in the project that the path names.
    pub(super) fn assignment(&self) -> Option<(usize, &'f Roles)> {
        let Named::One(id) = self.project() else {
            return None;
        };
        let projects = self.case.identity.key.projects.iter();
        projects
            .enumerate()
            .find(|(_, given)| &*given.project == id)
            .map(|(item, given)| (item, &given.roles))
    }

    /// Where the entry is written.
    pub(super) fn entry_spot(&self, entry: &Entry) -> Spot {
        self.case.key_spot(&format!("access_list[{}]", entry.item))
    }

    fn satisfies(&self, wanted: &Roles) -> bool {
        let given = self.assignment();
        self.case.identity.key.roles.meets(wanted)
            || given.is_some_and(|(_, roles)| roles.meets(wanted))
    }

    /// The accepted algorithms by which the key can be proven.
    pub(super) fn algorithms(&self) -> Vec<&'static str> {
        let name = self.case.identity.key.public_key.as_bytes();
        let mut algorithms: Vec<_> = self
            .case
            .snapshot
            .verifiers(name)
            .iter()
            .map(Verifier::algorithm)
            .filter(|algorithm| self.case.snapshot.algorithms.contains(algorithm))
            .map(Algorithm::name)
            .collect();
        algorithms.sort_unstable();
        algorithms.dedup();
        algorithms
    }

    /// Where a row, or a field of it, is written.
    pub(super) fn row_spot(&self, row: &Resource, field: &str) -> Spot {
        let whole = format!("resources[{}]", row.item);
        let dot = if field.is_empty() { "" } else { "." };
        self.case.spot(TABLE, &format!("{whole}{dot}{field}"))
    }
}
