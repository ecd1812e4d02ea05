//! The hash algorithms of RFC 7616 and the spellings callers use for them.

/// A hash algorithm of RFC 7616 §3.3.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Algorithm {
    /// `MD5`.
    Md5,
    /// `SHA-256`.
    Sha256,
    /// `SHA-512-256`, which is SHA-512/256 and not a truncated SHA-512 (erratum 4897).
    Sha512Trunc256,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 3] = [Self::Md5, Self::Sha256, Self::Sha512Trunc256];

    /// The token of the `algorithm` parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512Trunc256 => "SHA-512-256",
        }
    }

    /// The algorithm of that name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// Hex digits of one hash.
    #[must_use]
    pub const fn hex_digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 | Self::Sha512Trunc256 => 64,
        }
    }
}

/// An algorithm as named in credentials: the hash, and whether it is the `-sess` form.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Scheme {
    /// The hash.
    pub algorithm: Algorithm,
    /// `-sess`: the nonce and cnonce are hashed into A1 (RFC 7616 §3.4.2).
    pub session: bool,
}

impl Scheme {
    /// Every scheme.
    pub const ALL: [Self; 6] = [
        Self::plain(Algorithm::Md5),
        Self::plain(Algorithm::Sha256),
        Self::plain(Algorithm::Sha512Trunc256),
        Self::session(Algorithm::Md5),
        Self::session(Algorithm::Sha256),
        Self::session(Algorithm::Sha512Trunc256),
    ];

    /// The plain form of an algorithm.
    #[must_use]
    pub const fn plain(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            session: false,
        }
    }

    /// The `-sess` form of an algorithm.
    #[must_use]
    pub const fn session(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            session: true,
        }
    }

    /// The token of the `algorithm` parameter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match (self.algorithm, self.session) {
            (algorithm, false) => algorithm.name(),
            (Algorithm::Md5, true) => "MD5-sess",
            (Algorithm::Sha256, true) => "SHA-256-sess",
            (Algorithm::Sha512Trunc256, true) => "SHA-512-256-sess",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_is_found_by_its_name_in_any_case() {
        for algorithm in Algorithm::ALL {
            let lower = algorithm.name().to_lowercase();
            assert_eq!(Algorithm::from_name(&lower), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("SHA-1"), None);
    }

    #[test]
    fn a_session_scheme_is_named_after_its_algorithm() {
        for scheme in Scheme::ALL {
            let suffix = if scheme.session { "-sess" } else { "" };
            assert_eq!(
                scheme.name(),
                format!("{}{suffix}", scheme.algorithm.name())
            );
        }
    }
}
