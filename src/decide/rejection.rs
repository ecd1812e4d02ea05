//! Why a request is rejected before any credential is looked at: rule 0.

use crate::policy::{MethodError, TargetError};

/// A request that has more than one reading, or that nobody serves here.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Rejection {
    /// More than 32 entries, or more octets than allowed, in the chain of addresses (400).
    AddressChainTooLong,
    /// The body is longer than allowed (413).
    BodyTooLarge,
    /// `Expect` other than `100-continue` (417).
    ExpectationUnknown,
    /// Framing that two parsers could read differently (400).
    FramingAmbiguous,
    /// A header that two parsers could read differently (400).
    HeaderAmbiguous,
    /// The head is too large (431).
    HeadTooLarge,
    /// `Host` is missing, repeated, malformed, or differs from the target's (400).
    HostAmbiguous,
    /// `Host` names a server that this listener is not (421).
    HostMisdirected,
    /// The request comes back to a gateway it has passed (508).
    Loop,
    /// CONNECT, TRACE and `OPTIONS *` (405).
    MethodForbidden,
    /// Not an upper-case token (400).
    MethodMalformed,
    /// A method outside the list (501).
    MethodUnknown,
    /// A target that two parsers could read differently (400).
    TargetAmbiguous,
    /// The target is over 8 KiB (414).
    TargetTooLong,
    /// A transfer coding other than `chunked` (501).
    TransferCodingUnknown,
    /// HTTP/1.0 (505).
    VersionUnsupported,
}

impl Rejection {
    /// Every rejection.
    pub const ALL: [Self; 16] = [
        Self::AddressChainTooLong,
        Self::BodyTooLarge,
        Self::ExpectationUnknown,
        Self::FramingAmbiguous,
        Self::HeaderAmbiguous,
        Self::HeadTooLarge,
        Self::HostAmbiguous,
        Self::HostMisdirected,
        Self::Loop,
        Self::MethodForbidden,
        Self::MethodMalformed,
        Self::MethodUnknown,
        Self::TargetAmbiguous,
        Self::TargetTooLong,
        Self::TransferCodingUnknown,
        Self::VersionUnsupported,
    ];

    /// The reason code: log field, metric label, README heading.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AddressChainTooLong => "address_chain_too_long",
            Self::BodyTooLarge => "body_too_large",
            Self::ExpectationUnknown => "expectation_unknown",
            Self::FramingAmbiguous => "framing_ambiguous",
            Self::HeaderAmbiguous => "header_ambiguous",
            Self::HeadTooLarge => "head_too_large",
            Self::HostAmbiguous => "host_ambiguous",
            Self::HostMisdirected => "host_misdirected",
            Self::Loop => "loop_detected",
            Self::MethodForbidden => "method_forbidden",
            Self::MethodMalformed => "method_malformed",
            Self::MethodUnknown => "method_unknown",
            Self::TargetAmbiguous => "target_ambiguous",
            Self::TargetTooLong => "target_too_long",
            Self::TransferCodingUnknown => "transfer_coding_unknown",
            Self::VersionUnsupported => "version_unsupported",
        }
    }
}

impl From<TargetError> for Rejection {
    fn from(wrong: TargetError) -> Self {
        match wrong {
            TargetError::TooLong => Self::TargetTooLong,
            TargetError::BadEscape
            | TargetError::DotSegment
            | TargetError::EmptySegment
            | TargetError::EncodedOctet
            | TargetError::NotOriginForm
            | TargetError::OctetInPath
            | TargetError::OctetInQuery => Self::TargetAmbiguous,
        }
    }
}

impl From<MethodError> for Rejection {
    fn from(wrong: MethodError) -> Self {
        match wrong {
            MethodError::Forbidden => Self::MethodForbidden,
            MethodError::Malformed => Self::MethodMalformed,
            MethodError::Unknown => Self::MethodUnknown,
        }
    }
}
