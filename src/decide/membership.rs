//! How a key stands to the project that a path names.

use crate::policy::{Assignment, Named, Roles};

use super::Identity;

/// How a key stands to the project that a path names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Membership<'s> {
    /// The key was given the project, with these roles.
    Assigned(&'s Assignment),
    /// The key has nothing to do with the project, or the path leaves open which one it names.
    Missing,
    /// The project is of the key's organization, all of whose projects an `ORG_OWNER` has.
    Owned,
    /// The path names no project.
    Unnamed,
}

impl<'s> Membership<'s> {
    /// How the key of `identity` stands to what a path names.
    pub(super) fn of(identity: &Identity<'s>, named: Named<'_>) -> Self {
        let id = match named {
            Named::None => return Self::Unnamed,
            Named::One(id) => id,
            Named::Ambiguous => return Self::Missing,
        };
        let (key, organization) = (identity.key, identity.organization);
        let assigned = key.projects.iter().find(|given| &*given.project == id);
        let owned = || {
            key.roles.has(Roles::ORG_OWNER)
                && organization.projects.iter().any(|own| &*own.id == id)
        };
        match assigned {
            Some(given) => Self::Assigned(given),
            None if owned() => Self::Owned,
            None => Self::Missing,
        }
    }

    /// The key's roles in the project.
    #[must_use]
    pub fn roles(self) -> Option<&'s Roles> {
        match self {
            Self::Assigned(given) => Some(&given.roles),
            Self::Missing | Self::Owned | Self::Unnamed => None,
        }
    }
}
