//! The story of one request, told to metrics and access log when its answer ends, however it ends.

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{HeaderValue, Method, Uri, Version};

use crate::decide::{Grant, Identity, Refusal};
use crate::digest::Timestamp;
use crate::peer::{AddressSource, Caller, CallerAddress, CallerDoubt};
use crate::policy::Network;
use crate::telemetry::{Outcome, Record, Trouble};

use super::body::UploadState;
use super::connection::Connection;
use super::in_force::InForce;
use super::listener::Listener;
use super::tally::Inside;
use super::trace::{RequestId, Trace};
use super::worker::Worker;

/// What is known of a request so far. Told once, when dropped.
pub(super) struct Story {
    connection: Rc<Connection>,
    in_force: Arc<InForce>,
    /// When its head was read.
    pub(super) at: Timestamp,
    began: Instant,
    /// Its id, in log and answer.
    pub(super) request_id: RequestId,
    /// Its trace.
    pub(super) trace: Trace,
    method: Method,
    uri: Uri,
    version: Version,
    user_agent: Option<HeaderValue>,
    /// Who is calling.
    pub(super) caller: Caller,
    outcome: Option<Outcome>,
    status: u16,
    organization: Option<Arc<str>>,
    key: Option<Arc<str>>,
    resource: Option<Arc<str>>,
    entry: Option<Network>,
    upstream: Option<Duration>,
    upload: Option<Rc<UploadState>>,
    place: Option<Inside>,
    octets_out: u64,
    complete: bool,
}

impl Story {
    /// A request begins.
    pub(super) fn begin(
        connection: &Rc<Connection>,
        in_force: &Arc<InForce>,
        head: &http::request::Parts,
        (at, began): (Timestamp, Instant),
        (request_id, trace): (RequestId, Trace),
    ) -> Self {
        connection.request_begins();
        Self {
            connection: Rc::clone(connection),
            in_force: Arc::clone(in_force),
            at,
            began,
            request_id,
            trace,
            method: head.method.clone(),
            uri: head.uri.clone(),
            version: head.version,
            user_agent: head.headers.get(http::header::USER_AGENT).cloned(),
            caller: Caller::peer(connection.peer),
            outcome: None,
            status: STATUS_CALLER_GONE,
            organization: None,
            key: None,
            resource: None,
            entry: None,
            upstream: None,
            upload: None,
            place: None,
            octets_out: 0,
            complete: false,
        }
    }

    /// The connection it came on.
    pub(super) fn connection(&self) -> &Rc<Connection> {
        &self.connection
    }

    /// Since the head was read.
    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How it ended, and the status sent.
    pub(super) fn ended(&mut self, outcome: Outcome, status: u16) {
        self.outcome = Some(outcome);
        self.status = status;
    }

    /// A proven caller was refused.
    pub(super) fn refused(&mut self, refusal: &Refusal<'_>) {
        self.identified(refusal.identity);
        self.resource = refusal.resource.map(|row| Arc::clone(&row.id));
    }

    /// A proven caller was let through.
    pub(super) fn granted(&mut self, grant: &Grant<'_>) {
        self.identified(grant.identity());
        self.resource = grant.resource().map(|row| Arc::clone(&row.id));
        self.entry = grant.entry().map(|entry| entry.network);
    }

    /// Its place among its key's requests in flight, held to the end of the answer.
    pub(super) fn holds(&mut self, place: Inside) {
        self.place = Some(place);
    }

    /// The request body, to count what of it was passed on.
    pub(super) fn uploads(&mut self, state: &Rc<UploadState>) {
        self.upload = Some(Rc::clone(state));
    }

    /// The upstream answered, or failed to, after this long.
    pub(super) fn upstream_took(&mut self, status: Option<u16>, span: Duration) {
        self.upstream = Some(span);
        self.connection.worker.cells.upstream(status, span);
    }

    /// Octets of the answer's body.
    pub(super) fn sent(&mut self, octets: usize) {
        self.octets_out += octets as u64;
    }

    /// The upstream did not finish its answer: the caller gets what there is, and the connection ends.
    pub(super) fn broken_off(&mut self, trouble: Trouble) {
        self.outcome = Some(Outcome::Fail(trouble));
        self.complete = true;
    }

    /// The answer was handed over to the end.
    pub(super) fn complete(&mut self) {
        self.complete = true;
    }

    fn identified(&mut self, identity: Identity<'_>) {
        self.organization = Some(Arc::clone(&identity.organization.id));
        self.key = Some(Arc::clone(&identity.key.public_key));
    }

    fn tell(&self) {
        let outcome = match self.outcome {
            Some(outcome) if self.complete => outcome,
            Some(_) | None => Outcome::Fail(Trouble::CallerGone),
        };
        let worker = &self.connection.worker;
        let total = self.began.elapsed();
        worker
            .cells
            .request(self.connection.listener.index, outcome, total);
        let entry = self.entry.map(|network| network.to_string());
        worker.log(&Record {
            at: self.at,
            listener: &self.connection.listener.name,
            request_id: self.request_id.as_str(),
            trace_id: self.trace.id(),
            method: self.method.as_str(),
            path: self.uri.path(),
            version: if self.version == Version::HTTP_2 {
                "2"
            } else {
                "1.1"
            },
            status: self.status,
            caller: self.caller.address.map(CallerAddress::ip),
            peer: self.caller.peer.ip(),
            address_source: self.caller.source.code(),
            address_doubt: self.caller.doubt.map(CallerDoubt::code),
            outcome,
            organization: self.organization.as_deref(),
            key: self.key.as_deref(),
            resource: self.resource.as_deref(),
            matched_entry: entry.as_deref(),
            generation: &self.in_force.snapshot.generation.fingerprint,
            user_agent: self
                .user_agent
                .as_ref()
                .and_then(|value| value.to_str().ok()),
            bytes_in: self.upload.as_ref().map_or(0, |upload| upload.octets.get()),
            bytes_out: self.octets_out,
            upstream: self.upstream,
            total,
        });
    }
}

impl Drop for Story {
    fn drop(&mut self) {
        self.tell();
        self.connection.request_ends();
    }
}

/// Tells of a head that hyper never saw, and makes its answer: refused at the gate, late, or turned
/// away with its connection.
pub(super) fn untold(
    worker: &Worker,
    listener: &Listener,
    peer: IpAddr,
    outcome: Outcome,
) -> bytes::Bytes {
    let request_id = RequestId::new(worker.random::<16>().unwrap_or_default());
    let (status, words) = super::answer::unread(outcome, &request_id);
    worker
        .cells
        .request(listener.index, outcome, Duration::ZERO);
    let peer = CallerAddress::from(peer).ip();
    worker.log(&Record {
        at: super::clock::now(),
        listener: &listener.name,
        request_id: request_id.as_str(),
        trace_id: "",
        method: "",
        path: "",
        version: "1.1",
        status,
        caller: None,
        peer,
        address_source: AddressSource::Peer.code(),
        address_doubt: None,
        outcome,
        organization: None,
        key: None,
        resource: None,
        matched_entry: None,
        generation: &worker.in_force().snapshot.generation.fingerprint,
        user_agent: None,
        bytes_in: 0,
        bytes_out: words.len() as u64,
        upstream: None,
        total: Duration::ZERO,
    });
    words
}

/// What is logged when the caller went away before there was a status (nginx's 499).
const STATUS_CALLER_GONE: u16 = 499;
