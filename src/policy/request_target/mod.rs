//! A request target that can be read in one way only: what is matched is what is forwarded.

use super::decoded::escaped;
use super::method_override::overrides_method;
use super::segments::Segments;

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
    shape: Shape,
}

/// What was seen while checking a path and need not be looked for again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Shape {
    /// There is a `%` or a `+`: segments must be decoded and folded before they are compared.
    folds: bool,
    /// There is a `%2F`: the two readings differ.
    escaped_slash: bool,
}

/// Why a request target is refused: two parsers could read it differently (rule 0).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, thiserror::Error)]
pub enum TargetError {
    /// A `%` without two hexadecimal digits.
    #[error("a `%` in the path is not followed by two hexadecimal digits")]
    BadEscape,
    /// A segment of only dots, blanks and `+`, in either reading.
    #[error("a segment of the path consists of dots or blanks")]
    DotSegment,
    /// An empty segment, in either reading; one raw trailing slash is allowed.
    #[error("a segment of the path is empty")]
    EmptySegment,
    /// An escape of an octet that need not, or must not, be escaped.
    #[error("the path escapes an octet that it must not escape")]
    EncodedOctet,
    /// It does not begin with `/`.
    #[error("the request target is not in origin-form")]
    NotOriginForm,
    /// An octet that no URI encoder leaves in a path.
    #[error("an octet is not allowed in the path")]
    OctetInPath,
    /// A control, a blank, DEL, `#` or an octet beyond ASCII in the query.
    #[error("an octet is not allowed in the query")]
    OctetInQuery,
    /// Path and query are over 8 KiB (414).
    #[error("the request target is too long")]
    TooLong,
}

/// Octets of path and query.
const LONGEST: usize = 8 * 1024;

impl<'r> RequestTarget<'r> {
    /// Checks an origin-form target by rule A of the path policy. Allocates nothing.
    ///
    /// # Errors
    /// With what could be read in two ways.
    pub fn parse(text: &'r [u8]) -> Result<Self, TargetError> {
        if text.len() > LONGEST {
            return Err(TargetError::TooLong);
        }
        if !text.starts_with(b"/") {
            return Err(TargetError::NotOriginForm);
        }
        let mut parts = text.splitn(2, |octet| *octet == b'?');
        let path = parts.next().unwrap_or_default();
        if !parts
            .next()
            .unwrap_or_default()
            .iter()
            .copied()
            .all(in_query)
        {
            return Err(TargetError::OctetInQuery);
        }
        let shape = check_path(path)?;
        let text = std::str::from_utf8(text).map_err(|_| TargetError::OctetInPath)?;
        let (path, query) = match text.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        Ok(Self {
            text,
            path: RequestPath(path),
            query,
            shape,
        })
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
        self.query.is_some_and(overrides_method)
    }

    /// Every way an upstream could read the path.
    pub(super) fn readings(&self) -> impl Iterator<Item = Segments<'r>> + use<'r> {
        let path = self.path.0;
        let across = self.shape.escaped_slash.then(|| Segments::across(path));
        std::iter::once(Segments::inside(path)).chain(across)
    }

    /// Whether the path has neither `%` nor `+`, so that segments may be compared as they are.
    pub(super) fn is_plain(&self) -> bool {
        !self.shape.folds
    }
}

/// Checks both readings of a path in one walk.
fn check_path(path: &[u8]) -> Result<Shape, TargetError> {
    let mut shape = Shape::default();
    let (mut inside, mut across) = (Segment::default(), Segment::default());
    let mut rest = path.get(1..).unwrap_or_default();
    loop {
        let run = rest.iter().take_while(|octet| is_solid(**octet)).count();
        if run > 0 {
            inside.take_solid();
            across.take_solid();
            rest = rest.get(run..).unwrap_or_default();
        }
        rest = match rest {
            [] => break,
            [b'/', tail @ ..] => {
                inside.end()?;
                across.end()?;
                tail
            }
            [b'%', high, low, tail @ ..] => {
                let octet = escaped(*high, *low).ok_or(TargetError::BadEscape)?;
                if !is_escapable(octet) {
                    return Err(TargetError::EncodedOctet);
                }
                shape.folds = true;
                inside.take(octet);
                if octet == b'/' {
                    shape.escaped_slash = true;
                    across.end()?;
                } else {
                    across.take(octet);
                }
                tail
            }
            [b'%', ..] => return Err(TargetError::BadEscape),
            [octet, tail @ ..] => {
                if !in_path(*octet) {
                    return Err(TargetError::OctetInPath);
                }
                shape.folds |= *octet == b'+';
                inside.take(*octet);
                across.take(*octet);
                tail
            }
        };
    }
    // nothing after the last `/`: the root, or the one trailing slash that is allowed
    if !inside.is_empty() {
        inside.end()?;
        across.end()?;
    }
    Ok(shape)
}

/// What has been seen of one segment.
#[derive(Default)]
struct Segment {
    begun: bool,
    solid: bool,
}

impl Segment {
    fn is_empty(&self) -> bool {
        !self.begun
    }

    fn take(&mut self, octet: u8) {
        self.begun = true;
        self.solid |= !is_thin(octet);
    }

    fn take_solid(&mut self) {
        self.begun = true;
        self.solid = true;
    }

    fn end(&mut self) -> Result<(), TargetError> {
        match std::mem::take(self) {
            Self { begun: false, .. } => Err(TargetError::EmptySegment),
            Self { solid: false, .. } => Err(TargetError::DotSegment),
            Self { .. } => Ok(()),
        }
    }
}

/// Octets that make a segment one of more than dots and blanks: most of a path, and so worth passing over in runs.
fn is_solid(octet: u8) -> bool {
    in_path(octet) && !is_thin(octet)
}

/// Octets of which a segment must not consist.
fn is_thin(octet: u8) -> bool {
    matches!(octet, b'.' | b' ' | b'+')
}

/// Octets that may stand in a path as they are, besides `/` and `%`: unreserved, sub-delims without `;`, `:` and `@`.
pub(super) fn in_path(octet: u8) -> bool {
    matches!(octet, b'-' | b'_' | b'.' | b'~')
        || octet.is_ascii_alphanumeric()
        || is_sub_delim(octet)
        || matches!(octet, b':' | b'@')
}

/// Octets that an escape in a path may stand for; `%7E` stays for old Java encoders.
fn is_escapable(octet: u8) -> bool {
    is_sub_delim(octet) || matches!(octet, b':' | b'@' | b'/' | b' ' | b'~')
}

/// RFC 3986 §2.2 without `;`, which starts segment parameters in some upstreams.
fn is_sub_delim(octet: u8) -> bool {
    matches!(
        octet,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'='
    )
}

fn in_query(octet: u8) -> bool {
    octet.is_ascii_graphic() && octet != b'#'
}

#[cfg(test)]
mod tests;
