//! Listeners: where callers connect, over which protocols, and whose word about the caller's address is believed.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::reading::Reading;
use crate::config::document::{
    ClientAddressDocument, ClientAddressSource, Http2Word, ListenerDocument, Name, SourceWord,
};
use crate::config::{CallerSource, Http, ListenerSettings, TlsFiles};
use crate::policy::Network;

/// The listeners; those without a usable address are reported and left out.
pub(super) fn listeners(
    documents: &[ListenerDocument],
    reading: &mut Reading<'_>,
) -> Vec<ListenerSettings> {
    if documents.is_empty() {
        let help = "write at least one: `- { name: public, address: 127.0.0.1:8080 }`";
        reading.findings.error(
            "KW0215",
            "listeners",
            "there is no listener".to_owned(),
            help,
        );
    }
    let mut listeners: Vec<ListenerSettings> = Vec::new();
    for (index, document) in documents.iter().enumerate() {
        let field = format!("listeners[{index}]");
        if documents
            .iter()
            .take(index)
            .any(|other| other.name == document.name)
        {
            let message = format!("two listeners are named `{}`", document.name);
            let field = format!("{field}.name");
            reading
                .findings
                .error("KW0203", &field, message, "give each a name of its own");
        }
        let Some(listener) = listener(document, &field, reading) else {
            continue;
        };
        let same = |other: &&ListenerSettings| collide(other.address, listener.address);
        if let Some(other) = listeners.iter().find(same) {
            let message = format!(
                "`{}` collides with `{}`, the address of listener `{}`",
                listener.address, other.address, other.name
            );
            let field = format!("{field}.address");
            reading.findings.error(
                "KW0203",
                &field,
                message,
                "give each an address or a port of its own",
            );
        }
        listeners.push(listener);
    }
    listeners
}

/// Whether the two cannot both be listened at: the same port of the same address, or of every address. Port 0 is
/// always a free one.
pub(super) fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let same_family = one.is_ipv4() == other.is_ipv4();
    let everywhere = (one.ip().is_unspecified() || other.ip().is_unspecified()) && same_family;
    one.port() == other.port() && one.port() != 0 && (one.ip() == other.ip() || everywhere)
}

fn listener(
    document: &ListenerDocument,
    field: &str,
    reading: &mut Reading<'_>,
) -> Option<ListenerSettings> {
    let address = reading.socket(&format!("{field}.address"), &document.address);
    let server_names = server_names(document.server_names.as_deref(), field, reading);
    let tls = document.tls.as_ref().map(|tls| TlsFiles {
        certificate: reading.path(&tls.certificate),
        private_key: reading.path(&tls.private_key),
    });
    let http = match document.http2 {
        None => Http::Negotiated,
        Some(Http2Word::Off) => Http::Http1,
        Some(Http2Word::PriorKnowledge) => Http::PriorKnowledge,
    };
    if http == Http::PriorKnowledge && tls.is_some() {
        reading.findings.error(
            "KW0204",
            &format!("{field}.http2"),
            "`prior_knowledge` is HTTP/2 without TLS, but this listener has TLS".to_owned(),
            "take `http2` out: over TLS HTTP/2 is negotiated",
        );
    }
    let (caller, trusted_proxies) = caller(document.client_address.as_ref(), field, reading);
    Some(ListenerSettings {
        name: document.name.to_string(),
        address: address?,
        server_names,
        tls,
        http,
        caller,
        trusted_proxies,
    })
}

fn server_names(written: Option<&[Name]>, field: &str, reading: &mut Reading<'_>) -> Vec<String> {
    let Some(written) = written else {
        return Vec::new();
    };
    if written.is_empty() {
        reading.findings.error(
            "KW0212",
            &format!("{field}.server_names"),
            "an empty list of names".to_owned(),
            "write the names this listener answers for, or take the field out: then it answers for any",
        );
    }
    let mut names = Vec::new();
    for (index, name) in written.iter().enumerate() {
        if is_server_name(name) {
            names.push(name.to_ascii_lowercase());
        } else {
            reading.findings.error(
                "KW0212",
                &format!("{field}.server_names[{index}]"),
                format!("`{name}` is not a server name"),
                "write a whole name such as `api.example.com`: no port, no `*`, no trailing dot; IPv6 as \"[::1]\"",
            );
        }
    }
    names
}

