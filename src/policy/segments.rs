//! A path as an upstream may read it: split and then decoded, or decoded and then split.

/// The raw segments of a checked path in one reading, none of them empty; a trailing slash is left out.
#[derive(Clone, Debug)]
pub(super) struct Segments<'r> {
    rest: &'r str,
    at_escapes: bool,
}

impl<'r> Segments<'r> {
    /// Reading 1, split on `/`, each segment decoded afterwards: `%2F` is an octet like any other.
    pub(super) fn inside(path: &'r str) -> Self {
        let path = path.strip_prefix('/').unwrap_or(path);
        Self {
            rest: path.strip_suffix('/').unwrap_or(path),
            at_escapes: false,
        }
    }

    /// Reading 2, decoded and then split: `%2F` separates, too.
    pub(super) fn across(path: &'r str) -> Self {
        Self {
            at_escapes: true,
            ..Self::inside(path)
        }
    }

    /// Where the next separator stands and how long it is.
    fn separator(&self) -> Option<(usize, usize)> {
        let octets = self.rest.as_bytes();
        if self.at_escapes {
            (0..).zip(octets).find_map(|(at, octet)| match octet {
                b'/' => Some((at, 1)),
                b'%' if is_escaped_slash(octets.get(at..at + 3)?) => Some((at, 3)),
                _ => None,
            })
        } else {
            let at = octets.iter().position(|octet| *octet == b'/')?;
            Some((at, 1))
        }
    }
}

fn is_escaped_slash(escape: &[u8]) -> bool {
    matches!(escape, b"%2F" | b"%2f")
}

impl<'r> Iterator for Segments<'r> {
    type Item = &'r str;

    fn next(&mut self) -> Option<&'r str> {
        if self.rest.is_empty() {
            return None;
        }
        let (end, width) = self.separator().unwrap_or((self.rest.len(), 0));
        let segment = self.rest.get(..end)?;
        self.rest = self.rest.get(end + width..)?;
        Some(segment)
    }
}
