//! The challenge, pre-rendered: one `WWW-Authenticate` field value an algorithm, all with the same nonce.

use super::{Algorithm, NonceText};

/// The `WWW-Authenticate` values of a 401, prepared up to the nonce.
#[derive(Clone, Debug)]
pub struct Challenges {
    start: Vec<u8>,
    ends: Vec<End>,
}

/// What follows the nonce.
#[derive(Clone, Debug)]
struct End {
    fresh: Vec<u8>,
    stale: Vec<u8>,
}

impl End {
    fn new(algorithm: Algorithm) -> Self {
        let end = |stale: bool| {
            let name = algorithm.name();
            format!("\", algorithm={name}, qop=\"auth\", stale={stale}").into_bytes()
        };
        Self {
            fresh: end(false),
            stale: end(true),
        }
    }
}

impl Challenges {
    /// Prepares `Digest realm="…", domain="", nonce="…", algorithm=…, qop="auth", stale=…` for each algorithm in order.
    /// The realm has been checked to be ASCII without comma, quote or backslash.
    #[must_use]
    pub fn new(realm: &str, algorithms: &[Algorithm]) -> Self {
        let start = format!("Digest realm=\"{realm}\", domain=\"\", nonce=\"");
        Self {
            start: start.into_bytes(),
            ends: algorithms.iter().copied().map(End::new).collect(),
        }
    }

    /// The field values, in order, for this nonce. `stale` tells that the digest was valid and only the nonce was not
    /// (RFC 7616 §3.3). Each is one allocation of exactly its length.
    pub fn render(&self, nonce: &NonceText, stale: bool) -> impl Iterator<Item = Vec<u8>> + '_ {
        let nonce = *nonce;
        self.ends.iter().map(move |end| {
            let end = if stale { &end.stale } else { &end.fresh };
            [&self.start[..], nonce.as_str().as_bytes(), end].concat()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::{NonceKeys, Timestamp};

    fn rendered(stale: bool) -> (String, Vec<Vec<u8>>) {
        let nonce = NonceKeys::new(vec![[7; 32]]).mint(Timestamp::from_millis(1), 0, [1; 8]);
        let challenges = Challenges::new("keywarden", &[Algorithm::Md5, Algorithm::Sha256]);
        let values = challenges.render(&nonce, stale).collect();
        (nonce.as_str().to_owned(), values)
    }

    #[test]
    fn a_challenge_has_the_one_form_that_all_clients_read() {
        let (nonce, values) = rendered(false);
        let expected = ["MD5", "SHA-256"].map(|name| {
            format!(
                "Digest realm=\"keywarden\", domain=\"\", nonce=\"{nonce}\", algorithm={name}, \
                 qop=\"auth\", stale=false"
            )
        });
        assert_eq!(values, expected.map(String::into_bytes));
    }

    #[test]
    fn a_stale_challenge_says_so_and_differs_in_nothing_else() {
        let text = |values: Vec<Vec<u8>>| values.concat();
        let fresh = String::from_utf8(text(rendered(false).1)).unwrap();
        let stale = String::from_utf8(text(rendered(true).1)).unwrap();
        assert_eq!(fresh.replace("stale=false", "stale=true"), stale);
    }

    #[test]
    fn rendering_one_value_is_one_allocation_of_its_length() {
        let nonce = NonceKeys::new(vec![[7; 32]]).mint(Timestamp::from_millis(1), 0, [1; 8]);
        let challenges = Challenges::new("keywarden", &[Algorithm::Md5]);
        let mut value = Vec::new();
        let count = allocation_counter::measure(|| {
            value = challenges.render(&nonce, false).next().unwrap_or_default();
        });
        assert_eq!(count.count_total, 1);
        assert_eq!(value.capacity(), value.len());
    }
}