/// A host name of LDH labels (RFC 1123 §2.1; underscores pass), or an IP address as it stands in `Host`.
fn is_server_name(name: &str) -> bool {
    if let Some(v6) = name.strip_prefix('[') {
        return v6
            .strip_suffix(']')
            .is_some_and(|v6| v6.parse::<Ipv6Addr>().is_ok());
    }
    name.len() <= 253 && name.split('.').all(is_label)
}

/// One label of a host name.
pub(super) fn is_label(label: &str) -> bool {
    !label.is_empty()
        && label.len() <= 63
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
}

fn caller(
    document: Option<&ClientAddressDocument>,
    field: &str,
    reading: &mut Reading<'_>,
) -> (CallerSource, Vec<Network>) {
    let Some(document) = document else {
        return (CallerSource::Peer, Vec::new());
    };
    let field = format!("{field}.client_address");
    let source = match &document.source {
        ClientAddressSource::Word(SourceWord::Forwarded) => CallerSource::Forwarded,
        ClientAddressSource::Word(SourceWord::Peer) => CallerSource::Peer,
        ClientAddressSource::Word(SourceWord::ProxyProtocol) => CallerSource::ProxyProtocol,
        ClientAddressSource::Word(SourceWord::XForwardedFor) => CallerSource::XForwardedFor,
        ClientAddressSource::Header(name) => CallerSource::Header(header(name, &field, reading)),
    };
    let proxies_field = format!("{field}.trusted_proxies");
    let written = document.trusted_proxies.as_deref();
    if source == CallerSource::Peer {
        if written.is_some() {
            reading.findings.error(
                "KW0205",
                &proxies_field,
                "trusted proxies, but the caller's address is read from the socket".to_owned(),
                "take `trusted_proxies` out, or name what the proxies send: `source: x_forwarded_for`, `forwarded`, \
                 `proxy_protocol` or `{ header: … }`",
            );
        }
        return (source, Vec::new());
    }
    let written = written.unwrap_or_default();
    if written.is_empty() {
        reading.findings.error(
            "KW0205",
            &field,
            "the caller's address is read from what a proxy sends, but no proxy is trusted"
                .to_owned(),
            "write `trusted_proxies: [10.0.0.0/8]` with the addresses of your proxies",
        );
    }
    let proxies = reading.networks(&proxies_field, written);
    refuse_everybody(written, &proxies_field, reading);
    (source, proxies)
}

/// "Trust everybody" lets everybody claim any address: an error, where a wide block is worth a warning only.
fn refuse_everybody(written: &[Name], field: &str, reading: &mut Reading<'_>) {
    for (index, text) in written.iter().enumerate() {
        let Ok(network) = text.parse::<Network>() else {
            continue;
        };
        let field = format!("{field}[{index}]");
        if network.covers_everyone() {
            let message = format!("with `{text}` every caller could claim any address");
            let help = "name the addresses of your proxies, such as `10.0.0.0/8`";
            reading.findings.error("KW0206", &field, message, help);
        } else if network.is_wide() {
            let message = format!(
                "`{text}` is a wide block of trusted proxies: all of it could claim any address"
            );
            reading.findings.warning(
                "KW0206",
                &field,
                message,
                "name the addresses of your proxies",
            );
        }
    }
}

/// Headers that mean something else, or have a word of their own.
const OTHER_HEADERS: [&str; 12] = [
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "forwarded",
    "host",
    "te",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
];

fn header(name: &str, field: &str, reading: &mut Reading<'_>) -> String {
    let lower = name.to_ascii_lowercase();
    let token = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet);
    let problem = match lower.as_str() {
        "x-forwarded-for" => Some("write `source: x_forwarded_for`"),
        "forwarded" => Some("write `source: forwarded`"),
        other if OTHER_HEADERS.contains(&other) => Some("this header means something else"),
        other if !other.bytes().all(token) => Some("write a header's name, such as `X-Client-IP`"),
        _ => None,
    };
    if let Some(help) = problem {
        let message = format!("`{name}` is not a header that names the caller's address");
        reading
            .findings
            .error("KW0213", &format!("{field}.source.header"), message, help);
    }
    lower
}

/// Whether an IP address can be reached from this machine only.
pub(super) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}
