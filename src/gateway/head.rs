//! A second, strict reading of an HTTP/1.1 head (RFC 9112), independent of hyper's: what hyper would smooth over is
//! refused before hyper sees it.

use crate::config::Limits;
use crate::decide::Rejection;

/// How the body after a head is framed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Framing {
    /// `Transfer-Encoding: chunked`.
    Chunked,
    /// This many octets; none without `Content-Length`.
    Length(u64),
}

/// Where the head at the beginning of `octets` ends, if all of it is there: after the first empty line, by whatever
/// line ends, so that a head with bare LFs is found to be one and then refused.
///
/// # Errors
/// When it is too large before it ends.
pub(super) fn end_of_head(octets: &[u8], limits: &Limits) -> Result<Option<usize>, Rejection> {
    // A head that begins with a line end has an empty line at once; it is complete, and refused as such.
    if matches!(octets.first(), Some(b'\r' | b'\n')) {
        return Ok(Some(1));
    }
    let end = memchr::memchr_iter(b'\n', octets).find_map(|at| match octets.get(at + 1..) {
        Some([b'\n', ..]) => Some(at + 2),
        Some([b'\r', b'\n', ..]) => Some(at + 3),
        Some(_) | None => None,
    });
    match end {
        Some(end) if end <= limits.head => Ok(Some(end)),
        None if octets.len() <= limits.head => match octets.first() {
            // What can never become a method is refused without waiting for more of it: TLS on a plain port, say.
            Some(first) if !is_token(*first) => Ok(Some(octets.len())),
            Some(_) | None => Ok(None),
        },
        Some(_) | None => Err(too_large(octets)),
    }
}

/// Reads a whole head, its empty line included.
///
/// # Errors
/// With the first thing that has more than one reading.
pub(super) fn read(head: &[u8], limits: &Limits) -> Result<Framing, Rejection> {
    let lines = head
        .strip_suffix(b"\r\n\r\n")
        .ok_or(Rejection::FramingAmbiguous)?;
    let mut lines = Lines(Some(lines));
    request_line(lines.next().ok_or(Rejection::FramingAmbiguous)??)?;
    let mut seen = Seen::default();
    for (number, line) in lines.enumerate() {
        if number >= limits.headers {
            return Err(Rejection::HeadTooLarge);
        }
        let (name, value) = field(line?)?;
        seen.note(name, value)?;
    }
    seen.framing()
}

/// Lines that end in CR LF and hold neither CR nor LF.
struct Lines<'h>(Option<&'h [u8]>);

impl<'h> Iterator for Lines<'h> {
    type Item = Result<&'h [u8], Rejection>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0.take()?;
        let Some(at) = memchr::memchr2(b'\r', b'\n', rest) else {
            return Some(Ok(rest));
        };
        let (line, end) = rest.split_at_checked(at)?;
        Some(match end.strip_prefix(b"\r\n") {
            Some(rest) => {
                self.0 = Some(rest);
                Ok(line)
            }
            None => Err(Rejection::FramingAmbiguous),
        })
    }
}

/// RFC 9112 §3: method, one blank, target, one blank, version.
fn request_line(line: &[u8]) -> Result<(), Rejection> {
    let mut words = line.split(|octet| *octet == b' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Rejection::FramingAmbiguous);
    };
    if method.is_empty() || !method.iter().all(|octet| is_token(*octet)) {
        return Err(Rejection::MethodMalformed);
    }
    match version {
        b"HTTP/1.1" => {}
        [b'H', b'T', b'T', b'P', b'/', b'0'..=b'9', b'.', b'0'..=b'9'] => {
            return Err(Rejection::VersionUnsupported);
        }
        _ => return Err(Rejection::FramingAmbiguous),
    }
    if target.len() > MAX_REQUEST_TARGET {
        return Err(Rejection::TargetTooLong);
    }
    // hyper would cut a fragment off in silence, and pass octets that no URI has.
    let odd = |octet: &u8| *octet <= b' ' || *octet >= 0x7f || *octet == b'#';
    if target.is_empty() || target.iter().any(odd) {
        Err(Rejection::TargetAmbiguous)
    } else {
        Ok(())
    }
}

