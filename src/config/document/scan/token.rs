//! The tokens of YAML (and so of JSON), and where they stand.

/// A place in the text, from 0.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(in crate::config) struct Mark {
    /// Octets before it.
    pub(in crate::config) offset: usize,
    /// Lines before it.
    pub(in crate::config) line: usize,
    /// Characters before it on its line.
    pub(in crate::config) column: usize,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::config) enum Style {
    /// `|` or `>`.
    Block,
    /// Without quotes.
    Plain,
    /// In quotes of either kind.
    Quoted,
}

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::config) enum TokenKind {
    /// `- `
    BlockEntry,
    /// `,`
    FlowEntry,
    /// `]` or `}`
    FlowEnd,
    /// `{`
    MappingStart,
    /// A scalar.
    Scalar(Style),
    /// `[`
    SequenceStart,
    /// `:`, behind a field's name.
    Value,
}

/// One token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::config) struct Token {
    /// What it is.
    pub(in crate::config) kind: TokenKind,
    /// Its first character.
    pub(in crate::config) start: Mark,
    /// Behind its last character.
    pub(in crate::config) end: Mark,
}
