//! One connection of a caller: PROXY header, TLS, hyper, and what its requests share.

use std::cell::Cell;
use std::net::IpAddr;
use std::pin::pin;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::{Http, Settings};
use crate::decide::Rejection;
use crate::peer::Caller;
use crate::telemetry::{Outcome, Trouble};

use super::body::UploadState;
use super::exchange::exchange;
use super::gate::Gate;
use super::listener::Listener;
use super::local::LocalExecutor;
use super::rewound::Rewound;
use super::shutdown::Stage;
use super::story;
use super::watch::{Enrolled, Phase, Watch};
use super::wire::{LINGER, Refuse, Wire, WireTimes, Wishes};
use super::worker::Worker;

/// What the requests of one connection share.
pub(super) struct Connection {
    /// The core it lives on.
    pub(super) worker: Rc<Worker>,
    /// Where it came in.
    pub(super) listener: std::sync::Arc<Listener>,
    /// The other end of the socket.
    pub(super) peer: IpAddr,
    /// The source that a PROXY header named.
    proxied: Option<IpAddr>,
    /// Whether it is encrypted.
    pub(super) tls: bool,
    /// Whether it speaks HTTP/2.
    pub(super) http2: bool,
    watch: Rc<Watch>,
    wishes: Rc<Wishes>,
    opened: u64,
    requests: Cell<u32>,
    active: Cell<u32>,
}

impl Connection {
    /// Who is calling, by the listener's one source of addresses.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<Caller, Rejection> {
        self.listener.caller(self.peer, self.proxied, headers)
    }

    /// Tells of a head that never became a request, and makes its answer.
    fn untold(&self, outcome: Outcome) -> Bytes {
        story::untold(&self.worker, &self.listener, self.peer, outcome)
    }

    /// A request's head was read.
    pub(super) fn request_begins(&self) {
        self.requests.set(self.requests.get().saturating_add(1));
        self.wishes.linger.set(false);
        if self.active.replace(self.active.get() + 1) == 0 {
            self.worker.cells.connection_active(self.listener.index, 1);
        }
        let at_most = self.worker.in_force().settings.timeouts.request;
        self.watch.enter(Phase::Busy, at_most);
        self.worker.cells.in_flight(self.listener.index, 1);
    }

    /// A request's answer has ended.
    pub(super) fn request_ends(&self) {
        let active = self.active.get().saturating_sub(1);
        self.active.set(active);
        self.wishes.answered();
        self.worker.cells.in_flight(self.listener.index, -1);
        if active == 0 {
            self.worker.cells.connection_active(self.listener.index, -1);
        }
        if active == 0 && self.watch.phase() == Phase::Busy {
            self.watch
                .enter(Phase::Idle, self.worker.in_force().settings.timeouts.idle);
        }
    }

    /// Whether the connection is to be closed after the request that was just answered.
    pub(super) fn is_last_request(&self, settings: &Settings) -> bool {
        let age = self.worker.watchmen.now().saturating_sub(self.opened);
        self.worker.stage() != Stage::Serving
            || self.requests.get() >= settings.limits.requests_per_connection
            || u128::from(age) >= settings.timeouts.connection_age.as_millis()
    }

    /// The caller is sending a body that nobody will read.
    pub(super) fn linger(&self) {
        self.wishes.linger.set(true);
    }

    /// The same, where the body was only partly passed on.
    pub(super) fn linger_if_unread(&self, upload: &UploadState) {
        if !upload.complete.get() {
            self.linger();
        }
    }
}

/// Serves one accepted stream to its end.
pub(super) async fn serve(
    worker: Rc<Worker>,
    listener: std::sync::Arc<Listener>,
    mut stream: TcpStream,
    peer: IpAddr,
) {
    let settings = std::sync::Arc::clone(&worker.in_force().settings);
    let (proxied, prefix) = match listener.proxy_header(&mut stream, peer).await {
        Ok(found) => found,
        Err(why) => return tracing::debug!(%peer, why, "connection closed before HTTP"),
    };
    let enrolled = worker.watchmen.enrol(settings.timeouts.first_byte);
    let mut begin = Beginning {
        worker,
        listener,
        peer,
        proxied,
        prefix,
        enrolled,
        settings,
    };
    let Some(acceptor) = begin.listener.acceptor().cloned() else {
        let first_byte = begin.settings.timeouts.first_byte;
        let http2 = match begin.listener.http {
            Http::Http1 | Http::Negotiated => false,
            Http::PriorKnowledge => {
                match timeout(first_byte, begins_http2(&mut stream, &mut begin.prefix)).await {
                    Ok(Ok(http2)) => http2,
                    Ok(Err(_)) | Err(_) => return,
                }
            }
        };
        return begin.speak(stream, false, http2).await;
    };
    // A proxy may send its PROXY header and the caller's first octets as one.
    let stream = Rewound::new(std::mem::take(&mut begin.prefix), stream);
    match timeout(begin.settings.timeouts.handshake, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            begin.speak(stream, true, http2).await;
        }
        Ok(Err(why)) => tracing::debug!(%peer, %why, "TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
    }
}

