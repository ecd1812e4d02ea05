//! A chunked body (RFC 9112 §7.1) read line by line from a slice.

/// What a slice begins with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Body {
    /// No chunked body.
    Broken,
    /// A body of so many octets.
    Ended(usize),
    /// The beginning of one.
    Unended,
}

/// Reads the body at the beginning of `octets`.
pub fn read(octets: &[u8]) -> Body {
    let mut rest = octets;
    loop {
        let (size, after) = match line(rest, is_size) {
            Ok(line) => line,
            Err(body) => return body,
        };
        let digits = size.split(|octet| *octet == b';').next().unwrap();
        let size = u64::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap();
        if size == 0 {
            return trailers(octets, after);
        }
        if (after.len() as u64) < size {
            return Body::Unended;
        }
        let after = &after[size as usize..];
        rest = match after {
            [b'\r', b'\n', rest @ ..] => rest,
            [] | [b'\r'] => return Body::Unended,
            _ => return Body::Broken,
        };
    }
}

fn trailers(whole: &[u8], mut rest: &[u8]) -> Body {
    loop {
        match line(rest, |line, _| {
            line.first().is_none_or(|first| is_token(*first))
        }) {
            Ok(([], after)) => return Body::Ended(whole.len() - after.len()),
            Ok((_, after)) => rest = after,
            Err(body) => return body,
        }
    }
}

/// A line without its CR LF, and what follows it; `fits` is asked about the line, or the beginning of one.
fn line(octets: &[u8], fits: impl Fn(&[u8], bool) -> bool) -> Result<(&[u8], &[u8]), Body> {
    let is_text = |octet: &u8| *octet == b'\t' || (0x20..=0x7e).contains(octet) || *octet >= 0x80;
    let (line, end) = octets.split_at(octets.iter().take_while(|octet| is_text(octet)).count());
    if !fits(line, !end.is_empty()) {
        return Err(Body::Broken);
    }
    match end {
        [b'\r', b'\n', rest @ ..] => Ok((line, rest)),
        [] | [b'\r'] => Err(Body::Unended),
        _ => Err(Body::Broken),
    }
}

/// 1 to 15 digits, then nothing or an extension.
fn is_size(line: &[u8], whole: bool) -> bool {
    let digits = line
        .iter()
        .take_while(|octet| octet.is_ascii_hexdigit())
        .count();
    let least = if whole || digits < line.len() { 1 } else { 0 };
    (least..=15).contains(&digits) && matches!(line.get(digits), None | Some(b';'))
}

fn is_token(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&octet)
}
