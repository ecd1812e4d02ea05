//! Header hygiene: what is taken off a request, what the gateway puts on, and what never leaks back.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::decide::{Grant, Rejection};
use crate::policy::{Named, Snapshot};

use super::story::Story;

/// The names a `Connection` field nominates: at most ten tokens, none of them a managed header
/// (`facts/security.md` §3.3 rule 2).
pub(super) fn nominated(headers: &HeaderMap) -> Result<Vec<HeaderName>, Rejection> {
    let mut names = Vec::new();
    for line in headers.get_all(header::CONNECTION) {
        for token in line.as_bytes().split(|octet| *octet == b',') {
            let token = token.trim_ascii();
            let name = HeaderName::from_bytes(token).map_err(|_| Rejection::HeaderAmbiguous)?;
            if names.len() == NOMINATED || is_managed(name.as_str()) || never_nominated(&name) {
                return Err(Rejection::HeaderAmbiguous);
            }
            names.push(name);
        }
    }
    Ok(names)
}

/// Takes off what is meant for this hop, and every header that could speak for the gateway, in all its spellings
/// (`_` and `.` for `-`); hop-by-hop first, so that no nomination can remove what is put on later.
pub(super) fn strip_request(headers: &mut HeaderMap, nominated: &[HeaderName]) {
    for name in nominated {
        headers.remove(name);
    }
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_hop_by_hop(name.as_str()) || is_managed(name.as_str()))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
    for name in [
        header::AUTHORIZATION,
        header::CONTENT_LENGTH,
        header::EXPECT,
        header::HOST,
    ] {
        headers.remove(name);
    }
}

/// HTTP/2 may cut a `Cookie` into fields, which HTTP/1.1 must not see apart (RFC 9113 §8.2.3).
pub(super) fn join_cookies(headers: &mut HeaderMap) {
    let crumbs: Vec<&[u8]> = headers
        .get_all(header::COOKIE)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    if crumbs.len() > 1
        && let Ok(whole) = HeaderValue::from_bytes(&crumbs.join(&b"; "[..]))
    {
        headers.insert(header::COOKIE, whole);
    }
}

/// Puts on what the upstream may rely on.
pub(super) fn add_request(
    headers: &mut HeaderMap,
    snapshot: &Snapshot,
    grant: &Grant<'_>,
    story: &Story,
    asked: &Asked<'_>,
) {
    let mut put = |name: HeaderName, text: &str| {
        if let Ok(value) = HeaderValue::from_bytes(text.as_bytes()) {
            headers.insert(name, value);
        }
    };
    let identity = grant.identity();
    let seen = story.caller.address.unwrap_or(story.caller.peer);
    put(X_FORWARDED_FOR, &seen.to_string());
    put(X_FORWARDED_HOST, asked.authority);
    put(X_KEYWARDEN_KEY, &identity.key.public_key);
    put(X_KEYWARDEN_KEY_ID, &identity.key.id);
    put(X_KEYWARDEN_ORGANIZATION, &identity.organization.id);
    put(X_KEYWARDEN_ROLES, &roles(snapshot, grant, asked));
    if let Some(entry) = grant.entry() {
        put(X_KEYWARDEN_MATCHED_ENTRY, &entry.network.to_string());
    }
    headers.insert(
        X_FORWARDED_PROTO,
        HeaderValue::from_static(if asked.tls { "https" } else { "http" }),
    );
    headers.insert(X_REQUEST_ID, story.request_id.header());
    headers.append(header::VIA, asked.via.clone());
    if let Some(parent) = story.trace.header() {
        headers.insert(TRACEPARENT, parent);
        // It belongs to the trace that is not gone on with (W3C Trace Context §3.3).
        headers.remove("tracestate");
    }
}

/// What a request asked of the gateway itself, to be told to the upstream.
pub(super) struct Asked<'r> {
    /// The one `Host`.
    pub(super) authority: &'r str,
    /// Whether it came over TLS.
    pub(super) tls: bool,
    /// The gateway's own `Via` entry.
    pub(super) via: &'r HeaderValue,
    /// Its target.
    pub(super) target: &'r crate::policy::RequestTarget<'r>,
}

/// The roles that count for this request: the organization's, and those in the project that the path names.
fn roles(snapshot: &Snapshot, grant: &Grant<'_>, asked: &Asked<'_>) -> String {
    let key = grant.identity().key;
    let mut roles: Vec<&str> = key.roles.iter().collect();
    if let Named::One(id) = snapshot.scopes.project.named(asked.target) {
        let given = key.projects.iter().filter(|given| &*given.project == id);
        roles.extend(given.flat_map(|given| given.roles.iter()));
    }
    roles.join(",")
}

/// Takes off an answer what was meant for the hop to the upstream, and its own authentication: a caller that saw two
/// sets of nonces would mix them.
pub(super) fn strip_response(headers: &mut HeaderMap) {
    let nominated: Vec<HeaderName> = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|line| line.as_bytes().split(|octet| *octet == b','))
        .filter_map(|token| HeaderName::from_bytes(token.trim_ascii()).ok())
        .filter(|name| *name != header::CONTENT_LENGTH && *name != header::CONTENT_TYPE)
        .collect();
    for name in nominated {
        headers.remove(name);
    }
    let doomed: Vec<HeaderName> = headers
        .keys()
        .filter(|name| is_hop_by_hop(name.as_str()))
        .cloned()
        .collect();
    for name in doomed {
        headers.remove(name);
    }
    for name in [header::WWW_AUTHENTICATE, AUTHENTICATION_INFO] {
        headers.remove(name);
    }
}

fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "http2-settings"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authentication-info"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Whether a name, in any spelling an upstream could fold together, is one the gateway speaks with, or one that
/// could redirect or rename a request behind its back.
fn is_managed(name: &str) -> bool {
    if !name.bytes().any(|octet| matches!(octet, b'_' | b'.')) {
        return is_managed_plain(name);
    }
    let plain: String = name
        .chars()
        .map(|c| if matches!(c, '_' | '.') { '-' } else { c })
        .collect();
    // An alias of a name that is only managed in framing (Host, Authorization …) is as dangerous as the name.
    is_managed_plain(&plain) || is_hop_by_hop(&plain) || FRAMING.contains(&plain.as_str())
}

fn is_managed_plain(plain: &str) -> bool {
    PREFIXES.iter().any(|prefix| plain.starts_with(prefix)) || MANAGED.binary_search(&plain).is_ok()
}

fn never_nominated(name: &HeaderName) -> bool {
    FRAMING.contains(&name.as_str()) || *name == header::COOKIE || *name == header::VIA
}

/// Names that carry a request's framing, credentials or destination.
const FRAMING: [&str; 6] = [
    "authorization",
    "content-length",
    "content-type",
    "expect",
    "host",
    "transfer-encoding",
];
const PREFIXES: [&str; 14] = [
    "cf-access-",
    "ssl-client-",
    "tailscale-user-",
    "x-amzn-oidc-",
    "x-auth-request-",
    "x-authenticated-",
    "x-client-cert",
    "x-envoy-",
    "x-forwarded-",
    "x-goog-authenticated-user-",
    "x-keywarden-",
    "x-ms-client-principal",
    "x-ssl-",
    "x-webauth-",
];
/// Sorted.
const MANAGED: [&str; 38] = [
    "base-url",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "forwarded-for",
    "proxy",
    "remote-addr",
    "remote-user",
    "request-uri",
    "true-client-ip",
    "x-accel-redirect",
    "x-appengine-user-ip",
    "x-auth-user",
    "x-azure-clientip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded",
    "x-host",
    "x-http-destinationurl",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-method",
    "x-original-uri",
    "x-original-url",
    "x-originating-ip",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-remote-user",
    "x-request-id",
    "x-rewrite-url",
    "x-user",
    "x-username",
];
/// How many names one request may nominate.
const NOMINATED: usize = 10;

/// The server's proof of RFC 7615.
pub(super) const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");
/// The W3C trace.
pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The request's id.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_KEYWARDEN_KEY: HeaderName = HeaderName::from_static("x-keywarden-key");
const X_KEYWARDEN_KEY_ID: HeaderName = HeaderName::from_static("x-keywarden-key-id");
const X_KEYWARDEN_MATCHED_ENTRY: HeaderName = HeaderName::from_static("x-keywarden-matched-entry");
const X_KEYWARDEN_ORGANIZATION: HeaderName = HeaderName::from_static("x-keywarden-organization");
const X_KEYWARDEN_ROLES: HeaderName = HeaderName::from_static("x-keywarden-roles");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_managed_names_are_sorted_so_that_they_can_be_searched() {
        assert!(MANAGED.is_sorted());
    }

    #[test]
    fn every_spelling_of_a_managed_name_is_taken_off_and_others_stay() {
        let mut headers = HeaderMap::new();
        let gone = [
            "x-keywarden-key",
            "x_keywarden_key",
            "x.forwarded.for",
            "x_real_ip",
            "x-http-method-override",
            "x_original_url",
            "te",
            "upgrade",
            "keep-alive",
            "proxy-connection",
            "transfer_encoding",
            "host",
            "authorization",
            "expect",
            "x-envoy-internal",
            "x_ssl_client_verify",
            "x-client-cert-dn",
            "x-user",
            "proxy",
            "forwarded",
            "x-request-id",
        ];
        let kept = [
            "accept",
            "cookie",
            "x_custom",
            "content-type",
            "via",
            "traceparent",
            "x-real-ipsum",
        ];
        for name in gone.iter().chain(&kept) {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static("1"));
        }
        strip_request(&mut headers, &[]);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        let mut kept = kept.to_vec();
        kept.sort_unstable();
        assert_eq!(left, kept);
    }

    #[test]
    fn a_connection_field_may_not_nominate_what_the_gateway_relies_on() {
        for bad in [
            "Authorization",
            "host",
            "X-Forwarded-For",
            "x_real_ip",
            ":authority",
            "\"x\"",
            "",
            "a,,b",
            "Via",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONNECTION, HeaderValue::from_static(bad));
            assert_eq!(
                nominated(&headers),
                Err(Rejection::HeaderAmbiguous),
                "{bad}"
            );
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONNECTION,
            HeaderValue::from_static("keep-alive, X-Custom"),
        );
        assert_eq!(nominated(&headers).map(|names| names.len()), Ok(2));
    }
}
