//! Roles: free strings, as the API has no closed list of them, interned and shared.

use std::sync::Arc;

/// A role's name, such as `ORG_OWNER`.
pub type Role = Arc<str>;

/// A set of roles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Roles(Arc<[Role]>);

impl Roles {
    /// The role that has all projects of its organization.
    pub const ORG_OWNER: &'static str = "ORG_OWNER";

    /// Whether `role` is in the set.
    #[must_use]
    pub fn has(&self, role: &str) -> bool {
        self.0.iter().any(|r| &**r == role)
    }

    /// Whether the two sets have a role in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().any(|r| other.has(r))
    }

    /// The roles, as written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|r| &**r)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().collect())
    }
}
