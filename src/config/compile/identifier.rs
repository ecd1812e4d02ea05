//! Ids and public keys as they may be written, and the name that was probably meant.

use std::collections::HashMap;

use super::Findings;

/// Checks an id: 1 to 128 of `A-Z a-z 0-9 . _ ~ -`, so that it needs no escape in a path and reads one way only.
pub(super) fn check_id(text: &str, field: &str, findings: &mut Findings<'_>) {
    let plain = |octet: u8| octet.is_ascii_alphanumeric() || b"._~-".contains(&octet);
    if text.len() > 128 || !text.bytes().all(plain) {
        let message = format!("`{}` is not an id", text.escape_debug());
        let help = "expected 1 to 128 of `A-Z`, `a-z`, `0-9`, `.`, `_`, `~` and `-`, such as \
                    `5d1d143c87d9d63e6d694746`";
        findings.error("KW0401", field, message, help);
    }
}

/// Checks a public key: any text without `:`.
pub(super) fn check_public_key(text: &str, id: &str, field: &str, findings: &mut Findings<'_>) {
    if text.contains(':') {
        let message = format!("the public key `{}` holds a `:`", text.escape_debug());
        let help = "a `:` ends the user name in credentials: use any other character";
        findings.error("KW0402", field, message, help);
    } else if text.len() > 256 {
        let message = "the public key is longer than 256 octets".to_owned();
        findings.error("KW0402", field, message, "use a shorter name");
    } else if is_hex_id(text) {
        let message = format!("`{text}` looks like an id and stands as a public key");
        let help = if is_hex_id(id) {
            "the public key is the user name a caller sends, such as `zmmrboas`"
        } else {
            "did you mix up `id` and `public_key`?"
        };
        findings.warning("KW0403", field, message, help);
    }
}

fn is_hex_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|octet| octet.is_ascii_hexdigit())
}

/// Names that may stand once in a file.
#[derive(Default)]
pub(super) struct Once<'d>(HashMap<&'d str, usize>);

impl<'d> Once<'d> {
    /// Takes `name`, which stands in item `item` of `list`; an error if an earlier item has it already.
    pub(super) fn take(
        &mut self,
        name: &'d str,
        what: &str,
        (list, item): (&str, usize),
        field: &str,
        findings: &mut Findings<'_>,
    ) {
        match self.0.get(name) {
            Some(earlier) => {
                let message = format!("{what} `{}` stands twice", name.escape_debug());
                let help = format!("`{list}[{earlier}]` has it already");
                let field = format!("{list}[{item}].{field}");
                findings.error("KW0404", field.trim_end_matches('.'), message, &help);
            }
            None => {
                self.0.insert(name, item);
            }
        }
    }
}

/// The candidate closest to `name`, as a sentence; nothing if none is close.
pub(in crate::config) fn did_you_mean<'c>(
    name: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<String> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| format!("did you mean `{}`?", candidate.escape_debug()))
}