/// RFC 9112 §5: a name, a colon at once, a value; no folding.
fn field(line: &[u8]) -> Result<(&[u8], &[u8]), Rejection> {
    let colon = memchr::memchr(b':', line).ok_or(Rejection::HeaderAmbiguous)?;
    let (name, value) = line
        .split_at_checked(colon)
        .ok_or(Rejection::HeaderAmbiguous)?;
    let value = value.get(1..).unwrap_or_default();
    let named = !name.is_empty() && name.iter().all(|octet| is_token(*octet));
    let valued = value
        .iter()
        .all(|octet| *octet == b'\t' || (*octet >= b' ' && *octet != 0x7f));
    if named && valued {
        Ok((name, value.trim_ascii()))
    } else {
        Err(Rejection::HeaderAmbiguous)
    }
}

/// The fields that frame a message.
#[derive(Default)]
struct Seen {
    coding: bool,
    hosts: u32,
    length: Option<u64>,
}

impl Seen {
    fn note(&mut self, name: &[u8], value: &[u8]) -> Result<(), Rejection> {
        if name.eq_ignore_ascii_case(b"host") {
            self.hosts += 1;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = length(value).ok_or(Rejection::FramingAmbiguous)?;
            if self.length.replace(length).is_some() {
                return Err(Rejection::FramingAmbiguous);
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if std::mem::replace(&mut self.coding, true) {
                return Err(Rejection::FramingAmbiguous);
            }
            coding(value)?;
        }
        Ok(())
    }

    fn framing(&self) -> Result<Framing, Rejection> {
        match (self.hosts, self.coding, self.length) {
            (1, true, None) => Ok(Framing::Chunked),
            (1, false, length) => Ok(Framing::Length(length.unwrap_or(0))),
            (1, true, Some(_)) => Err(Rejection::FramingAmbiguous),
            (_, true | false, _) => Err(Rejection::HostAmbiguous),
        }
    }
}

/// RFC 9112 §6.1: a request whose last coding is not `chunked`, once, has no end that two parsers agree on; other
/// codings before it are merely not served.
fn coding(value: &[u8]) -> Result<(), Rejection> {
    let mut codings = value.rsplit(|octet| *octet == b',').map(<[u8]>::trim_ascii);
    let is_chunked = |coding: &[u8]| coding.eq_ignore_ascii_case(b"chunked");
    if !codings.next().is_some_and(is_chunked) {
        return Err(Rejection::FramingAmbiguous);
    }
    let mut others = codings.peekable();
    if others.peek().is_none() {
        Ok(())
    } else if others.any(|coding| coding.is_empty() || is_chunked(coding)) {
        Err(Rejection::FramingAmbiguous)
    } else {
        Err(Rejection::TransferCodingUnknown)
    }
}

/// RFC 9112 §6.2: digits and nothing else, and not more than any reader can hold. Leading zeros have one reading;
/// the length is written anew toward the upstream.
pub(super) fn length(value: &[u8]) -> Option<u64> {
    if value.iter().all(u8::is_ascii_digit) {
        std::str::from_utf8(value).ok()?.parse().ok()
    } else {
        None
    }
}

fn too_large(octets: &[u8]) -> Rejection {
    let line = memchr::memchr(b'\n', octets).unwrap_or(octets.len());
    if line > MAX_REQUEST_TARGET {
        Rejection::TargetTooLong
    } else {
        Rejection::HeadTooLarge
    }
}

/// RFC 9110 §5.6.2.
pub(super) fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&octet)
}

