//! What comes out of a decision: a challenge, a refusal or a grant, each with its why.

use crate::digest::Verifier;
use crate::policy::{Entry, Key, KeyInForce, Organization, Resource};

use super::{Doubt, Reason};

/// Whose request it is.
#[derive(Clone, Copy, Debug)]
pub struct Identity<'s> {
    /// The organization.
    pub organization: &'s Organization,
    /// The key.
    pub key: &'s Key,
    /// What the response was proven with; absent where nothing was proven (`explain`).
    pub verifier: Option<&'s Verifier>,
}

impl<'s> Identity<'s> {
    /// An identity that nobody has proven, for questions asked offline.
    #[must_use]
    pub fn assumed(key: KeyInForce<'s>) -> Self {
        Self {
            organization: key.organization,
            key: key.key,
            verifier: None,
        }
    }
}

/// A right to be forwarded once rule 10 is asked; only `decide` makes one.
#[derive(Clone, Copy, Debug)]
pub struct Grant<'s> {
    pub(super) identity: Identity<'s>,
    pub(super) resource: Option<&'s Resource>,
    pub(super) entry: Option<&'s Entry>,
    pub(super) observed: Option<Reason>,
}

impl<'s> Grant<'s> {
    /// Whose request it is.
    #[must_use]
    pub fn identity(&self) -> Identity<'s> {
        self.identity
    }

    /// The row of the table that names the request.
    #[must_use]
    pub fn resource(&self) -> Option<&'s Resource> {
        self.resource
    }

    /// The entry of the access list that let the caller in.
    #[must_use]
    pub fn entry(&self) -> Option<&'s Entry> {
        self.entry
    }

    /// The refusal that `enforcement: observe` did not let bind.
    #[must_use]
    pub fn observed(&self) -> Option<Reason> {
        self.observed
    }
}

/// A proven caller who may not.
#[derive(Clone, Copy, Debug)]
pub struct Refusal<'s> {
    /// Why.
    pub reason: Reason,
    /// Who.
    pub identity: Identity<'s>,
    /// The row of the table that names the request, or that decided.
    pub resource: Option<&'s Resource>,
}

/// The verdict on one request.
#[derive(Clone, Copy, Debug)]
pub enum Decision<'s> {
    /// Who is calling is in doubt.
    Challenge(Doubt),
    /// The request may be forwarded, once.
    Forward(Grant<'s>),
    /// The caller is known and may not.
    Refuse(Refusal<'s>),
}
