//! One request, head to answer: inspect, decide, spend the proof, forward.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, Version, header};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::decide::Doubt;
use crate::digest::Timestamp;
use crate::telemetry::Trouble;

use super::answer;
use super::body::AnswerBody;
use super::clock;
use super::connection::Connection;
use super::forward::{Forwarded, forward};
use super::headers::TRACEPARENT;
use super::in_force::InForce;
use super::inspect::{self, Held, inspect};
use super::judgement::{Judgement, Ruling};
use super::story::Story;
use super::trace::{RequestId, Trace};

/// Answers one request; whatever happens becomes an answer.
pub(super) async fn exchange(
    connection: Rc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let version = request.version();
    let in_force = connection.worker.in_force();
    let mut answer = answered(&connection, &in_force, request).await;
    if version == Version::HTTP_11 && connection.is_last_request(&in_force.settings) {
        answer
            .headers_mut()
            .insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer)
}

async fn answered(
    connection: &Rc<Connection>,
    in_force: &Arc<InForce>,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let (id, trace_parent) = connection.worker.random().map_or(([0; 16], [0; 24]), split);
    let trace = Trace::of(head.headers.get_all(TRACEPARENT).iter(), trace_parent);
    let began = (clock::now(), clock::instant());
    let steady = clock::steady(began.1);
    let mut story = Story::begin(
        connection,
        in_force,
        &head,
        began,
        (RequestId::new(id), trace),
    );
    let kept = Held::of(&head);
    let inspected = match inspect(connection, &kept, &head, &in_force.settings.limits) {
        Ok(inspected) => inspected,
        Err(rejection) => {
            return turned_away(connection, body, false, answer::reject(rejection, story));
        }
    };
    story.caller = inspected.caller;
    let parsed = inspect::credentials(&kept, &head);
    let credentials = parsed.as_ref().map_err(|doubt| *doubt);
    let judgement = Judgement {
        connection,
        in_force,
        inspected: &inspected,
        credentials,
        at: story.at,
        steady,
    };
    let before = story.elapsed();
    let ruling = judgement.ruling();
    connection
        .worker
        .cells
        .decision(story.elapsed().saturating_sub(before));
    let turned = match (ruling, credentials) {
        (Ruling::Pass(pass), Ok(credentials)) => {
            let key = &pass.grant().identity().key.public_key;
            let at_most = in_force.settings.limits.in_flight_per_key;
            if let Some(place) = connection.worker.shared.in_flight.enter(key, at_most) {
                story.holds(place);
                let forwarded = Forwarded {
                    head,
                    inspected: &inspected,
                    credentials,
                    body,
                };
                return forward(in_force, pass, forwarded, story).await;
            }
            answer::trouble(Trouble::Overloaded, Some(1), story)
        }
        (Ruling::Pass(_), Err(doubt)) | (Ruling::Challenge(doubt), _) => {
            challenged(connection, in_force, doubt, (steady, story))
        }
        (Ruling::Refuse(refusal), _) => {
            story.refused(&refusal);
            answer::refuse(refusal.reason, story)
        }
        (Ruling::Wait(seconds), _) => answer::trouble(Trouble::RateLimited, Some(seconds), story),
    };
    turned_away(connection, body, inspected.expects, turned)
}

fn challenged(
    connection: &Connection,
    in_force: &InForce,
    doubt: Doubt,
    (now, story): (Timestamp, Story),
) -> Response<AnswerBody> {
    let Some(random) = connection.worker.random::<8>() else {
        return answer::trouble(Trouble::Overloaded, None, story);
    };
    let worker = &connection.worker;
    let nonce = worker.shared.nonces.mint(now, NODE, random);
    worker.cells.nonce_issued();
    answer::challenge(doubt, &in_force.snapshot.challenges, Some(&nonce), story)
}

/// An answer to a request whose body nobody will read: a little of it is read and thrown away, so that the caller
/// can read the answer and go on; a lot, or one that waits for a 100, ends the connection after the answer.
fn turned_away(
    connection: &Rc<Connection>,
    body: Incoming,
    expects: bool,
    mut answer: Response<AnswerBody>,
) -> Response<AnswerBody> {
    let closing = answer.headers().contains_key(header::CONNECTION);
    if closing {
        connection.linger();
    }
    if body.is_end_stream() {
        return answer;
    }
    connection.linger();
    let small = body
        .size_hint()
        .upper()
        .is_some_and(|octets| octets <= DRAIN);
    if expects || closing || !small {
        if !connection.http2 {
            answer
                .headers_mut()
                .insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    } else {
        tokio::task::spawn_local(drain(body));
    }
    answer
}

/// Reads a body and throws it away.
async fn drain(mut body: Incoming) {
    let all = async {
        while let Some(Ok(_)) =
            std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await
        {}
    };
    let _ = tokio::time::timeout(DRAIN_TIME, all).await;
}

fn split(random: [u8; 40]) -> ([u8; 16], [u8; 24]) {
    let mut id = [0; 16];
    let mut trace = [0; 24];
    for (place, octet) in id.iter_mut().chain(&mut trace).zip(random) {
        *place = octet;
    }
    (id, trace)
}

/// Which of several nodes made a nonce; there is one.
const NODE: u16 = 0;
/// The longest body that is read only to keep the connection (`facts/digest.md` §6.1).
const DRAIN: u64 = 2 * 1024 * 1024;
/// And how long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(10);
