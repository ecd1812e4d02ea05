//! Where in a file a field stands: for problems and for `explain`.

mod node;
#[cfg(test)]
mod tests;
mod tree;

use std::path::Path;

use super::document::scan::Notation;

pub(super) use node::{Node, NodeKind};

/// A place in a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Place {
    /// Line from 1.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// Characters of the value.
    pub width: usize,
}

/// Where `field` (such as `keys[0].access_list[1]`) stands in `file` of `folder`; reads the file, so for cold paths.
#[must_use]
pub fn place(folder: &Path, file: &str, field: &str) -> Option<Place> {
    let text = std::fs::read_to_string(folder.join(file)).ok()?;
    Places::read(file, &text).find(field)
}

/// Longer lines (JSON without line ends) are not shown.
const LONGEST_SHOWN: usize = 500;

/// Every place of one document; reading it costs time in proportion to its length.
pub(super) struct Places<'t> {
    text: &'t str,
    lines: Vec<&'t str>,
    nodes: Vec<Node>,
    root: Option<usize>,
}

impl<'t> Places<'t> {
    /// Reads a document; of a malformed one, what stands before its first fault.
    pub(super) fn read(file: &str, text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (nodes, root) = tree::read(text, Notation::of(file));
        Self {
            text,
            lines: text
                .split('\n')
                .map(|line| line.trim_end_matches('\r'))
                .collect(),
            nodes,
            root,
        }
    }

    /// Where `field` stands: its value, or the field's name where its value is a block of lines.
    pub(super) fn find(&self, field: &str) -> Option<Place> {
        self.step(self.root?, None, field)
            .filter(|found| found.complete)
            .map(|found| found.place)
    }

    /// Where `field` stands, or what comes nearest: the innermost field around it that was written.
    pub(super) fn nearest(&self, field: &str) -> Option<Place> {
        self.step(self.root?, None, field).map(|found| found.place)
    }

    /// A line's text, counted from 1.
    pub(super) fn line(&self, line: usize) -> Option<&'t str> {
        self.lines.get(line.checked_sub(1)?).copied()
    }

    /// The number of the last line.
    pub(super) fn last_line(&self) -> usize {
        self.lines.len()
    }

    /// A line's text to be shown with a problem; none of a line that is too long to be read.
    pub(super) fn source(&self, line: usize) -> Option<String> {
        self.line(line)
            .filter(|line| line.len() <= LONGEST_SHOWN)
            .map(str::to_owned)
    }

    /// The document itself; `None` if nothing is written.
    pub(super) fn root(&self) -> Option<usize> {
        self.root
    }

    /// A node.
    pub(super) fn node(&self, id: usize) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// A node as written, up to the end of its first line.
    pub(super) fn written(&self, id: usize) -> Option<&'t str> {
        let node = self.nodes.get(id)?;
        self.text.get(node.start.offset..node.end.offset)
    }

    /// Where a node stands that `key` (a node as well) names.
    pub(super) fn place_of(&self, id: usize, key: Option<usize>) -> Option<Place> {
        let node = self.nodes.get(id)?;
        let shown = match (node.kind.is_block_collection(), key) {
            (true, Some(key)) => self.nodes.get(key)?,
            (true, None) => self.first_name(node).unwrap_or(node),
            (false, _) => node,
        };
        Some(shown.place())
    }

    fn first_name(&self, node: &Node) -> Option<&Node> {
        match &node.kind {
            NodeKind::Mapping { fields, .. } => self.nodes.get(fields.first()?.0),
            NodeKind::Sequence { .. } | NodeKind::Scalar(_) | NodeKind::Nothing => None,
        }
    }

    /// Follows `rest` from a node; what is found is as deep as the text goes.
    fn step(&self, id: usize, key: Option<usize>, rest: &str) -> Option<Found> {
        let here = self.place_of(id, key).map(|place| Found {
            place,
            complete: rest.is_empty(),
            left: rest.len(),
        });
        if rest.is_empty() {
            return here;
        }
        let deeper = match &self.nodes.get(id)?.kind {
            NodeKind::Mapping { fields, .. } => fields
                .iter()
                .filter_map(|(key, value)| {
                    let name = &self.nodes.get(*key)?.name;
                    let rest = rest
                        .strip_prefix('.')
                        .unwrap_or(rest)
                        .strip_prefix(name.as_deref()?)?;
                    let whole = rest.is_empty() || rest.starts_with(['.', '[']);
                    whole.then(|| self.step(*value, Some(*key), rest)).flatten()
                })
                .min_by_key(|found| found.left),
            NodeKind::Sequence { items, .. } => {
                item_index(rest).and_then(|(index, rest)| self.step(*items.get(index)?, None, rest))
            }
            NodeKind::Scalar(_) | NodeKind::Nothing => None,
        };
        deeper.or(here)
    }
}

struct Found {
    place: Place,
    complete: bool,
    left: usize,
}

/// `[12].rest` as 12 and `.rest`.
fn item_index(field: &str) -> Option<(usize, &str)> {
    let (index, rest) = field.strip_prefix('[')?.split_once(']')?;
    Some((index.parse().ok()?, rest))
}
