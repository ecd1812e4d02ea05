//! Rule 0: a request has one reading only; what passes here is what is judged and forwarded.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;
use http::{Uri, Version};

use crate::config::Limits;
use crate::decide::{Doubt, Rejection};
use crate::digest::Credentials;
use crate::peer::Caller;
use crate::policy::{Method, RequestTarget};

use super::connection::Connection;
use super::head;
use super::headers;
use super::listener::Listener;

/// A request with one reading.
pub(super) struct Inspected<'r> {
    /// Its method.
    pub(super) method: Method,
    /// Its target: matched and forwarded.
    pub(super) target: RequestTarget<'r>,
    /// The one `Host`, as sent.
    pub(super) authority: &'r str,
    /// Who is calling.
    pub(super) caller: Caller,
    /// What its `Connection` field nominates.
    pub(super) nominated: Vec<HeaderName>,
    /// Whether it wants a 100 before it sends its body.
    pub(super) expects: bool,
}

/// The parts of a head that a decision borrows, held apart (by reference count, not copied) so that the head itself
/// can be moved on.
pub(super) struct Held {
    uri: Uri,
    version: Version,
    host: Option<HeaderValue>,
    authorization: Option<HeaderValue>,
}

impl Held {
    /// Holds what `head` has.
    pub(super) fn of(head: &Parts) -> Self {
        Self {
            uri: head.uri.clone(),
            version: head.version,
            host: head.headers.get(header::HOST).cloned(),
            authorization: head.headers.get(header::AUTHORIZATION).cloned(),
        }
    }
}

/// Reads the head of a request in the one way it can be read.
///
/// # Errors
/// With what could be read in two ways, or is not served here.
pub(super) fn inspect<'r>(
    connection: &Connection,
    held: &'r Held,
    parts: &Parts,
    limits: &Limits,
) -> Result<Inspected<'r>, Rejection> {
    // HTTP/1.1 lines were counted at the gate; hyper bounds those of HTTP/2 by their octets only.
    if parts.headers.len() > limits.headers {
        return Err(Rejection::HeadTooLarge);
    }
    if parts.headers.get_all(header::HOST).iter().nth(1).is_some() {
        return Err(Rejection::HostAmbiguous);
    }
    // Method and target first: the authority of an authority-form is nobody's.
    let method = Method::parse(parts.method.as_str())?;
    let target = target(held, method)?;
    let authority = authority(&connection.listener, held)?;
    framing(&parts.headers, limits)?;
    let nominated = headers::nominated(&parts.headers)?;
    let expects = expectation(&parts.headers)?;
    if parts
        .headers
        .get_all(header::VIA)
        .iter()
        .any(|line| contains(line.as_bytes(), connection.worker.shared.via.as_bytes()))
    {
        return Err(Rejection::Loop);
    }
    let caller = connection.caller(&parts.headers)?;
    Ok(Inspected {
        method,
        target,
        authority,
        caller,
        nominated,
        expects,
    })
}

/// The credentials, if there are any that can be read.
///
/// # Errors
/// [`Doubt::CredentialsMissing`] without a Digest field, [`Doubt::CredentialsMalformed`] for a second field line
/// (RFC 9110 §5.3: it is no list) or a broken one.
pub(super) fn credentials<'r>(held: &'r Held, parts: &Parts) -> Result<Credentials<'r>, Doubt> {
    let line = held
        .authorization
        .as_ref()
        .ok_or(Doubt::CredentialsMissing)?;
    if parts
        .headers
        .get_all(header::AUTHORIZATION)
        .iter()
        .nth(1)
        .is_some()
    {
        return Err(Doubt::CredentialsMalformed);
    }
    if !Credentials::is_digest(line.as_bytes()) {
        return Err(Doubt::CredentialsMissing);
    }
    Credentials::parse(line.as_bytes()).map_err(|_| Doubt::CredentialsMalformed)
}

