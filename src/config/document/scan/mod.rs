//! The look at a file's octets before any parser sees them: what could surprise a reader, or a parser, is refused.

mod characters;
mod cursor;
mod scalars;
mod scanner;
#[cfg(test)]
mod tests;
mod token;

use crate::config::Place;

pub(in crate::config) use scanner::Scanner;
pub(in crate::config) use token::{Mark, Style, Token, TokenKind};

/// The largest file: 64 MiB.
pub(in crate::config) const LIMIT: usize = 64 * 1024 * 1024;

/// The deepest nesting of collections, block and flow together.
pub(super) const DEPTH: usize = 64;

/// How a file is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::config) enum Notation {
    /// RFC 8259: here only its nesting and its characters are looked at.
    Json,
    /// YAML, without anchors, aliases, tags, merge keys, complex keys and directives.
    Yaml,
}

impl Notation {
    /// The notation of a file of that name.
    pub(in crate::config) fn of(file: &str) -> Self {
        if file.to_ascii_lowercase().ends_with(".json") {
            Self::Json
        } else {
            Self::Yaml
        }
    }
}

/// Why a file is not read any further.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::config) struct Refusal {
    /// The problem's code.
    pub(in crate::config) code: &'static str,
    /// Where.
    pub(in crate::config) place: Place,
    /// What was found.
    pub(in crate::config) message: String,
    /// What would be right.
    pub(in crate::config) help: &'static str,
}

/// The text of a file that a parser may see: without its byte order mark, in UTF-8, without control characters,
/// anchors, aliases, tags, merge keys, complex keys, directives, further documents, or deep nesting. Time grows with its length only.
///
/// # Errors
/// The first thing refused, with its place.
pub(in crate::config) fn scan(octets: &[u8], notation: Notation) -> Result<&str, Refusal> {
    let text = characters::check(octets)?;
    let mut scanner = Scanner::new(text, notation);
    while scanner.next_token()?.is_some() {}
    Ok(text)
}

/// What [`scan`] refuses, together with every further anchor, alias, tag and merge key.
pub(in crate::config) fn refusals(octets: &[u8], notation: Notation) -> Vec<Refusal> {
    /// So many are enough to see what is wrong with the file.
    const MOST: usize = 100;
    let text = match characters::check(octets) {
        Ok(text) => text,
        Err(refusal) => return vec![refusal],
    };
    let mut scanner = Scanner::new(text, notation);
    let mut found = Vec::new();
    while found.len() < MOST {
        match scanner.next_token() {
            Ok(Some(_)) => {}
            Ok(None) => break,
            Err(refusal) => {
                let passed = scanner.pass(&refusal);
                // behind the first, what cannot be a token may be the fault of what was passed
                if passed || found.is_empty() {
                    found.push(refusal);
                }
                if !passed {
                    break;
                }
            }
        }
    }
    found
}
