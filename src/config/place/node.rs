//! A node of a document: a value or a field's name, and where it stands.

use super::Place;
use crate::config::document::scan::{Mark, Style};

/// A value or a field's name, and where it stands.
#[derive(Debug)]
pub(in crate::config) struct Node {
    /// What it is.
    pub(in crate::config) kind: NodeKind,
    /// Its first character.
    pub(in crate::config) start: Mark,
    /// Behind its last character on its first line.
    pub(in crate::config) end: Mark,
    /// Of a field's name: without quotes.
    pub(in crate::config) name: Option<String>,
}

/// What a node is.
#[derive(Debug)]
pub(in crate::config) enum NodeKind {
    /// Fields: the nodes of name and value.
    Mapping {
        /// In the order written, repeated names included.
        fields: Vec<(usize, usize)>,
        /// Whether it is written with indentation, not with braces.
        block: bool,
    },
    /// Nothing was written: null.
    Nothing,
    /// A text, number or word.
    Scalar(Style),
    /// Items.
    Sequence {
        /// In the order written.
        items: Vec<usize>,
        /// Whether it is written with indentation, not with brackets.
        block: bool,
    },
}

impl NodeKind {
    /// Whether it spans lines by indentation.
    pub(in crate::config) fn is_block_collection(&self) -> bool {
        match self {
            Self::Mapping { block, .. } | Self::Sequence { block, .. } => *block,
            Self::Nothing | Self::Scalar(_) => false,
        }
    }
}

impl Node {
    /// Its place; at least one character wide.
    pub(in crate::config) fn place(&self) -> Place {
        Place {
            line: self.start.line + 1,
            column: self.start.column + 1,
            width: if self.end.line == self.start.line {
                self.end.column.saturating_sub(self.start.column).max(1)
            } else {
                1
            },
        }
    }
}
