//! Digest credentials as a caller wrote them, parsed strictly and borrowed from the header.

use super::designation::designates;
use super::hex::{MOST_OCTETS, nibble};
use super::parameters::Parameters;
use super::username::{self, Username};
use super::value::{Octets, Value};
use super::{Algorithm, Malformed, Scheme};

/// Longest `Authorization` field value, in octets.
const MAX_FIELD: usize = 8192;
/// Most parameters, known and unknown.
const MAX_PARAMETERS: usize = 40;
/// Room for a nonce that has to be unescaped, in octets. Ours have 40 and need no escapes.
const NONCE_ROOM: usize = 64;

/// Parsed `Authorization: Digest …` credentials, borrowed from the header value. Parsing allocates nothing.
#[derive(Clone, Debug)]
pub struct Credentials<'h> {
    username: Username<'h>,
    realm: Value<'h>,
    nonce: Octets<'h, NONCE_ROOM>,
    uri: Value<'h>,
    pub(super) cnonce: Value<'h>,
    pub(super) qop: Value<'h>,
    pub(super) nc: Value<'h>,
    count: u32,
    scheme: Option<Scheme>,
    response: [u8; MOST_OCTETS],
}

impl<'h> Credentials<'h> {
    /// Whether a header value's scheme is `Digest` (in any case): `Digest` followed by a blank or the end.
    #[must_use]
    pub fn is_digest(value: &[u8]) -> bool {
        parameters(value).is_some()
    }

    /// Parses one `Authorization` field value whose scheme is Digest.
    ///
    /// # Errors
    /// With the first thing that is wrong.
    pub fn parse(value: &'h [u8]) -> Result<Self, Malformed> {
        if value.len() > MAX_FIELD {
            return Err(Malformed::TooLong);
        }
        let list = parameters(value).ok_or(Malformed::NotDigest)?;
        let found = Found::read(Parameters::new(list))?;
        let username = username::read(found.username, found.encoded_username)?;
        let named = named_scheme(found.algorithm)?;
        let hashed = is_hashed(found.userhash)?;
        if hashed && found.encoded_username.is_some() {
            return Err(Malformed::UserhashEncoded);
        }
        let nonce = required(found.nonce, Malformed::NonceMissing, Malformed::NonceEmpty)?;
        let uri = required(found.uri, Malformed::UriMissing, Malformed::UriEmpty)?;
        if !uri.is_quoted() {
            return Err(Malformed::UriUnquoted);
        }
        let qop = found.qop.ok_or(Malformed::QopMissing)?;
        if !qop.equals_in_any_case("auth") {
            return Err(Malformed::QopNotOffered);
        }
        let nc = found.nc.ok_or(Malformed::CountMissing)?;
        Ok(Self {
            username,
            realm: found.realm.ok_or(Malformed::RealmMissing)?,
            nonce: Octets::of(nonce)?,
            uri,
            cnonce: required(
                found.cnonce,
                Malformed::CnonceMissing,
                Malformed::CnonceEmpty,
            )?,
            qop,
            nc,
            count: count(nc)?,
            response: response(found.response, named.map(|scheme| scheme.algorithm))?,
            scheme: named.filter(|_| !hashed),
        })
    }

    /// The user name: octets after undoing quoting or RFC 8187 encoding; a public key.
    #[must_use]
    pub fn username(&self) -> &[u8] {
        self.username.as_slice()
    }

    /// Whether the `realm` parameter, unquoted, is exactly `realm`.
    #[must_use]
    pub fn realm_is(&self, realm: &str) -> bool {
        self.realm.equals(realm.as_bytes())
    }

    /// The algorithm, absent = MD5 (RFC 7616 §3.4); `None` when it is one we do not know, or `userhash=true`.
    #[must_use]
    pub fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The nonce as sent, unquoted.
    #[must_use]
    pub fn nonce(&self) -> &[u8] {
        self.nonce.as_slice()
    }

    /// `nc` as a number.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Whether `uri` designates the received request `target` (origin-form, path and query) on `authority`:
    /// equal octets; absolute with the same authority; another case of `%XX`; `%XX` of unreserved characters
    /// (RFC 7616 §3.4.6, RFC 3986 §6.2.2.1–2).
    #[must_use]
    pub fn designates(&self, target: &[u8], authority: &[u8]) -> bool {
        designates(self.uri, target, authority)
    }

    pub(super) fn uri(&self) -> Value<'h> {
        self.uri
    }

    /// The octets of `response`, as many as the algorithm's hash has.
    pub(super) fn response(&self, algorithm: Algorithm) -> &[u8] {
        self.response
            .get(..algorithm.hex_digits() / 2)
            .unwrap_or_default()
    }
}

/// The parameters of a header value whose scheme is `Digest`.
fn parameters(value: &[u8]) -> Option<&[u8]> {
    let (scheme, list) = value.split_at_checked(b"Digest".len())?;
    let ends = matches!(list.first(), None | Some(b' '));
    (ends && scheme.eq_ignore_ascii_case(b"Digest")).then_some(list)
}

