//! The tokens of YAML (and so of JSON) with their places, found as libyaml finds them, in linear time.

use super::token::{Mark, Style, Token, TokenKind};
use super::{DEPTH, Notation, Refusal};
use crate::config::Place;

/// A reader of tokens.
pub(in crate::config) struct Scanner<'t> {
    pub(super) octets: &'t [u8],
    pub(super) at: Mark,
    /// The column of the innermost block collection.
    pub(super) indent: Option<usize>,
    pub(super) flow: usize,
    /// Whether what begins here may be a key.
    pub(super) key_allowed: bool,
    outer_indents: Vec<Option<usize>>,
    /// Where the node began that a `:` outside of flow collections would make a key.
    possible_key: Option<Mark>,
    pub(super) notation: Notation,
    content: bool,
    ended: bool,
}

impl<'t> Scanner<'t> {
    pub(in crate::config) fn new(text: &'t str, notation: Notation) -> Self {
        Self {
            octets: text.as_bytes(),
            at: Mark::default(),
            indent: None,
            flow: 0,
            key_allowed: true,
            outer_indents: Vec::new(),
            possible_key: None,
            notation,
            content: false,
            ended: false,
        }
    }

    /// The next token, `None` at the end.
    ///
    /// # Errors
    /// What is refused, or cannot be a token.
    pub(in crate::config) fn next_token(&mut self) -> Result<Option<Token>, Refusal> {
        loop {
            self.skip_to_token();
            if self.flow == 0 {
                self.unroll(Some(self.at.column));
            }
            let Some(first) = self.peek(0) else {
                return Ok(None);
            };
            if self.at.column > 0
                || self.notation == Notation::Json
                || !self.document_mark(first)?
            {
                break;
            }
        }
        if self.ended {
            return Err(self.several_documents());
        }
        self.content = true;
        let start = self.at;
        let kind = self.token()?;
        if self.at.offset == start.offset {
            return Err(self.malformed("this cannot begin a value here", "put the value in quotes"));
        }
        let end = match kind {
            TokenKind::Scalar(_) => self.scalar_end(start),
            TokenKind::BlockEntry
            | TokenKind::FlowEnd
            | TokenKind::FlowEntry
            | TokenKind::MappingStart
            | TokenKind::SequenceStart
            | TokenKind::Value => self.at,
        };
        Ok(Some(Token { kind, start, end }))
    }

    /// Passes an anchor, alias, tag or merge key that was refused; `false` if it is none of these.
    pub(super) fn pass(&mut self, refusal: &Refusal) -> bool {
        if refusal.code != "KW0006" {
            return false;
        }
        match self.peek(0) {
            Some(b'?' | b'%') => return false,
            Some(b'&' | b'*' | b'!') => {}
            // a merge key is passed already
            _ => return true,
        }
        self.skip(1);
        let ends = |octet| matches!(octet, Some(b',' | b'[' | b']' | b'{' | b'}'));
        while !self.is_blank_or_end(0) && (self.flow == 0 || !ends(self.peek(0))) {
            self.skip(1);
        }
        true
    }

    /// Passes `---` and `...` at a line's beginning; `false` if neither stands here.
    fn document_mark(&mut self, first: u8) -> Result<bool, Refusal> {
        if first == b'%' {
            return Err(self.refuse(
                "KW0006",
                1,
                "a YAML directive",
                "take the line out: none is needed",
            ));
        }
        if !self.at_document_mark() {
            return Ok(false);
        }
        if first == b'-' {
            if self.content || self.ended {
                return Err(self.several_documents());
            }
            self.content = true;
        } else {
            self.ended = true;
        }
        self.unroll(None);
        self.possible_key = None;
        self.key_allowed = false;
        self.skip(3);
        Ok(true)
    }

    fn token(&mut self) -> Result<TokenKind, Refusal> {
        match self.peek(0) {
            Some(b'[') => self.open(TokenKind::SequenceStart),
            Some(b'{') => self.open(TokenKind::MappingStart),
            Some(b']' | b'}') => Ok(self.close()),
            Some(b',') => {
                self.key_allowed = true;
                Ok(self.indicator(TokenKind::FlowEntry))
            }
            Some(b'-') if self.is_blank_or_end(1) => self.block_entry(),
            Some(b'?') if self.flow > 0 || self.is_blank_or_end(1) => {
                Err(self.refuse("KW0006", 1, "a YAML complex key", "write `key: value`"))
            }
            Some(b':') if self.flow > 0 || self.is_blank_or_end(1) => self.value(),
            Some(b'*') => Err(self.refuse("KW0006", self.word(), "a YAML alias", ALIAS_HELP)),
            Some(b'&') => Err(self.refuse("KW0006", self.word(), "a YAML anchor", ALIAS_HELP)),
            Some(b'!') => Err(self.refuse("KW0006", self.word(), "a YAML tag", TAG_HELP)),
            _ => self.scalar(),
        }
    }

