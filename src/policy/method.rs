//! The request methods an admin API is called with; HEAD is judged as GET.

/// A request method.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Method {
    /// DELETE.
    Delete,
    /// GET.
    Get,
    /// HEAD, judged as GET.
    Head,
    /// OPTIONS.
    Options,
    /// PATCH.
    Patch,
    /// POST.
    Post,
    /// PUT.
    Put,
}

/// Why a request's method is not served.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum MethodError {
    /// CONNECT or TRACE: never served here (405).
    #[error("this method is not served")]
    Forbidden,
    /// Not a token in upper case (400).
    #[error("the method is not an upper-case token")]
    Malformed,
    /// A method outside the list (501).
    #[error("the method is unknown")]
    Unknown,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 7] = [
        Self::Delete,
        Self::Get,
        Self::Head,
        Self::Options,
        Self::Patch,
        Self::Post,
        Self::Put,
    ];

    /// The token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delete => "DELETE",
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Options => "OPTIONS",
            Self::Patch => "PATCH",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }

    /// The method of that exact token.
    ///
    /// # Errors
    /// By what is wrong with it; see [`MethodError`].
    pub fn parse(token: &str) -> Result<Self, MethodError> {
        if let Some(known) = Self::ALL.into_iter().find(|m| m.as_str() == token) {
            return Ok(known);
        }
        match token {
            "CONNECT" | "TRACE" => Err(MethodError::Forbidden),
            _ if !token.is_empty()
                && token.len() <= 20
                && token.bytes().all(|b| b.is_ascii_uppercase()) =>
            {
                Err(MethodError::Unknown)
            }
            _ => Err(MethodError::Malformed),
        }
    }

    /// The method a request is judged as: "HEAD counts as GET".
    #[must_use]
    pub const fn judged_as(self) -> Self {
        match self {
            Self::Head => Self::Get,
            other => other,
        }
    }
}
