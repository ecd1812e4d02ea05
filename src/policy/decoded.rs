//! Octets with their percent-escapes undone once, one at a time, so that nothing is allocated.

/// The octets of a text with each `%XX` as the octet it stands for. A `%` that starts no escape stands for itself.
#[derive(Clone, Debug)]
pub(super) struct Decoded<'r>(&'r [u8]);

impl<'r> Decoded<'r> {
    pub(super) fn new(text: &'r [u8]) -> Self {
        Self(text)
    }
}

impl Iterator for Decoded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (octet, rest) = match self.0 {
            [] => return None,
            [b'%', high, low, rest @ ..] => match escaped(*high, *low) {
                Some(octet) => (octet, rest),
                None => (b'%', self.0.get(1..)?),
            },
            [octet, rest @ ..] => (*octet, rest),
        };
        self.0 = rest;
        Some(octet)
    }
}

/// The octet that two hexadecimal digits stand for.
pub(super) fn escaped(high: u8, low: u8) -> Option<u8> {
    Some(nibble(high)? << 4 | nibble(low)?)
}

const fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
