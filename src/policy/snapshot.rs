//! One policy in force: everything a decision asks, never changed once made.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::digest::{Algorithm, Challenges, Verifier};

use super::{Key, Organization, ResourceTable, Scopes};

/// Which policy: counted within one process, and named by its content across processes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Generation {
    /// 1 for the first policy put in force by this process.
    pub number: u64,
    /// 12 hex digits of the content's hash: equal on every replica with equal files.
    pub fingerprint: String,
}

/// A key with the organization it belongs to, borrowed from one snapshot.
#[derive(Clone, Copy, Debug)]
pub struct KeyInForce<'s> {
    /// The organization.
    pub organization: &'s Organization,
    /// The key.
    pub key: &'s Key,
}

/// Everything a decision asks.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Which policy this is.
    pub generation: Generation,
    /// The realm of HTTP Digest.
    pub realm: Arc<str>,
    /// Accepted algorithms (configured), in order.
    pub algorithms: Vec<Algorithm>,
    /// What a 401 says: only algorithms that every enabled key has.
    pub challenges: Challenges,
    /// How long a nonce lives.
    pub nonce_lifetime: Duration,
    /// The table.
    pub resources: Arc<ResourceTable>,
    /// Where paths name organizations and projects.
    pub scopes: Arc<Scopes>,
    organizations: Vec<Arc<Organization>>,
    keys: HashMap<Arc<str>, (u32, u32), foldhash::quality::RandomState>,
    verifiers: Arc<Verifiers>,
}

/// The verifiers of every public key; several for one algorithm while a key is rotated.
pub type Verifiers = HashMap<Box<str>, Vec<Verifier>, foldhash::quality::RandomState>;

/// What a snapshot is made of.
#[derive(Clone, Debug)]
pub struct SnapshotParts {
    /// See [`Snapshot::generation`].
    pub generation: Generation,
    /// See [`Snapshot::realm`].
    pub realm: Arc<str>,
    /// See [`Snapshot::algorithms`].
    pub algorithms: Vec<Algorithm>,
    /// The algorithms the challenge offers.
    pub advertised: Vec<Algorithm>,
    /// See [`Snapshot::nonce_lifetime`].
    pub nonce_lifetime: Duration,
    /// See [`Snapshot::resources`].
    pub resources: Arc<ResourceTable>,
    /// See [`Snapshot::scopes`].
    pub scopes: Arc<Scopes>,
    /// The organizations; public keys are unique among them (the compiler saw to it; of two equal ones the first
    /// is in force).
    pub organizations: Vec<Arc<Organization>>,
    /// The verifiers.
    pub verifiers: Arc<Verifiers>,
}

impl Snapshot {
    /// Puts the parts together and indexes the keys.
    #[must_use]
    pub fn new(parts: SnapshotParts) -> Self {
        let mut keys: HashMap<_, _, foldhash::quality::RandomState> = HashMap::default();
        for (o, organization) in parts.organizations.iter().enumerate() {
            for (k, key) in organization.keys.iter().enumerate() {
                if let (Ok(o), Ok(k)) = (u32::try_from(o), u32::try_from(k)) {
                    keys.entry(Arc::clone(&key.public_key)).or_insert((o, k));
                }
            }
        }
        Self {
            challenges: Challenges::new(&parts.realm, &parts.advertised),
            generation: parts.generation,
            realm: parts.realm,
            algorithms: parts.algorithms,
            nonce_lifetime: parts.nonce_lifetime,
            resources: parts.resources,
            scopes: parts.scopes,
            organizations: parts.organizations,
            keys,
            verifiers: parts.verifiers,
        }
    }

    /// The key of that public key.
    #[must_use]
    pub fn find_key(&self, public_key: &[u8]) -> Option<KeyInForce<'_>> {
        let (o, k) = *self.keys.get(std::str::from_utf8(public_key).ok()?)?;
        let organization = self.organizations.get(o as usize)?;
        let key = organization.keys.get(k as usize)?;
        Some(KeyInForce { organization, key })
    }

    /// The verifiers of that public key; empty for an unknown one.
    #[must_use]
    pub fn verifiers(&self, public_key: &[u8]) -> &[Verifier] {
        std::str::from_utf8(public_key)
            .ok()
            .and_then(|name| self.verifiers.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// The organizations, in the order of their files.
    #[must_use]
    pub fn organizations(&self) -> &[Arc<Organization>] {
        &self.organizations
    }

    /// How many keys can be found.
    #[must_use]
    pub fn key_count(&self) -> usize {
        self.keys.len()
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::sample::{key, organization, snapshot};
    use crate::policy::{Organization, Reach};

    #[test]
    fn a_key_is_found_by_its_public_key_with_its_organization() {
        let first = organization(vec![key("aaaaaaaa", Reach::Anywhere)]);
        let second = Organization {
            id: "other".into(),
            ..organization(vec![
                key("bbbbbbbb", Reach::Nowhere),
                key("aaaaaaaa", Reach::Nowhere),
            ])
        };
        let snapshot = snapshot(vec![first, second]);
        let found = snapshot.find_key(b"bbbbbbbb").unwrap();
        assert_eq!(
            (&*found.organization.id, &*found.key.public_key),
            ("other", "bbbbbbbb")
        );
        let twice = snapshot.find_key(b"aaaaaaaa").unwrap();
        assert!(
            matches!(twice.key.reach, Reach::Anywhere),
            "of two equal ones the first"
        );
        for unknown in [b"".as_slice(), b"AAAAAAAA", b"aaaaaaa", b"\xff"] {
            assert!(snapshot.find_key(unknown).is_none());
            assert!(snapshot.verifiers(unknown).is_empty());
        }
        assert_eq!(snapshot.key_count(), 2);
    }
}
