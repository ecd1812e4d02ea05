//! Fresh names and secrets: a public key, a private key, an id, from the system's random source.

use std::fmt;
use std::fmt::Write as _;

use crate::digest::{Algorithm, Verifier};

use super::exit::{Exit, Failure};

/// A key pair nobody has seen yet. The private key is shown once and never kept.
#[derive(Clone)]
pub(super) struct KeyPair {
    /// Eight lower-case letters, as in Atlas.
    pub(super) public: String,
    /// 160 random bits in groups, like a UUID with one group more.
    pub(super) private: String,
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyPair({}, [redacted])", self.public)
    }
}

impl KeyPair {
    /// A new pair.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(super) fn new() -> Result<Self, Failure> {
        let mut private = String::new();
        for (place, octet) in random::<20>()?.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10 | 16) {
                private.push('-');
            }
            let _ = write!(private, "{octet:02x}");
        }
        Ok(Self {
            public: letters()?,
            private,
        })
    }

    /// The lines of a credentials file: one an algorithm, `public_key:realm:hex`.
    pub(super) fn credential_lines(&self, realm: &str) -> String {
        let mut lines = String::new();
        for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
            let verifier = Verifier::derive(algorithm, &self.public, realm, &self.private);
            let _ = writeln!(lines, "{}:{realm}:{}", self.public, verifier.expose_hex());
        }
        lines
    }
}

/// A new id: 24 hex digits, as organizations, projects and keys have them in Atlas.
///
/// # Errors
/// When the system has no random numbers.
pub(super) fn id() -> Result<String, Failure> {
    let mut id = String::new();
    for octet in random::<12>()? {
        let _ = write!(id, "{octet:02x}");
    }
    Ok(id)
}

/// Eight letters, each equally likely: octets of the last, incomplete alphabet are thrown away.
fn letters() -> Result<String, Failure> {
    let mut letters = String::new();
    while letters.len() < 8 {
        for octet in random::<16>()? {
            if octet < 26 * 9 && letters.len() < 8 {
                letters.push(char::from(b'a' + octet % 26));
            }
        }
    }
    Ok(letters)
}

fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets)
        .map_err(|error| Failure::new(Exit::Failed, format!("no random numbers: {error}")))?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_is_eight_lower_case_letters() {
        let pair = KeyPair::new().unwrap();
        assert_eq!(pair.public.len(), 8);
        assert!(pair.public.bytes().all(|b| b.is_ascii_lowercase()));
    }

    #[test]
    fn a_private_key_holds_160_bits_in_groups() {
        let pair = KeyPair::new().unwrap();
        let groups: Vec<usize> = pair.private.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12, 8]);
        assert!(
            pair.private
                .bytes()
                .all(|b| b == b'-' || b.is_ascii_hexdigit())
        );
    }

    #[test]
    fn an_id_is_24_hex_digits() {
        let id = id().unwrap();
        assert!(id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn no_two_are_alike_and_none_is_printed_by_accident() {
        let (one, other) = (KeyPair::new().unwrap(), KeyPair::new().unwrap());
        assert_ne!(one.public, other.public);
        assert_ne!(one.private, other.private);
        assert!(!format!("{one:?}").contains(&one.private));
    }
}
