//! Digest credentials as a caller wrote them, parsed strictly and borrowed from the header.

use super::Scheme;

/// Parsed `Authorization: Digest …` credentials, borrowed from the header value. Parsing allocates nothing.
#[derive(Clone, Debug)]
pub struct Credentials<'h> {
    scheme: Option<Scheme>,
    nonce: &'h [u8],
    count: u32,
    // the owner of this floor adds what it needs: raw text slices, decoded user name in a stack buffer, …
}

/// Why a header value is no well-formed Digest credentials (RFC 7616 §3.4: "the proper response is a 4xx error code").
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// A parameter is there twice (RFC 9110 §11.2).
    #[error("a parameter is repeated")]
    Repeated,
    // … the owner adds one variant for each misbehaviour, each with its sentence
}

impl<'h> Credentials<'h> {
    /// Whether a header value's scheme is `Digest` (in any case): `Digest` followed by a blank or the end.
    #[must_use]
    pub fn is_digest(value: &[u8]) -> bool {
        let _ = value;
        todo!()
    }

    /// Parses one `Authorization` field value whose scheme is Digest.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn parse(value: &'h [u8]) -> Result<Self, Malformed> {
        let _ = value;
        todo!()
    }

    /// The user name: octets after undoing quoting or RFC 8187 encoding; a public key.
    #[must_use]
    pub fn username(&self) -> &[u8] {
        todo!()
    }

    /// Whether the `realm` parameter, unquoted, is exactly `realm`.
    #[must_use]
    pub fn realm_is(&self, realm: &str) -> bool {
        let _ = realm;
        todo!()
    }

    /// The algorithm, absent = MD5 (RFC 7616 §3.4); `None` when it is one we do not know, or `userhash=true`.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The nonce as sent, unquoted.
    #[must_use]
    pub fn nonce(&self) -> &'h [u8] {
        self.nonce
    }

    /// `nc` as a number.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Whether `uri` designates the received request `target` (origin-form, path and query) on `authority`
    /// by the table of `facts/digest.md` §2 (equal octets; absolute with the same authority; hex case; unreserved escapes).
    #[must_use]
    pub fn designates(&self, target: &[u8], authority: &[u8]) -> bool {
        let _ = (target, authority);
        todo!()
    }
}
