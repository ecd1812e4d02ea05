//! The settings of the process: `keywarden.yaml`, compiled; every path is absolute, every default filled in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::digest::Algorithm;
use crate::policy::Network;

/// What `keywarden.yaml` says. Everything but `listeners`, `admin` and `workers` is hot-reloaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Where callers connect; at least one.
    pub listeners: Vec<ListenerSettings>,
    /// Where requests are forwarded.
    pub upstream: UpstreamSettings,
    /// HTTP Digest.
    pub digest: DigestSettings,
    /// The admin listener.
    pub admin: AdminSettings,
    /// The access log; `None` = off.
    pub access_log: Option<AccessLogSettings>,
    /// How changes are noticed and put in force.
    pub reload: ReloadSettings,
    /// The brake on failed digests.
    pub throttle: ThrottleSettings,
    /// Sizes and counts.
    pub limits: Limits,
    /// Timers.
    pub timeouts: Timeouts,
    /// The end.
    pub shutdown: Shutdown,
    /// Worker threads; `None` = one a core.
    pub workers: Option<usize>,
}

/// One listener.
#[derive(Clone, Debug, PartialEq)]
pub struct ListenerSettings {
    /// Its name: metric label and log field; unique.
    pub name: String,
    /// Its address; port 0 takes a free one.
    pub address: SocketAddr,
    /// The names it answers for, in lower case, without a port; empty = any.
    pub server_names: Vec<String>,
    /// TLS; `None` = plain.
    pub tls: Option<TlsFiles>,
    /// Which HTTP versions.
    pub http: Http,
    /// Where the caller's address is read.
    pub caller: CallerSource,
    /// Proxies that are believed; empty unless `caller` is not the peer.
    pub trusted_proxies: Vec<Network>,
}

/// HTTP versions of a listener.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Http {
    /// HTTP/1.1, and HTTP/2 where TLS negotiates it by ALPN.
    #[default]
    Negotiated,
    /// HTTP/1.1 only.
    Http1,
    /// HTTP/2 without TLS by prior knowledge, beside HTTP/1.1.
    PriorKnowledge,
}

/// Where the caller's address is read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum CallerSource {
    /// The RFC 7239 header.
    Forwarded,
    /// One vendor header, its name in lower case.
    Header(String),
    /// The socket.
    #[default]
    Peer,
    /// PROXY protocol v1 or v2.
    ProxyProtocol,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

/// A certificate chain and its key, PEM.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TlsFiles {
    /// The chain.
    pub certificate: PathBuf,
    /// The key.
    pub private_key: PathBuf,
}

/// Where requests go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamSettings {
    /// At least one; tried in turn.
    pub addresses: Vec<UpstreamAddress>,
    /// Trust and identity toward https upstreams.
    pub tls: UpstreamTls,
    /// The gateway's own credentials.
    pub authentication: UpstreamAuthentication,
    /// Whether HTTP/2 is spoken (`protocol: h2`); by ALPN for https, by prior knowledge for http.
    pub http2: bool,
    /// Idle connections kept per worker.
    pub idle_connections: usize,
    /// How long an idle connection is kept.
    pub idle_timeout: Duration,
}

impl UpstreamSettings {
    /// The files these settings name: a client certificate and its key, a private CA, a secret.
    pub fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let identity = self.tls.identity.iter();
        let secret = match &self.authentication {
            UpstreamAuthentication::BasicFile(file) | UpstreamAuthentication::BearerFile(file) => {
                Some(file)
            }
            UpstreamAuthentication::None => None,
        };
        identity
            .flat_map(|files| [&files.certificate, &files.private_key])
            .chain(&self.tls.ca)
            .chain(secret)
    }
}

/// One upstream URL: scheme, host and port; a path is an error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UpstreamAddress {
    /// `https`, not `http`.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// TLS toward the upstream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct UpstreamTls {
    /// A private CA (PEM); `None` = the system's.
    pub ca: Option<PathBuf>,
    /// A client certificate.
    pub identity: Option<TlsFiles>,
}

/// How the gateway authenticates itself to the upstream.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum UpstreamAuthentication {
    /// `Authorization: Basic …` of `user:password` in this file.
    BasicFile(PathBuf),
    /// `Authorization: Bearer …` of the token in this file.
    BearerFile(PathBuf),
    /// Not at all.
    #[default]
    None,
}

