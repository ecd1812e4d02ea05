//! TLS on both sides, and HTTP/2: negotiated or known beforehand, with certificates that are replaced while serving.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

use crate::house::{self, House, PATIENCE, Plan, Proof};

/// A certificate authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// A certificate for `name` and its key, PEM.
    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("PEM");
        roots.add(certificate).expect("a root");
        roots
    }

    fn client(&self, alpn: &[&[u8]]) -> Arc<ClientConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(self.roots())
            .with_no_client_auth();
        config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
        Arc::new(config)
    }
}

const TLS: &str = "{ name: public, address: 127.0.0.1:0, tls: { certificate: tls/tls.crt, private_key: tls/tls.key } }";

/// The usual house behind TLS.
fn house(authority: &Authority, listener: &str) -> House {
    let plan = Plan::new();
    let (certificate, key) = authority.issue("localhost");
    write_pair(plan.folder(), &certificate, &key);
    plan.listening(&[listener], "");
    plan.build()
}

fn write_pair(folder: &Path, certificate: &str, key: &str) {
    fs::create_dir_all(folder.join("tls")).expect("created");
    fs::write(folder.join("tls/tls.crt"), certificate).expect("written");
    fs::write(folder.join("tls/tls.key"), key).expect("written");
}

type Secure = StreamOwned<ClientConnection, TcpStream>;

fn secure(address: SocketAddr, config: &Arc<ClientConfig>) -> Secure {
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = TcpStream::connect(address).expect("connected");
    stream.set_read_timeout(Some(PATIENCE)).expect("set");
    StreamOwned::new(
        ClientConnection::new(Arc::clone(config), name).expect("a client"),
        stream,
    )
}

/// Sends a request and reads its answer, which has a length; status line and head.
fn ask(stream: &mut Secure, request: &[u8]) -> String {
    stream.write_all(request).expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut octet = [0];
        stream.read_exact(&mut octet).expect("a head");
        head.extend(octet);
    }
    let head = String::from_utf8(head).expect("UTF-8");
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.expect("a length").parse().expect("a number");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a body");
    head
}

/// A proof for `GET target` with the nonce of a challenge.
fn proof(challenge: &str, key: &str, target: &str) -> Proof {
    let nonce = challenge
        .split("nonce=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    Proof {
        username: key.to_owned(),
        password: house::PRIVATE_KEY.to_owned(),
        realm: house::REALM.to_owned(),
        nonce: nonce.expect("a nonce").to_owned(),
        method: "GET".to_owned(),
        uri: target.to_owned(),
        count: "00000001".to_owned(),
        cnonce: "f2wE4q74E6zIJEtW".to_owned(),
        sha256: false,
    }
}

fn certificate_of(stream: &Secure) -> Vec<u8> {
    stream.conn.peer_certificates().expect("certificates")[0].to_vec()
}

fn der(pem: &str) -> Vec<u8> {
    CertificateDer::from_pem_slice(pem.as_bytes())
        .expect("PEM")
        .to_vec()
}

