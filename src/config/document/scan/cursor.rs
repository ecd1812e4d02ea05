//! Moving through the text: octet by octet, line by line, to the next token.

use super::Notation;
use super::scanner::Scanner;
use super::token::Mark;

impl Scanner<'_> {
    pub(super) fn skip_to_token(&mut self) {
        loop {
            let tabs = self.flow > 0 || !self.key_allowed || self.notation == Notation::Json;
            while self.peek(0) == Some(b' ') || (tabs && self.peek(0) == Some(b'\t')) {
                self.skip(1);
            }
            if self.peek(0) == Some(b'#') {
                self.skip_to_line_end();
            }
            if !self.is_break() {
                return;
            }
            self.skip_line();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    pub(super) fn skip_to_line_end(&mut self) {
        while self.peek(0).is_some() && !self.is_break() {
            self.skip(1);
        }
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.octets.get(self.at.offset + ahead).copied()
    }

    pub(super) fn is_break(&self) -> bool {
        matches!(self.peek(0), Some(b'\n' | b'\r'))
    }

    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        matches!(self.peek(ahead), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
    }

    /// Passes `count` octets of the line; octets inside a character do not count as columns.
    pub(super) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            if let Some(octet) = self.peek(0) {
                self.at.offset += 1;
                self.at.column += usize::from(octet & 0xc0 != 0x80);
            }
        }
    }

    pub(super) fn skip_line(&mut self) {
        let width = if self.peek(0) == Some(b'\r') && self.peek(1) == Some(b'\n') {
            2
        } else {
            1
        };
        self.at = Mark {
            offset: self.at.offset + width,
            line: self.at.line + 1,
            column: 0,
        };
    }

    /// Octets up to the next blank: what an anchor, alias or tag is underlined by.
    pub(super) fn word(&self) -> usize {
        (0..64)
            .take_while(|ahead| !self.is_blank_or_end(*ahead))
            .count()
    }

    pub(super) fn at_document_mark(&self) -> bool {
        self.at.column == 0
            && self.notation == Notation::Yaml
            && self
                .octets
                .get(self.at.offset..)
                .is_some_and(|rest| rest.starts_with(b"---") || rest.starts_with(b"..."))
            && self.is_blank_or_end(3)
    }
}
