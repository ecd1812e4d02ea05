//! The characters of a file: UTF-8, and none that hides from the eye or ends a line unseen.

use super::{LIMIT, Refusal};
use crate::config::Place;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text of `octets`, a leading byte order mark cut off.
pub(super) fn check(octets: &[u8]) -> Result<&str, Refusal> {
    if octets.len() > LIMIT {
        return Err(Refusal {
            code: "KW0003",
            place: Place {
                line: 0,
                column: 0,
                width: 0,
            },
            message: format!("the file has {} octets, more than 64 MiB", octets.len()),
            help: "split it: organizations may stand in any number of files",
        });
    }
    let text = match std::str::from_utf8(octets) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(octets, error.valid_up_to())),
    };
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    match text.char_indices().find(|(_, c)| is_refused(*c)) {
        None => Ok(text),
        Some((at, c)) => Err(Refusal {
            code: "KW0004",
            place: place_of(text, at),
            message: format!(
                "the file holds the invisible character U+{:04X}",
                u32::from(c)
            ),
            help: "take it out; in double quotes it can be written as an escape",
        }),
    }
}

/// Control characters, line ends that editors do not show as such, and marks that change the reading direction.
fn is_refused(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | ' '..='~' => false,
        '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | BYTE_ORDER_MARK
        | '\u{fffe}'
        | '\u{ffff}' => true,
        other => other.is_control(),
    }
}

fn not_utf8(octets: &[u8], valid: usize) -> Refusal {
    let before = octets
        .get(..valid)
        .and_then(|octets| std::str::from_utf8(octets).ok())
        .unwrap_or_default();
    let utf16 = octets.starts_with(&[0xff, 0xfe]) || octets.starts_with(&[0xfe, 0xff]);
    Refusal {
        code: "KW0002",
        place: place_of(before, before.len()),
        message: "the file is not UTF-8 text".to_owned(),
        help: if utf16 {
            "it is UTF-16: save it as UTF-8"
        } else {
            "save it as UTF-8"
        },
    }
}

fn place_of(text: &str, at: usize) -> Place {
    let before = text.get(..at).unwrap_or(text);
    let unified = before.replace("\r\n", "\n");
    let line = unified.matches(['\n', '\r']).count() + 1;
    let column = unified
        .rsplit(['\n', '\r'])
        .next()
        .unwrap_or_default()
        .chars()
        .count()
        + 1;
    Place {
        line,
        column,
        width: 1,
    }
}
