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
        "anchors, aliases, tags, merge keys, complex keys and directives are not accepted",
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
    ("KW0206", "too many would be trusted proxies"),
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
    ("KW0215", "there is no listener"),
    // credentials
    ("KW0301", "a credential line is not UTF-8"),
    ("KW0302", "a credential line holds a control character"),
    ("KW0303", "a credential line has not three parts"),
    ("KW0304", "the hash of a credential line is malformed"),
    ("KW0305", "a credential line is made for another realm"),
    ("KW0306", "a credential line stands twice"),
    (
        "KW0307",
        "a key has too many credential lines for one algorithm",
    ),
    ("KW0308", "a credential line stands in two files"),
    (
        "KW0309",
        "a credential line is not used: the key has too many",
    ),
    ("KW0310", "a key has no credential line"),
    ("KW0311", "a credential line belongs to no key"),
    ("KW0312", "an algorithm is not offered"),
    ("KW0313", "no algorithm is one that every key has"),
    // organizations, keys, access lists, networks
    ("KW0401", "this is not an id"),
    ("KW0402", "this is not a public key"),
    ("KW0403", "a public key looks like an id"),
    (
        "KW0404",
        "something that must be unique stands twice in the file",
    ),
    ("KW0405", "this is not an RFC 3339 moment"),
    ("KW0406", "a network holds no address"),
    ("KW0407", "an address block covers everyone"),
    ("KW0408", "an address that nobody calls from"),
    ("KW0409", "an access list entry has expired"),
    ("KW0410", "a block stands as an address"),
    ("KW0411", "the network is not defined"),
    ("KW0412", "an access list entry repeats another"),
    ("KW0413", "an access list entry is covered by another"),
    ("KW0414", "a key has expired"),
    (
        "KW0415",
        "a key has no access list though its organization requires one",
    ),
    ("KW0416", "the project is unknown"),
    ("KW0417", "a project is given twice"),
    (
        "KW0418",
        "something that must be unique stands in two files",
    ),
    ("KW0419", "there is no organization"),
    // resources.yaml
    ("KW0501", "this is not a base"),
    ("KW0502", "this is not a path template"),
    ("KW0503", "this is not an operation"),
    ("KW0504", "this is not a method"),
    ("KW0505", "a literal is spelt in two ways"),
    ("KW0506", "a row requires nothing"),
    ("KW0507", "a row names no role"),
    ("KW0508", "a scope needs exactly one parameter"),
    ("KW0509", "a scope is missing"),
    ("KW0510", "the resource table is empty"),
    ("KW0511", "an operation stands twice"),
    // files that change
    ("KW0601", "the file ends in the middle of a line"),
    ("KW0602", "the file is a cut version of the one in force"),
    ("KW0603", "the file is missing"),
    ("KW0604", "another bad file keeps the whole policy as it is"),
    ("KW0605", "the file is not read because of its name"),
    ("KW0606", "others may read or change the file"),
    ("KW0607", "the folder keeps changing"),
    // expectations.yaml
    ("KW0701", "an expectation is not met"),
    ("KW0702", "an expectation expects nothing that can happen"),
    ("KW0703", "an expectation's address is none"),
    ("KW0704", "an expectation's request is none"),
    ("KW0705", "an expectation was not asked"),
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