#[test]
fn http11_is_spoken_over_tls_and_the_upstream_is_told_so() {
    let authority = Authority::new();
    let house = house(&authority, TLS);
    for alpn in [&[][..], &[b"http/1.1".as_slice()]] {
        let mut stream = secure(house.address(), &authority.client(alpn));
        let challenge = ask(&mut stream, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert!(challenge.starts_with("HTTP/1.1 401 "), "{challenge}");
    }
    let mut stream = secure(house.address(), &authority.client(&[]));
    let challenge = ask(&mut stream, b"GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let authorization = proof(&challenge, "open", "/x").header();
    let request =
        format!("GET /x HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\r\n");
    let answer = ask(&mut stream, request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(
        house.upstream.last().only("x-forwarded-proto"),
        Some("https")
    );
    // Who speaks no TLS here is not answered in the clear.
    let mut plain = house::Connection::open(house.address());
    plain.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    let octets = plain.end();
    assert!(!octets.windows(4).any(|four| four == b"HTTP"), "{octets:?}");
}

#[test]
fn a_new_certificate_is_served_to_new_connections_and_old_ones_go_on() {
    let authority = Authority::new();
    let house = house(&authority, TLS);
    // A fresh configuration each time: a resumed session shows the certificate it began with.
    let connect = || secure(house.address(), &authority.client(&[]));
    let mut old = connect();
    let challenge = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ask(&mut old, challenge);
    let first = certificate_of(&old);
    // A certificate whose key is not there (yet) changes nothing but the notices.
    let (certificate, key) = authority.issue("localhost");
    house.replace("tls/tls.crt", &certificate);
    house.until("a notice", |status| {
        status["notices"].as_array().is_some_and(|all| {
            all.iter().any(|one| {
                one.as_str()
                    .is_some_and(|text| text.contains("certificate"))
            })
        })
    });
    let mut between = connect();
    ask(&mut between, challenge);
    assert_eq!(
        certificate_of(&between),
        first,
        "the old pair stays in force"
    );
    house.replace("tls/tls.key", &key);
    let began = Instant::now();
    loop {
        let mut new = connect();
        ask(&mut new, challenge);
        if certificate_of(&new) == der(&certificate) {
            break;
        }
        assert!(
            began.elapsed() < PATIENCE,
            "new connections never get the new one"
        );
    }
    ask(&mut old, challenge);
    assert_eq!(
        certificate_of(&old),
        first,
        "and the old connection goes on"
    );
    house.replace("tls/tls.crt", "no certificate at all\n");
    house.until("a notice", |status| {
        status["notices"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    });
    let mut still = connect();
    ask(&mut still, challenge);
    assert_eq!(
        certificate_of(&still),
        der(&certificate),
        "a bad one changes nothing"
    );
}

#[test]
fn a_proxy_header_may_come_in_one_with_the_greeting_of_tls() {
    let authority = Authority::new();
    let source = "client_address: { source: proxy_protocol, trusted_proxies: [127.0.0.1] }";
    let listener = TLS.replacen("tls:", &format!("{source}, tls:"), 1);
    let house = house(&authority, &listener);
    let name = ServerName::try_from("localhost").expect("a name");
    let mut client = ClientConnection::new(authority.client(&[]), name).expect("a client");
    let mut greeting = b"PROXY TCP4 198.51.100.7 127.0.0.1 56324 443\r\n".to_vec();
    client.write_tls(&mut greeting).expect("a greeting");
    let mut socket = TcpStream::connect(house.address()).expect("connected");
    socket.set_read_timeout(Some(PATIENCE)).expect("set");
    socket.write_all(&greeting).expect("sent");
    let mut stream = StreamOwned::new(client, socket);
    let challenge = ask(&mut stream, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert!(challenge.starts_with("HTTP/1.1 401 "), "{challenge}");
    let authorization = proof(&challenge, "elsewhere", "/").header();
    let request =
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nAuthorization: {authorization}\r\n\r\n");
    let answer = ask(&mut stream, request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(
        house.upstream.last().only("x-forwarded-for"),
        Some("198.51.100.7")
    );
}

#[test]
fn http2_is_negotiated_and_judged_like_any_other() {
    let authority = Authority::new();
    let house = house(&authority, TLS);
    runtime().block_on(async {
        let stream = tokio::net::TcpStream::connect(house.address())
            .await
            .expect("connected");
        let connector = tokio_rustls::TlsConnector::from(authority.client(&[b"h2"]));
        let name = ServerName::try_from("localhost").expect("a name");
        let stream = connector.connect(name, stream).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(b"h2".as_slice()));
        let mut h2 = Http2::over(stream).await;
        judged(&mut h2, &house, "https").await;
    });
}

#[test]
fn http2_may_be_known_beforehand_and_its_authority_has_one_reading() {
    let plan = Plan::new();
    plan.listening(&["{ name: public, address: 127.0.0.1:0, http2: prior_knowledge, server_names: [localhost] }"], "");
    let house = plan.build();
    runtime().block_on(async {
        let mut h2 = Http2::over(
            tokio::net::TcpStream::connect(house.address())
                .await
                .expect("connected"),
        )
        .await;
        judged(&mut h2, &house, "http").await;
        let before = house.upstream.seen().len();
        let cases = [
            (
                "http://localhost/",
                &[("host", "evil.example")][..],
                400,
                "MALFORMED_REQUEST",
            ),
            ("http://u@localhost/", &[], 400, "MALFORMED_REQUEST"),
            ("http://evil.example/", &[], 421, "MISDIRECTED_REQUEST"),
            ("http://localhost/a/../b", &[], 400, "MALFORMED_REQUEST"),
            (
                "http://localhost/",
                &[("expect", "200-ok")],
                417,
                "EXPECTATION_FAILED",
            ),
        ];
        for (uri, fields, status, code) in cases {
            let (answer, body) = h2.get(uri, fields).await;
            assert_eq!(answer.status, status, "{uri} {fields:?}");
            assert!(
                String::from_utf8_lossy(&body).contains(code),
                "{uri}: {body:?}"
            );
            assert!(answer.headers.contains_key("x-request-id"));
        }
        assert_eq!(house.upstream.seen().len(), before, "nothing was forwarded");
        let (challenge, _) = h2.get("http://localhost/", &[("host", "localhost")]).await;
        assert_eq!(
            challenge.status, 401,
            "an equal host is no contradiction, and the connection goes on"
        );
    });
    let mut http1 = house::Connection::open(house.address());
    http1.send(b"P");
    http1.send(b"OST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(http1.answer().status, 401, "HTTP/1.1 is spoken beside it");
}

#[test]
fn an_https_upstream_is_trusted_by_its_authority_and_no_other() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let (address, saw) = https_upstream(&authority, None);
    let cases = [
        (&authority, "localhost", 200),
        (&stranger, "localhost", 502),
        (&authority, "127.0.0.1", 502),
    ];
    for (trusted, host, status) in cases {
        let plan = Plan::new();
        plan.write("tls/ca.crt", &trusted.certificate);
        let url = format!("https://{host}:{}", address.port());
        secured(&plan, &url, "ca: tls/ca.crt");
        let house = plan.build();
        assert_eq!(house.caller("open").get("/x").status, status, "{host}");
        if status == 200 {
            assert!(
                saw.recv_timeout(PATIENCE)
                    .expect("a request")
                    .0
                    .starts_with("GET /x HTTP/1.1")
            );
        } else {
            assert!(
                saw.try_recv().is_err(),
                "nothing is said to whom nobody trusts"
            );
        }
    }
}

#[test]
fn the_gateway_shows_its_own_certificate_to_an_upstream_that_wants_one() {
    let authority = Authority::new();
    let (address, saw) = https_upstream(&authority, Some(authority.roots()));
    let (certificate, key) = authority.issue("gateway");
    for (identity, status) in [
        (", certificate: tls/own.crt, private_key: tls/own.key", 200),
        ("", 502),
    ] {
        let plan = Plan::new();
        plan.write("tls/ca.crt", &authority.certificate);
        plan.write("tls/own.crt", &certificate);
        plan.write("tls/own.key", &key);
        secured(
            &plan,
            &format!("https://localhost:{}", address.port()),
            &format!("ca: tls/ca.crt{identity}"),
        );
        let house = plan.build();
        assert_eq!(house.caller("open").get("/x").status, status, "{identity}");
        if status == 200 {
            let (_, shown) = saw.recv_timeout(PATIENCE).expect("a request");
            assert_eq!(shown, Some(der(&certificate)));
        }
    }
}

#[test]
fn an_upstream_may_speak_http2() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (told, saw) = channel();
    std::thread::spawn(move || {
        runtime().block_on(async move {
            listener.set_nonblocking(true).expect("set");
            let listener = tokio::net::TcpListener::from_std(listener).expect("registered");
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connection += 1;
                let told = told.clone();
                let service =
                    hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
                        let told = told.clone();
                        async move {
                            let (head, body) = request.into_parts();
                            let body = body.collect().await.expect("a body").to_bytes();
                            let _ = told.send((connection, head, body));
                            Ok::<_, std::convert::Infallible>(Response::new(Full::new(
                                Bytes::from("two"),
                            )))
                        }
                    });
                tokio::spawn(
                    hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                        .serve_connection(TokioIo::new(stream), service),
                );
            }
        });
    });
    let plan = Plan::new();
    let url = format!("http://{address}");
    let text = house::keywarden_yaml(&url, "")
        .replace(&format!("url: {url}"), &format!("url: {url}, protocol: h2"));
    plan.write("keywarden.yaml", &text);
    let house = plan.build();
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "POST", "/x%2Fy?a");
    for round in 1..=3 {
        proof.count = format!("{round:08x}");
        connection.send(&caller.request("POST", "/x%2Fy?a", &proof.header(), b"body"));
        let answer = connection.answer();
        assert_eq!((answer.status, answer.text().as_str()), (200, "two"));
        let (on, head, body) = saw.recv_timeout(PATIENCE).expect("a request");
        assert_eq!(
            (on, body.as_ref()),
            (1, &b"body"[..]),
            "one connection for all"
        );
        assert_eq!(
            head.uri
                .path_and_query()
                .map(ToString::to_string)
                .as_deref(),
            Some("/x%2Fy?a")
        );
        assert_eq!(
            head.headers
                .get("x-keywarden-key")
                .map(http::HeaderValue::as_bytes),
            Some(&b"open"[..])
        );
        assert!(head.headers.get("authorization").is_none());
    }
}

