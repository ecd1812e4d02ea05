//! One connection to the upstream: where it leads, TLS, and the greeting of HTTP.

use std::time::Duration;

use http::HeaderValue;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::body::Upload;
use super::local::LocalExecutor;

/// The upstream as the settings in force describe it, with its files read.
pub(super) struct Plan {
    /// Where it is.
    pub(super) targets: Vec<Target>,
    /// How TLS is made toward it.
    pub(super) tls: TlsConnector,
    /// The gateway's own credentials.
    pub(super) authorization: Option<HeaderValue>,
    /// Whether HTTP/2 is spoken.
    pub(super) http2: bool,
    /// Idle connections kept per worker.
    pub(super) idle_connections: usize,
    /// How long they are kept.
    pub(super) idle_timeout: Duration,
}

/// One address of the upstream.
pub(super) struct Target {
    /// Name or address to connect to.
    pub(super) host: String,
    /// Port.
    pub(super) port: u16,
    /// `Host` toward it.
    pub(super) authority: HeaderValue,
    /// The name its certificate must have; `None` = plain HTTP.
    pub(super) server_name: Option<ServerName<'static>>,
}

/// A connection that can be given a request.
pub(super) enum Sender {
    /// One at a time.
    Http1(http1::SendRequest<Upload>),
    /// Many at once.
    Http2(http2::SendRequest<Upload>),
}

/// Connects, makes TLS where it is wanted, and greets.
///
/// # Errors
/// With what the system, TLS or HTTP had against it.
pub(super) async fn open(
    plan: &Plan,
    target: &Target,
) -> Result<Sender, Box<dyn std::error::Error>> {
    let stream = TcpStream::connect((target.host.as_str(), target.port)).await?;
    stream.set_nodelay(true)?;
    let Some(name) = &target.server_name else {
        return if plan.http2 {
            handshake_http2(stream).await
        } else {
            handshake_http1(stream).await
        };
    };
    let stream = plan.tls.connect(name.clone(), stream).await?;
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => handshake_http2(stream).await,
        Some(_) | None => handshake_http1(stream).await,
    }
}

async fn handshake_http1<S>(stream: S) -> Result<Sender, Box<dyn std::error::Error>>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(ANSWER_HEAD)
        .handshake(TokioIo::new(stream))
        .await?;
    tokio::task::spawn_local(connection);
    Ok(Sender::Http1(sender))
}

async fn handshake_http2<S>(stream: S) -> Result<Sender, Box<dyn std::error::Error>>
where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let (sender, connection) = http2::Builder::new(LocalExecutor)
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE.0)
        .keep_alive_timeout(KEEP_ALIVE.1)
        .handshake(TokioIo::new(stream))
        .await?;
    tokio::task::spawn_local(connection);
    Ok(Sender::Http2(sender))
}

/// The largest head of an answer (`facts/security.md` §3.3 rule 5).
const ANSWER_HEAD: usize = 64 * 1024;
/// A silent HTTP/2 connection is asked for a sign of life, and given this long for it.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(20), Duration::from_secs(10));
