//! A listener: its socket on every core, the names it answers for, and where it reads the caller's address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use http::header::{self, HeaderMap, HeaderName};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::config::{CallerSource, Http, ListenerSettings};
use crate::decide::Rejection;
use crate::peer::{
    AddressSource, Caller, ProxyHeader, ProxyHeaderError, TrustedProxies, derive_caller,
};

/// One listener as its connections see it.
pub(super) struct Listener {
    /// Its place among the listeners: index of its metric cells.
    pub(super) index: usize,
    /// Its name.
    pub(super) name: Arc<str>,
    /// HTTP versions.
    pub(super) http: Http,
    server_names: Vec<String>,
    source: Source,
    trusted: TrustedProxies,
    acceptor: Option<TlsAcceptor>,
}

/// Where the caller's address is read, with the header's name resolved.
enum Source {
    Chain(AddressSource, HeaderName),
    Peer,
    Proxy,
}

impl Listener {
    /// A listener of these settings; `acceptor` where they ask for TLS.
    ///
    /// # Errors
    /// When the header that is to name the caller cannot be a header's name.
    pub(super) fn new(
        index: usize,
        settings: &ListenerSettings,
        acceptor: Option<TlsAcceptor>,
    ) -> io::Result<Self> {
        let source = match &settings.caller {
            CallerSource::Forwarded => Source::Chain(AddressSource::Forwarded, header::FORWARDED),
            CallerSource::Header(name) => {
                let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
                Source::Chain(AddressSource::Header, name)
            }
            CallerSource::Peer => Source::Peer,
            CallerSource::ProxyProtocol => Source::Proxy,
            CallerSource::XForwardedFor => Source::Chain(
                AddressSource::XForwardedFor,
                HeaderName::from_static("x-forwarded-for"),
            ),
        };
        let trusted = settings
            .trusted_proxies
            .iter()
            .map(|network| (network.first(), network.last()));
        Ok(Self {
            index,
            name: Arc::from(settings.name.as_str()),
            http: settings.http,
            server_names: settings.server_names.clone(),
            source,
            trusted: TrustedProxies::new(trusted),
            acceptor,
        })
    }

    /// The TLS side.
    pub(super) fn acceptor(&self) -> Option<&TlsAcceptor> {
        self.acceptor.as_ref()
    }

    /// Whether `host` (without a port) is one of its server names.
    pub(super) fn answers_for(&self, host: &str) -> bool {
        self.server_names.is_empty()
            || self
                .server_names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Whether `peer` is a trusted proxy.
    pub(super) fn trusts(&self, peer: IpAddr) -> bool {
        self.trusted.contains(peer)
    }

    /// Who is calling: by the one source this listener reads.
    ///
    /// # Errors
    /// When the chain of addresses has more entries than anybody honest sends.
    pub(super) fn caller(
        &self,
        peer: IpAddr,
        proxied: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<Caller, Rejection> {
        match &self.source {
            Source::Peer => Ok(Caller::peer(peer)),
            Source::Proxy => Ok(Caller::announced(peer, proxied)),
            Source::Chain(source, name) => {
                let lines = headers
                    .get_all(name)
                    .iter()
                    .map(http::HeaderValue::as_bytes);
                derive_caller(peer, &self.trusted, *source, lines)
                    .map_err(|_| Rejection::AddressChainTooLong)
            }
        }
    }

    /// Reads the PROXY header where this listener demands one: the source it names, and the octets read beyond it.
    ///
    /// # Errors
    /// When there is none, it is malformed, late, or comes from somebody who is no trusted proxy.
    pub(super) async fn proxy_header(
        &self,
        stream: &mut TcpStream,
        peer: IpAddr,
    ) -> Result<(Option<IpAddr>, Bytes), &'static str> {
        match &self.source {
            Source::Chain(..) | Source::Peer => Ok((None, Bytes::new())),
            Source::Proxy if !self.trusts(peer) => Err("the peer may not send a PROXY header"),
            Source::Proxy => match timeout(PROXY_HEADER, read_proxy_header(stream)).await {
                Ok(outcome) => outcome,
                Err(_) => Err("the PROXY header is late"),
            },
        }
    }
}

async fn read_proxy_header(
    stream: &mut TcpStream,
) -> Result<(Option<IpAddr>, Bytes), &'static str> {
    let mut received = BytesMut::with_capacity(ProxyHeader::MAX_LENGTH);
    loop {
        if stream.read_buf(&mut received).await.unwrap_or(0) == 0 {
            return Err("the connection ended inside the PROXY header");
        }
        match ProxyHeader::parse(&received) {
            Ok(header) => {
                received.advance(header.length.min(received.len()));
                return Ok((header.source, received.freeze()));
            }
            Err(ProxyHeaderError::Incomplete) if received.len() < ProxyHeader::MAX_LENGTH => {}
            Err(_) => return Err("the PROXY header is missing or malformed"),
        }
    }
}

/// Binds `address` once for each of `workers`: with `SO_REUSEPORT` the kernel spreads connections over them.
///
/// # Errors
/// When somebody else has the address, or the system refuses a socket.
pub(super) fn bind(address: SocketAddr, workers: usize) -> io::Result<Vec<std::net::TcpListener>> {
    // Without this look a second gateway would quietly share the port, because both ask for SO_REUSEPORT.
    let alone = std::net::TcpListener::bind(address)?;
    let address = alone.local_addr()?;
    drop(alone);
    (0..workers).map(|_| socket(address)).collect()
}

fn socket(address: SocketAddr) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(
        Domain::for_address(address),
        Type::STREAM,
        Some(Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

const BACKLOG: i32 = 1024;
/// How long a trusted proxy may take to send its PROXY header.
const PROXY_HEADER: Duration = Duration::from_secs(5);