/// A challenge, a proof and an answer over HTTP/2, and what the upstream saw.
async fn judged(h2: &mut Http2, house: &House, scheme: &str) {
    let uri = format!("{scheme}://localhost/x%2Fy?a=b");
    let (challenge, body) = h2.get(&uri, &[]).await;
    assert_eq!(challenge.status, StatusCode::UNAUTHORIZED);
    assert!(String::from_utf8_lossy(&body).contains("UNAUTHORIZED"));
    let line = challenge.headers["www-authenticate"]
        .to_str()
        .expect("text")
        .to_owned();
    let authorization = proof(&line, "listed", "/x%2Fy?a=b").header();
    let fields = [
        ("authorization", authorization.as_str()),
        ("cookie", "a=b"),
        ("cookie", "c=d"),
        ("x_keywarden_key", "admin"),
    ];
    let (answer, body) = h2.get(&uri, &fields).await;
    assert_eq!(answer.status, StatusCode::OK, "{body:?}");
    assert_eq!(body.as_ref(), b"oo");
    assert!(answer.headers.contains_key("authentication-info"));
    assert!(!answer.headers.contains_key("www-authenticate"));
    let seen = house.upstream.last();
    assert_eq!(seen.line, "GET /x%2Fy?a=b HTTP/1.1");
    assert_eq!(seen.only("x-forwarded-proto"), Some(scheme));
    assert_eq!(seen.only("x-forwarded-host"), Some("localhost"));
    assert_eq!(seen.only("x-keywarden-key"), Some("listed"));
    assert_eq!(
        seen.only("cookie"),
        Some("a=b; c=d"),
        "one field in HTTP/1.1"
    );
    let (again, _) = h2
        .get(&uri, &[("authorization", authorization.as_str())])
        .await;
    assert_eq!(
        again.status,
        StatusCode::UNAUTHORIZED,
        "a proof serves once"
    );
    assert!(
        again.headers["www-authenticate"]
            .to_str()
            .expect("text")
            .ends_with("stale=true")
    );
}

