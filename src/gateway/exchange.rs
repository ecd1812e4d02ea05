//! One request, head to answer: inspect, decide, spend the proof, forward.

use std::convert::Infallible;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, Version, header};
use http_body::Body as _;
use hyper::body::Incoming;

use crate::decide::{Decision, Doubt, Grant, Question, Refusal, decide};
use crate::digest::{Credentials, NonceState, Ticket};
use crate::telemetry::Trouble;

use super::answer;
use super::body::AnswerBody;
use super::clock;
use super::connection::Connection;
use super::forward::{Forwarded, forward};
use super::in_force::InForce;
use super::inspect::{self, Held, Inspected, inspect};
use super::story::Story;
use super::throttle::Verdict;
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
        answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(answer)
}

async fn answered(
    connection: &Rc<Connection>,
    in_force: &Arc<InForce>,
    request: Request<Incoming>,
) -> Response<AnswerBody> {
    let (head, body) = request.into_parts();
    let random = connection.worker.random::<40>();
    let (id, trace) = random.map_or(([0; 16], [0; 24]), split);
    let trace = Trace::of(head.headers.get_all(super::headers::TRACEPARENT).iter(), trace);
    let story =
        Story::begin(connection, in_force, &head, clock::now(), clock::instant(), (RequestId::new(id), trace));
    let held = Held::of(&head);
    let inspected = match inspect(connection, &held, &head, &in_force.settings.limits) {
        Ok(inspected) => inspected,
        Err(rejection) => return turned_away(connection, body, false, answer::reject(rejection, story)),
    };
    judge(connection, in_force, Judged { head, body, held: &held, inspected }, story).await
}

/// A request with one reading, on its way to the decision.
struct Judged<'r> {
    head: http::request::Parts,
    body: Incoming,
    held: &'r Held,
    inspected: Inspected<'r>,
}

/// Asks the throttle, the decision and the replay memory, in that order, and forwards what passes.
async fn judge(
    connection: &Rc<Connection>,
    in_force: &Arc<InForce>,
    request: Judged<'_>,
    mut story: Story,
) -> Response<AnswerBody> {
    let Judged { head, body, held, inspected } = request;
    let worker = &connection.worker;
    story.caller = inspected.caller;
    let parsed = inspect::credentials(held, &head);
    let source = inspected.caller.address.unwrap_or(inspected.caller.peer).ip();
    let throttle = &in_force.settings.throttle;
    if let Ok(credentials) = &parsed
        && let Verdict::Wait(seconds) = worker.shared.throttle.ask(throttle, source, credentials.username(), story.at)
    {
        return turned_away(connection, body, inspected.expects, answer::trouble(Trouble::RateLimited, Some(seconds), story));
    }
    let began = story.elapsed();
    let decided = verdict(connection, in_force, &inspected, parsed.as_ref().map_err(|doubt| *doubt), &story);
    worker.cells.decision(story.elapsed().saturating_sub(began));
    let turned = match decided {
        Verdicts::Pass(pass) => {
            let Ok(credentials) = &parsed else {
                return answer::trouble(Trouble::Overloaded, None, story);
            };
            let key = &pass.grant().identity().key.public_key;
            let Some(_held) = worker.shared.in_flight.enter(key, in_force.settings.limits.in_flight_per_key) else {
                return answer::trouble(Trouble::Overloaded, None, story);
            };
            return forward(in_force, pass, Forwarded { head, inspected: &inspected, credentials, body }, story).await;
        }
        Verdicts::Challenge(doubt) => {
            if let (Doubt::ProofWrong, Ok(credentials)) = (doubt, &parsed)
                && let Verdict::Wait(seconds) = worker.shared.throttle.failed(throttle, source, credentials.username(), story.at)
            {
                answer::trouble(Trouble::RateLimited, Some(seconds), story)
            } else {
                challenged(connection, in_force, doubt, story)
            }
        }
        Verdicts::Refuse(refusal) => {
            story.refused(&refusal);
            answer::refuse(refusal.reason, story)
        }
    };
    turned_away(connection, body, inspected.expects, turned)
}

enum Verdicts<'s> {
    Challenge(Doubt),
    Pass(crate::replay::Pass<'s>),
    Refuse(Refusal<'s>),
}

/// The decision, and then rule 10.
fn verdict<'s>(
    connection: &Connection,
    in_force: &'s InForce,
    inspected: &Inspected<'_>,
    credentials: Result<&Credentials<'_>, Doubt>,
    story: &Story,
) -> Verdicts<'s> {
    let shared = &connection.worker.shared;
    let lifetime = in_force.snapshot.nonce_lifetime;
    let nonce = credentials.map_or(NonceState::Foreign, |c| shared.nonces.open(c.nonce(), story.at, lifetime));
    let request = crate::decide::Request {
        question: Question {
            at: story.at,
            caller: inspected.caller.address,
            method: inspected.method,
            target: &inspected.target,
        },
        credentials,
        nonce,
        authority: inspected.authority.as_bytes(),
    };
    match decide(&in_force.snapshot, &request) {
        Decision::Challenge(doubt) => Verdicts::Challenge(doubt),
        Decision::Refuse(refusal) => Verdicts::Refuse(refusal),
        Decision::Forward(grant) => match spend(connection, grant, credentials, nonce, story) {
            Ok(pass) => Verdicts::Pass(pass),
            Err(doubt) => Verdicts::Challenge(doubt),
        },
    }
}

/// Rule 10: each proof once.
fn spend<'s>(
    connection: &Connection,
    grant: Grant<'s>,
    credentials: Result<&Credentials<'_>, Doubt>,
    nonce: NonceState,
    story: &Story,
) -> Result<crate::replay::Pass<'s>, Doubt> {
    let NonceState::Live { id, issued } = nonce else { return Err(Doubt::NonceForeign) };
    let ticket = Ticket { nonce: id, issued, count: credentials?.count() };
    connection.worker.shared.memory.admit(grant, ticket, story.at)
}

fn challenged(connection: &Connection, in_force: &InForce, doubt: Doubt, story: Story) -> Response<AnswerBody> {
    let Some(random) = connection.worker.random::<8>() else {
        return answer::trouble(Trouble::Overloaded, None, story);
    };
    let nonce = connection.worker.shared.nonces.mint(story.at, connection.worker.node(), random);
    connection.worker.cells.nonce_issued();
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
    if body.is_end_stream() {
        return answer;
    }
    connection.linger();
    let small = body.size_hint().upper().is_some_and(|octets| octets <= DRAIN);
    let closing = answer.headers().contains_key(header::CONNECTION);
    if expects || closing || !small {
        if !connection.http2 {
            answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
    } else {
        tokio::task::spawn_local(drain(body));
    }
    answer
}

/// Reads a body and throws it away.
async fn drain(mut body: Incoming) {
    let all = async {
        while let Some(Ok(_)) = std::future::poll_fn(|cx| std::pin::Pin::new(&mut body).poll_frame(cx)).await {}
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

/// The longest body that is read only to keep the connection (`facts/digest.md` §6.1).
const DRAIN: u64 = 2 * 1024 * 1024;
/// And how long that may take.
const DRAIN_TIME: Duration = Duration::from_secs(10);