/// The parameters that have a meaning, each at most once.
#[derive(Default)]
struct Found<'h> {
    algorithm: Option<Value<'h>>,
    cnonce: Option<Value<'h>>,
    encoded_username: Option<Value<'h>>,
    nc: Option<Value<'h>>,
    nonce: Option<Value<'h>>,
    qop: Option<Value<'h>>,
    realm: Option<Value<'h>>,
    response: Option<Value<'h>>,
    uri: Option<Value<'h>>,
    userhash: Option<Value<'h>>,
    username: Option<Value<'h>>,
}

impl<'h> Found<'h> {
    fn read(parameters: Parameters<'h>) -> Result<Self, Malformed> {
        let mut found = Self::default();
        // Most clients send no unknown parameter, and filling the room takes time.
        let mut others: Option<[&[u8]; MAX_PARAMETERS]> = None;
        for (index, parameter) in parameters.enumerate() {
            let (name, value) = parameter?;
            if index >= MAX_PARAMETERS {
                return Err(Malformed::TooManyParameters);
            }
            let repeated = if let Some(slot) = found.slot(name) {
                slot.replace(value).is_some()
            } else {
                let others = others.get_or_insert([&[]; MAX_PARAMETERS]);
                let there = others.iter().any(|other| other.eq_ignore_ascii_case(name));
                if let Some(room) = others.get_mut(index) {
                    *room = name;
                }
                there
            };
            if repeated {
                return Err(Malformed::Repeated);
            }
        }
        Ok(found)
    }

    fn slot(&mut self, name: &[u8]) -> Option<&mut Option<Value<'h>>> {
        let mut lower = [0; 9];
        let lower = lower.get_mut(..name.len())?;
        lower.copy_from_slice(name);
        lower.make_ascii_lowercase();
        Some(match &*lower {
            b"algorithm" => &mut self.algorithm,
            b"cnonce" => &mut self.cnonce,
            b"nc" => &mut self.nc,
            b"nonce" => &mut self.nonce,
            b"qop" => &mut self.qop,
            b"realm" => &mut self.realm,
            b"response" => &mut self.response,
            b"uri" => &mut self.uri,
            b"userhash" => &mut self.userhash,
            b"username" => &mut self.username,
            b"username*" => &mut self.encoded_username,
            _ => return None,
        })
    }
}

fn required(
    value: Option<Value<'_>>,
    missing: Malformed,
    empty: Malformed,
) -> Result<Value<'_>, Malformed> {
    let value = value.ok_or(missing)?;
    if value.is_empty() {
        Err(empty)
    } else {
        Ok(value)
    }
}

/// The scheme that `algorithm` names; `None` for one we do not know.
fn named_scheme(algorithm: Option<Value<'_>>) -> Result<Option<Scheme>, Malformed> {
    match algorithm {
        None => Ok(Some(Scheme::plain(Algorithm::Md5))),
        Some(name) if name.is_empty() => Err(Malformed::AlgorithmEmpty),
        Some(name) => Ok(Scheme::ALL
            .into_iter()
            .find(|scheme| name.equals_in_any_case(scheme.name()))),
    }
}

/// Whether the user name is a hash (RFC 7616 §3.4.4). An empty `userhash=` is taken for absent.
fn is_hashed(userhash: Option<Value<'_>>) -> Result<bool, Malformed> {
    match userhash {
        None => Ok(false),
        Some(value) if value.is_empty() || value.equals_in_any_case("false") => Ok(false),
        Some(value) if value.equals_in_any_case("true") => Ok(true),
        Some(_) => Err(Malformed::Userhash),
    }
}

/// `nc`: 1–8 hex digits. RFC 7616 has 8, old Android sends 6.
fn count(nc: Value<'_>) -> Result<u32, Malformed> {
    let digits: Octets<'_, 8> = Octets::of(nc)?;
    let digits = digits.as_slice();
    if !matches!(digits.len(), 1..=8) {
        return Err(Malformed::CountMalformed);
    }
    digits.iter().try_fold(0, |count, digit| {
        let nibble = nibble(*digit).ok_or(Malformed::CountMalformed)?;
        Ok(count << 4 | u32::from(nibble))
    })
}

/// The octets of `response`. Of an algorithm we do not know any number of digits will do: it is never compared.
fn response(
    response: Option<Value<'_>>,
    algorithm: Option<Algorithm>,
) -> Result<[u8; MOST_OCTETS], Malformed> {
    let response = response.ok_or(Malformed::ResponseMissing)?;
    let digits: Octets<'_, { 2 * MOST_OCTETS }> = Octets::of(response)?;
    let digits = digits.as_slice();
    let length = algorithm.map_or(digits.len(), Algorithm::hex_digits);
    if digits.is_empty() || digits.len() != length {
        return Err(Malformed::ResponseLength);
    }
    let mut octets = [0; MOST_OCTETS];
    let mut rooms = octets.iter_mut();
    for pair in digits.chunks(2) {
        let octet = pair.iter().try_fold(0, |octet, digit| {
            let nibble = nibble(*digit).ok_or(Malformed::ResponseNotHex)?;
            Ok(octet << 4 | nibble)
        })?;
        if let Some(room) = rooms.next() {
            *room = octet;
        }
    }
    Ok(octets)
}

#[cfg(test)]
mod tests;
