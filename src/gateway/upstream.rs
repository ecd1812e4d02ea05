//! The upstream as one worker sees it: its own pool of connections, none of them ever in doubt.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use tokio::time::timeout;

use crate::config::Timeouts;

use super::body::{BodyFailure, Upload, UploadState};
use super::dial::{Plan, Sender, open};
use super::watch::Watchmen;

/// Why there is no answer from the upstream. Who is to blame is in the type.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The caller's body.
    #[error("the request body: {0}")]
    Body(BodyFailure),
    /// The upstream broke the protocol.
    #[error("the upstream broke HTTP: {0}")]
    Protocol(String),
    /// The upstream did not answer in time.
    #[error("the upstream did not answer within {0:?}")]
    Timeout(Duration),
    /// The upstream cannot be reached, or went away.
    #[error("the upstream is unavailable: {0}")]
    Unavailable(String),
}

/// One worker's connections to the upstream.
pub(super) struct Upstream {
    pool: Rc<Pool>,
    next: Cell<usize>,
    /// Until when each address is only tried after the others, because it failed.
    shunned: RefCell<Vec<u64>>,
}

struct Pool {
    plan: RefCell<Arc<Plan>>,
    idle: RefCell<Vec<Idle>>,
    shared: RefCell<Option<(http2::SendRequest<Upload>, usize)>>,
    watchmen: Rc<Watchmen>,
}

struct Idle {
    sender: http1::SendRequest<Upload>,
    target: usize,
    since: u64,
}

struct Checkout {
    sender: Sender,
    target: usize,
    reused: bool,
}

/// A connection that is answering; given back once its answer was read to the end.
pub(super) struct Lease {
    pool: Rc<Pool>,
    plan: Arc<Plan>,
    sender: Option<(http1::SendRequest<Upload>, usize)>,
    upload: Rc<UploadState>,
}

impl Lease {
    /// Gives the connection back to its pool; unless its request was not sent whole, or the plan has changed.
    pub(super) fn give_back(self) {
        let Some((sender, target)) = self.sender else {
            return;
        };
        let same = Arc::ptr_eq(&self.plan, &self.pool.plan.borrow());
        let mut idle = self.pool.idle.borrow_mut();
        if same
            && self.upload.complete.get()
            && !sender.is_closed()
            && idle.len() < self.plan.idle_connections
        {
            idle.push(Idle {
                sender,
                target,
                since: self.pool.watchmen.now(),
            });
        }
    }
}

impl Upstream {
    /// No connection yet.
    pub(super) fn new(plan: Arc<Plan>, watchmen: Rc<Watchmen>) -> Self {
        let pool = Pool {
            plan: RefCell::new(plan),
            idle: RefCell::default(),
            shared: RefCell::default(),
            watchmen,
        };
        Self {
            pool: Rc::new(pool),
            next: Cell::new(0),
            shunned: RefCell::default(),
        }
    }

    /// Sends one request and waits for the head of its answer. It is sent again only if no octet of it was sent and
    /// the connection was a reused one (RFC 9110 §9.2.2 would allow more; a gateway does not guess).
    pub(super) async fn send(
        &self,
        plan: &Arc<Plan>,
        timeouts: &Timeouts,
        mut head: Parts,
        mut body: Upload,
        upload: &Rc<UploadState>,
    ) -> Result<(Response<Incoming>, Lease), Failure> {
        self.follow(plan);
        let at_most = timeouts.upstream_head;
        loop {
            let mut checkout = self.checkout(plan, timeouts).await?;
            address(&mut head, plan, &checkout)?;
            frame(&mut head, &body);
            let request = Request::from_parts(head, body);
            let sent = match &mut checkout.sender {
                Sender::Http1(sender) => {
                    in_time(sender.try_send_request(request), at_most, upload).await
                }
                Sender::Http2(sender) => {
                    in_time(sender.try_send_request(request), at_most, upload).await
                }
            };
            let mut failed = match sent {
                None => return Err(refine(upload, Failure::Timeout(at_most))),
                Some(Ok(response)) => {
                    sound(&response)?;
                    return Ok((response, self.lease(plan, checkout, upload)));
                }
                Some(Err(failed)) => failed,
            };
            if let Sender::Http2(_) = checkout.sender {
                *self.pool.shared.borrow_mut() = None;
            }
            match failed.take_message() {
                Some(unsent) if checkout.reused => (head, body) = unsent.into_parts(),
                Some(_) | None => return Err(refine(upload, blame(failed.error()))),
            }
        }
    }

