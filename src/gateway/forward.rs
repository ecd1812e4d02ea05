//! Forwarding: takes a pass and nothing else, and streams the upstream's answer back.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderValue, Response};
use hyper::body::Incoming;

use crate::decide::Grant;
use crate::digest::{Credentials, rspauth};
use crate::replay::Pass;
use crate::telemetry::Outcome;

use super::answer;
use super::body::{AnswerBody, Upload};
use super::headers::{self, AUTHENTICATION_INFO, Asked};
use super::in_force::InForce;
use super::inspect::Inspected;
use super::story::Story;

/// What is forwarded: the request's head and body, as judged.
pub(super) struct Forwarded<'r> {
    /// The head as received, moved and not copied; the path and query in it are forwarded octet for octet.
    pub(super) head: Parts,
    /// Its one reading.
    pub(super) inspected: &'r Inspected<'r>,
    /// Its credentials, for the server's own proof.
    pub(super) credentials: &'r Credentials<'r>,
    /// The body.
    pub(super) body: Incoming,
}

/// Forwards a request that has a pass.
pub(super) async fn forward(
    in_force: &Arc<InForce>,
    pass: Pass<'_>,
    request: Forwarded<'_>,
    mut story: Story,
) -> Response<AnswerBody> {
    let grant = pass.grant();
    story.granted(grant);
    let settings = &in_force.settings;
    let connection = std::rc::Rc::clone(story.connection());
    let info = settings
        .digest
        .authentication_info
        .then(|| own_proof(grant, request.credentials))
        .flatten();
    let head = outgoing(in_force, grant, request.head, request.inspected, &story);
    let (upload, state) = Upload::new(
        request.body,
        settings.limits.body,
        settings.timeouts.body_idle,
    );
    story.uploads(&state);
    let began = story.elapsed();
    let sending =
        connection
            .worker
            .upstream
            .send(&in_force.plan, &settings.timeouts, head, upload, &state);
    match sending.await {
        Ok((response, lease)) => {
            let (mut parts, body) = response.into_parts();
            story.upstream_took(
                Some(parts.status.as_u16()),
                story.elapsed().saturating_sub(began),
            );
            let outcome = grant.observed().map_or(Outcome::Forward, Outcome::Observe);
            story.ended(outcome, parts.status.as_u16());
            // An answer that does not wait for the whole request may be the last thing on this connection.
            connection.linger_if_unread(&state);
            headers::strip_response(&mut parts.headers);
            if let Some(info) = info {
                parts.headers.insert(AUTHENTICATION_INFO, info);
            }
            parts.version = http::Version::default();
            Response::from_parts(
                parts,
                AnswerBody::upstream(body, settings.timeouts.upstream_idle, lease, story),
            )
        }
        Err(failure) => {
            tracing::debug!(request_id = story.request_id.as_str(), %failure, "not forwarded");
            story.upstream_took(None, story.elapsed().saturating_sub(began));
            connection.linger_if_unread(&state);
            answer::failure(&failure, story)
        }
    }
}

/// The head toward the upstream: the caller's, less what is not the caller's to say, plus what the gateway says.
fn outgoing(
    in_force: &InForce,
    grant: &Grant<'_>,
    mut head: Parts,
    inspected: &Inspected<'_>,
    story: &Story,
) -> Parts {
    let connection = story.connection();
    headers::strip_request(&mut head.headers, &inspected.nominated);
    if connection.http2 {
        headers::join_cookies(&mut head.headers);
    }
    let asked = Asked {
        authority: inspected.authority,
        tls: connection.tls,
        via: &connection.worker.shared.via,
        target: &inspected.target,
    };
    headers::add_request(&mut head.headers, &in_force.snapshot, grant, story, &asked);
    if let Some(authorization) = &in_force.plan.authorization {
        head.headers
            .insert(http::header::AUTHORIZATION, authorization.clone());
    }
    head
}

/// `Authentication-Info` with `rspauth` (RFC 7616 §3.5).
fn own_proof(grant: &Grant<'_>, credentials: &Credentials<'_>) -> Option<HeaderValue> {
    let proof = rspauth(credentials, grant.identity().verifier?);
    HeaderValue::from_maybe_shared(bytes::Bytes::from(proof.into_bytes())).ok()
}
