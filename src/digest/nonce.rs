//! Stateless nonces: 30 octets under a keyed MAC, so that nothing is stored when challenging.

use std::time::Duration;

use super::Timestamp;

/// A nonce as text: 40 characters of base64url without padding.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct NonceText([u8; 40]);

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

/// The master keys nonces are made under, newest first; zeroed on drop, never printed.
pub struct NonceKeys {
    masters: Vec<[u8; 32]>,
}

impl NonceKeys {
    /// Keys, newest first: the first makes nonces, all of them open nonces.
    #[must_use]
    pub fn new(masters: Vec<[u8; 32]>) -> Self {
        Self { masters }
    }

    /// Makes a nonce: `version | key epoch | issued ms | node | random | tag`.
    #[must_use]
    pub fn mint(&self, now: Timestamp, node: u16, random: [u8; 8]) -> NonceText {
        let _ = (now, node, random, &self.masters);
        todo!()
    }

    /// Opens a nonce that came back.
    #[must_use]
    pub fn open(&self, text: &[u8], now: Timestamp, lifetime: Duration) -> NonceState {
        let _ = (text, now, lifetime);
        todo!()
    }
}
