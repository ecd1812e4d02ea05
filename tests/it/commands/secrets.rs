//! Nothing a caller proves itself by, and nothing that was only for the upstream, is ever told to anybody else.
//!
//! A gateway that says all it can (`KEYWARDEN_LOG=trace`) gets requests of every kind and reloads of bad secrets; then
//! everything it emitted is searched.

use std::fs;
use std::net::SocketAddr;
use std::sync::mpsc::RecvTimeoutError;

use hyper_util::rt::{TokioExecutor, TokioIo};
use keywarden::digest::{Algorithm, Verifier};
use rustix::process::Signal;
use serde_json::Value;

use super::{Made, Running, program};
use crate::house::{Answer, Caller, Connection, PATIENCE, Proof, REALM, Upstream};

/// Everything that must not come out, with a name for each.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

/// Everything that came out, with a name for each.
#[derive(Default)]
struct Emitted(Vec<(String, String)>);

/// In the query of every request.
const QUERY: &str = "q7queryvalue";
/// Other credentials, a cookie, a body, and the gateway's own toward the upstream.
const MARKS: [(&str, &str); 6] = [
    ("a query value", QUERY),
    ("an Authorization of another scheme", "b4dc0ffee5cheme"),
    ("a cookie", "c00k1evalue"),
    ("a body", "b0dyvalue"),
    ("the gateway's own token", "t0kentoward"),
    ("a hash in a bad file", "0123456789abcdef0123456789abcde"),
];

impl Secrets {
    fn of(made: &Made) -> Self {
        let mut secrets = Self::default();
        secrets.add("the private key", &made.private_key);
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let verifier = Verifier::derive(algorithm, &made.public_key, REALM, &made.private_key);
            secrets.add("HA1", verifier.expose_hex());
        }
        for (name, mark) in MARKS {
            secrets.add(name, mark);
        }
        secrets
    }

    fn add(&mut self, name: &'static str, text: &str) {
        assert!(text.len() > 6, "{name}: {text} may stand anywhere");
        self.0.push((name, text.to_ascii_lowercase()));
    }

    /// The value of a proof, which now is sent; its parts are secrets from now on.
    fn send(&mut self, proof: &Proof) -> String {
        let header = proof.header();
        let response = header.split("response=\"").nth(1).expect("a response");
        self.add("a response", response.trim_end_matches('"'));
        self.add("a nonce", &proof.nonce);
        self.add("a cnonce", &proof.cnonce);
        header
    }
}

impl Emitted {
    fn add(&mut self, what: &str, text: impl Into<String>) {
        self.0.push((what.to_owned(), text.into()));
    }

    fn leaks(&self, secrets: &Secrets) -> Vec<String> {
        let mut found = Vec::new();
        for (what, text) in &self.0 {
            let lines = text.lines().map(|line| (line, line.to_ascii_lowercase()));
            for (line, folded) in lines {
                let leaked = secrets
                    .0
                    .iter()
                    .filter(|(_, secret)| folded.contains(secret));
                found.extend(leaked.map(|(name, _)| format!("{name} in {what}: {line}")));
            }
        }
        found
    }
}

/// A gateway that says all it can, and where it is: HTTP/1.1, HTTP/2, admin.
fn start(made: &Made, emitted: &mut String) -> (Running, [SocketAddr; 3]) {
    let mut program = program();
    program.arg("--config").arg(&made.folder);
    program.args(["serve", "--workers", "1"]);
    program.env("KEYWARDEN_LOG", "trace");
    let running = Running::start(program);
    let mut addresses = Vec::new();
    while addresses.len() < 3 {
        let line = running.err.recv_timeout(PATIENCE).expect("it starts");
        emitted.push_str(&line);
        let line: Value = serde_json::from_str(&line).expect("an object");
        if line["message"] == "listening" || line["message"] == "admin listening" {
            addresses.push(
                line["address"]
                    .as_str()
                    .expect("told")
                    .parse()
                    .expect("one"),
            );
        }
    }
    (running, addresses.try_into().expect("three"))
}

