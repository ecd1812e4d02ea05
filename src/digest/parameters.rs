//! The list of auth-params in a header value (RFC 9110 §11.2), read strictly from left to right.

use super::Malformed;
use super::value::Value;

/// Parameters not yet read.
#[derive(Clone, Debug)]
pub(super) struct Parameters<'h> {
    rest: &'h [u8],
}

impl<'h> Parameters<'h> {
    /// The parameters after the scheme.
    pub(super) const fn new(list: &'h [u8]) -> Self {
        Self { rest: list }
    }

    /// Takes octets while they are `wanted`.
    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'h [u8] {
        let end = self.rest.iter().position(|octet| !wanted(*octet));
        let (taken, rest) = self
            .rest
            .split_at_checked(end.unwrap_or(self.rest.len()))
            .unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn take(&mut self, octet: u8) -> bool {
        match self.rest.split_first() {
            Some((first, rest)) if *first == octet => {
                self.rest = rest;
                true
            }
            Some(_) | None => false,
        }
    }

    #[inline]
    fn parameter(&mut self) -> Result<(&'h [u8], Value<'h>), Malformed> {
        let name = self.take_while(is_token);
        if name.is_empty() {
            return Err(Malformed::Name);
        }
        self.take_while(is_blank);
        if !self.take(b'=') {
            return Err(Malformed::EqualsMissing);
        }
        self.take_while(is_blank);
        let value = if self.take(b'"') {
            self.quoted_string()?
        } else {
            Value::token(self.take_while(is_token))
        };
        self.take_while(is_blank);
        let ended = self.rest.is_empty() || self.take(b',');
        // go-resty 3.0.0-beta.6 sends an empty `userhash=`.
        let vacant = value.is_empty() && !value.is_quoted();
        if vacant && !(ended && name.eq_ignore_ascii_case(b"userhash")) {
            return Err(Malformed::Value);
        }
        if ended {
            Ok((name, value))
        } else {
            Err(Malformed::TextAfterValue)
        }
    }

    /// The rest of a quoted-string (RFC 9110 §5.6.4) whose opening quote was taken.
    fn quoted_string(&mut self) -> Result<Value<'h>, Malformed> {
        let (mut from, mut escaped) = (0, false);
        loop {
            let rest = self.rest.get(from..).unwrap_or_default();
            let end = from + plain_length(rest).ok_or(Malformed::Unterminated)?;
            match self.rest.get(end..).unwrap_or_default() {
                [b'"', after @ ..] => {
                    let inside = self.rest.get(..end).unwrap_or_default();
                    self.rest = after;
                    return Ok(Value::quoted(inside, escaped));
                }
                [b'\\'] => return Err(Malformed::Unterminated),
                [b'\\', octet, ..] if is(*octet, PLAIN | ESCAPED) => {
                    (from, escaped) = (end + 2, true);
                }
                _ => return Err(Malformed::ControlCharacter),
            }
        }
    }
}

/// How many plain octets there are before another one.
#[expect(
    clippy::needless_bitwise_bool,
    reason = "without any branch on an octet, a block is compared in one vector register"
)]
fn plain_length(text: &[u8]) -> Option<usize> {
    let usual = |octet: u8| (octet >= b' ') & (octet != b'"') & (octet != b'\\') & (octet != 0x7f);
    let (blocks, _) = text.as_chunks::<16>();
    let usual = |block: &[u8; 16]| block.iter().fold(true, |all, octet| all & usual(*octet));
    let skipped = 16 * blocks.iter().take_while(|block| usual(block)).count();
    let rest = text.get(skipped..)?;
    let length = rest.iter().position(|octet| !is(*octet, PLAIN))?;
    Some(skipped + length)
}

impl<'h> Iterator for Parameters<'h> {
    type Item = Result<(&'h [u8], Value<'h>), Malformed>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        // RFC 9110 §5.6.1.2: a recipient must accept empty list elements.
        self.take_while(|octet| is_blank(octet) || octet == b',');
        if self.rest.is_empty() {
            return None;
        }
        let parameter = self.parameter();
        if parameter.is_err() {
            self.rest = &[];
        }
        Some(parameter)
    }
}

const fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

fn is_token(octet: u8) -> bool {
    is(octet, TOKEN)
}

/// tchar (RFC 9110 §5.6.2).
const TOKEN: u8 = 1;
/// qdtext (RFC 9110 §5.6.4), obs-text included: what stands for itself in a quoted string.
const PLAIN: u8 = 2;
/// What else may be in a quoted-pair.
const ESCAPED: u8 = 4;

fn is(octet: u8, class: u8) -> bool {
    CLASSES
        .get(usize::from(octet))
        .is_some_and(|classes| classes & class != 0)
}

/// The classes of every octet.
const CLASSES: [u8; 256] = classes();

#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which would stop at an index out of bounds"
)]
const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0_u8;
    loop {
        table[octet as usize] = match octet {
            b'"' | b'\\' => ESCAPED,
            b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' => {
                TOKEN | PLAIN
            }
            b'^'..=b'z' | b'|' | b'~' => TOKEN | PLAIN,
            b'\t' | b' '..=b'~' | 0x80..=0xff => PLAIN,
            0x00..=0x1f | 0x7f => 0,
        };
        if octet == u8::MAX {
            return table;
        }
        octet += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_octet_has_the_classes_of_the_grammar() {
        let others = b"!#$%&'*+-.^_`|~";
        for octet in 0..=u8::MAX {
            let token = octet.is_ascii_alphanumeric() || others.contains(&octet);
            assert_eq!(is_token(octet), token, "{octet:#x}");
            let text = octet == b'\t' || !octet.is_ascii_control();
            assert_eq!(is(octet, PLAIN | ESCAPED), text, "{octet:#x}");
            let plain = text && !matches!(octet, b'"' | b'\\');
            assert_eq!(is(octet, PLAIN), plain, "{octet:#x}");
        }
    }
}
