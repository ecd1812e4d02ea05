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
