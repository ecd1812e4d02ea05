//! A document as a tree of places, built from its tokens.

use super::Place;
use crate::config::document::scan::{Mark, Notation, Scanner, Style, Token, TokenKind};

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

/// The nodes of a document, and which of them is its root; of a malformed one what stands before the fault.
pub(super) fn read(text: &str, notation: Notation) -> (Vec<Node>, Option<usize>) {
    let mut scanner = Scanner::new(text, notation);
    let mut builder = Builder {
        text,
        nodes: Vec::new(),
        open: Vec::new(),
        held: None,
        root: None,
    };
    while let Ok(Some(token)) = scanner.next_token() {
        builder.take(token);
    }
    builder.finish();
    (builder.nodes, builder.root)
}

/// A collection that is not at its end yet.
struct Open {
    node: usize,
    /// The column of a block collection.
    column: Option<usize>,
    /// A field's name, or the `-` of an item, that waits for its value.
    waiting: Option<Waiting>,
    /// `[a: b]`: a mapping that ends with the item.
    single: bool,
}

enum Waiting {
    Field(usize),
    Item(Mark),
}

struct Builder<'t> {
    text: &'t str,
    nodes: Vec<Node>,
    open: Vec<Open>,
    /// A finished node of which the next token says whether it is a field's name.
    held: Option<usize>,
    root: Option<usize>,
}