/// Whether a caller who may have prior knowledge begins with HTTP/2's preface (RFC 9113 §3.4). Three octets tell: no
/// method begins like it. What is read for that comes behind what was read `early`.
async fn begins_http2(stream: &mut TcpStream, early: &mut Bytes) -> std::io::Result<bool> {
    let mut received = BytesMut::from(&early[..]);
    while received.len() < PREFACE.len() && PREFACE.starts_with(&received) {
        received.reserve(PREFACE.len());
        if stream.read_buf(&mut received).await? == 0 {
            break;
        }
    }
    *early = received.freeze();
    Ok(early.starts_with(PREFACE))
}

/// A connection before it speaks HTTP.
struct Beginning {
    worker: Rc<Worker>,
    listener: std::sync::Arc<Listener>,
    peer: IpAddr,
    proxied: Option<IpAddr>,
    prefix: Bytes,
    enrolled: Enrolled,
    settings: std::sync::Arc<Settings>,
}

impl Beginning {
    async fn speak<S>(self, stream: S, tls: bool, http2: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + 'static,
    {
        let wishes = Rc::new(Wishes::default());
        let timeouts = &self.settings.timeouts;
        let times = WireTimes {
            head: timeouts.head,
            write_stall: timeouts.write_stall,
        };
        let watch = Rc::clone(self.enrolled.watch());
        let connection = Rc::new(Connection {
            opened: self.worker.watchmen.now(),
            worker: self.worker,
            listener: self.listener,
            peer: self.peer,
            proxied: self.proxied,
            tls,
            http2,
            watch: Rc::clone(&watch),
            wishes: Rc::clone(&wishes),
            requests: Cell::new(0),
            active: Cell::new(0),
        });
        if http2 {
            let wire = Wire::framed(stream, self.prefix, watch, wishes, times);
            speak_http2(connection, wire, &self.settings).await;
        } else {
            let gate = Gate::new(self.settings.limits, &self.prefix);
            let asked = Rc::clone(&connection);
            let refuse: Refuse =
                Box::new(move |rejection| asked.untold(Outcome::Reject(rejection)));
            let wire = Wire::gated(stream, (gate, refuse), watch, wishes, times);
            speak_http1(connection, wire, &self.settings).await;
        }
    }
}

async fn speak_http1<S>(connection: Rc<Connection>, wire: Wire<S>, settings: &Settings)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let own = Rc::clone(&connection);
    let service = service_fn(move |request| exchange(Rc::clone(&connection), request));
    let mut hyper = pin!(
        http1::Builder::new()
            .header_read_timeout(None)
            .max_headers(settings.limits.headers)
            .max_buf_size(settings.limits.head.max(MIN_BUFFER))
            .serve_connection(TokioIo::new(wire), service)
    );
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            ended = hyper.as_mut() => return note(ended),
            () = own.watch.expired() => {
                if own.watch.phase() != Phase::Head {
                    return;
                }
                let late = own.untold(Outcome::Fail(Trouble::RequestTimeout));
                own.wishes.say_farewell(late);
                own.watch.rearm(Phase::Closing, LINGER);
            }
            () = own.worker.leaves(Stage::Lingering), if !leaving => {
                leaving = true;
                own.wishes.hang_up.set(own.active.get() == 0);
                hyper.as_mut().graceful_shutdown();
            }
        }
    }
}

async fn speak_http2<S>(connection: Rc<Connection>, wire: Wire<S>, settings: &Settings)
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let own = Rc::clone(&connection);
    let service = service_fn(move |request| exchange(Rc::clone(&connection), request));
    let mut hyper = pin!(
        http2::Builder::new(LocalExecutor)
            .timer(TokioTimer::new())
            .keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1)
            .max_concurrent_streams(STREAMS)
            .max_local_error_reset_streams(LOCAL_RESETS)
            .max_pending_accept_reset_streams(PENDING_RESETS)
            .initial_stream_window_size(WINDOWS.0)
            .initial_connection_window_size(WINDOWS.1)
            .max_header_list_size(
                u32::try_from(settings.limits.head)
                    .unwrap_or(u32::MAX)
                    .min(HEADER_LIST)
            )
            .serve_connection(TokioIo::new(wire), service)
    );
    let mut leaving = false;
    loop {
        tokio::select! {
            biased;
            ended = hyper.as_mut() => return note(ended),
            () = own.watch.expired() => return,
            () = own.worker.leaves(Stage::Serving), if !leaving => {
                leaving = true;
                hyper.as_mut().graceful_shutdown();
            }
        }
    }
}

fn note(ended: hyper::Result<()>) {
    if let Err(why) = ended {
        tracing::debug!(%why, "connection ended");
    }
}

/// How HTTP/2's preface begins.
const PREFACE: &[u8] = b"PRI";
/// hyper's smallest buffer.
const MIN_BUFFER: usize = 8192;
/// HTTP/2 bounds of `facts/security.md` §3.3 rule 6.
const KEEP_ALIVE: (std::time::Duration, std::time::Duration) = (
    std::time::Duration::from_secs(20),
    std::time::Duration::from_secs(10),
);
const STREAMS: u32 = 100;
const LOCAL_RESETS: usize = 64;
const PENDING_RESETS: usize = 20;
const WINDOWS: (u32, u32) = (256 * 1024, 1024 * 1024);
const HEADER_LIST: u32 = 16 * 1024;
