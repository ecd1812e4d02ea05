//! A path template of the resource table: literals, `{name}` for one segment, `{name...}` for all that is left.

use super::literal::Literal;
use super::request_target::in_path;

/// A parsed template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PathTemplate {
    text: String,
    parts: Box<[Part]>,
}

/// One segment of a template.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Part {
    /// A text that a segment has to be read as.
    Literal(Literal),
    /// `{name}`: exactly one non-empty segment.
    Parameter,
    /// `{name...}`: everything that is left, at least one segment.
    Rest,
}

/// Why a text is no template.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TemplateError {
    /// Braces that do not enclose one whole segment.
    #[error(
        "`{0}` is no parameter: `{{name}}` is one whole segment and `{{name...}}` all that is left (a `:verb` after a parameter belongs to it)"
    )]
    BadParameter(String),
    /// A literal that no path can hold: a segment of only dots is refused before the table is asked.
    #[error("`{0}` consists of dots or blanks: no accepted path has such a segment")]
    DotsOnly(String),
    /// Two slashes in a row.
    #[error("the path template has an empty segment")]
    EmptySegment,
    /// `{name...}` before the last segment.
    #[error("`{0}` takes all that is left, so nothing may come after it")]
    GreedyNotLast(String),
    /// A literal with `%`, or with an octet that no accepted path has.
    #[error("`{0}` has a character that no path segment has undecoded: write the decoded text")]
    LiteralOctet(String),
    /// It does not begin with `/`.
    #[error("a path template begins with `/`")]
    NoSlash,
    /// Over 64 segments.
    #[error("a path template has at most 64 segments")]
    TooDeep,
}

/// Segments of a template; a walk over the table is that deep at most.
const DEEPEST: usize = 64;

impl PathTemplate {
    /// Parses `base` and `path` as one template. A slash at the end of either is left out: "one trailing slash is
    /// ignored" holds for templates as it does for paths.
    ///
    /// # Errors
    /// By rule E of the path policy: no literal with `%`, none of only dots, a greedy parameter only at the end.
    pub fn parse(base: &str, path: &str) -> Result<Self, TemplateError> {
        let base = base.strip_suffix('/').unwrap_or(base);
        if !path.starts_with('/') || !(base.is_empty() || base.starts_with('/')) {
            return Err(TemplateError::NoSlash);
        }
        let text = format!("{base}{path}");
        if text.contains("//") {
            return Err(TemplateError::EmptySegment);
        }
        let inner = text.strip_prefix('/').unwrap_or(&text);
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        let parts = if inner.is_empty() {
            Box::default()
        } else {
            inner
                .split('/')
                .map(part)
                .collect::<Result<Box<[_]>, _>>()?
        };
        if parts.len() > DEEPEST {
            return Err(TemplateError::TooDeep);
        }
        if let Some((_, before)) = parts.split_last()
            && let Some((_, greedy)) = before
                .iter()
                .zip(inner.split('/'))
                .find(|(part, _)| **part == Part::Rest)
        {
            return Err(TemplateError::GreedyNotLast(greedy.to_owned()));
        }
        Ok(Self { text, parts })
    }

    /// As written, base included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How many parameters it has; the template of a scope has one, which takes one segment.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.parts
            .iter()
            .filter(|part| matches!(part, Part::Parameter | Part::Rest))
            .count()
    }

    /// Whether it ends in `{name...}`.
    #[must_use]
    pub fn is_greedy(&self) -> bool {
        self.parts.last() == Some(&Part::Rest)
    }

    /// Its segments.
    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }
}

fn part(segment: &str) -> Result<Part, TemplateError> {
    if segment.contains(['{', '}']) {
        return parameter(segment).ok_or_else(|| TemplateError::BadParameter(segment.to_owned()));
    }
    if !segment.bytes().all(in_path) {
        return Err(TemplateError::LiteralOctet(segment.to_owned()));
    }
    let literal = Literal::new(segment);
    if literal.len() == 0 {
        return Err(TemplateError::DotsOnly(segment.to_owned()));
    }
    Ok(Part::Literal(literal))
}

fn parameter(segment: &str) -> Option<Part> {
    let inner = segment.strip_prefix('{')?.strip_suffix('}')?;
    let (name, part) = match inner.strip_suffix("...") {
        Some(name) => (name, Part::Rest),
        None => (inner, Part::Parameter),
    };
    let is_name = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
    (!name.is_empty() && name.bytes().all(is_name)).then_some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(path: &str) -> TemplateError {
        PathTemplate::parse("", path).unwrap_err()
    }

    #[test]
    fn a_template_is_kept_as_written_with_its_base() {
        for (base, path, text) in [
            (
                "/api/atlas/v2",
                "/orgs/{orgId}",
                "/api/atlas/v2/orgs/{orgId}",
            ),
            ("/api/", "/a", "/api/a"),
            ("", "/a/", "/a/"),
            ("/", "/", "/"),
            ("/api", "/", "/api/"),
            ("", "/accessList/{ip...}", "/accessList/{ip...}"),
            (
                "",
                "/flexClusters:tenantUpgrade",
                "/flexClusters:tenantUpgrade",
            ),
        ] {
            assert_eq!(PathTemplate::parse(base, path).unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_template_counts_its_parameters() {
        let template = |path| PathTemplate::parse("/v1.0", path).unwrap();
        assert_eq!(template("/orgs/{id}").parameter_count(), 1);
        assert_eq!(template("/orgs").parameter_count(), 0);
        assert_eq!(template("/a/{b}/{c...}").parameter_count(), 2);
        assert!(template("/a/{b}/{c...}").is_greedy() && !template("/orgs/{id}").is_greedy());
    }

    #[test]
    fn every_wrong_template_has_its_own_error() {
        use TemplateError::{
            BadParameter, DotsOnly, EmptySegment, GreedyNotLast, LiteralOctet, NoSlash, TooDeep,
        };
        for path in ["", "a/b", "{x}"] {
            assert_eq!(wrong(path), NoSlash, "{path}");
        }
        assert_eq!(PathTemplate::parse("api", "/a"), Err(NoSlash));
        for path in ["//", "/a//b", "/a//", "//a"] {
            assert_eq!(wrong(path), EmptySegment, "{path}");
        }
        for segment in [
            "{", "}", "{}", "{...}", "{a}:b", "x{a}", "{a}{b}", "{a b}", "{a..}", "{a....}",
        ] {
            let path = format!("/a/{segment}");
            assert_eq!(wrong(&path), BadParameter(segment.to_owned()), "{path}");
        }
        for segment in [".", "..", "+", "+."] {
            assert_eq!(
                wrong(&format!("/{segment}/a")),
                DotsOnly(segment.to_owned())
            );
        }
        for segment in [
            "a%2Fb", "a b", "a;b", "é", "a?b", "a#b", "a\\b", "\"", "a\n",
        ] {
            assert_eq!(
                wrong(&format!("/{segment}")),
                LiteralOctet(segment.to_owned())
            );
        }
        assert_eq!(wrong("/{a...}/b"), GreedyNotLast("{a...}".to_owned()));
        assert_eq!(wrong(&"/a".repeat(65)), TooDeep);
        assert!(PathTemplate::parse("", &"/a".repeat(64)).is_ok());
    }
}
