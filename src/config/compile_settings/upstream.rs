//! The upstream: where requests are forwarded, whom the gateway trusts there, and who it is itself.

use std::collections::HashSet;
use std::net::Ipv6Addr;
use std::time::Duration;

use super::listener::is_label;
use super::reading::{DAY, Reading};
use crate::config::document::{
    ProtocolWord, UpstreamAuthenticationDocument, UpstreamDocument, UpstreamTlsDocument,
};
use crate::config::{
    TlsFiles, UpstreamAddress, UpstreamAuthentication, UpstreamSettings, UpstreamTls,
};

/// Idle connections kept per worker.
const IDLE_CONNECTIONS: u32 = 64;
/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The upstream's settings.
pub(super) fn upstream(document: &UpstreamDocument, reading: &mut Reading<'_>) -> UpstreamSettings {
    let addresses = addresses(document, reading);
    let tls = document
        .tls
        .as_ref()
        .map(|tls| trust(tls, &addresses, reading))
        .unwrap_or_default();
    let authentication = document
        .authentication
        .as_ref()
        .map_or(UpstreamAuthentication::None, |own| {
            authentication(own, reading)
        });
    let idle = document.idle_connections.unwrap_or(IDLE_CONNECTIONS);
    let idle = reading.count("upstream.idle_connections", idle, 0..=65_536);
    UpstreamSettings {
        addresses,
        tls,
        authentication,
        http2: match document.protocol {
            Some(ProtocolWord::H2) => true,
            Some(ProtocolWord::Http11) | None => false,
        },
        idle_connections: usize::try_from(idle).unwrap_or(usize::MAX),
        idle_timeout: reading.duration(
            "upstream.idle_timeout",
            document.idle_timeout.as_ref(),
            IDLE_TIMEOUT,
            Duration::from_millis(1)..=DAY,
        ),
    }
}

fn addresses(document: &UpstreamDocument, reading: &mut Reading<'_>) -> Vec<UpstreamAddress> {
    let written: Vec<(String, &str)> = match (&document.url, &document.urls) {
        (Some(url), None) => vec![("upstream.url".to_owned(), url)],
        (None, Some(urls)) if !urls.is_empty() => urls
            .iter()
            .enumerate()
            .map(|(index, url)| (format!("upstream.urls[{index}]"), &**url))
            .collect(),
        (None, Some(_)) => {
            let help = "write at least one, such as `http://127.0.0.1:9000`";
            reading.findings.error(
                "KW0209",
                "upstream.urls",
                "there is no upstream".to_owned(),
                help,
            );
            Vec::new()
        }
        (url, _) => {
            let message = if url.is_some() {
                "both `url` and `urls`"
            } else {
                "neither `url` nor `urls`"
            };
            let help = "write exactly one of `url` and `urls`";
            reading
                .findings
                .error("KW0111", "upstream", message.to_owned(), help);
            Vec::new()
        }
    };
    let mut seen = HashSet::new();
    let mut addresses = Vec::new();
    for (field, url) in written {
        match address(url) {
            Ok(address) => {
                if !seen.insert((address.tls, address.host.clone(), address.port)) {
                    let message = format!("`{url}` stands twice");
                    reading
                        .findings
                        .error("KW0209", &field, message, "keep one of them");
                }
                addresses.push(address);
            }
            Err(help) => {
                let message = format!("`{url}` is not an upstream");
                reading.findings.error("KW0209", &field, message, help);
            }
        }
    }
    addresses
}

/// Reads scheme, host and port; what would be right if that is not all there is.
fn address(url: &str) -> Result<UpstreamAddress, &'static str> {
    const SHAPE: &str = "write scheme, host and port, such as `http://127.0.0.1:9000`";
    let (scheme, rest) = url.split_once("://").ok_or(SHAPE)?;
    let tls = match scheme.to_ascii_lowercase().as_str() {
        "http" => false,
        "https" => true,
        _ => return Err("write `http://` or `https://`"),
    };
    if rest.contains('@') {
        return Err("take the credentials out; the gateway's own belong into `authentication`");
    }
    if rest.contains(['?', '#']) {
        return Err("take the query out: the caller's own is forwarded");
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('/') {
        return Err("take the path out: the caller's own is forwarded as it is");
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (host, rest) = v6.split_once(']').ok_or(SHAPE)?;
            host.parse::<Ipv6Addr>()
                .map_err(|_| "this is not an IPv6 address")?;
            match rest.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if rest.is_empty() => (host, None),
                None => return Err(SHAPE),
            }
        }
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => {
                return Err("put an IPv6 address in brackets: `http://[::1]:9000`");
            }
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let named = host.strip_suffix('.').unwrap_or(host);
    if !authority.starts_with('[') && (host.len() > 253 || !named.split('.').all(is_label)) {
        return Err(SHAPE);
    }
    let port = match port {
        Some(port) if port.bytes().all(|octet| octet.is_ascii_digit()) => port
            .parse()
            .ok()
            .filter(|port| *port > 0)
            .ok_or("write a port from 1 to 65535")?,
        Some(_) => return Err("write a port from 1 to 65535"),
        None if tls => 443,
        None => 80,
    };
    Ok(UpstreamAddress {
        tls,
        host: host.to_ascii_lowercase(),
        port,
    })
}

fn trust(
    document: &UpstreamTlsDocument,
    addresses: &[UpstreamAddress],
    reading: &mut Reading<'_>,
) -> UpstreamTls {
    if !addresses.is_empty() && addresses.iter().all(|address| !address.tls) {
        reading.findings.error(
            "KW0214",
            "upstream.tls",
            "TLS settings, but the upstream is reached by `http://`".to_owned(),
            "write `https://`, or take `tls` out",
        );
    }
    let identity = match (&document.certificate, &document.private_key) {
        (Some(certificate), Some(private_key)) => Some(TlsFiles {
            certificate: reading.path(certificate),
            private_key: reading.path(private_key),
        }),
        (None, None) => None,
        (Some(_), None) => {
            let message = "a client certificate without its private key".to_owned();
            reading.findings.error(
                "KW0210",
                "upstream.tls.certificate",
                message,
                "add `private_key`",
            );
            None
        }
        (None, Some(_)) => {
            let message = "a private key without its client certificate".to_owned();
            reading.findings.error(
                "KW0210",
                "upstream.tls.private_key",
                message,
                "add `certificate`",
            );
            None
        }
    };
    UpstreamTls {
        ca: document.ca.as_ref().map(|ca| reading.path(ca)),
        identity,
    }
}

fn authentication(
    document: &UpstreamAuthenticationDocument,
    reading: &mut Reading<'_>,
) -> UpstreamAuthentication {
    match (&document.bearer_file, &document.basic_file) {
        (Some(file), None) => UpstreamAuthentication::BearerFile(reading.path(file)),
        (None, Some(file)) => UpstreamAuthentication::BasicFile(reading.path(file)),
        (bearer, _) => {
            let message = if bearer.is_some() {
                "both `bearer_file` and `basic_file`"
            } else {
                "neither `bearer_file` nor `basic_file`"
            };
            let help =
                "write exactly one of `bearer_file` and `basic_file`, or take `authentication` out";
            reading.findings.error(
                "KW0111",
                "upstream.authentication",
                message.to_owned(),
                help,
            );
            UpstreamAuthentication::None
        }
    }
}
