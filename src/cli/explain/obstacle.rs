//! What keeps a key from authenticating, whoever proves it: it gets 401 like an unknown one.
//!
//! A key without a credential is another matter: credentials are kept out of version control, and a policy is asked
//! about wherever it is read. That is a note, not an answer.

use crate::cli::moment;
use crate::digest::{Algorithm, Verifier};

use super::account::Cure;
use super::case::Case;
use super::telling::Told;

/// What keeps a key from authenticating.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Obstacle {
    /// `enabled: false`.
    Disabled,
    /// Its time is over.
    Expired,
}

impl Obstacle {
    /// The first that stands in the key's way.
    pub(super) fn of(case: &Case<'_>) -> Option<Self> {
        let key = case.identity.key;
        if !key.enabled {
            Some(Self::Disabled)
        } else if !key.is_in_force(case.at) {
            Some(Self::Expired)
        } else {
            None
        }
    }

    /// What rule 2 says of it.
    pub(super) fn tell(self, case: &Case<'_>) -> Told {
        match self {
            Self::Disabled => Told::new("the key is disabled: it gets 401, as an unknown key does")
                .at(case.key_spot("enabled")),
            Self::Expired => {
                let end = case.identity.key.expires.map(moment::show);
                let end = end.unwrap_or_default();
                Told::new(format!("the key expired at {end}: it gets 401"))
                    .at(case.key_spot("expires"))
            }
        }
    }

    /// What would let the key authenticate.
    pub(super) fn cure(self, case: &Case<'_>) -> Cure {
        match self {
            Self::Disabled => Cure::new("enable the key")
                .yaml("enabled: true")
                .at(case.key_spot("enabled")),
            Self::Expired => Cure::new("let the key end later, or delete the line")
                .yaml("expires: 2099-12-31T00:00:00Z")
                .at(case.key_spot("expires")),
        }
    }
}

/// What is to be said of a key that nobody can prove with what the folder holds.
pub(super) fn note(case: &Case<'_>) -> Option<String> {
    algorithms(case).is_empty().then(|| {
        format!(
            "this folder has no credential line for the key (`{}:{}:hex`): served from it, the key gets 401",
            case.identity.key.public_key, case.snapshot.realm
        )
    })
}

/// The accepted algorithms by which the key can be proven.
pub(super) fn algorithms(case: &Case<'_>) -> Vec<&'static str> {
    let snapshot = case.snapshot;
    let verifiers = snapshot.verifiers(case.identity.key.public_key.as_bytes());
    let mut names: Vec<_> = verifiers
        .iter()
        .map(Verifier::algorithm)
        .filter(|algorithm| snapshot.algorithms.contains(algorithm))
        .map(Algorithm::name)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}
