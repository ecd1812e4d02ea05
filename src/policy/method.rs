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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_its_exact_token() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.as_str()), Ok(method));
            assert_eq!(
                Method::parse(&method.as_str().to_lowercase()),
                Err(MethodError::Malformed)
            );
        }
        for (token, wrong) in [
            ("CONNECT", MethodError::Forbidden),
            ("TRACE", MethodError::Forbidden),
            ("PROPFIND", MethodError::Unknown),
            ("", MethodError::Malformed),
            ("GET ", MethodError::Malformed),
            ("G\u{0}T", MethodError::Malformed),
            ("AAAAAAAAAAAAAAAAAAAAA", MethodError::Malformed),
        ] {
            assert_eq!(Method::parse(token), Err(wrong), "{token}");
        }
    }

    #[test]
    fn only_head_is_judged_as_another() {
        for method in Method::ALL {
            let judged = if method == Method::Head {
                Method::Get
            } else {
                method
            };
            assert_eq!(method.judged_as(), judged);
        }
    }
}
