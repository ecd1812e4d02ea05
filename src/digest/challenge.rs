//! The challenge, pre-rendered: one `WWW-Authenticate` field value an algorithm, all with the same nonce.

use super::{Algorithm, NonceText};

/// The `WWW-Authenticate` values of a 401, prepared up to the nonce.
#[derive(Clone, Debug)]
pub struct Challenges {
    parts: Vec<(String, String, String)>,
}

impl Challenges {
    /// Prepares `Digest realm="…", domain="", nonce="…", algorithm=…, qop="auth", stale=…` for each algorithm in order.
    /// The realm has been checked to be ASCII without comma, quote or backslash.
    #[must_use]
    pub fn new(realm: &str, algorithms: &[Algorithm]) -> Self {
        let _ = (realm, algorithms);
        Self { parts: Vec::new() }
    }

    /// The field values, in order, for this nonce.
    pub fn render(&self, nonce: &NonceText, stale: bool) -> impl Iterator<Item = Vec<u8>> + '_ {
        let _ = (nonce, stale);
        self.parts.iter().map(|_| Vec::new())
    }
}
