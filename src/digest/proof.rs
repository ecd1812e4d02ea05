//! The proof itself: does the response follow from a verifier, compared in constant time.

use super::{Credentials, Verifier};

/// Whether `credentials` were computed with one of `verifiers` for `method`; returns the one.
///
/// Always computes at least one response: without a fitting verifier a dummy is hashed and can never match, so an
/// unknown user costs the same time and never verifies (Tomcat CVE-2026-43512). Compares in constant time.
/// Allocates nothing.
#[must_use]
pub fn proves<'v>(
    credentials: &Credentials<'_>,
    method: &[u8],
    verifiers: &'v [Verifier],
) -> Option<&'v Verifier> {
    let _ = (credentials, method, verifiers);
    todo!()
}

/// The value of `Authentication-Info` (RFC 7616 §3.5): `rspauth="…", qop=auth, cnonce="…", nc=…`.
pub struct Rspauth(Vec<u8>);

impl Rspauth {
    /// The field value.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Computes the server's own proof: A2 = ":" uri.
#[must_use]
pub fn rspauth(credentials: &Credentials<'_>, verifier: &Verifier) -> Rspauth {
    let _ = (credentials, verifier);
    todo!()
}
