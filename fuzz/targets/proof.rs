//! A valid `Authorization` with one octet changed: it proves nothing, unless it still says the very same.

#![no_main]

use std::ops::Range;
use std::sync::LazyLock;

use keywarden::digest::{Algorithm, Credentials, Verifier, proves};
use keywarden_fuzz::source::Source;
use libfuzzer_sys::fuzz_target;
use sha2::Digest;

const USER: &str = "mvzkrtop";
const REALM: &str = "keywarden";
const NONCE: &str = "AZTcE3kx9_WqPbQm-LhRvUoYsNfJg2d7T0aBcKiX";
const METHODS: [&str; 4] = ["GET", "POST", "DELETE", "PATCH"];
const TARGETS: [&str; 5] = [
    "/",
    "/api/atlas/v1.0/groups?pretty=true",
    "/api/atlas/v2/orgs/1/apiKeys/2/accessList/192.0.2.0%2F24",
    "/api/atlas/v2/groups/g/databaseUsers/admin/a~b%7Ec",
    "/api/public/v1.0/groups/byName/M%C3%BCnchen?x=%2f",
];

static VERIFIERS: LazyLock<Vec<Verifier>> = LazyLock::new(|| {
    Algorithm::ALL
        .map(|algorithm| Verifier::derive(algorithm, USER, REALM, "secret"))
        .into()
});

/// A header, and where in it the values stand that the proof is about.
struct Header {
    text: Vec<u8>,
    values: Vec<(&'static str, Range<usize>)>,
}

impl Header {
    fn put(&mut self, name: &'static str, quote: &str, value: &str) {
        let comma = if self.values.is_empty() {
            "Digest "
        } else {
            ", "
        };
        self.text
            .extend_from_slice(format!("{comma}{name}={quote}").as_bytes());
        let start = self.text.len();
        self.text.extend_from_slice(value.as_bytes());
        self.values.push((name, start..self.text.len()));
        self.text.extend_from_slice(quote.as_bytes());
    }
}

fuzz_target!(|octets: &[u8]| {
    let mut source = Source::new(octets);
    let algorithm = *source.pick(&Algorithm::ALL);
    let session = source.octet() & 1 == 1;
    let (method, uri) = (*source.pick(&METHODS), *source.pick(&TARGETS));
    let nc = format!("{:08x}", u32::from_le_bytes(source.octets()));
    let cnonce: String = (0..=source.octet() % 24)
        .map(|_| char::from(*source.pick(b"abcXYZ0189+/=_-")))
        .collect();
    let (kind, octet) = (source.octet() % 3, source.octet());

    let suffix = if session { "-sess" } else { "" };
    let mut header = Header {
        text: Vec::new(),
        values: Vec::new(),
    };
    header.put("username", "\"", USER);
    header.put("realm", "\"", REALM);
    header.put("nonce", "\"", NONCE);
    header.put("uri", "\"", uri);
    header.put("algorithm", "", &format!("{}{suffix}", algorithm.name()));
    header.put("qop", "", "auth");
    header.put("nc", "", &nc);
    header.put("cnonce", "\"", &cnonce);
    header.put(
        "response",
        "\"",
        &response(algorithm, session, method, uri, &nc, &cnonce),
    );
    let original = Credentials::parse(&header.text).expect("valid");
    assert!(
        authenticates(&original, method, uri),
        "a valid header does not prove"
    );
    for other in METHODS.into_iter().filter(|other| *other != method) {
        assert!(
            !authenticates(&original, other, uri),
            "it proves {other}, too"
        );
    }

    for other in TARGETS.into_iter().filter(|other| *other != uri) {
        assert!(
            !authenticates(&original, method, other),
            "it proves {other}, too"
        );
    }

    let mut changed = header.text.clone();
    let place = source.place(changed.len());
    match kind {
        0 => changed[place] = octet,
        1 => changed.insert(place, octet),
        _ => drop(changed.remove(place)),
    }
    let Ok(credentials) = Credentials::parse(&changed) else {
        return;
    };
    if changed == header.text || !authenticates(&credentials, method, uri) {
        return;
    }
    assert_eq!(credentials.count(), original.count());
    assert_eq!(credentials.scheme(), original.scheme());
    if kind == 0 {
        let value = header
            .values
            .iter()
            .find(|(_, range)| range.contains(&place));
        // hex digits and names of algorithms have no case
        let same = changed.eq_ignore_ascii_case(&header.text);
        match value {
            Some(("response" | "algorithm", _)) => assert!(same, "another value proves"),
            Some((name, _)) => panic!("another {name} proves"),
            None => {}
        }
    }
});

/// Rules 1 to 3 as the gateway asks them, for the one nonce that was issued.
fn authenticates(credentials: &Credentials<'_>, method: &str, target: &str) -> bool {
    credentials.username() == USER.as_bytes()
        && credentials.realm_is(REALM)
        && credentials.nonce() == NONCE.as_bytes()
        && credentials.designates(target.as_bytes(), b"api.example.test")
        && proves(credentials, method.as_bytes(), &VERIFIERS).is_some()
}

/// RFC 7616 §3.4.1, with other crates' calls than the gateway's.
fn response(
    algorithm: Algorithm,
    session: bool,
    method: &str,
    uri: &str,
    nc: &str,
    cnonce: &str,
) -> String {
    let hash = |text: String| match algorithm {
        Algorithm::Md5 => hex(&md5::Md5::digest(text)),
        Algorithm::Sha256 => hex(&sha2::Sha256::digest(text)),
        Algorithm::Sha512Trunc256 => hex(&sha2::Sha512_256::digest(text)),
    };
    let mut ha1 = hash(format!("{USER}:{REALM}:secret"));
    if session {
        ha1 = hash(format!("{ha1}:{NONCE}:{cnonce}"));
    }
    let ha2 = hash(format!("{method}:{uri}"));
    hash(format!("{ha1}:{NONCE}:{nc}:{cnonce}:auth:{ha2}"))
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|octet| format!("{octet:02x}")).collect()
}
