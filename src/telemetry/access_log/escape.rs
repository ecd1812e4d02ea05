//! How strings of strangers enter a log: cut, and with nothing in them that could end a line or move a cursor.

/// Octets kept of any string.
pub(super) const LONGEST: usize = 256;

const HEX: [u8; 16] = *b"0123456789abcdef";

/// The first [`LONGEST`] octets, or less so that no character is torn.
pub(super) fn cut(text: &str) -> &str {
    if text.len() <= LONGEST {
        return text;
    }
    (0..=LONGEST)
        .rev()
        .find_map(|end| text.get(..end))
        .unwrap_or_default()
}

/// A JSON string with its quotes (RFC 8259 §7).
pub(super) fn json(buffer: &mut Vec<u8>, text: &str) {
    buffer.push(b'"');
    if text.bytes().all(is_plain) {
        buffer.extend_from_slice(text.as_bytes());
    } else {
        for character in text.chars() {
            escaped(buffer, character);
        }
    }
    buffer.push(b'"');
}

/// A logfmt value: bare where it is one plain word, else a string as in JSON.
pub(super) fn logfmt(buffer: &mut Vec<u8>, text: &str) {
    let bare = |octet| is_plain(octet) && octet != b' ' && octet != b'=';
    if !text.is_empty() && text.bytes().all(bare) {
        buffer.extend_from_slice(text.as_bytes());
    } else {
        json(buffer, text);
    }
}

/// Inside the quotes of a combined line: what is not printable ASCII becomes `\xHH`, as nginx writes it.
pub(super) fn combined(buffer: &mut Vec<u8>, text: &str) {
    for octet in text.bytes() {
        combined_octet(buffer, octet, is_plain(octet));
    }
}

/// The same where a space would end the field.
pub(super) fn combined_word(buffer: &mut Vec<u8>, text: &str) {
    for octet in text.bytes() {
        combined_octet(buffer, octet, is_plain(octet) && octet != b' ');
    }
}

fn combined_octet(buffer: &mut Vec<u8>, octet: u8, plain: bool) {
    if plain {
        buffer.push(octet);
    } else {
        buffer.extend_from_slice(b"\\x");
        buffer.push(hex(octet >> 4));
        buffer.push(hex(octet));
    }
}

fn escaped(buffer: &mut Vec<u8>, character: char) {
    match character {
        '"' => buffer.extend_from_slice(b"\\\""),
        '\\' => buffer.extend_from_slice(b"\\\\"),
        '\n' => buffer.extend_from_slice(b"\\n"),
        '\r' => buffer.extend_from_slice(b"\\r"),
        '\t' => buffer.extend_from_slice(b"\\t"),
        other if is_treacherous(other) => {
            let mut units = [0; 2];
            for unit in other.encode_utf16(&mut units) {
                let [high, low] = unit.to_be_bytes();
                buffer.extend_from_slice(b"\\u");
                buffer.extend_from_slice(&[hex(high >> 4), hex(high), hex(low >> 4), hex(low)]);
            }
        }
        other => {
            let mut octets = [0; 4];
            buffer.extend_from_slice(other.encode_utf8(&mut octets).as_bytes());
        }
    }
}

/// Control characters, and what breaks or turns around a line when it is shown.
fn is_treacherous(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

const fn is_plain(octet: u8) -> bool {
    matches!(octet, b' '..=b'~') && octet != b'"' && octet != b'\\'
}

fn hex(nibble: u8) -> u8 {
    HEX.get(usize::from(nibble & 15)).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: fn(&mut Vec<u8>, &str), text: &str) -> String {
        let mut buffer = Vec::new();
        write(&mut buffer, text);
        String::from_utf8(buffer).unwrap()
    }

    #[test]
    fn a_string_is_cut_where_a_character_ends() {
        let long = format!("{}é", "a".repeat(LONGEST - 1));
        assert_eq!(cut(&long).len(), LONGEST - 1);
        assert_eq!(cut(&"a".repeat(300)).len(), LONGEST);
        assert_eq!(cut("short"), "short");
        assert_eq!(cut(&"\u{10ffff}".repeat(65)).len(), LONGEST);
    }

    #[test]
    fn nothing_of_a_string_ends_a_line_or_moves_a_cursor() {
        for (text, shown) in [
            ("a\"b\\c", r#""a\"b\\c""#),
            ("\r\n\t", r#""\r\n\t""#),
            ("\u{1b}[2J\u{7f}\u{9b}", r#""\u001b[2J\u007f\u009b""#),
            ("\u{2028}\u{202e}\u{feff}", r#""\u2028\u202e\ufeff""#),
            ("é \u{1f511}", "\"é \u{1f511}\""),
            ("", "\"\""),
        ] {
            assert_eq!(written(json, text), shown);
        }
    }

    #[test]
    fn logfmt_quotes_what_is_not_one_plain_word() {
        for (text, shown) in [
            ("/orgs/1", "/orgs/1"),
            ("", "\"\""),
            ("a b", "\"a b\""),
            ("a=b", "\"a=b\""),
            ("a\nb", "\"a\\nb\""),
            ("é", "\"é\""),
        ] {
            assert_eq!(written(logfmt, text), shown);
        }
    }

    #[test]
    fn combined_keeps_its_quotes_and_its_spaces() {
        assert_eq!(written(combined, "a\"\\ é\n"), r"a\x22\x5c \xc3\xa9\x0a");
        assert_eq!(written(combined_word, "a b"), r"a\x20b");
    }

    proptest! {
        #[test]
        fn json_reads_back_as_it_was(text in any::<String>()) {
            let shown = written(json, &text);
            prop_assert!(!shown.chars().any(char::is_control));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }

        #[test]
        fn combined_is_printable_ascii_without_a_quote(text in any::<String>()) {
            let shown = written(combined, &text);
            prop_assert!(shown.bytes().all(|octet| octet.is_ascii_graphic() || octet == b' '));
            prop_assert!(!shown.contains('"'));
        }
    }
}