    /// Drops idle connections that are too old or closed.
    pub(super) fn prune(&self) {
        let now = self.pool.watchmen.now();
        let keep = millis(self.pool.plan.borrow().idle_timeout);
        let fresh = |idle: &Idle| !idle.sender.is_closed() && now.saturating_sub(idle.since) < keep;
        self.pool.idle.borrow_mut().retain(fresh);
    }

    /// A new plan: connections of the old one serve their current answer and are not used again.
    fn follow(&self, plan: &Arc<Plan>) {
        if !Arc::ptr_eq(&self.pool.plan.borrow(), plan) {
            *self.pool.plan.borrow_mut() = Arc::clone(plan);
            self.pool.idle.borrow_mut().clear();
            *self.pool.shared.borrow_mut() = None;
            self.shunned.borrow_mut().clear();
        }
    }

    /// The addresses, beginning with the next in turn; those that failed lately come last.
    fn turns(&self, count: usize) -> Vec<usize> {
        let first = self.next.replace(self.next.get().wrapping_add(1));
        let now = self.pool.watchmen.now();
        let mut shunned = self.shunned.borrow_mut();
        shunned.resize(count, 0);
        let mut turns: Vec<usize> = (0..count)
            .map(|turn| first.wrapping_add(turn) % count)
            .collect();
        turns.sort_by_key(|index| shunned.get(*index).is_some_and(|until| *until > now));
        turns
    }

    /// An address did not let itself be connected to.
    fn shun(&self, index: usize) {
        let until = self.pool.watchmen.now() + millis(SHUNNED);
        if let Some(place) = self.shunned.borrow_mut().get_mut(index) {
            *place = until;
        }
    }

    fn lease(&self, plan: &Arc<Plan>, checkout: Checkout, upload: &Rc<UploadState>) -> Lease {
        let sender = match checkout.sender {
            Sender::Http1(sender) => Some((sender, checkout.target)),
            Sender::Http2(_) => None,
        };
        Lease {
            pool: Rc::clone(&self.pool),
            plan: Arc::clone(plan),
            sender,
            upload: Rc::clone(upload),
        }
    }

    async fn checkout(&self, plan: &Arc<Plan>, timeouts: &Timeouts) -> Result<Checkout, Failure> {
        let shared = self
            .pool
            .shared
            .borrow()
            .as_ref()
            .map(|(sender, target)| (sender.clone(), *target));
        if let Some((sender, target)) = shared
            && sender.is_ready()
        {
            return Ok(Checkout {
                sender: Sender::Http2(sender),
                target,
                reused: true,
            });
        }
        let now = self.pool.watchmen.now();
        let keep = millis(plan.idle_timeout);
        loop {
            let Some(mut idle) = self.pool.idle.borrow_mut().pop() else {
                break;
            };
            // The connection's own task may still be finishing the last answer; it says ready or closed soon.
            if now.saturating_sub(idle.since) < keep
                && matches!(
                    timeout(timeouts.upstream_connect, idle.sender.ready()).await,
                    Ok(Ok(()))
                )
            {
                return Ok(Checkout {
                    sender: Sender::Http1(idle.sender),
                    target: idle.target,
                    reused: true,
                });
            }
        }
        self.connect(plan, timeouts).await
    }

    /// Opens a connection: every address is tried once, beginning with the next in turn.
    async fn connect(&self, plan: &Arc<Plan>, timeouts: &Timeouts) -> Result<Checkout, Failure> {
        let mut last = Failure::Unavailable("no address".to_owned());
        for index in self.turns(plan.targets.len()) {
            let Some(target) = plan.targets.get(index) else {
                continue;
            };
            match timeout(timeouts.upstream_connect, open(plan, target)).await {
                Ok(Ok(sender)) => {
                    if let Sender::Http2(sender) = &sender {
                        *self.pool.shared.borrow_mut() = Some((sender.clone(), index));
                    }
                    return Ok(Checkout {
                        sender,
                        target: index,
                        reused: false,
                    });
                }
                Ok(Err(why)) => {
                    last = Failure::Unavailable(format!("{}:{}: {why}", target.host, target.port));
                }
                Err(_) => last = Failure::Timeout(timeouts.upstream_connect),
            }
            self.shun(index);
        }
        Err(last)
    }
}