    fn scalar(&mut self) -> Result<TokenKind, Refusal> {
        let start = self.at;
        match self.peek(0) {
            Some(b'|' | b'>') if self.flow == 0 => {
                self.key_allowed = true;
                self.possible_key = None;
                self.skip_block_scalar();
                Ok(TokenKind::Scalar(Style::Block))
            }
            Some(quote @ (b'\'' | b'"')) => {
                self.save_key();
                self.key_allowed = false;
                self.skip_quoted(quote);
                Ok(TokenKind::Scalar(Style::Quoted))
            }
            Some(b'\t') => Err(self.refuse("KW0009", 1, TAB, TAB_HELP)),
            Some(b'|' | b'>' | b'%' | b'@' | b'`') => Err(self.malformed(
                "this character cannot begin a value here",
                "put the value in quotes",
            )),
            _ => {
                self.save_key();
                self.key_allowed = false;
                if self.skip_plain() {
                    self.key_allowed = true;
                }
                self.refuse_merge_key(start)?;
                Ok(TokenKind::Scalar(Style::Plain))
            }
        }
    }

    /// `<<` as a key, in whichever way the `:` follows.
    fn refuse_merge_key(&self, start: Mark) -> Result<(), Refusal> {
        let text = self
            .octets
            .get(start.offset..self.at.offset)
            .unwrap_or_default();
        if text.trim_ascii() == b"<<" {
            return Err(refusal(
                "KW0006",
                start,
                2,
                "a YAML merge key",
                "write the fields out, each in its place",
            ));
        }
        Ok(())
    }

    fn open(&mut self, kind: TokenKind) -> Result<TokenKind, Refusal> {
        self.save_key();
        self.flow += 1;
        self.key_allowed = true;
        self.check_depth()?;
        Ok(self.indicator(kind))
    }

    fn close(&mut self) -> TokenKind {
        self.flow = self.flow.saturating_sub(1);
        self.key_allowed = false;
        self.indicator(TokenKind::FlowEnd)
    }

    fn block_entry(&mut self) -> Result<TokenKind, Refusal> {
        if self.flow == 0 {
            if !self.key_allowed {
                return Err(self.malformed(
                    "a list item cannot stand here",
                    "begin it on a line of its own",
                ));
            }
            self.roll(self.at.column)?;
            self.possible_key = None;
        }
        self.key_allowed = true;
        Ok(self.indicator(TokenKind::BlockEntry))
    }

    fn value(&mut self) -> Result<TokenKind, Refusal> {
        self.key_allowed = false;
        if self.flow == 0 {
            let key = self.possible_key.take().filter(|key| {
                key.line == self.at.line && self.at.column.saturating_sub(key.column) <= 1024
            });
            let Some(key) = key else {
                return Err(self.malformed(
                    "`: ` cannot stand here",
                    "put a text that holds `: ` in quotes; begin a field on a line of its own",
                ));
            };
            self.roll(key.column)?;
        }
        Ok(self.indicator(TokenKind::Value))
    }

    fn indicator(&mut self, kind: TokenKind) -> TokenKind {
        self.skip(1);
        kind
    }

    fn save_key(&mut self) {
        if self.flow == 0 && self.key_allowed {
            self.possible_key = Some(self.at);
        }
    }

    fn roll(&mut self, column: usize) -> Result<(), Refusal> {
        if self.indent.is_none_or(|indent| indent < column) {
            self.outer_indents.push(self.indent.replace(column));
            self.check_depth()?;
        }
        Ok(())
    }

    fn unroll(&mut self, column: Option<usize>) {
        while self.indent > column {
            self.indent = self.outer_indents.pop().flatten();
        }
    }

    fn check_depth(&self) -> Result<(), Refusal> {
        if self.outer_indents.len() + self.flow > DEPTH {
            return Err(self.refuse(
                "KW0007",
                1,
                "nesting deeper than 64 levels",
                "no document needs more than 10",
            ));
        }
        Ok(())
    }

    fn several_documents(&self) -> Refusal {
        self.refuse(
            "KW0008",
            3,
            "a second document",
            "write one document a file",
        )
    }

    fn malformed(&self, message: &str, help: &'static str) -> Refusal {
        let before = self.octets.get(..self.at.offset).unwrap_or_default();
        let line = before
            .rsplit(|octet| matches!(octet, b'\n' | b'\r'))
            .next()
            .unwrap_or_default();
        let blanks = line
            .iter()
            .take_while(|octet| matches!(octet, b' ' | b'\t'));
        match blanks.enumerate().find(|(_, octet)| **octet == b'\t') {
            Some((column, _)) => refusal("KW0009", Mark { column, ..self.at }, 1, TAB, TAB_HELP),
            None => self.refuse("KW0005", 1, message, help),
        }
    }

    fn refuse(
        &self,
        code: &'static str,
        width: usize,
        message: &str,
        help: &'static str,
    ) -> Refusal {
        refusal(code, self.at, width, message, help)
    }
}

const ALIAS_HELP: &str =
    "write the value out; addresses that are used twice can be a named network";
const TAB: &str = "a tab where only spaces may stand";
const TAB_HELP: &str = "indent with spaces";
const TAG_HELP: &str = "take it out, or put a text that begins with `!` in quotes";

fn refusal(
    code: &'static str,
    at: Mark,
    width: usize,
    message: &str,
    help: &'static str,
) -> Refusal {
    Refusal {
        code,
        place: Place {
            line: at.line + 1,
            column: at.column + 1,
            width,
        },
        message: message.to_owned(),
        help,
    }
}
