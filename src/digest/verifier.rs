//! What is kept of a private key: HA1 = H(user:realm:password), which is as good as the key and cannot be printed.

use std::fmt;

use zeroize::Zeroize;

use super::Algorithm;

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
        let _ = hex;
        todo!()
    }

    /// Computes H(`user`:`realm`:`password`).
    #[must_use]
    pub fn derive(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> Self {
        let _ = (algorithm, user, realm, password);
        todo!()
    }

    /// The algorithm this verifier is for.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The hex digits, for a credentials file and nowhere else.
    #[must_use]
    pub fn expose_hex(&self) -> &str {
        todo!()
    }
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
