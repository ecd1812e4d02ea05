//! What the table says about a request in one word, for one request or for a long list of them.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use crate::cli::exit::{Exit, Failure};
use crate::cli::screen::written;
use crate::policy::{Match, Method, MethodError, RequestTarget, ResourceTable, TargetError};

/// What becomes of a request as far as the table knows.
pub(super) enum Answer<'t> {
    /// Some reading of it is a resource that requires an access list.
    Protected(Match<'t>),
    /// None is.
    Forward(Match<'t>),
    /// It has more than one reading, or is not served.
    Reject(String),
}

impl<'t> Answer<'t> {
    /// The answer to a request.
    pub(super) fn to(table: &'t ResourceTable, method: &[u8], target: &[u8]) -> Self {
        match read(method, target) {
            Ok((method, target)) => {
                let touched = table.find(method, &target);
                match touched.requiring {
                    Some(_) => Self::Protected(touched),
                    None => Self::Forward(touched),
                }
            }
            Err(Unread::Method(error)) => Self::Reject(error.to_string()),
            Err(Unread::Target(error)) => Self::Reject(error.to_string()),
        }
    }

    /// The word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Protected(_) => "protected",
            Self::Forward(_) => "forward",
            Self::Reject(_) => "reject",
        }
    }

    /// Why.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Protected(touched) => match touched.requiring {
                Some(row) => format!("`{}` requires an access list", row.id),
                None => String::new(),
            },
            Self::Forward(_) => "no row that requires an access list is touched".to_owned(),
            Self::Reject(why) => why.clone(),
        }
    }

    /// What it touches.
    pub(super) fn touched(&self) -> Option<&Match<'t>> {
        match self {
            Self::Protected(touched) | Self::Forward(touched) => Some(touched),
            Self::Reject(_) => None,
        }
    }
}

enum Unread {
    Method(MethodError),
    Target(TargetError),
}

fn read<'r>(method: &[u8], target: &'r [u8]) -> Result<(Method, RequestTarget<'r>), Unread> {
    let method = std::str::from_utf8(method).map_err(|_| MethodError::Malformed);
    let method = method.and_then(Method::parse).map_err(Unread::Method)?;
    let target = RequestTarget::parse(target).map_err(Unread::Target)?;
    Ok((method, target))
}

/// Answers each line of `questions` with a line.
///
/// # Errors
/// When a line cannot be read, or an answer cannot be written; a reader that went away is no failure.
pub(super) fn answer(
    table: &ResourceTable,
    questions: &mut impl Read,
    answers: &mut impl Write,
) -> Result<(), Failure> {
    let mut questions = BufReader::with_capacity(1 << 16, questions);
    let mut answers = BufWriter::with_capacity(1 << 16, answers);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = questions.read_until(b'\n', &mut line).map_err(|error| {
            Failure::new(Exit::Failed, format!("cannot read standard input: {error}"))
        })?;
        if read == 0 {
            return written(answers.flush());
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Err(error) = writeln!(answers, "{}", word(table, line)) {
            // What is buffered would be written again on drop, to nobody.
            let _ = answers.into_parts();
            return written(Err::<(), io::Error>(error));
        }
    }
}

/// The word for one line.
fn word(table: &ResourceTable, line: &[u8]) -> &'static str {
    let blank = line.iter().position(|octet| *octet == b' ');
    let (method, target) = match blank.and_then(|at| line.split_at_checked(at)) {
        Some((method, rest)) => (method, rest.strip_prefix(b" ").unwrap_or(rest)),
        None => (line, &[] as &[u8]),
    };
    match unescape(target) {
        Some(target) => match read(method, &target) {
            Ok((method, target)) => match table.find(method, &target).requiring {
                Some(_) => "protected",
                None => "forward",
            },
            Err(Unread::Method(_) | Unread::Target(_)) => "reject",
        },
        None => "reject",
    }
}

/// Undoes `\xHH` and `\\`; `None` for any other backslash.
fn unescape(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.contains(&b'\\') {
        return Some(Cow::Borrowed(text));
    }
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return Some(Cow::Owned(octets)),
            [b'\\', b'\\', rest @ ..] => {
                octets.push(b'\\');
                rest
            }
            [b'\\', b'x', high, low, rest @ ..] => {
                octets.push(hex(*high)? << 4 | hex(*low)?);
                rest
            }
            [b'\\', ..] => return None,
            [octet, rest @ ..] => {
                octets.push(*octet);
                rest
            }
        };
    }
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn escape(octets: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        for octet in octets {
            match octet {
                b'\\' => text.extend(b"\\\\"),
                0x21..=0x7e => text.push(*octet),
                _ => text.extend(format!("\\x{octet:02x}").bytes()),
            }
        }
        text
    }

    #[test]
    fn an_unfinished_or_unknown_escape_is_none() {
        for text in ["\\", "\\x", "\\x4", "\\xg0", "\\n", "/a\\"] {
            assert_eq!(unescape(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_question_gets_one_line_and_comments_none() {
        let questions =
            "CONNECT /a\n\n# a comment\nget /a\nNONSENSE\nGET /a\\q\n CONNECT /\nTRACE /";
        let mut answers = Vec::new();
        answer(
            &ResourceTable::default(),
            &mut questions.as_bytes(),
            &mut answers,
        )
        .unwrap();
        assert_eq!(String::from_utf8(answers).unwrap(), "reject\n".repeat(6));
    }

    proptest! {
        #[test]
        fn whatever_is_escaped_reads_back(octets in proptest::collection::vec(any::<u8>(), 0..64)) {
            let text = escape(&octets);
            let read = unescape(&text);
            prop_assert_eq!(read.as_deref(), Some(&octets[..]));
        }
    }
}
