//! An organization API key: "All API keys belong to the organization. You can give an API key access to a project."

use std::sync::Arc;

use crate::digest::Timestamp;

use super::{Reach, Roles};

/// Whether refusals bind.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub enum Enforcement {
    /// They do.
    #[default]
    Enforce,
    /// Rules 4–9 are only watched: the request is forwarded, the refusal logged and counted.
    Observe,
}

/// A project a key was given, and the key's roles in it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Assignment {
    /// The project's id.
    pub project: Arc<str>,
    /// The roles there.
    pub roles: Roles,
}

/// One API key.
#[derive(Clone, Debug)]
pub struct Key {
    /// The id (24 hex digits in Atlas).
    pub id: Arc<str>,
    /// The public key: the user name of HTTP Digest.
    pub public_key: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// The roles in the organization.
    pub roles: Roles,
    /// The projects it was given.
    pub projects: Box<[Assignment]>,
    /// From where it may call.
    pub reach: Reach,
    /// Whether it may authenticate at all.
    pub enabled: bool,
    /// From when on it no longer authenticates.
    pub expires: Option<Timestamp>,
    /// Whether its refusals bind.
    pub enforcement: Enforcement,
    /// Which item of `keys` in the organization's file, from 0.
    pub item: u32,
}

impl Key {
    /// Whether the key may authenticate at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.enabled && self.expires.is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::sample::key;

    #[test]
    fn a_key_authenticates_while_it_is_enabled_and_has_not_expired() {
        for (enabled, expires, in_force) in [
            (true, None, true),
            (false, None, false),
            (true, Some(10), false),
            (true, Some(11), true),
            (false, Some(11), false),
        ] {
            let key = Key {
                enabled,
                expires: expires.map(Timestamp::from_millis),
                ..key("zmmrboas", Reach::Anywhere)
            };
            assert_eq!(key.is_in_force(Timestamp::from_millis(10)), in_force);
        }
    }
}
