//! The admin listener: metrics, health and status, for reading only.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::LocalSet;

use super::shared::Shared;
use super::shutdown::{Stage, leaves};
use super::status::Board;

/// Starts the admin listener on a thread of its own, so that no scrape can stall a request.
///
/// # Errors
/// When the system refuses a thread or a runtime.
pub(super) fn start(
    socket: std::net::TcpListener,
    shared: Arc<Shared>,
    board: Arc<Board>,
) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name("admin".to_owned())
        .spawn(move || {
            LocalSet::new().block_on(&runtime, run(socket, shared, board));
        })
}

async fn run(socket: std::net::TcpListener, shared: Arc<Shared>, board: Arc<Board>) {
    let Ok(socket) = TcpListener::from_std(socket) else {
        return;
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = leaves(shared.announcer.subscribe(), Stage::Draining) => return,
        };
        let (Ok((stream, _)), Ok(place)) = (accepted, Arc::clone(&places).try_acquire_owned())
        else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (shared, board) = (Arc::clone(&shared), Arc::clone(&board));
        tokio::task::spawn_local(async move {
            let _place = place;
            let _ = tokio::time::timeout(CONNECTION, serve(stream, shared, board)).await;
        });
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>, board: Arc<Board>) {
    let service = service_fn(move |request| {
        let answer = answer(&request, &shared, &board);
        async move { Ok::<_, Infallible>(answer) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_headers(50)
        .max_buf_size(16 * 1024)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(why) = served.await {
        tracing::debug!(%why, "admin connection ended");
    }
}

fn answer(request: &Request<Incoming>, shared: &Shared, board: &Board) -> Response<Full<Bytes>> {
    if !is_local_name(request.headers().get(header::HOST)) {
        return text(
            StatusCode::MISDIRECTED_REQUEST,
            "the admin listener answers to an address or localhost\n",
        );
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut answer = text(
            StatusCode::METHOD_NOT_ALLOWED,
            "the admin listener is for reading: GET and HEAD\n",
        );
        answer
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return answer;
    }
    match request.uri().path() {
        "/metrics" => {
            let body = super::scrape::scrape(shared);
            typed(
                StatusCode::OK,
                "text/plain; version=0.0.4; charset=utf-8",
                body,
            )
        }
        "/health/live" => text(StatusCode::OK, "live\n"),
        "/health/ready" if shared.announcer.stage() == Stage::Serving => {
            text(StatusCode::OK, "ready\n")
        }
        "/health/ready" => text(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n"),
        "/status" => {
            let mut status = board.lock().clone();
            status.ready = shared.announcer.stage() == Stage::Serving;
            let body = serde_json::to_string_pretty(&status).unwrap_or_default();
            typed(StatusCode::OK, "application/json", body + "\n")
        }
        _ => text(
            StatusCode::NOT_FOUND,
            "here are /metrics, /health/live, /health/ready and /status\n",
        ),
    }
}

/// Against DNS rebinding: a page on another name cannot make a browser read what is here.
fn is_local_name(host: Option<&HeaderValue>) -> bool {
    let Some(host) = host.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    host.parse::<std::net::SocketAddr>().is_ok()
        || host.parse::<std::net::IpAddr>().is_ok()
        || host.split(':').next() == Some("localhost")
        || host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok())
}

fn text(status: StatusCode, words: &'static str) -> Response<Full<Bytes>> {
    typed(status, "text/plain; charset=utf-8", words)
}

fn typed(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer.headers_mut().insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    answer
}

const CONNECTIONS: usize = 64;
const CONNECTION: Duration = Duration::from_secs(300);
const HEAD: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);