impl Builder<'_> {
    fn take(&mut self, token: Token) {
        if !self.in_flow() && token.kind != TokenKind::Value {
            self.settle();
            self.close_blocks(token);
        }
        match token.kind {
            TokenKind::Scalar(style) => {
                self.settle();
                let node = self.add(NodeKind::Scalar(style), token.start, token.end);
                self.held = Some(node);
            }
            TokenKind::MappingStart => self.begin_flow(
                token,
                NodeKind::Mapping {
                    fields: Vec::new(),
                    block: false,
                },
            ),
            TokenKind::SequenceStart => self.begin_flow(
                token,
                NodeKind::Sequence {
                    items: Vec::new(),
                    block: false,
                },
            ),
            TokenKind::FlowEntry => self.end_item(),
            TokenKind::FlowEnd => self.end_flow(token.end),
            TokenKind::BlockEntry => self.block_entry(token),
            TokenKind::Value => self.value(token),
        }
    }

    fn value(&mut self, token: Token) {
        let key = match self.held.take() {
            Some(key) => key,
            None => self.add(NodeKind::Nothing, token.start, token.end),
        };
        let start = self.nodes.get(key).map_or(token.start, |node| node.start);
        if !self.in_flow() {
            self.ensure_block_mapping(start);
        } else if self.top_is_sequence() {
            let node = self.add(
                NodeKind::Mapping {
                    fields: Vec::new(),
                    block: false,
                },
                start,
                token.end,
            );
            self.attach(node);
            self.push(node, None, true);
        }
        self.fill_waiting();
        self.attach(key);
    }

    fn block_entry(&mut self, token: Token) {
        let column = token.start.column;
        let stands = self
            .open
            .last()
            .is_some_and(|open| open.column == Some(column))
            && self.top_is_sequence();
        if !stands {
            let node = self.add(
                NodeKind::Sequence {
                    items: Vec::new(),
                    block: true,
                },
                token.start,
                token.end,
            );
            self.attach(node);
            self.push(node, Some(column), false);
        }
        self.fill_waiting();
        if let Some(open) = self.open.last_mut() {
            open.waiting = Some(Waiting::Item(token.start));
        }
    }

    fn begin_flow(&mut self, token: Token, kind: NodeKind) {
        self.settle();
        let node = self.add(kind, token.start, token.end);
        self.push(node, None, false);
    }

    fn end_item(&mut self) {
        self.settle();
        self.fill_waiting();
        if self.open.last().is_some_and(|open| open.single) {
            self.open.pop();
        }
    }

    fn end_flow(&mut self, end: Mark) {
        self.end_item();
        if !self.in_flow() {
            return;
        }
        if let Some(open) = self.open.pop() {
            if let Some(node) = self.nodes.get_mut(open.node) {
                node.end = end;
            }
            self.held = Some(open.node);
        }
    }

    fn finish(&mut self) {
        self.settle();
        while let Some(open) = self.open.last() {
            let (node, flow) = (open.node, open.column.is_none() && !open.single);
            self.fill_waiting();
            self.open.pop();
            if flow {
                self.attach(node);
            }
        }
    }

    /// Ends the block collections that a token this far to the left ends.
    fn close_blocks(&mut self, token: Token) {
        let column = token.start.column;
        while let Some(open) = self.open.last() {
            let ends = open.column.is_some_and(|at| {
                at > column
                    || (at == column
                        && token.kind != TokenKind::BlockEntry
                        && self.top_is_sequence())
            });
            if !ends {
                return;
            }
            self.fill_waiting();
            self.open.pop();
        }
    }

    fn ensure_block_mapping(&mut self, start: Mark) {
        let stands = self
            .open
            .last()
            .is_some_and(|open| open.column == Some(start.column))
            && !self.top_is_sequence();
        if !stands {
            let node = self.add(
                NodeKind::Mapping {
                    fields: Vec::new(),
                    block: true,
                },
                start,
                start,
            );
            self.attach(node);
            self.push(node, Some(start.column), false);
        }
    }

    /// What was held is no field's name, but a value (or a name without value).
    fn settle(&mut self) {
        if let Some(node) = self.held.take() {
            self.attach(node);
        }
    }

    /// Gives a finished or beginning node to the innermost open collection.
    fn attach(&mut self, node: usize) {
        let Some(open) = self.open.last_mut() else {
            self.root = self.root.or(Some(node));
            return;
        };
        let waiting = open.waiting.take();
        let parent = open.node;
        match (
            self.nodes.get_mut(parent).map(|parent| &mut parent.kind),
            waiting,
        ) {
            (Some(NodeKind::Sequence { items, .. }), _) => items.push(node),
            (Some(NodeKind::Mapping { fields, .. }), Some(Waiting::Field(key))) => {
                fields.push((key, node))
            }
            (Some(NodeKind::Mapping { .. }), _) => {
                self.name(node);
                if let Some(open) = self.open.last_mut() {
                    open.waiting = Some(Waiting::Field(node));
                }
            }
            (Some(NodeKind::Nothing | NodeKind::Scalar(_)) | None, _) => {}
        }
    }

    /// A name or an item without a value has none: null.
    fn fill_waiting(&mut self) {
        let Some(waiting) = self.open.last().and_then(|open| open.waiting.as_ref()) else {
            return;
        };
        let (start, end) = match waiting {
            Waiting::Field(key) => match self.nodes.get(*key) {
                Some(node) => (node.start, node.end),
                None => return,
            },
            Waiting::Item(mark) => (*mark, *mark),
        };
        let node = self.add(NodeKind::Nothing, start, end);
        self.attach(node);
    }

    fn name(&mut self, id: usize) {
        let text = self.text;
        if let Some(node) = self.nodes.get_mut(id) {
            let written = text
                .get(node.start.offset..node.end.offset)
                .unwrap_or_default();
            node.name = Some(match node.kind {
                NodeKind::Scalar(Style::Quoted) => unquote(written),
                NodeKind::Scalar(Style::Plain | Style::Block)
                | NodeKind::Mapping { .. }
                | NodeKind::Sequence { .. }
                | NodeKind::Nothing => written.to_owned(),
            });
        }
    }

    fn add(&mut self, kind: NodeKind, start: Mark, end: Mark) -> usize {
        self.nodes.push(Node {
            kind,
            start,
            end,
            name: None,
        });
        self.nodes.len() - 1
    }

    fn push(&mut self, node: usize, column: Option<usize>, single: bool) {
        self.open.push(Open {
            node,
            column,
            waiting: None,
            single,
        });
    }

    fn in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.column.is_none())
    }

    fn top_is_sequence(&self) -> bool {
        self.open
            .last()
            .and_then(|open| self.nodes.get(open.node))
            .is_some_and(|node| matches!(node.kind, NodeKind::Sequence { .. }))
    }
}

/// A quoted name without its quotes; names with escapes stay as they are written if they cannot be read.
fn unquote(written: &str) -> String {
    crate::config::document::unquoted(written).unwrap_or_else(|| written.to_owned())
}