/// RFC 9112 §3.2: exactly one `Host`, equal to the target's authority where that has one, and one of the listener's.
fn authority<'r>(listener: &Listener, held: &'r Held) -> Result<&'r str, Rejection> {
    let host = held
        .host
        .as_ref()
        .map(|value| value.to_str().map_err(|_| Rejection::HostAmbiguous))
        .transpose()?;
    let named = held.uri.authority().map(http::uri::Authority::as_str);
    let authority = match (held.version, host, named) {
        (Version::HTTP_11, Some(host), None) => host,
        (Version::HTTP_2, None, Some(named)) => named,
        (Version::HTTP_11 | Version::HTTP_2, Some(host), Some(named))
            if host.eq_ignore_ascii_case(named) =>
        {
            host
        }
        (Version::HTTP_11, Some(host), Some(named))
            if well_formed(host).and(well_formed(named)).is_some() =>
        {
            return Err(Rejection::HostMisdirected);
        }
        (Version::HTTP_11 | Version::HTTP_2, _, _) => return Err(Rejection::HostAmbiguous),
        _ => return Err(Rejection::VersionUnsupported),
    };
    let name = well_formed(authority).ok_or(Rejection::HostAmbiguous)?;
    if listener.answers_for(name) {
        Ok(authority)
    } else {
        Err(Rejection::HostMisdirected)
    }
}

/// The host of an authority that has one reading: a name, an IPv4 address or a bracketed IPv6 address, and a port.
fn well_formed(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (
                authority.get(..address.len() + 2)?,
                port.strip_prefix(':').or(port.is_empty().then_some(""))?,
            )
        }
        None => authority
            .split_once(':')
            .map_or((authority, ""), |(host, port)| (host, port)),
    };
    let named = host.starts_with('[')
        || !host.is_empty()
            && host
                .bytes()
                .all(|o| o.is_ascii_alphanumeric() || matches!(o, b'-' | b'.' | b'_' | b'~'));
    let ported = port.len() <= 5
        && port.bytes().all(|o| o.is_ascii_digit())
        && !(port.is_empty() && authority.ends_with(':'));
    (named && ported).then_some(host)
}

/// The target in origin-form; absolute-form was checked against `Host` and becomes origin-form.
fn target(held: &Held, method: Method) -> Result<RequestTarget<'_>, Rejection> {
    match held.uri.scheme_str() {
        None if held.uri.authority().is_some() => return Err(Rejection::TargetAmbiguous),
        None | Some("http" | "https") => {}
        Some(_) => return Err(Rejection::TargetAmbiguous),
    }
    let text = held
        .uri
        .path_and_query()
        .map_or("", http::uri::PathAndQuery::as_str);
    if method == Method::Options && text == "*" {
        return Err(Rejection::MethodForbidden);
    }
    Ok(RequestTarget::parse(text.as_bytes())?)
}

/// `facts/security.md` §3.3 rule 1: one `Content-Length` of digits, or one `Transfer-Encoding: chunked`, never both.
fn framing(headers: &HeaderMap, limits: &Limits) -> Result<(), Rejection> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let coding = codings.next();
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let length = lengths.next();
    if codings.next().is_some() || lengths.next().is_some() || coding.is_some() && length.is_some()
    {
        return Err(Rejection::FramingAmbiguous);
    }
    if let Some(coding) = coding
        && !coding.as_bytes().eq_ignore_ascii_case(b"chunked")
    {
        return Err(Rejection::TransferCodingUnknown);
    }
    let Some(length) = length else { return Ok(()) };
    let octets = head::length(length.as_bytes()).ok_or(Rejection::FramingAmbiguous)?;
    if octets > limits.body {
        Err(Rejection::BodyTooLarge)
    } else {
        Ok(())
    }
}

/// RFC 9110 §10.1.1: the one expectation there is.
fn expectation(headers: &HeaderMap) -> Result<bool, Rejection> {
    let mut lines = headers.get_all(header::EXPECT).iter();
    match (lines.next(), lines.next()) {
        (None, None) => Ok(false),
        (Some(only), None) if only.as_bytes().eq_ignore_ascii_case(b"100-continue") => Ok(true),
        (Some(_) | None, Some(_) | None) => Err(Rejection::ExpectationUnknown),
    }
}

fn contains(line: &[u8], own: &[u8]) -> bool {
    line.windows(own.len())
        .any(|window| window.eq_ignore_ascii_case(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_one_reading_or_none() {
        let good = [
            ("api.example.test", "api.example.test"),
            ("api.example.test:8443", "api.example.test"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[::1]", "[::1]"),
            ("[2001:db8::7]:443", "[2001:db8::7]"),
        ];
        for (authority, host) in good {
            assert_eq!(well_formed(authority), Some(host), "{authority}");
        }
        for bad in [
            "", ":80", "u@h", "h/x", "h:", "h:x", "h:123456", "::1", "[::1", "[::1]x", "[x]",
            "h h", "h,h", "h%41",
        ] {
            assert_eq!(well_formed(bad), None, "{bad}");
        }
    }
}
