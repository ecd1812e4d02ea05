//! Every problem code and what it means: a code never changes its meaning and is never used again.

/// Every code with its sentence, in order.
pub const CODES: &[(&str, &str)] = &[
    // files
    ("KW0001", "the file cannot be read"),
    ("KW0002", "the file is not UTF-8 text"),
    ("KW0003", "the file is larger than 64 MiB"),
    (
        "KW0004",
        "the file holds a character that has no place in configuration",
    ),
    ("KW0005", "the file is not well-formed YAML"),
    (
        "KW0006",
        "anchors, aliases, tags, merge keys and directives are not accepted",
    ),
    ("KW0007", "the file is nested deeper than 64 levels"),
    ("KW0008", "the file holds more than one document"),
    ("KW0009", "a tab stands where only spaces may"),
    ("KW0010", "the file is not well-formed JSON"),
    // shape
    ("KW0101", "unknown field"),
    ("KW0102", "a mandatory field is missing"),
    ("KW0103", "the value has the wrong type"),
    ("KW0104", "unknown word"),
    ("KW0105", "a field stands twice"),
    ("KW0106", "this is not an address or CIDR block"),
    ("KW0107", "a CIDR block has host bits set"),
    ("KW0108", "the value is out of range"),
    ("KW0109", "the value is missing"),
    ("KW0110", "the text is empty or holds control characters"),
    ("KW0111", "exactly one of several fields must be written"),
    ("KW0112", "an access list is missing or empty of meaning"),
    ("KW0113", "unknown version of the format"),
    // keywarden.yaml
    ("KW0201", "this is not a duration"),
    ("KW0202", "this is not an address with a port"),
    ("KW0203", "two listeners collide"),
    ("KW0204", "the listener's protocols contradict each other"),
    (
        "KW0205",
        "the source of the caller's address and the trusted proxies do not fit together",
    ),
    ("KW0206", "everybody would be a trusted proxy"),
    ("KW0207", "this is not a usable realm"),
    ("KW0208", "the digest algorithms are not usable"),
    ("KW0209", "this is not an upstream"),
    (
        "KW0210",
        "a certificate and its private key belong together",
    ),
    ("KW0211", "the admin listener is not on a loopback address"),
    ("KW0212", "this is not a server name"),
    ("KW0213", "this is not a header that names an address"),
    ("KW0214", "the setting has no effect"),
];

/// The sentence of a code.
#[must_use]
pub fn sentence(code: &str) -> Option<&'static str> {
    CODES
        .iter()
        .find(|(known, _)| *known == code)
        .map(|(_, sentence)| *sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_in_order_and_unique() {
        assert!(CODES.is_sorted_by(|(a, _), (b, _)| a < b));
        assert!(
            CODES
                .iter()
                .all(|(code, _)| code.len() == 6 && code.starts_with("KW"))
        );
    }
}