/// A target may be 8 KiB; in absolute-form it is preceded by scheme and authority.
const MAX_REQUEST_TARGET: usize = 8 * 1024 + 512;

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(head: &str) -> Result<Framing, Rejection> {
        read(head.as_bytes(), &Limits::default())
    }

    #[test]
    fn a_plain_head_says_how_its_body_is_framed() {
        assert_eq!(
            verdict("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            Ok(Framing::Length(0))
        );
        assert_eq!(
            verdict("POST /x?y HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\n\r\n"),
            Ok(Framing::Length(12))
        );
        assert_eq!(
            verdict("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\n"),
            Ok(Framing::Length(5))
        );
        assert_eq!(
            verdict("POST / HTTP/1.1\r\nhost:a\r\ntransfer-ENCODING: Chunked\r\n\r\n"),
            Ok(Framing::Chunked)
        );
    }

    #[test]
    fn whatever_hyper_smooths_over_is_refused() {
        let cases = [
            (
                "GET / HTTP/1.1\nHost: a\r\n\r\n",
                Rejection::FramingAmbiguous,
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\n\r\n",
                Rejection::FramingAmbiguous,
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n",
                Rejection::FramingAmbiguous,
            ),
            (
                "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
                Rejection::FramingAmbiguous,
            ),
            (
                "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
                Rejection::FramingAmbiguous,
            ),
            ("GET /\r\nHost: a\r\n\r\n", Rejection::FramingAmbiguous),
            (
                "GET / http/1.1\r\nHost: a\r\n\r\n",
                Rejection::FramingAmbiguous,
            ),
            (
                "GET / HTTP/1.0\r\nHost: a\r\n\r\n",
                Rejection::VersionUnsupported,
            ),
            (
                "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
                Rejection::VersionUnsupported,
            ),
            (
                "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
                Rejection::TargetAmbiguous,
            ),
            (
                "GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
                Rejection::TargetAmbiguous,
            ),
            (
                "G(T / HTTP/1.1\r\nHost: a\r\n\r\n",
                Rejection::MethodMalformed,
            ),
            ("GET / HTTP/1.1\r\n\r\n", Rejection::HostAmbiguous),
            (
                "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                Rejection::HostAmbiguous,
            ),
        ];
        for (head, wanted) in cases {
            assert_eq!(verdict(head), Err(wanted), "{head:?}");
        }
    }

    #[test]
    fn a_field_that_is_none_is_refused() {
        for field in ["X : 1", " folded", "X: a\r\n\tb: c", ": 1", "X", "X: \u{0}"] {
            assert_eq!(
                verdict(&format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n")),
                Err(Rejection::HeaderAmbiguous),
                "{field:?}"
            );
        }
    }

    #[test]
    fn a_body_with_two_ends_or_none_is_refused() {
        let rest = "Host: a\r\n\r\n";
        let framings = [
            (
                "Content-Length: 5\r\nTransfer-Encoding: chunked",
                Rejection::FramingAmbiguous,
            ),
            (
                "Content-Length: 5\r\nContent-Length: 5",
                Rejection::FramingAmbiguous,
            ),
            ("Content-Length: 5, 5", Rejection::FramingAmbiguous),
            ("Content-Length: +5", Rejection::FramingAmbiguous),
            (
                "Content-Length: 18446744073709551616",
                Rejection::FramingAmbiguous,
            ),
            ("Content-Length:", Rejection::FramingAmbiguous),
            (
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                Rejection::FramingAmbiguous,
            ),
            (
                "Transfer-Encoding: gzip, chunked",
                Rejection::TransferCodingUnknown,
            ),
            (
                "Transfer-Encoding: chunked, chunked",
                Rejection::FramingAmbiguous,
            ),
            ("Transfer-Encoding: ,chunked", Rejection::FramingAmbiguous),
            ("Transfer-Encoding: xchunked", Rejection::FramingAmbiguous),
            (
                "Transfer-Encoding: chunked, gzip",
                Rejection::FramingAmbiguous,
            ),
            (
                "Transfer-Encoding: \u{b}chunked",
                Rejection::HeaderAmbiguous,
            ),
        ];
        for (fields, wanted) in framings {
            assert_eq!(
                verdict(&format!("POST / HTTP/1.1\r\n{fields}\r\n{rest}")),
                Err(wanted),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn a_head_is_bounded_in_lines_and_octets_before_it_is_complete() {
        let limits = Limits::default();
        let many = format!(
            "GET / HTTP/1.1\r\nHost: a\r\n{}\r\n",
            "X: y\r\n".repeat(limits.headers)
        );
        assert_eq!(verdict(&many), Err(Rejection::HeadTooLarge));
        let long = format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(limits.head));
        assert_eq!(
            end_of_head(long.as_bytes(), &limits),
            Err(Rejection::HeadTooLarge)
        );
        let target = format!("GET /{}", "y".repeat(limits.head));
        assert_eq!(
            end_of_head(target.as_bytes(), &limits),
            Err(Rejection::TargetTooLong)
        );
        assert_eq!(
            end_of_head(b"GET / HTTP/1.1\r\nHost: a\r\n", &limits),
            Ok(None)
        );
        assert_eq!(
            end_of_head(b"\x16\x03\x01", &limits),
            Ok(Some(3)),
            "TLS on a plain port is no head"
        );
    }
}
