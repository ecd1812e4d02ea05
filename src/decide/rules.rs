//! The rules, one a function, each returning what breaks it.

use crate::digest::{Credentials, NonceState, proves};
use crate::policy::{Enforcement, Entry, Match, Named, Reach, Roles, Snapshot};

use super::{Decision, Doubt, Grant, Identity, Question, Reason, Refusal, Request};

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

/// Rules 4–9, the first that breaks; otherwise the entry that let the caller in.
pub(super) fn authorization<'s>(
    snapshot: &'s Snapshot,
    identity: &Identity<'s>,
    touched: &Match<'s>,
    question: &Question<'_>,
) -> Result<Option<&'s Entry>, Reason> {
    let entry = reach(identity, touched, question)?;
    organization(snapshot, identity, question)?;
    let project = project(snapshot, identity, question)?;
    roles(identity, touched, project)?;
    Ok(entry)
}

/// Rules 4–6, the heart: from where the key may call, and whether the resource wants a list.
fn reach<'s>(
    identity: &Identity<'s>,
    touched: &Match<'s>,
    question: &Question<'_>,
) -> Result<Option<&'s Entry>, Reason> {
    match (&identity.key.reach, touched.requiring.is_some()) {
        (Reach::Listed(list), true | false) => question
            .caller
            .and_then(|caller| list.find(caller, question.at))
            .map(Some)
            .ok_or(Reason::AddressNotOnAccessList),
        (Reach::Nowhere, true | false) => Err(Reason::OrganizationRequiresAccessList),
        (Reach::Anywhere, true) => Err(Reason::ResourceRequiresAccessList),
        (Reach::Anywhere, false) => Ok(None),
    }
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

/// Rule 8: the path names no project that the key was not given. `ORG_OWNER` has all of its organization's.
fn project<'s>(
    snapshot: &Snapshot,
    identity: &Identity<'s>,
    question: &Question<'_>,
) -> Result<Option<&'s Roles>, Reason> {
    let id = match snapshot.scopes.project.named(question.target) {
        Named::None => return Ok(None),
        Named::One(id) => id,
        Named::Ambiguous => return Err(Reason::ProjectUnassigned),
    };
    let assigned = identity
        .key
        .projects
        .iter()
        .find(|given| &*given.project == id);
    let owned = || {
        identity.key.roles.has(Roles::ORG_OWNER)
            && identity
                .organization
                .projects
                .iter()
                .any(|project| &*project.id == id)
    };
    match assigned {
        Some(given) => Ok(Some(&given.roles)),
        None if owned() => Ok(None),
        None => Err(Reason::ProjectUnassigned),
    }
}

/// Rule 9: every row that names roles finds one of them in the organization or in the project the path names.
fn roles(
    identity: &Identity<'_>,
    touched: &Match<'_>,
    in_project: Option<&Roles>,
) -> Result<(), Reason> {
    let satisfied = |wanted: &Roles| {
        identity.key.roles.meets(wanted) || in_project.is_some_and(|roles| roles.meets(wanted))
    };
    let all =
        !touched.role_rows.overflow() && touched.role_rows.iter().all(|row| satisfied(&row.roles));
    if all {
        Ok(())
    } else {
        Err(Reason::RoleMissing)
    }
}

/// Turns the outcome of rules 4–9 into the decision; in observe mode a refusal does not bind.
pub(super) fn verdict<'s>(
    identity: Identity<'s>,
    touched: &Match<'s>,
    outcome: Result<Option<&'s Entry>, Reason>,
) -> Decision<'s> {
    let observing = identity.organization.enforcement == Enforcement::Observe
        || identity.key.enforcement == Enforcement::Observe;
    let grant = Grant {
        identity,
        resource: touched.resource,
        entry: None,
        observed: None,
    };
    match outcome {
        Ok(entry) => Decision::Forward(Grant { entry, ..grant }),
        Err(reason) if observing => Decision::Forward(Grant {
            observed: Some(reason),
            ..grant
        }),
        Err(reason) => Decision::Refuse(Refusal {
            reason,
            identity,
            resource: deciding(touched, reason),
        }),
    }
}

/// The row to name in a refusal: the one that decided, where one did.
fn deciding<'s>(touched: &Match<'s>, reason: Reason) -> Option<&'s crate::policy::Resource> {
    match reason {
        Reason::ResourceRequiresAccessList => touched.requiring,
        Reason::AddressNotOnAccessList
        | Reason::OrganizationForeign
        | Reason::OrganizationRequiresAccessList
        | Reason::ProjectUnassigned
        | Reason::RoleMissing => touched.resource,
    }
}
