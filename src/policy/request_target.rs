//! A request target that can be read in one way only: what is matched is what is forwarded.

/// The path of a request target, checked by the policy of rule 0; borrowed, never changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestPath<'r>(&'r str);

impl<'r> RequestPath<'r> {
    /// The octets, as received and as forwarded.
    #[must_use]
    pub fn as_str(self) -> &'r str {
        self.0
    }
}

/// An origin-form request target: path and query.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct RequestTarget<'r> {
    text: &'r str,
    path: RequestPath<'r>,
    query: Option<&'r str>,
}

/// Why a request target is refused: two parsers could read it differently (rule 0).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum TargetError {
    /// Path and query are over 8 KiB (414).
    #[error("the request target is too long")]
    TooLong,
    /// It does not begin with `/`.
    #[error("the request target is not in origin-form")]
    NotOriginForm,
    // the owner adds: OctetInPath, BadEscape, EncodedOctet, EmptySegment, DotSegment, OctetInQuery
}

impl<'r> RequestTarget<'r> {
    /// Checks an origin-form target by rule A of the path policy. Allocates nothing.
    ///
    /// # Errors
    /// With what could be read in two ways.
    pub fn parse(text: &'r [u8]) -> Result<Self, TargetError> {
        let _ = text;
        Err(TargetError::NotOriginForm)
    }

    /// Path and query, octet for octet.
    #[must_use]
    pub fn as_str(&self) -> &'r str {
        self.text
    }

    /// The path.
    #[must_use]
    pub fn path(&self) -> RequestPath<'r> {
        self.path
    }

    /// The query without its `?`.
    #[must_use]
    pub fn query(&self) -> Option<&'r str> {
        self.query
    }

    /// Whether the query names a method (`_method=DELETE` and its kin): then rows of every method count.
    #[must_use]
    pub fn overrides_method(&self) -> bool {
        todo!()
    }
}
