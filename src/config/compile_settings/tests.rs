//! What the settings of a process document are, and every contradiction in one, with its place.

#![expect(clippy::too_many_lines, reason = "the tables are the tests")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::*;
use crate::config::document::read;
use crate::config::{
    AccessLogSettings, CallerSource, Http, Limits, LogFormat, LogSink, Severity, Shutdown,
    Timeouts, TlsFiles, UpstreamAddress, UpstreamAuthentication, Widening, place_all,
};
use crate::digest::Algorithm;

const FILE: &str = "keywarden.yaml";

fn compile(text: &str) -> (Option<Settings>, Vec<Problem>) {
    let document = read::<KeywardenDocument>(FILE, text.as_bytes()).unwrap();
    let (settings, mut problems) = compile_settings(Path::new("/etc/keywarden"), FILE, &document);
    place_all(&mut problems, FILE, text);
    (settings, problems)
}

const SMALL: &str = "version: 1\nlisteners:\n- name: public\n  address: 127.0.0.1:8080\nupstream:\n  url: http://127.0.0.1:9000\n";

#[test]
fn the_smallest_document_gets_every_default() {
    let (settings, problems) = compile(SMALL);
    assert!(problems.is_empty(), "{problems:?}");
    let settings = settings.unwrap();
    assert_eq!(settings.digest.realm, "keywarden");
    assert_eq!(
        settings.digest.algorithms,
        [Algorithm::Md5, Algorithm::Sha256]
    );
    assert_eq!(settings.digest.nonce_lifetime, Duration::from_secs(300));
    assert!(settings.digest.authentication_info);
    assert_eq!(settings.admin.address.to_string(), "127.0.0.1:9180");
    assert_eq!(settings.access_log, None);
    assert_eq!(settings.reload.poll, Duration::from_secs(5));
    assert_eq!(settings.reload.widening, Widening::Warn);
    assert_eq!(
        (settings.limits, settings.timeouts, settings.shutdown),
        (Limits::default(), Timeouts::default(), Shutdown::default())
    );
    assert_eq!(
        (settings.throttle.burst, settings.throttle.per_second),
        (10, 1.0)
    );
    assert_eq!(settings.workers, None);
    assert_eq!(settings.upstream.idle_connections, 64);
    assert!(!settings.upstream.http2);
    let listener = &settings.listeners[0];
    assert_eq!(
        (listener.http, &listener.caller),
        (Http::Negotiated, &CallerSource::Peer)
    );
    assert!(
        listener.server_names.is_empty()
            && listener.trusted_proxies.is_empty()
            && listener.tls.is_none()
    );
}

