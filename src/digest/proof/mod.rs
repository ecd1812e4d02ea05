//! The proof itself: does the response follow from a verifier, compared in constant time.

use std::hint::black_box;

use md5::Digest;
use subtle::{Choice, ConstantTimeEq};

use super::hex::{Hex, MOST_OCTETS};
use super::value::Value;
use super::{Algorithm, Credentials, Scheme, Verifier};

/// HA1 of nobody.
const DUMMY: [u8; 2 * MOST_OCTETS] = [b'0'; 2 * MOST_OCTETS];

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
    let scheme = credentials.scheme()?;
    match scheme.algorithm {
        Algorithm::Md5 => find::<md5::Md5>(credentials, scheme, method, verifiers),
        Algorithm::Sha256 => find::<sha2::Sha256>(credentials, scheme, method, verifiers),
        Algorithm::Sha512Trunc256 => {
            find::<sha2::Sha512_256>(credentials, scheme, method, verifiers)
        }
    }
}

/// The value of `Authentication-Info` (RFC 7616 §3.5): `rspauth="…", qop=auth, cnonce="…", nc=…`.
#[derive(Clone, Debug)]
pub struct Rspauth(Vec<u8>);

impl Rspauth {
    /// The field value.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Computes the server's own proof: A2 = ":" uri. `verifier` is the one that [`proves`] returned.
#[must_use]
pub fn rspauth(credentials: &Credentials<'_>, verifier: &Verifier) -> Rspauth {
    let session = credentials.scheme().is_some_and(|scheme| scheme.session);
    let proof = match verifier.algorithm() {
        Algorithm::Md5 => answer::<md5::Md5>(credentials, session, verifier),
        Algorithm::Sha256 => answer::<sha2::Sha256>(credentials, session, verifier),
        Algorithm::Sha512Trunc256 => answer::<sha2::Sha512_256>(credentials, session, verifier),
    };
    let parts: [(&[u8], Value<'_>); 4] = [
        (b"rspauth=\"", Value::token(proof.as_slice())),
        (b"\", qop=", credentials.qop),
        (b", cnonce=\"", Value::token(credentials.cnonce.raw())),
        (b"\", nc=", credentials.nc),
    ];
    let length = parts
        .iter()
        .map(|(name, value)| name.len() + value.raw().len());
    let mut field = Vec::with_capacity(length.sum());
    for (name, value) in parts {
        field.extend_from_slice(name);
        value.feed(|octets| field.extend_from_slice(octets));
    }
    Rspauth(field)
}

fn answer<D: Digest>(credentials: &Credentials<'_>, session: bool, verifier: &Verifier) -> Hex {
    let a2 = hashed_request::<D>(b"", credentials.uri());
    Hex::of(&response::<D>(credentials, session, verifier.digits(), &a2))
}

fn find<'v, D: Digest>(
    credentials: &Credentials<'_>,
    scheme: Scheme,
    method: &[u8],
    verifiers: &'v [Verifier],
) -> Option<&'v Verifier> {
    let a2 = hashed_request::<D>(method, credentials.uri());
    let matches = |digits: &[u8]| -> Choice {
        response::<D>(credentials, scheme.session, digits, &a2)
            .as_slice()
            .ct_eq(credentials.response(scheme.algorithm))
    };
    let (mut proven, mut asked) = (None, false);
    for verifier in verifiers {
        if verifier.algorithm() == scheme.algorithm {
            asked = true;
            if matches(verifier.digits()).into() {
                proven = Some(verifier);
            }
        }
    }
    if !asked {
        let dummy = DUMMY
            .get(..scheme.algorithm.hex_digits())
            .unwrap_or_default();
        black_box(matches(black_box(dummy)));
    }
    proven
}

/// H(A2): the method and the uri (RFC 7616 §3.4.3).
fn hashed_request<D: Digest>(method: &[u8], uri: Value<'_>) -> Hex {
    let mut hasher = D::new();
    hasher.update(method);
    hasher.update(b":");
    uri.feed(|octets| hasher.update(octets));
    Hex::of(&hasher.finalize())
}

/// The response (RFC 7616 §3.4.1) for HA1 in hex `digits`.
fn response<D: Digest>(
    credentials: &Credentials<'_>,
    session: bool,
    digits: &[u8],
    a2: &Hex,
) -> md5::digest::Output<D> {
    let mut hasher = D::new();
    if session {
        hasher.update(session_key::<D>(credentials, digits).as_slice());
    } else {
        hasher.update(digits);
    }
    hasher.update(b":");
    hasher.update(credentials.nonce());
    for value in [credentials.nc, credentials.cnonce, credentials.qop] {
        hasher.update(b":");
        value.feed(|octets| hasher.update(octets));
    }
    hasher.update(b":");
    hasher.update(a2.as_slice());
    hasher.finalize()
}

/// H(A1) of the `-sess` forms (RFC 7616 §3.4.2), the inner hash in hex (RFC 2617 erratum 1649).
fn session_key<D: Digest>(credentials: &Credentials<'_>, digits: &[u8]) -> Hex {
    let mut hasher = D::new();
    hasher.update(digits);
    hasher.update(b":");
    hasher.update(credentials.nonce());
    hasher.update(b":");
    credentials.cnonce.feed(|octets| hasher.update(octets));
    Hex::of(&hasher.finalize())
}

#[cfg(test)]
mod tests;
