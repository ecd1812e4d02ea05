//! Nonces as text, and what became of one that came back.

use super::Timestamp;

/// Characters of a nonce.
pub(super) const LENGTH: usize = 40;

/// A nonce as text: 40 characters of base64url without padding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NonceText(pub(super) [u8; LENGTH]);

impl NonceText {
    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What became of a nonce that came back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NonceState {
    /// Ours, but older than the lifetime (or from the future beyond the skew).
    Expired,
    /// Not made by any of our keys.
    Foreign,
    /// Ours and in its lifetime.
    Live {
        /// Its random part.
        id: u64,
        /// When it was issued.
        issued: Timestamp,
    },
}
