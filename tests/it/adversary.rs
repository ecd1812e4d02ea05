//! An adversary who knows the gateway well: nothing is lost, added or smuggled on the way, whatever they try.

use bytes::Bytes;
use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::house::{House, PATIENCE, Plan};

#[test]
fn a_chunked_body_reaches_the_upstream_whatever_the_method() {
    let house = House::new();
    let caller = house.caller("open");
    for method in ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"] {
        let mut connection = caller.connect();
        let proof = caller.proof(&mut connection, method, "/chunks");
        let head = format!(
            "{method} /chunks HTTP/1.1\r\nHost: {}\r\nAuthorization: {}\r\nTransfer-Encoding: chunked\r\n\r\n",
            caller.host(),
            proof.header(),
        );
        connection.send(head.as_bytes());
        connection.send(b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
        let answer = connection.try_answer(method == "HEAD").expect("an answer");
        assert_eq!(answer.status, 200, "{method}");
        let seen = house.upstream.last();
        assert_eq!(seen.line, format!("{method} /chunks HTTP/1.1"));
        assert_eq!(seen.body, b"abcde", "{method}");
        assert_eq!(seen.only("transfer-encoding"), Some("chunked"), "{method}");
        assert!(seen.all("content-length").is_empty(), "{method}");
    }
}

#[test]
fn a_head_has_so_many_lines_over_http2_too() {
    let plan = Plan::new();
    plan.listening(
        &["{ name: public, address: 127.0.0.1:0, http2: prior_knowledge }"],
        "",
    );
    let house = plan.build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(house.address())
            .await
            .expect("connected");
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .expect("HTTP/2");
        tokio::spawn(connection);
        for (lines, status) in [(100, 401), (101, 431)] {
            let mut request = http::Request::get("http://localhost/");
            for line in 0..lines {
                request = request.header(format!("x-{line}"), "y");
            }
            let request = request.body(Empty::<Bytes>::new()).expect("a request");
            let answered = tokio::time::timeout(PATIENCE, sender.send_request(request)).await;
            let answer = answered.expect("in time").expect("an answer");
            assert_eq!(answer.status(), status, "{lines} lines");
        }
    });
}
