//! Names for one request: its own id, and the W3C trace it belongs to.

use http::HeaderValue;

/// `X-Request-Id`: 128 random bits in hex, always of the gateway's own making, so that nobody can forge a log line.
#[derive(Clone, Copy)]
pub(super) struct RequestId([u8; 32]);

impl RequestId {
    /// The id of these random octets.
    pub(super) fn new(random: [u8; 16]) -> Self {
        let mut text = [0; 32];
        hex(&random, &mut text);
        Self(text)
    }

    /// Its hex digits.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// As a header value.
    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).unwrap_or(HeaderValue::from_static(""))
    }
}

/// A `traceparent` (W3C Trace Context §3.2): kept when well formed, made when absent or not.
#[derive(Clone)]
pub(super) struct Trace {
    parent: [u8; LENGTH],
    given: bool,
}

impl Trace {
    /// The trace of a request: `lines` are its `traceparent` fields, of which a well-formed one counts only alone.
    pub(super) fn of<'h>(
        mut lines: impl Iterator<Item = &'h HeaderValue>,
        random: [u8; 24],
    ) -> Self {
        let given = lines.next().and_then(|only| parse(only.as_bytes()));
        match (given, lines.next()) {
            (Some(parent), None) => Self {
                parent,
                given: true,
            },
            (Some(_) | None, Some(_) | None) => Self {
                parent: made(random),
                given: false,
            },
        }
    }

    /// The trace id: 32 hex digits.
    pub(super) fn id(&self) -> &str {
        self.parent
            .get(3..35)
            .and_then(|id| std::str::from_utf8(id).ok())
            .unwrap_or_default()
    }

    /// The field to send to the upstream, if the caller's own does not serve.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        if self.given {
            None
        } else {
            HeaderValue::from_bytes(&self.parent).ok()
        }
    }
}

fn parse(value: &[u8]) -> Option<[u8; LENGTH]> {
    let parent: [u8; LENGTH] = value.try_into().ok()?;
    let shaped = parent.iter().enumerate().all(|(at, octet)| match at {
        2 | 35 | 52 => *octet == b'-',
        _ => matches!(octet, b'0'..=b'9' | b'a'..=b'f'),
    });
    let zero = |range: std::ops::Range<usize>| {
        parent
            .get(range)
            .is_some_and(|part| part.iter().all(|o| *o == b'0'))
    };
    (shaped && !zero(3..35) && !zero(36..52) && !parent.starts_with(b"ff")).then_some(parent)
}

fn made(random: [u8; 24]) -> [u8; LENGTH] {
    let mut digits = [0; 48];
    hex(&random, &mut digits);
    let mut out = *b"00-00000000000000000000000000000000-0000000000000000-01";
    for (range, part) in [(3..35, digits.get(..32)), (36..52, digits.get(32..))] {
        if let (Some(place), Some(part)) = (out.get_mut(range), part) {
            place.copy_from_slice(part);
        }
    }
    out
}

fn hex(octets: &[u8], out: &mut [u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (octet, pair) in octets.iter().zip(out.chunks_exact_mut(2)) {
        for (place, nibble) in pair.iter_mut().zip([octet >> 4, octet & 15]) {
            *place = DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        }
    }
}

const LENGTH: usize = 55;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_well_formed_traceparent_is_kept_and_any_other_is_made_anew() {
        let good =
            HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let kept = Trace::of([&good].into_iter(), [7; 24]);
        assert_eq!(kept.id(), "0af7651916cd43dd8448eb211c80319c");
        assert!(kept.header().is_none());
        for bad in [
            "",
            "00-0",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        ] {
            let bad = HeaderValue::from_str(bad).expect("a header value");
            let made = Trace::of([&bad].into_iter(), [7; 24]);
            assert_eq!(made.id(), "07".repeat(16));
            assert!(
                made.header()
                    .is_some_and(|own| parse(own.as_bytes()).is_some())
            );
        }
        assert!(
            Trace::of([&good, &good].into_iter(), [7; 24])
                .header()
                .is_some(),
            "two lines are none"
        );
    }
}