const WHOLE: &str = "
version: 1
listeners:
  - name: public
    address: \"[::]:8443\"
    server_names: [API.example.com, \"[::1]\"]
    tls: { certificate: tls/tls.crt, private_key: /k/tls.key }
    http2: off
    client_address: { source: peer }
  - { name: inner, address: 127.0.0.1:0, http2: prior_knowledge }
  - { name: other, address: 127.0.0.1:0 }
upstream:
  urls: [https://ops-manager.internal, \"HTTP://[::1]:9000/\"]
  tls: { ca: ca.pem, certificate: c.pem, private_key: c.key }
  authentication: { bearer_file: token }
  protocol: h2
  idle_connections: 0
  idle_timeout: 500ms
digest: { realm: MMS Public API, algorithms: [sha-256, SHA-512-256, MD5], nonce_lifetime: 1h, authentication_info: false }
admin: { address: \"[::1]:9180\" }
access_log: { format: combined, path: log/access.log }
reload: { poll: 1s, widening: refuse }
throttle: { burst: 3, per_second: 0.5 }
limits: { connections: 1, connections_per_source: 2, requests_per_connection: 3, head: 4096, headers: 50, body: 0, in_flight_per_key: 7 }
timeouts: { first_byte: 1s, request: 10m }
shutdown: { linger: 0s, grace: 1m }
workers: 2
";

#[test]
fn every_field_reaches_its_setting() {
    let (settings, problems) = compile(WHOLE);
    assert!(problems.is_empty(), "{problems:?}");
    let settings = settings.unwrap();
    let tls = TlsFiles {
        certificate: PathBuf::from("/etc/keywarden/tls/tls.crt"),
        private_key: PathBuf::from("/k/tls.key"),
    };
    assert_eq!(settings.listeners[0].tls, Some(tls));
    assert_eq!(
        settings.listeners[0].server_names,
        ["api.example.com", "[::1]"]
    );
    assert_eq!(settings.listeners[0].http, Http::Http1);
    assert_eq!(settings.listeners[1].http, Http::PriorKnowledge);
    assert_eq!(
        settings.upstream.addresses,
        [
            UpstreamAddress {
                tls: true,
                host: "ops-manager.internal".to_owned(),
                port: 443
            },
            UpstreamAddress {
                tls: false,
                host: "::1".to_owned(),
                port: 9000
            },
        ]
    );
    assert_eq!(
        settings.upstream.tls.ca,
        Some(PathBuf::from("/etc/keywarden/ca.pem"))
    );
    assert!(settings.upstream.tls.identity.is_some() && settings.upstream.http2);
    assert_eq!(
        settings.upstream.authentication,
        UpstreamAuthentication::BearerFile(PathBuf::from("/etc/keywarden/token"))
    );
    assert_eq!(
        (
            settings.upstream.idle_connections,
            settings.upstream.idle_timeout
        ),
        (0, Duration::from_millis(500))
    );
    assert_eq!(
        settings.digest.algorithms,
        [Algorithm::Sha256, Algorithm::Sha512Trunc256, Algorithm::Md5]
    );
    assert_eq!(settings.digest.realm, "MMS Public API");
    assert!(!settings.digest.authentication_info);
    assert_eq!(
        settings.access_log,
        Some(AccessLogSettings {
            format: LogFormat::Combined,
            sink: LogSink::File(PathBuf::from("/etc/keywarden/log/access.log")),
        })
    );
    assert_eq!(settings.reload.widening, Widening::Refuse);
    assert_eq!(
        (settings.throttle.burst, settings.throttle.per_second),
        (3, 0.5)
    );
    assert_eq!(
        (
            settings.limits.head,
            settings.limits.body,
            settings.limits.in_flight_per_key
        ),
        (4096, 0, 7)
    );
    assert_eq!(settings.timeouts.request, Duration::from_secs(600));
    assert_eq!(settings.timeouts.idle, Timeouts::default().idle);
    assert_eq!(settings.shutdown.linger, Duration::ZERO);
    assert_eq!(settings.workers, Some(2));
}

/// Of a text with exactly one error, and no settings.
fn refused(text: &str, code: &str, line: usize, column: usize, says: &str) {
    let (settings, problems) = compile(text);
    let errors: Vec<&Problem> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    let [problem] = errors.as_slice() else {
        panic!("{text}\n{problems:#?}");
    };
    let told = format!("{} / {}", problem.message, problem.help);
    assert_eq!(
        (problem.code, problem.line, problem.column),
        (code, line, column),
        "{text}\n{told}"
    );
    assert!(told.contains(says), "{text}\n{told}");
    assert_eq!(settings, None, "{text}");
}

#[test]
fn every_contradiction_of_a_listener_is_refused() {
    for (listener, code, column, says) in [
        (
            "address: 127.0.0.1",
            "KW0202",
            22,
            "add a port: `127.0.0.1:8080`",
        ),
        (
            "address: ':8080'",
            "KW0202",
            22,
            "`0.0.0.0:8080` or \"[::]:8080\"",
        ),
        ("address: '::1'", "KW0202", 22, "add a port: \"[::1]:8080\""),
        (
            "address: localhost:80",
            "KW0202",
            22,
            "write an IP address and a port",
        ),
        (
            "address: 127.0.0.1:65536",
            "KW0202",
            22,
            "write an IP address and a port",
        ),
        (
            "address: 010.0.0.1:80",
            "KW0202",
            22,
            "write an IP address and a port",
        ),
        (
            "address: '[fe80::1%1]:80'",
            "KW0202",
            22,
            "take the zone id out",
        ),
        (
            "address: 1.2.3.4:1, server_names: []",
            "KW0212",
            47,
            "take the field out",
        ),
        (
            "address: 1.2.3.4:1, server_names: [a.b:80]",
            "KW0212",
            48,
            "no port",
        ),
        (
            "address: 1.2.3.4:1, server_names: ['*.b']",
            "KW0212",
            48,
            "no `*`",
        ),
        (
            "address: 1.2.3.4:1, server_names: [a., a..b]",
            "KW0212",
            48,
            "",
        ),
        (
            "address: 1.2.3.4:1, http2: prior_knowledge, tls: {certificate: c, private_key: k}",
            "KW0204",
            40,
            "negotiated",
        ),
        (
            "address: 1.2.3.4:1, client_address: {source: peer, trusted_proxies: [10.0.0.0/8]}",
            "KW0205",
            81,
            "take `trusted_proxies` out",
        ),
        (
            "address: 1.2.3.4:1, client_address: {source: forwarded}",
            "KW0205",
            49,
            "trusted_proxies: [10.0.0.0/8]",
        ),
        (
            "address: 1.2.3.4:1, client_address: {source: x_forwarded_for, trusted_proxies: []}",
            "KW0205",
            49,
            "no proxy is trusted",
        ),
        (
            "address: 1.2.3.4:1, client_address: {source: {header: X-Forwarded-For}, trusted_proxies: [10.0.0.1]}",
            "KW0213",
            67,
            "write `source: x_forwarded_for`",
        ),
        (
            "address: 1.2.3.4:1, client_address: {source: {header: Host}, trusted_proxies: [10.0.0.1]}",
            "KW0213",
            67,
            "means something else",
        ),
        (
            "address: 1.2.3.4:1, client_address: {source: {header: 'X Y'}, trusted_proxies: [10.0.0.1]}",
            "KW0213",
            67,
            "such as `X-Client-IP`",
        ),
    ] {
        let text = format!(
            "version: 1\nlisteners:\n- {{name: a, {listener}}}\nupstream: {{url: 'http://u'}}\n"
        );
        if listener.contains("a..b") {
            assert_eq!(compile(&text).1.len(), 2);
            continue;
        }
        refused(&text, code, 3, column, says);
    }
}

#[test]
fn listeners_do_not_share_a_name_or_an_address() {
    for (second, code, column, says) in [
        (
            "name: a, address: '1.2.3.4:2'",
            "KW0203",
            10,
            "two listeners are named `a`",
        ),
        (
            "name: b, address: '1.2.3.4:1'",
            "KW0203",
            22,
            "collides with `1.2.3.4:1`, the address of listener `a`",
        ),
        ("name: b, address: '0.0.0.0:1'", "KW0203", 22, "collides"),
    ] {
        let text = format!(
            "version: 1\nlisteners:\n- {{name: a, address: '1.2.3.4:1'}}\n- {{{second}}}\nupstream: {{url: 'http://u'}}\n"
        );
        refused(&text, code, 4, column, says);
    }
    refused(
        "version: 1\nlisteners: []\nupstream: {url: 'http://u'}\n",
        "KW0215",
        2,
        12,
        "write at least one",
    );
    refused(
        &SMALL.replace("127.0.0.1:8080", "127.0.0.1:9180"),
        "KW0203",
        1,
        1,
        "collides with listener `public`",
    );
}

#[test]
fn everybody_is_never_a_trusted_proxy() {
    for everybody in ["0.0.0.0/0", "'::/0'", "'::ffff:0:0/96'"] {
        let text = format!(
            "version: 1\nlisteners:\n- name: a\n  address: 1.2.3.4:1\n  client_address:\n    source: proxy_protocol\n    trusted_proxies:\n    - {everybody}\nupstream: {{url: 'http://u'}}\n"
        );
        refused(&text, "KW0206", 8, 7, "could claim any address");
    }
}

#[test]
fn every_contradiction_of_the_upstream_is_refused() {
    for (upstream, code, column, says) in [
        ("{}", "KW0111", 11, "neither `url` nor `urls`"),
        (
            "{url: 'http://a', urls: ['http://b']}",
            "KW0111",
            11,
            "both `url` and `urls`",
        ),
        ("{urls: []}", "KW0209", 18, "write at least one"),
        (
            "{url: '127.0.0.1:9000'}",
            "KW0209",
            17,
            "such as `http://127.0.0.1:9000`",
        ),
        (
            "{url: 'ftp://a'}",
            "KW0209",
            17,
            "write `http://` or `https://`",
        ),
        ("{url: 'http://a/api'}", "KW0209", 17, "take the path out"),
        ("{url: 'http://a//'}", "KW0209", 17, "take the path out"),
        ("{url: 'http://a/?x'}", "KW0209", 17, "take the query out"),
        ("{url: 'http://a#x'}", "KW0209", 17, "take the query out"),
        (
            "{url: 'http://u:p@a'}",
            "KW0209",
            17,
            "belong into `authentication`",
        ),
        (
            "{url: 'http://'}",
            "KW0209",
            17,
            "such as `http://127.0.0.1:9000`",
        ),
        ("{url: 'http://:80'}", "KW0209", 17, "such as"),
        ("{url: 'http://a b'}", "KW0209", 17, "such as"),
        ("{url: 'http://a:0'}", "KW0209", 17, "from 1 to 65535"),
        ("{url: 'http://a:65536'}", "KW0209", 17, "from 1 to 65535"),
        ("{url: 'http://a:+80'}", "KW0209", 17, "from 1 to 65535"),
        ("{url: 'http://a:'}", "KW0209", 17, "from 1 to 65535"),
        ("{url: 'http://::1:80'}", "KW0209", 17, "in brackets"),
        ("{url: 'http://[::1'}", "KW0209", 17, "such as"),
        ("{url: 'http://[::1]80'}", "KW0209", 17, "such as"),
        (
            "{url: 'http://[x]:80'}",
            "KW0209",
            17,
            "not an IPv6 address",
        ),
        (
            "{urls: ['http://a', 'http://A:80/']}",
            "KW0209",
            31,
            "stands twice",
        ),
        (
            "{url: 'http://a', tls: {ca: x}}",
            "KW0214",
            34,
            "write `https://`",
        ),
        (
            "{url: 'https://a', tls: {certificate: x}}",
            "KW0210",
            49,
            "add `private_key`",
        ),
        (
            "{url: 'https://a', tls: {private_key: x}}",
            "KW0210",
            49,
            "add `certificate`",
        ),
        (
            "{url: 'http://a', authentication: {}}",
            "KW0111",
            45,
            "neither `bearer_file` nor `basic_file`",
        ),
        (
            "{url: 'http://a', authentication: {bearer_file: a, basic_file: b}}",
            "KW0111",
            45,
            "exactly one",
        ),
        ("{url: 'http://a', idle_timeout: 30}", "", 0, ""),
    ] {
        let text = format!(
            "version: 1\nlisteners: [{{name: a, address: '1.2.3.4:1'}}]\nupstream: {upstream}\n"
        );
        if code.is_empty() {
            assert!(read::<KeywardenDocument>(FILE, text.as_bytes()).is_err());
        } else {
            refused(&text, code, 3, column, says);
        }
    }
}

#[test]
fn every_wrong_value_of_the_other_sections_is_refused() {
    for (section, code, column, says) in [
        ("digest: {realm: 'a,b'}", "KW0207", 17, "without comma"),
        (
            "digest: {realm: 'a\"b'}",
            "KW0207",
            17,
            "without comma, quote",
        ),
        ("digest: {realm: 'a\\b'}", "KW0207", 17, "backslash"),
        ("digest: {realm: 'a:b'}", "KW0207", 17, "colon"),
        ("digest: {realm: ' a'}", "KW0207", 17, "blanks"),
        ("digest: {realm: café}", "KW0207", 17, "printable ASCII"),
        (
            "digest: {algorithms: []}",
            "KW0208",
            22,
            "at least one of `MD5`, `SHA-256`, `SHA-512-256`",
        ),
        (
            "digest: {algorithms: [SHA1]}",
            "KW0208",
            23,
            "write one of `MD5`",
        ),
        ("digest: {algorithms: [MD5, md5]}", "KW0208", 28, "keep one"),
        (
            "digest: {nonce_lifetime: 500ms}",
            "KW0108",
            26,
            "from 1s to 1h",
        ),
        (
            "digest: {nonce_lifetime: 61m}",
            "KW0108",
            26,
            "from 1s to 1h",
        ),
        (
            "digest: {nonce_lifetime: '300'}",
            "KW0201",
            26,
            "`500ms`, `30s`, `5m` or `1h`",
        ),
        (
            "digest: {nonce_lifetime: 5 m}",
            "KW0201",
            26,
            "a whole number and its unit",
        ),
        (
            "digest: {nonce_lifetime: 1.5h}",
            "KW0201",
            26,
            "a whole number and its unit",
        ),
        (
            "digest: {nonce_lifetime: -5m}",
            "KW0201",
            26,
            "a whole number and its unit",
        ),
        (
            "digest: {nonce_lifetime: 5d}",
            "KW0201",
            26,
            "a whole number and its unit",
        ),
        (
            "digest: {nonce_lifetime: 99999999999999999999h}",
            "KW0201",
            26,
            "",
        ),
        (
            "digest: {nonce_lifetime: 9999999999999999999h}",
            "KW0201",
            26,
            "",
        ),
        (
            "admin: {address: '0.0.0.0:9180'}",
            "KW0211",
            18,
            "loopback only",
        ),
        (
            "admin: {address: '[::]:9180'}",
            "KW0211",
            18,
            "loopback only",
        ),
        (
            "admin: {address: '10.0.0.1:9180'}",
            "KW0211",
            18,
            "other machines",
        ),
        (
            "admin: {address: 9180x}",
            "KW0202",
            18,
            "write an IP address and a port",
        ),
        (
            "admin: {address: '127.0.0.1:8080'}",
            "KW0203",
            18,
            "collides with listener `public`",
        ),
        ("reload: {poll: 999ms}", "KW0108", 16, "from 1s to 24h"),
        ("reload: {poll: fast}", "KW0201", 16, "not a duration"),
        ("throttle: {burst: 0}", "KW0108", 19, "from 1 to 1000000"),
        (
            "throttle: {per_second: 0}",
            "KW0108",
            24,
            "from 0.001 to 1000000",
        ),
        ("throttle: {per_second: .nan}", "KW0108", 24, "out of range"),
        (
            "throttle: {per_second: -.inf}",
            "KW0108",
            24,
            "out of range",
        ),
        (
            "throttle: {exempt: [x]}",
            "KW0106",
            21,
            "expected an address",
        ),
        ("limits: {connections: 0}", "KW0108", 23, "from 1 to"),
        ("limits: {head: 100}", "KW0108", 16, "from 1024 to"),
        ("limits: {headers: 0}", "KW0108", 19, "from 8 to"),
        ("limits: {in_flight_per_key: 0}", "KW0108", 29, "from 1 to"),
        ("timeouts: {request: 0s}", "KW0108", 21, "from 1ms to 24h"),
        (
            "timeouts: {connection_age: 25h}",
            "KW0108",
            28,
            "from 1ms to 24h",
        ),
        ("shutdown: {grace: 1w}", "KW0201", 19, "not a duration"),
        ("workers: 0", "KW0108", 10, "from 1 to 1024"),
    ] {
        refused(&format!("{SMALL}{section}\n"), code, 7, column, says);
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let text = SMALL
        .replace("127.0.0.1:8080", "x")
        .replace("http://127.0.0.1:9000", "y")
        + "workers: 0\ndigest: {realm: '\"'}\n";
    let codes: Vec<&str> = compile(&text)
        .1
        .iter()
        .map(|problem| problem.code)
        .collect();
    assert_eq!(codes, ["KW0202", "KW0209", "KW0207", "KW0108"]);
}
