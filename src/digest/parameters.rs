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
        let (mut pair, mut escaped) = (false, false);
        for (index, octet) in self.rest.iter().enumerate() {
            match *octet {
                0x00..=0x08 | 0x0a..=0x1f | 0x7f => return Err(Malformed::ControlCharacter),
                _ if pair => pair = false,
                b'\\' => (pair, escaped) = (true, true),
                b'"' => {
                    let (inside, rest) = self.rest.split_at_checked(index).unwrap_or_default();
                    self.rest = rest.get(1..).unwrap_or_default();
                    return Ok(Value::quoted(inside, escaped));
                }
                _ => {}
            }
        }
        Err(Malformed::Unterminated)
    }
}

impl<'h> Iterator for Parameters<'h> {
    type Item = Result<(&'h [u8], Value<'h>), Malformed>;

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

/// tchar (RFC 9110 §5.6.2).
const fn is_token(octet: u8) -> bool {
    octet.is_ascii_alphanumeric()
        || matches!(
            octet,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
