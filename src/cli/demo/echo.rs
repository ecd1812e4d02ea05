//! An upstream that answers every request with what reached it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as Socket};
use std::thread;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::select;
use tokio::sync::oneshot;

/// A running echo; it ends when dropped.
pub(super) struct Echo {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Dropped with the echo, which tells its thread.
    _end: oneshot::Sender<Infallible>,
}

impl Echo {
    /// Starts it on a free port of the loopback, on a thread of its own.
    ///
    /// # Errors
    /// When the system has no port or no thread.
    pub(super) fn start() -> io::Result<Self> {
        let socket = Socket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (end, ended) = oneshot::channel();
        thread::Builder::new()
            .name("echo".to_owned())
            .spawn(move || {
                runtime.block_on(async {
                    select! {
                        _ = ended => {}
                        () = serve(socket) => {}
                    }
                });
            })?;
        Ok(Self { address, _end: end })
    }
}

async fn serve(socket: Socket) {
    let Ok(listener) = TcpListener::from_std(socket) else {
        return;
    };
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            // A connection that breaks ends; there is nobody to tell.
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, mut body) = request.into_parts();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.data_ref().map_or(0, Bytes::len);
    }
    let told = json!({
        "upstream": "the echo of `keywarden demo`",
        "method": head.method.as_str(),
        "target": head.uri.to_string(),
        "headers": told(&head.headers),
        "body_length": length,
    });
    let mut answer = Response::new(Full::from(format!("{told:#}\n")));
    answer.headers_mut().insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json"),
    );
    Ok(answer)
}

/// The headers a gateway adds, and `authorization` if it got through, which it must not.
fn told(headers: &HeaderMap) -> Map<String, Value> {
    let of_the_gateway = |name: &str| {
        name.starts_with("x-keywarden-")
            || name.starts_with("x-forwarded-")
            || matches!(name, "x-request-id" | "via" | "authorization")
    };
    headers
        .iter()
        .filter(|(name, _)| of_the_gateway(name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), Value::from(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use super::*;

    #[test]
    fn it_answers_with_what_reached_it() {
        let echo = Echo::start().unwrap();
        let mut stream = TcpStream::connect(echo.address).unwrap();
        stream
            .write_all(
                b"POST /a%2Fb?c=d HTTP/1.1\r\nHost: x\r\nX-Keywarden-Key: abcdefgh\r\nCookie: no\r\n\
                  Content-Length: 5\r\nConnection: close\r\n\r\nhello",
            )
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["method"], "POST");
        assert_eq!(body["target"], "/a%2Fb?c=d");
        assert_eq!(body["body_length"], 5);
        assert_eq!(body["headers"], json!({ "x-keywarden-key": "abcdefgh" }));
    }
}
