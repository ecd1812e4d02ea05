//! The rules, one a function, each returning what breaks it.

use crate::digest::{Credentials, NonceState, proves};
use crate::policy::{Enforcement, Entry, Match, Named, Reach, Resource, Snapshot};

use super::{Decision, Doubt, Grant, Identity, Membership, Question, Reason, Refusal, Request};

/// Rule 1: there are digest credentials, well formed, for our realm, signing this target, with an enabled algorithm.
pub(super) fn credentials<'r>(
    snapshot: &Snapshot,
    request: &Request<'r>,
) -> Result<&'r Credentials<'r>, Doubt> {
    let credentials = request.credentials?;
    if !credentials.designates(
        request.question.target.as_str().as_bytes(),
        request.authority,
    ) {
        return Err(Doubt::CredentialsMalformed);
    }
    if !credentials.realm_is(&snapshot.realm) {
        return Err(Doubt::RealmForeign);
    }
    match credentials.scheme() {
        Some(scheme) if snapshot.algorithms.contains(&scheme.algorithm) => Ok(credentials),
        Some(_) | None => Err(Doubt::AlgorithmUnacceptable),
    }
}

/// Rule 2: the response proves the private key of an enabled key. Found, enabled and equal are asked together, and
/// an unknown key is verified against a dummy, so that no answer and no time tells which keys exist.
pub(super) fn proof<'s>(
    snapshot: &'s Snapshot,
    credentials: &Credentials<'_>,
    request: &Request<'_>,
) -> Result<Identity<'s>, Doubt> {
    let name = credentials.username();
    let method = request.question.method.as_str().as_bytes();
    let verifier = proves(credentials, method, snapshot.verifiers(name));
    let found = snapshot.find_key(name);
    match (found, verifier) {
        (Some(found), Some(verifier)) if found.key.is_in_force(request.question.at) => {
            Ok(Identity {
                organization: found.organization,
                key: found.key,
                verifier: Some(verifier),
            })
        }
        (Some(_) | None, Some(_) | None) => Err(Doubt::ProofWrong),
    }
}

/// Rule 3: the nonce is ours and in its lifetime; asked only once the digest is valid, so that `stale` is honest.
pub(super) fn nonce(request: &Request<'_>) -> Result<(), Doubt> {
    match request.nonce {
        NonceState::Live { .. } => Ok(()),
        NonceState::Expired => Err(Doubt::NonceExpired),
        NonceState::Foreign => Err(Doubt::NonceForeign),
    }
}

/// What came out of rules 4–9.
#[derive(Clone, Copy, Debug)]
pub(super) struct Findings<'s> {
    /// The entry of the access list that holds the caller.
    pub(super) entry: Option<&'s Entry>,
    /// The first rule that broke.
    pub(super) broken: Option<Breach<'s>>,
}

/// A rule that broke, and the row of the table that had it asked, if one did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Breach<'s> {
    pub(super) reason: Reason,
    row: Option<&'s Resource>,
}

impl From<Reason> for Breach<'_> {
    fn from(reason: Reason) -> Self {
        Self { reason, row: None }
    }
}

/// Rules 4–9 in order.
pub(super) fn authorization<'s>(
    snapshot: &Snapshot,
    identity: &Identity<'s>,
    touched: &Match<'s>,
    question: &Question<'_>,
) -> Findings<'s> {
    match reach(identity, touched, question) {
        Ok(entry) => Findings {
            entry,
            broken: remit(snapshot, identity, touched, question).err(),
        },
        Err(breach) => Findings {
            entry: None,
            broken: Some(breach),
        },
    }
}

/// Rules 4–6, the heart: from where the key may call, and whether the resource wants a list.
fn reach<'s>(
    identity: &Identity<'s>,
    touched: &Match<'s>,
    question: &Question<'_>,
) -> Result<Option<&'s Entry>, Breach<'s>> {
    match (&identity.key.reach, touched.requiring) {
        (Reach::Listed(list), Some(_) | None) => question
            .caller
            .and_then(|caller| list.find(caller, question.at))
            .map(Some)
            .ok_or(Reason::AddressNotOnAccessList.into()),
        (Reach::Nowhere, Some(_) | None) => Err(Reason::OrganizationRequiresAccessList.into()),
        (Reach::Anywhere, Some(row)) => Err(Breach {
            reason: Reason::ResourceRequiresAccessList,
            row: Some(row),
        }),
        (Reach::Anywhere, None) => Ok(None),
    }
}

/// Rules 7–9: whether what the path names is the key's to touch.
fn remit<'s>(
    snapshot: &Snapshot,
    identity: &Identity<'s>,
    touched: &Match<'s>,
    question: &Question<'_>,
) -> Result<(), Breach<'s>> {
    organization(snapshot, identity, question)?;
    let membership = project(snapshot, identity, question)?;
    roles(identity, touched, membership)
}

/// Rule 7: the path names no other organization than the key's.
fn organization(
    snapshot: &Snapshot,
    identity: &Identity<'_>,
    question: &Question<'_>,
) -> Result<(), Reason> {
    match snapshot.scopes.organization.named(question.target) {
        Named::None => Ok(()),
        Named::One(id) if id == &*identity.organization.id => Ok(()),
        Named::One(_) | Named::Ambiguous => Err(Reason::OrganizationForeign),
    }
}

/// Rule 8: the path names no project that the key was not given.
fn project<'s>(
    snapshot: &Snapshot,
    identity: &Identity<'s>,
    question: &Question<'_>,
) -> Result<Membership<'s>, Reason> {
    match Membership::of(identity, snapshot.scopes.project.named(question.target)) {
        Membership::Missing => Err(Reason::ProjectUnassigned),
        membership @ (Membership::Assigned(_) | Membership::Owned | Membership::Unnamed) => {
            Ok(membership)
        }
    }
}

/// Rule 9: every row that names roles finds one of them in the organization or in the project the path names.
fn roles<'s>(
    identity: &Identity<'s>,
    touched: &Match<'s>,
    membership: Membership<'s>,
) -> Result<(), Breach<'s>> {
    let row = unsatisfied(identity, touched, membership);
    if row.is_some() || touched.role_rows.overflow() {
        return Err(Breach {
            reason: Reason::RoleMissing,
            row,
        });
    }
    Ok(())
}

/// The first row whose roles the key lacks.
pub(super) fn unsatisfied<'s>(
    identity: &Identity<'s>,
    touched: &Match<'s>,
    membership: Membership<'s>,
) -> Option<&'s Resource> {
    touched.role_rows.iter().find(|row| {
        let in_project = membership.roles();
        !identity.key.roles.meets(&row.roles)
            && in_project.is_none_or(|roles| !roles.meets(&row.roles))
    })
}

/// Turns the outcome of rules 4–9 into the decision; in observe mode a refusal does not bind.
pub(super) fn verdict<'s>(
    identity: Identity<'s>,
    touched: &Match<'s>,
    findings: Findings<'s>,
) -> Decision<'s> {
    let observing = identity.organization.enforcement == Enforcement::Observe
        || identity.key.enforcement == Enforcement::Observe;
    match findings.broken {
        Some(Breach { reason, row }) if !observing => Decision::Refuse(Refusal {
            reason,
            identity,
            resource: row.or(touched.resource),
        }),
        broken @ (Some(_) | None) => Decision::Forward(Grant {
            identity,
            resource: touched.resource,
            entry: findings.entry,
            observed: broken.map(|breach| breach.reason),
        }),
    }
}
