//! A document as a tree of places, built from its tokens.

use super::node::{Node, NodeKind};
use crate::config::document::scan::{Mark, Notation, Scanner, Style, Token, TokenKind};

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
    bounds: Bounds,
    /// A field's name, or the `-` of an item, that waits for its value.
    waiting: Option<Waiting>,
}

/// How far a collection reaches.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Bounds {
    /// To a token left of this column.
    Block(usize),
    /// To its bracket.
    Flow,
    /// `[a: b]`: a mapping that ends with the item.
    Single,
    /// A list whose items stand in the column of its field's name: to any other token there, or left of it.
    Unindented(usize),
}

impl Bounds {
    fn column(self) -> Option<usize> {
        match self {
            Self::Block(column) | Self::Unindented(column) => Some(column),
            Self::Flow | Self::Single => None,
        }
    }
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
            self.end_unindented(start);
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
            self.push(node, Bounds::Single);
        }
        self.fill_waiting();
        self.attach(key);
    }

    fn block_entry(&mut self, token: Token) {
        let column = token.start.column;
        let stands = self
            .open
            .last()
            .is_some_and(|open| open.bounds.column() == Some(column))
            && self.top_is_sequence();
        if !stands {
            let unindented = self
                .open
                .last()
                .is_some_and(|open| open.bounds == Bounds::Block(column));
            let bounds = if unindented {
                Bounds::Unindented(column)
            } else {
                Bounds::Block(column)
            };
            let node = self.add(
                NodeKind::Sequence {
                    items: Vec::new(),
                    block: true,
                },
                token.start,
                token.end,
            );
            self.attach(node);
            self.push(node, bounds);
        }
        self.fill_waiting();
        if let Some(open) = self.open.last_mut() {
            open.waiting = Some(Waiting::Item(token.start));
        }
    }

    fn begin_flow(&mut self, token: Token, kind: NodeKind) {
        self.settle();
        let node = self.add(kind, token.start, token.end);
        self.push(node, Bounds::Flow);
    }

    fn end_item(&mut self) {
        self.settle();
        self.fill_waiting();
        if self
            .open
            .last()
            .is_some_and(|open| open.bounds == Bounds::Single)
        {
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
            let (node, flow) = (open.node, open.bounds == Bounds::Flow);
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
            let ends = match open.bounds {
                Bounds::Block(at) => at > column,
                Bounds::Unindented(at) => {
                    let ends_item = token.kind != TokenKind::BlockEntry
                        && !matches!(open.waiting, Some(Waiting::Item(_)));
                    at > column || (at == column && ends_item)
                }
                Bounds::Flow | Bounds::Single => false,
            };
            if !ends {
                return;
            }
            self.fill_waiting();
            self.open.pop();
        }
    }

    /// Ends a list whose last item has no value: what could have been that value is the next field's name.
    fn end_unindented(&mut self, name: Mark) {
        if self
            .open
            .last()
            .is_some_and(|open| open.bounds == Bounds::Unindented(name.column))
        {
            self.fill_waiting();
            self.open.pop();
        }
    }

    fn ensure_block_mapping(&mut self, start: Mark) {
        let stands = self
            .open
            .last()
            .is_some_and(|open| open.bounds.column() == Some(start.column))
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
            self.push(node, Bounds::Block(start.column));
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
                fields.push((key, node));
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

    fn push(&mut self, node: usize, bounds: Bounds) {
        self.open.push(Open {
            node,
            bounds,
            waiting: None,
        });
    }

    fn in_flow(&self) -> bool {
        self.open
            .last()
            .is_some_and(|open| open.bounds.column().is_none())
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