/// Waits for the head of an answer, at most this long after the last octet that the upstream took of the request;
/// while it is the caller who makes it wait, the time does not run.
async fn in_time<F: Future>(
    answer: F,
    at_most: Duration,
    upload: &UploadState,
) -> Option<F::Output> {
    let mut answer = std::pin::pin!(answer);
    let mut left = at_most;
    while !left.is_zero() {
        match timeout(left, answer.as_mut()).await {
            Ok(output) => return Some(output),
            Err(_) => left = upload.patience(at_most),
        }
    }
    None
}

/// Points the request at the address its connection leads to; path and query stay octet for octet.
fn address(head: &mut Parts, plan: &Plan, checkout: &Checkout) -> Result<(), Failure> {
    let lost = || Failure::Unavailable("the address is gone".to_owned());
    let target = plan.targets.get(checkout.target).ok_or_else(lost)?;
    let path = head
        .uri
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    let mut parts = http::uri::Parts::default();
    parts.path_and_query = Some(path);
    match checkout.sender {
        Sender::Http1(_) => {
            head.version = http::Version::HTTP_11;
            head.headers.insert(header::HOST, target.authority.clone());
        }
        Sender::Http2(_) => {
            head.version = http::Version::HTTP_2;
            head.headers.remove(header::HOST);
            parts.scheme = Some(if target.server_name.is_some() {
                Scheme::HTTPS
            } else {
                Scheme::HTTP
            });
            parts.authority = target
                .authority
                .to_str()
                .ok()
                .and_then(|text| text.parse().ok());
        }
    }
    head.uri = Uri::from_parts(parts).map_err(|why| Failure::Unavailable(why.to_string()))?;
    Ok(())
}

/// A body of unknown length is chunked, whatever the method: without being told so, hyper leaves the body of a GET or
/// HEAD behind.
fn frame(head: &mut Parts, body: &Upload) {
    if head.version == http::Version::HTTP_11 && body.size_hint().exact().is_none() {
        let chunked = HeaderValue::from_static("chunked");
        head.headers.insert(header::TRANSFER_ENCODING, chunked);
    } else {
        head.headers.remove(header::TRANSFER_ENCODING);
    }
}

/// Refuses answers that could be read in two ways, and protocol switches.
fn sound(response: &Response<Incoming>) -> Result<(), Failure> {
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Failure::Protocol("it switched protocols".to_owned()));
    }
    let headers = response.headers();
    if headers.contains_key(header::TRANSFER_ENCODING)
        && headers.contains_key(header::CONTENT_LENGTH)
    {
        return Err(Failure::Protocol(
            "both Transfer-Encoding and Content-Length".to_owned(),
        ));
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    if let (Some(length), another) = (lengths.next(), lengths.next())
        && (another.is_some() || !length.as_bytes().iter().all(u8::is_ascii_digit))
    {
        return Err(Failure::Protocol("an ambiguous Content-Length".to_owned()));
    }
    if headers
        .get_all(header::TRANSFER_ENCODING)
        .iter()
        .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked"))
    {
        return Err(Failure::Protocol(
            "a transfer coding other than chunked".to_owned(),
        ));
    }
    Ok(())
}

/// If the caller's body failed, that is the cause, and not what the connection made of it.
fn refine(upload: &UploadState, otherwise: Failure) -> Failure {
    upload.failure.get().map_or(otherwise, Failure::Body)
}

fn blame(error: &hyper::Error) -> Failure {
    if error.is_parse() || error.is_incomplete_message() && !error.is_closed() {
        Failure::Protocol(error.to_string())
    } else {
        Failure::Unavailable(error.to_string())
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// How long an address that failed is only tried after the others.
const SHUNNED: Duration = Duration::from_secs(5);