fn configure(made: &Made, format: &str) {
    let token = made.folder.with_file_name("token");
    fs::write(&token, format!("{}\n", MARKS[4].1)).expect("written");
    made.edit(
        "keywarden.yaml",
        "\nupstream:",
        &format!(
            "  - {{ name: second, address: \"127.0.0.1:0\", http2: prior_knowledge }}\n\nupstream:\n  \
             authentication: {{ bearer_file: \"{}\" }}",
            token.display()
        ),
    );
    made.edit(
        "keywarden.yaml",
        "format: json",
        &format!("format: {format}"),
    );
}

/// What every request asks for, with a query.
fn target() -> String {
    format!("/api/atlas/v2/orgs?token={QUERY}")
}

/// Requests of every kind over HTTP/1.1; the answers.
fn ask(caller: &Caller, secrets: &mut Secrets) -> Vec<Answer> {
    let good = caller.proof(&mut caller.connect(), "GET", &target());
    let mut answers = ask_with_proofs(caller, secrets, &good);
    answers.extend(ask_oddly(caller, secrets, &good));
    let refused = format!("/api/atlas/v2/orgs/32b6e34b3d91647abb20e7ff?token={QUERY}");
    for (method, target) in [("GET", refused), ("POST", target()), ("BREW", target())] {
        let mut connection = caller.connect();
        let header = secrets.send(&caller.proof(&mut connection, method, &target));
        let body = if method == "POST" { MARKS[3].1 } else { "" };
        connection.send(&caller.request(method, &target, &header, body.as_bytes()));
        answers.push(connection.answer());
    }
    answers
}

/// A GET on a connection of its own.
fn get(caller: &Caller, target: &str, authorization: &str) -> Answer {
    let mut connection = caller.connect();
    connection.send(&caller.request("GET", target, authorization, b""));
    connection.answer()
}

/// A proof that is right, the same again, and proofs that are wrong.
fn ask_with_proofs(caller: &Caller, secrets: &mut Secrets, good: &Proof) -> Vec<Answer> {
    let with = |count: &str| Proof {
        count: count.to_owned(),
        ..good.clone()
    };
    let text = str::to_owned;
    let (password, username) = (text("not the private key"), text("nobody"));
    let (nonce, realm, uri) = (text("f0reign-n0nce-of-nobody"), text("foreign"), text("/a"));
    let proofs = [
        good.clone(),
        good.clone(),
        Proof {
            password,
            ..with("00000002")
        },
        Proof {
            username,
            ..with("00000003")
        },
        Proof {
            nonce,
            ..with("00000004")
        },
        Proof {
            realm,
            ..with("00000005")
        },
        Proof {
            uri,
            ..with("00000006")
        },
    ];
    let ask = |proof| get(caller, &target(), &secrets.send(proof));
    proofs.iter().map(ask).collect()
}

/// Credentials that are none, and targets that have no one reading.
fn ask_oddly(caller: &Caller, secrets: &mut Secrets, good: &Proof) -> Vec<Answer> {
    let mark = MARKS[1].1;
    let header = secrets.send(good);
    let credentials = [
        format!("Basic {mark}"),
        format!("Bearer {mark}"),
        format!("Digest {mark}"),
        format!("Digest username=\"{mark}\", nonce=\"{mark}\", nonce=\"{mark}\""),
        format!("{header} {mark}=\""),
    ];
    let targets = [
        format!("/api/atlas/v2/../orgs?token={QUERY}"),
        format!("/api/atlas/v2/%2e%2e/orgs?token={QUERY}"),
        format!("/api/atlas/v2/orgs?token={QUERY}&broken=%zz"),
        format!("/api/atlas/v2/orgs?{}{QUERY}", "a".repeat(40_000)),
    ];
    let odd = credentials.iter().map(|odd| get(caller, &target(), odd));
    let all = odd.chain(targets.iter().map(|odd| get(caller, odd, &header)));
    all.collect()
}