/// A caller that speaks HTTP/2.
struct Http2(http2::SendRequest<Full<Bytes>>);

impl Http2 {
    async fn over<S>(stream: S) -> Self
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .expect("HTTP/2");
        tokio::spawn(connection);
        Self(sender)
    }

    async fn get(&mut self, uri: &str, fields: &[(&str, &str)]) -> (http::response::Parts, Bytes) {
        let mut request = Request::get(uri);
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::default()).expect("a request");
        let answered = tokio::time::timeout(PATIENCE, self.0.send_request(request)).await;
        let (head, body) = answered.expect("in time").expect("an answer").into_parts();
        (head, body.collect().await.expect("a body").to_bytes())
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// `keywarden.yaml` with an https upstream and what its `tls` says.
fn secured(plan: &Plan, url: &str, tls: &str) {
    let text = house::keywarden_yaml(url, "").replace(
        &format!("url: {url}"),
        &format!("url: \"{url}\", tls: {{ {tls} }}"),
    );
    plan.write("keywarden.yaml", &text);
}

/// A head, and the certificate that was shown with it.
type Shown = (String, Option<Vec<u8>>);

/// An https upstream that answers every request with an empty 200; the heads and the certificates it was shown.
fn https_upstream(
    authority: &Authority,
    wanted: Option<RootCertStore>,
) -> (SocketAddr, Receiver<Shown>) {
    let (certificate, key) = authority.issue("localhost");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let builder = match wanted {
        None => builder.with_no_client_auth(),
        Some(roots) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .expect("a verifier"),
        ),
    };
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).expect("PEM")];
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("PEM");
    let config = Arc::new(builder.with_single_cert(chain, key).expect("a pair"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (told, saw) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let server = ServerConnection::new(Arc::clone(&config)).expect("a server");
            let mut stream = StreamOwned::new(server, stream);
            let mut head = Vec::new();
            let mut octet = [0];
            while !head.ends_with(b"\r\n\r\n")
                && stream.read(&mut octet).is_ok_and(|octets| octets > 0)
            {
                head.extend(octet);
            }
            if head.is_empty() {
                continue;
            }
            let shown = stream
                .conn
                .peer_certificates()
                .map(|chain| chain[0].to_vec());
            let _ = told.send((String::from_utf8_lossy(&head).into_owned(), shown));
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    (address, saw)
}
