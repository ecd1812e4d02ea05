//! Whose credentials they are: `username`, or `username*` in the encoding of RFC 8187.

use super::Malformed;
use super::hex::nibble;
use super::value::{Octets, Value};

/// Room for a user name that has to be decoded, in octets; one that stands as it is meant may be longer.
const ROOM: usize = 256;

/// A user name.
pub(super) type Username<'h> = Octets<'h, ROOM>;

/// Reads the one user name of `username` and `username*`.
pub(super) fn read<'h>(
    plain: Option<Value<'h>>,
    encoded: Option<Value<'h>>,
) -> Result<Username<'h>, Malformed> {
    let name = match (plain, encoded) {
        (Some(plain), None) => Octets::of(plain)?,
        (None, Some(encoded)) => decode(encoded)?,
        (Some(_), Some(_)) => return Err(Malformed::UsernameBoth),
        (None, None) => return Err(Malformed::UsernameMissing),
    };
    if name.as_slice().is_empty() {
        return Err(Malformed::UsernameEmpty);
    }
    Ok(name)
}

/// Decodes an ext-value (RFC 8187 §3.2): `UTF-8'language'percent-encoded`, which is never quoted.
fn decode(value: Value<'_>) -> Result<Username<'_>, Malformed> {
    if value.is_quoted() {
        return Err(Malformed::UsernameEncoding);
    }
    let mut parts = value.raw().splitn(3, |octet| *octet == b'\'');
    let (Some(charset), Some(language), Some(text)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err(Malformed::UsernameEncoding);
    };
    let is_tag = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'-';
    if !charset.eq_ignore_ascii_case(b"UTF-8") || !language.iter().all(is_tag) {
        return Err(Malformed::UsernameEncoding);
    }
    let mut octets = text.iter().copied();
    let name = Octets::collect(std::iter::from_fn(|| {
        Some(match octets.next()? {
            b'%' => percent_encoded(octets.next(), octets.next()),
            // `'`, `*` and `%` are token characters, but no attr-char.
            b'\'' | b'*' => Err(Malformed::UsernameEncoding),
            literal => Ok(literal),
        })
    }))?;
    match std::str::from_utf8(name.as_slice()) {
        Ok(_) => Ok(name),
        Err(_) => Err(Malformed::UsernameEncoding),
    }
}

/// The octet of `%XX`, which must not be a control character.
fn percent_encoded(high: Option<u8>, low: Option<u8>) -> Result<u8, Malformed> {
    let octet = high
        .and_then(nibble)
        .zip(low.and_then(nibble))
        .map(|(high, low)| high << 4 | low);
    octet
        .filter(|octet| !octet.is_ascii_control())
        .ok_or(Malformed::UsernameEncoding)
}
