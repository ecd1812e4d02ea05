//! The decision: one pure function that the proxy, `explain`, `check`, metrics, logs and tests share.
//!
//! Rules 1–9 are asked in the order of the rule book; the first that breaks is the answer. Rule 0 is the parsing of
//! the request target and framing, before anything here; rule 10 is asked by `replay`, last.

mod decision;
mod doubt;
mod explanation;
mod membership;
mod reason;
mod rejection;
mod request;
mod rule;
mod rules;

pub use decision::{Decision, Grant, Identity, Refusal};
pub use doubt::Doubt;
pub use explanation::{Explanation, Fact, Step, Verdict, explain};
pub use membership::Membership;
pub use reason::Reason;
pub use rejection::Rejection;
pub use request::{Question, Request};
pub use rule::Rule;

use crate::policy::Snapshot;

/// Decides one request by rules 1–9. Pure: no clock, no log, no count, no allocation.
#[must_use]
pub fn decide<'s>(snapshot: &'s Snapshot, request: &Request<'_>) -> Decision<'s> {
    match authenticate(snapshot, request) {
        Ok(identity) => authorize(snapshot, identity, &request.question),
        Err(doubt) => Decision::Challenge(doubt),
    }
}

/// Rules 1–3: whose request this is.
fn authenticate<'s>(snapshot: &'s Snapshot, request: &Request<'_>) -> Result<Identity<'s>, Doubt> {
    let credentials = rules::credentials(snapshot, request)?;
    let identity = rules::proof(snapshot, credentials, request)?;
    rules::nonce(request)?;
    Ok(identity)
}

/// Rules 4–9: whether this key may do this from here. [`explain`] asks the same and tells how it came out.
#[must_use]
pub fn authorize<'s>(
    snapshot: &'s Snapshot,
    identity: Identity<'s>,
    question: &Question<'_>,
) -> Decision<'s> {
    let touched = snapshot.resources.find(question.method, question.target);
    let findings = rules::authorization(snapshot, &identity, &touched, question);
    rules::verdict(identity, &touched, findings)
}

#[cfg(test)]
mod tests;
