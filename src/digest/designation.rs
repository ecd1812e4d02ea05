//! Whether the signed `uri` and the received request target designate the same resource (RFC 7616 §3.4.6).

use super::hex::nibble;
use super::value::Value;

/// Whether `uri` designates `target` (origin-form, or `*`) on `authority`.
///
/// Equal octets do, and so do an absolute URI of the same authority and URIs that differ only by the case of `%XX`
/// or by `%XX` of unreserved characters (RFC 3986 §6.2.2.1–2), which a load balancer may normalise. Reserved
/// characters are never decoded: `/a%2Fb` is not `/a/b`.
pub(super) fn designates(uri: Value<'_>, target: &[u8], authority: &[u8]) -> bool {
    if uri.literal().is_some_and(|octets| octets == target) {
        return true;
    }
    let target = Normalised::new(target.iter().copied());
    let octets = uri.octets();
    let absolute = strip(octets.clone(), b"http://").or_else(|| strip(octets.clone(), b"https://"));
    let Some(rest) = absolute else {
        return Normalised::new(octets).eq(target);
    };
    if authority.is_empty() {
        return false;
    }
    let Some(path) = strip(rest, authority) else {
        return false;
    };
    match path.clone().next() {
        Some(b'/') => Normalised::new(path).eq(target),
        Some(b'?') | None => std::iter::once(b'/')
            .chain(Normalised::new(path))
            .eq(target),
        Some(_) => false,
    }
}

/// What follows `prefix`, compared without case.
fn strip<I: Iterator<Item = u8>>(mut octets: I, prefix: &[u8]) -> Option<I> {
    let same = prefix.iter().all(|wanted| {
        octets
            .next()
            .is_some_and(|octet| octet.eq_ignore_ascii_case(wanted))
    });
    same.then_some(octets)
}

/// A URI with upper-case `%XX`, and unreserved characters as themselves.
struct Normalised<I> {
    octets: I,
    digits: [Option<u8>; 2],
}

impl<I: Iterator<Item = u8> + Clone> Normalised<I> {
    fn new(octets: I) -> Self {
        Self {
            octets,
            digits: [None; 2],
        }
    }
}

impl<I: Iterator<Item = u8> + Clone> Iterator for Normalised<I> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let [high, low] = &mut self.digits;
        if let Some(digit) = high.take().or_else(|| low.take()) {
            return Some(digit);
        }
        let octet = self.octets.next()?;
        if octet != b'%' {
            return Some(octet);
        }
        let mut ahead = self.octets.clone();
        let (Some(high), Some(low)) = (ahead.next(), ahead.next()) else {
            return Some(octet);
        };
        let (Some(upper), Some(lower)) = (nibble(high), nibble(low)) else {
            return Some(octet);
        };
        self.octets = ahead;
        let encoded = upper << 4 | lower;
        if encoded.is_ascii_alphanumeric() || matches!(encoded, b'-' | b'.' | b'_' | b'~') {
            return Some(encoded);
        }
        self.digits = [high, low].map(|digit| Some(digit.to_ascii_uppercase()));
        Some(octet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(uri: &str, target: &str) -> bool {
        let value = Value::quoted(uri.as_bytes(), uri.contains('\\'));
        designates(value, target.as_bytes(), b"api.example.test:8080")
    }

    #[test]
    fn equal_absolute_and_equivalent_uris_designate_the_target() {
        for (uri, target) in [
            ("/a?b=1", "/a?b=1"),
            ("*", "*"),
            (r#"/a\"b\\c"#, r#"/a"b\c"#),
            ("http://api.example.test:8080/a?b=1", "/a?b=1"),
            ("HTTPS://API.example.TEST:8080/a", "/a"),
            ("http://api.example.test:8080", "/"),
            ("http://api.example.test:8080?b", "/?b"),
            ("/a~b", "/a%7Eb"),
            ("/a%7eb", "/a%7Eb"),
            ("/%61%2D%2e%5f", "/a-._"),
            ("/a%2fb", "/a%2Fb"),
            ("/a?%c3%a9", "/a?%C3%A9"),
            ("/100%", "/100%"),
            ("http://api.example.test:8080/a%7Eb", "/a~b"),
        ] {
            assert!(same(uri, target), "{uri} {target}");
        }
    }

    #[test]
    fn anything_else_designates_another_resource() {
        for (uri, target) in [
            ("/p", "/p?a=1"),
            ("/p?a=1", "/p"),
            ("/p?", "/p"),
            ("/api", "/api/v2"),
            ("/p#f", "/p"),
            ("/p/", "/p"),
            ("/P", "/p"),
            ("/a/b", "/a%2Fb"),
            ("/a%2Fb", "/a%252Fb"),
            ("/a%2541", "/a%41"),
            ("/a/x/../b", "/a/b"),
            ("//a", "/a"),
            ("*", "/p"),
            ("/a+b", "/a%2Bb"),
            ("/a%", "/a%25"),
            ("p", "/p"),
            ("http://evil.test/p", "/p"),
            ("http://api.example.test/p", "/p"),
            ("http://api.example.test:80801/p", "/p"),
            ("http://user@api.example.test:8080/p", "/p"),
            ("http://api.example.test:8080@evil.test/p", "/p"),
            ("http://api.example.test:8080#/p", "/p"),
            ("http:/api.example.test:8080/p", "/p"),
            ("ftp://api.example.test:8080/p", "/p"),
            ("//api.example.test:8080/p", "/p"),
        ] {
            assert!(!same(uri, target), "{uri} {target}");
        }
    }

    #[test]
    fn without_an_authority_no_absolute_uri_designates_anything() {
        assert!(!designates(Value::quoted(b"http:///p", false), b"/p", b""));
    }
}
