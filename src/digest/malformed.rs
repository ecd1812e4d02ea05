//! What can be wrong with Digest credentials, each misbehaviour with its sentence.

/// Why a header value is no well-formed Digest credentials (RFC 7616 §3.4: "If a parameter or its value is improper,
/// or required parameters are missing, the proper response is a 4xx error code").
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// `algorithm=""`; absent, it would be MD5.
    #[error("`algorithm` is empty")]
    AlgorithmEmpty,
    /// `cnonce=""`.
    #[error("`cnonce` is empty")]
    CnonceEmpty,
    /// `qop` without `cnonce`.
    #[error("`cnonce` is missing")]
    CnonceMissing,
    /// A control character, or DEL, in a quoted string.
    #[error("a quoted string holds a control character")]
    ControlCharacter,
    /// `nc` is not 1–8 hex digits.
    #[error("`nc` is not 1 to 8 hex digits")]
    CountMalformed,
    /// `qop` without `nc`.
    #[error("`nc` is missing")]
    CountMissing,
    /// A parameter without `=`.
    #[error("a parameter has no `=`")]
    EqualsMissing,
    /// A value with needless escapes is longer than there is room to undo them.
    #[error("an escaped or encoded value is too long")]
    EscapedTooLong,
    /// A parameter without a name, or a character that no name may have.
    #[error("a parameter name is missing or holds a character that is not allowed")]
    Name,
    /// `nonce=""`.
    #[error("`nonce` is empty")]
    NonceEmpty,
    /// No `nonce`.
    #[error("`nonce` is missing")]
    NonceMissing,
    /// The scheme is another one.
    #[error("the credentials are not of the scheme Digest")]
    NotDigest,
    /// The form of RFC 2069, whose response covers no count: it could be replayed.
    #[error("`qop` is missing: the form of RFC 2069 is not accepted")]
    QopMissing,
    /// A `qop` that was not offered.
    #[error("`qop` is not `auth`")]
    QopNotOffered,
    /// No `realm`.
    #[error("`realm` is missing")]
    RealmMissing,
    /// A parameter is there twice (RFC 9110 §11.2).
    #[error("a parameter is repeated")]
    Repeated,
    /// A `response` of another length than the algorithm's.
    #[error("`response` has not as many digits as its algorithm gives")]
    ResponseLength,
    /// No `response`.
    #[error("`response` is missing")]
    ResponseMissing,
    /// A `response` that is no hash.
    #[error("`response` is not hex digits")]
    ResponseNotHex,
    /// Something between a value and the next comma.
    #[error("text follows a value without a comma between them")]
    TextAfterValue,
    /// More than 8 KiB.
    #[error("the field is longer than 8192 octets")]
    TooLong,
    /// More than 40 parameters.
    #[error("there are more than 40 parameters")]
    TooManyParameters,
    /// A quoted string without its closing quote.
    #[error("a quoted string does not end")]
    Unterminated,
    /// `uri=""`.
    #[error("`uri` is empty")]
    UriEmpty,
    /// No `uri`.
    #[error("`uri` is missing")]
    UriMissing,
    /// `uri` without quotes.
    #[error("`uri` is not a quoted string")]
    UriUnquoted,
    /// `userhash` is neither `true` nor `false`.
    #[error("`userhash` is neither `true` nor `false`")]
    Userhash,
    /// `username*` with `userhash=true`: a hash needs no encoding (RFC 7616 §3.4).
    #[error("`username*` comes with `userhash=true`")]
    UserhashEncoded,
    /// Both `username` and `username*`.
    #[error("`username` and `username*` are both there")]
    UsernameBoth,
    /// An empty user name.
    #[error("the user name is empty")]
    UsernameEmpty,
    /// `username*` breaks the grammar of RFC 8187.
    #[error("`username*` is not UTF-8'language'percent-encoded text without control characters")]
    UsernameEncoding,
    /// Neither `username` nor `username*`.
    #[error("`username` is missing")]
    UsernameMissing,
    /// A parameter whose value is empty, or not of token characters, outside quotes.
    #[error("a value outside quotes is empty or starts with a character that needs quotes")]
    Value,
}
