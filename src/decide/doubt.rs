//! Why a caller is challenged: rules 1–3 and 10.

use super::Rule;

/// A doubt about who is calling; answered with a challenge (or 400 for malformed credentials).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Doubt {
    /// The algorithm is unknown or not enabled.
    AlgorithmUnacceptable,
    /// The credentials break the grammar, repeat or lack a parameter, or sign another uri.
    CredentialsMalformed,
    /// There are no digest credentials.
    CredentialsMissing,
    /// The digest is right, but the nonce is too old.
    NonceExpired,
    /// The digest is right, but the nonce is not ours.
    NonceForeign,
    /// This nonce and count were used before.
    ProofReplayed,
    /// The response does not follow from an enabled key's private key.
    ProofWrong,
    /// The realm is not ours.
    RealmForeign,
}

impl Doubt {
    /// Every doubt.
    pub const ALL: [Self; 8] = [
        Self::AlgorithmUnacceptable,
        Self::CredentialsMalformed,
        Self::CredentialsMissing,
        Self::NonceExpired,
        Self::NonceForeign,
        Self::ProofReplayed,
        Self::ProofWrong,
        Self::RealmForeign,
    ];

    /// The reason code: log field, metric label, README heading.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlgorithmUnacceptable => "algorithm_unacceptable",
            Self::CredentialsMalformed => "credentials_malformed",
            Self::CredentialsMissing => "credentials_missing",
            Self::NonceExpired => "nonce_expired",
            Self::NonceForeign => "nonce_foreign",
            Self::ProofReplayed => "proof_replayed",
            Self::ProofWrong => "proof_wrong",
            Self::RealmForeign => "realm_foreign",
        }
    }

    /// The rule that broke.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::AlgorithmUnacceptable
            | Self::CredentialsMalformed
            | Self::CredentialsMissing
            | Self::RealmForeign => Rule::Credentials,
            Self::ProofWrong => Rule::Proof,
            Self::NonceExpired | Self::NonceForeign => Rule::Nonce,
            Self::ProofReplayed => Rule::Once,
        }
    }

    /// Whether the challenge says `stale=true`: the digest was valid, only the nonce was not (RFC 7616 §3.3).
    #[must_use]
    pub const fn is_stale(self) -> bool {
        match self {
            Self::NonceExpired | Self::NonceForeign | Self::ProofReplayed => true,
            Self::AlgorithmUnacceptable
            | Self::CredentialsMalformed
            | Self::CredentialsMissing
            | Self::ProofWrong
            | Self::RealmForeign => false,
        }
    }
}
