//! What is kept of a private key: HA1 = H(user:realm:password), which is as good as the key and cannot be printed.

use std::fmt;

use md5::Digest;
use zeroize::Zeroize;

use super::Algorithm;
use super::hex::{Hex, nibble};

/// HA1 of one key for one algorithm. It is password-equivalent: zeroed on drop, never printed.
#[derive(Clone)]
pub struct Verifier {
    algorithm: Algorithm,
    hex: [u8; 64],
}

/// Why a text is no verifier.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum VerifierError {
    /// Neither 32 nor 64 digits.
    #[error("expected 32 hex digits (MD5) or 64 hex digits (SHA-256)")]
    Length,
    /// A character that is no hex digit.
    #[error("expected hex digits only")]
    NotHex,
}

impl Verifier {
    /// Reads 32 hex digits as MD5 and 64 as SHA-256, as htdigest files have them.
    ///
    /// # Errors
    /// When the length is another or a character is no hex digit.
    pub fn from_hex(hex: &str) -> Result<Self, VerifierError> {
        let algorithm = match hex.len() {
            32 => Algorithm::Md5,
            64 => Algorithm::Sha256,
            _ => return Err(VerifierError::Length),
        };
        if !hex.bytes().all(|digit| nibble(digit).is_some()) {
            return Err(VerifierError::NotHex);
        }
        Ok(Self::new(algorithm, hex.as_bytes()))
    }

    /// Computes H(`user`:`realm`:`password`).
    #[must_use]
    pub fn derive(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> Self {
        let parts = [user, ":", realm, ":", password];
        let hex = match algorithm {
            Algorithm::Md5 => hash::<md5::Md5>(parts),
            Algorithm::Sha256 => hash::<sha2::Sha256>(parts),
            Algorithm::Sha512Trunc256 => hash::<sha2::Sha512_256>(parts),
        };
        Self::new(algorithm, hex.as_slice())
    }

    fn new(algorithm: Algorithm, digits: &[u8]) -> Self {
        let mut hex = [b'0'; 64];
        for (room, digit) in hex.iter_mut().zip(digits) {
            *room = digit.to_ascii_lowercase();
        }
        Self { algorithm, hex }
    }

    /// The algorithm this verifier is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hex digits, for a credentials file and nowhere else.
    #[must_use]
    pub fn expose_hex(&self) -> &str {
        std::str::from_utf8(self.digits()).unwrap_or_default()
    }

    /// The hex digits as they are hashed.
    pub(super) fn digits(&self) -> &[u8] {
        self.hex
            .get(..self.algorithm.hex_digits())
            .unwrap_or_default()
    }
}

fn hash<D: Digest>(parts: [&str; 5]) -> Hex {
    let mut hasher = D::new();
    for part in parts {
        hasher.update(part);
    }
    Hex::of(&hasher.finalize())
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Verifier({}, [redacted])", self.algorithm.name())
    }
}

impl Drop for Verifier {
    fn drop(&mut self) {
        self.hex.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn derived(algorithm: Algorithm, realm: &str, password: &str) -> String {
        let verifier = Verifier::derive(algorithm, "Mufasa", realm, password);
        assert_eq!(verifier.algorithm(), algorithm);
        verifier.expose_hex().to_owned()
    }

    #[test]
    fn the_verifiers_of_the_rfcs_are_derived() {
        let (old, new) = ("testrealm@host.com", "http-auth@example.org");
        assert_eq!(
            derived(Algorithm::Md5, old, "Circle Of Life"),
            "939e7578ed9e3c518a452acee763bce9"
        );
        assert_eq!(
            derived(Algorithm::Md5, new, "Circle of Life"),
            "3d78807defe7de2157e2b0b6573a855f"
        );
        assert_eq!(
            derived(Algorithm::Sha256, new, "Circle of Life"),
            "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"
        );
        let unicode = Verifier::derive(
            Algorithm::Sha512Trunc256,
            "J\u{e4}s\u{f8}n Doe",
            "api@example.org",
            "Secret, or not?",
        );
        assert_eq!(
            unicode.expose_hex(),
            "2d3d9f12c9f3d30011259dc5fecee005ae24de40e3e1f61806d03e65f1e6024f"
        );
    }

    #[test]
    fn the_length_tells_the_algorithm_and_the_case_does_not_matter() {
        let upper = derived(Algorithm::Sha256, "r", "p").to_uppercase();
        let read = Verifier::from_hex(&upper).unwrap();
        assert_eq!(read.algorithm(), Algorithm::Sha256);
        assert_eq!(read.expose_hex(), upper.to_lowercase());
        let md5 = Verifier::from_hex(&"0F".repeat(16)).unwrap();
        assert_eq!(md5.algorithm(), Algorithm::Md5);
        assert_eq!(md5.expose_hex(), "0f".repeat(16));
    }

    #[test]
    fn other_texts_are_no_verifiers() {
        for text in ["", "0f", &"0".repeat(31), &"0".repeat(63), &"0".repeat(65)] {
            assert_eq!(Verifier::from_hex(text).err(), Some(VerifierError::Length));
        }
        for text in [&"g".repeat(32), &"\u{e4}".repeat(16), &" ".repeat(64)] {
            assert_eq!(Verifier::from_hex(text).err(), Some(VerifierError::NotHex));
        }
    }

    #[test]
    fn a_verifier_cannot_be_printed() {
        let verifier = Verifier::from_hex(&"ab".repeat(16)).unwrap();
        assert_eq!(format!("{verifier:?}"), "Verifier(MD5, [redacted])");
    }
}