/// HTTP Digest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DigestSettings {
    /// The realm: printable ASCII without comma, quote, backslash and colon.
    pub realm: String,
    /// Accepted and offered, in order; default MD5, SHA-256.
    pub algorithms: Vec<Algorithm>,
    /// Default 5m.
    pub nonce_lifetime: Duration,
    /// Whether `Authentication-Info` is sent; default yes.
    pub authentication_info: bool,
}

/// The admin listener.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AdminSettings {
    /// Default 127.0.0.1:9180. Must be loopback in this version.
    pub address: SocketAddr,
}

/// The access log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessLogSettings {
    /// json, logfmt or combined.
    pub format: LogFormat,
    /// Where to.
    pub sink: LogSink,
}

/// The shape of a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LogFormat {
    /// NCSA combined.
    Combined,
    /// One JSON object a line.
    #[default]
    Json,
    /// `key=value` pairs.
    Logfmt,
}

/// Where lines go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum LogSink {
    /// A file, opened for appending.
    File(PathBuf),
    /// Standard output.
    Stdout,
}

/// Reload.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReloadSettings {
    /// Default 5s.
    pub poll: Duration,
    /// What a widening change is met with.
    pub widening: Widening,
}

/// What a widening change is met with.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Widening {
    /// Not put in force until accepted.
    Refuse,
    /// Put in force, with a warning that names it.
    #[default]
    Warn,
}

/// Token buckets on failed digests.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrottleSettings {
    /// Failures let through at once; default 10.
    pub burst: u32,
    /// Failures regained per second; default 1.
    pub per_second: f64,
    /// Sources never throttled.
    pub exempt: Vec<Network>,
}

/// Sizes in octets, counts in pieces (facts: `security.md` §3.3 rule 8).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Connections of a listener; default 10 000.
    pub connections: usize,
    /// Connections of one source (/32, /64); default 256.
    pub connections_per_source: usize,
    /// Requests on one connection; default 1 000.
    pub requests_per_connection: u32,
    /// Request head; default 32 KiB.
    pub head: usize,
    /// Header lines; default 100.
    pub headers: usize,
    /// Request body; default 16 MiB.
    pub body: u64,
    /// Requests in flight of one key; default 256.
    pub in_flight_per_key: u32,
}

/// Timers (facts: `security.md` §3.3 rule 7).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Timeouts {
    /// The first octet after accepting; default 10s.
    pub first_byte: Duration,
    /// The TLS handshake; default 10s.
    pub handshake: Duration,
    /// A request head; default 10s.
    pub head: Duration,
    /// A kept connection without a request; default 60s.
    pub idle: Duration,
    /// Silence inside a request body; default 30s.
    pub body_idle: Duration,
    /// A stalled write to the caller; default 30s.
    pub write_stall: Duration,
    /// Connecting to the upstream, its TLS handshake included; default 5s.
    pub upstream_connect: Duration,
    /// Waiting for the head of the upstream's answer; default 60s.
    pub upstream_head: Duration,
    /// Silence inside the upstream's body; default 60s.
    pub upstream_idle: Duration,
    /// A request from its head to the end of its answer; default 300s.
    pub request: Duration,
    /// The age at which a connection is closed after its current request; default 1h.
    pub connection_age: Duration,
}

/// Shutdown: readiness fails, `linger` passes with connections told to close, then `grace` for what is in flight.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shutdown {
    /// Default 5s.
    pub linger: Duration,
    /// Default 30s.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_source: 256,
            requests_per_connection: 1_000,
            head: 32 * 1024,
            headers: 100,
            body: 16 * 1024 * 1024,
            in_flight_per_key: 256,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            first_byte: seconds(10),
            handshake: seconds(10),
            head: seconds(10),
            idle: seconds(60),
            body_idle: seconds(30),
            write_stall: seconds(30),
            upstream_connect: seconds(5),
            upstream_head: seconds(60),
            upstream_idle: seconds(60),
            request: seconds(300),
            connection_age: seconds(3600),
        }
    }
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            linger: Duration::from_secs(5),
            grace: Duration::from_secs(30),
        }
    }
}

impl Default for ReloadSettings {
    fn default() -> Self {
        Self {
            poll: Duration::from_secs(5),
            widening: Widening::default(),
        }
    }
}

impl Default for ThrottleSettings {
    fn default() -> Self {
        Self {
            burst: 10,
            per_second: 1.0,
            exempt: Vec::new(),
        }
    }
}