/// A proven and an unproven request over HTTP/2; the bodies.
fn ask_http2(caller: &Caller, address: SocketAddr, secrets: &mut Secrets) -> Vec<String> {
    use http_body_util::{BodyExt as _, Empty};
    let target = target();
    let proof = caller.proof(&mut caller.connect(), "GET", &target);
    let header = secrets.send(&proof);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(address)
            .await
            .expect("connected");
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .expect("greeted");
        tokio::spawn(connection);
        let mut bodies = Vec::new();
        for (authorization, status) in [
            (header.as_str(), 200),
            (&header, 401),
            ("Basic b4dc0ffee5cheme", 401),
        ] {
            let request = http::Request::get(format!("http://{address}{target}"))
                .header("authorization", authorization)
                .header("cookie", format!("session={}", MARKS[2].1))
                .body(Empty::<bytes::Bytes>::new())
                .expect("a request");
            let answer = sender.send_request(request).await.expect("an answer");
            assert_eq!(answer.status(), status, "{authorization}");
            let body = answer
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            bodies.push(String::from_utf8_lossy(&body).into_owned());
        }
        bodies
    })
}

/// Reloads secrets that are bad, and waits until each was told.
fn spoil(made: &Made, running: &Running, said: &mut String) {
    let spoilt = [
        (
            "credentials/spoilt",
            format!("{}:{REALM}:{}\n", made.public_key, MARKS[5].1),
        ),
        (
            "credentials/torn",
            format!("{}:{}\n", made.public_key, made.private_key),
        ),
        ("../token", format!("{0}\n{0}\n", MARKS[4].1)),
    ];
    for (name, text) in spoilt {
        fs::write(made.folder.join(name), text).expect("written");
        running.signal(Signal::HUP);
        let shown = name.rsplit('/').next().expect("a name");
        loop {
            let line = running.err.recv_timeout(PATIENCE).expect("it is told");
            said.push_str(&line);
            if line.contains("\"ERROR\"") && line.contains(shown) {
                break;
            }
        }
    }
}

fn everything_emitted_with(format: &str) {
    let upstream = Upstream::start();
    let made = Made::new(&format!("http://{}", upstream.address()));
    configure(&made, format);
    let mut secrets = Secrets::of(&made);
    let mut emitted = Emitted::default();
    let mut said = String::new();
    let (mut running, [http1, http2, admin]) = start(&made, &mut said);
    let caller = Caller::new(http1, &made.public_key)
        .with_private_key(&made.private_key)
        .with_field(&format!("Cookie: session={}", MARKS[2].1));

    let answers = ask(&caller, &mut secrets);
    let count = answers.len();
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    for status in [200, 400, 401, 403] {
        assert!(statuses.contains(&status), "{statuses:?}");
    }
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        emitted.add("the body of an answer", answer.text());
    }
    for body in ask_http2(&caller, http2, &mut secrets).split_off(1) {
        emitted.add("the body of an answer over HTTP/2", body);
    }
    let token = upstream.last().only("authorization").map(str::to_owned);
    assert_eq!(
        token.as_deref(),
        Some("Bearer t0kentoward"),
        "the test bites"
    );

    spoil(&made, &running, &mut said);
    for page in ["/metrics", "/status", "/health/ready", "/nothing"] {
        let mut connection = Connection::open(admin);
        connection.send(format!("GET {page} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes());
        emitted.add(page, connection.answer().text());
    }
    running.signal(Signal::TERM);
    said.push_str(&running.end().1);
    let mut log = String::new();
    loop {
        match running.out.recv_timeout(PATIENCE) {
            Ok(line) => log.push_str(&line),
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("standard output does not end"),
        }
    }

    assert!(log.lines().count() > count, "{log}");
    assert!(
        log.contains("/api/atlas/v2/orgs"),
        "the paths are told: {log}"
    );
    assert!(said.contains("\"TRACE\""), "it says all it can");
    emitted.add("the access log", log);
    emitted.add("the operator log", said);
    let leaks = emitted.leaks(&secrets);
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

#[test]
fn no_secret_is_emitted_with_a_json_log() {
    everything_emitted_with("json");
}

#[test]
fn no_secret_is_emitted_with_a_logfmt_log() {
    everything_emitted_with("logfmt");
}

#[test]
fn no_secret_is_emitted_with_a_combined_log() {
    everything_emitted_with("combined");
}

#[test]
fn a_leak_would_be_found() {
    let mut secrets = Secrets::default();
    secrets.add("HA1", "0123456789abcdef");
    let mut emitted = Emitted::default();
    emitted.add("a page", "a line\nHA1 is 0123456789ABCDEF here\n");
    let found = emitted.leaks(&secrets);
    assert_eq!(found, ["HA1 in a page: HA1 is 0123456789ABCDEF here"]);
}
