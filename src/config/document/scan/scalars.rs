//! Passing over scalars: quoted, block, and plain ones that may run over several lines.

use super::scanner::Scanner;
use super::token::Mark;

impl Scanner<'_> {
    /// Passes a quoted scalar; one without an end runs to the end of the text.
    pub(super) fn skip_quoted(&mut self, quote: u8) {
        self.skip(1);
        while let Some(octet) = self.peek(0) {
            if octet == quote {
                self.skip(1);
                if quote == b'"' || self.peek(0) != Some(b'\'') {
                    return;
                }
                self.skip(1);
            } else if self.is_break() {
                self.skip_line();
            } else if octet == b'\\' && quote == b'"' {
                self.skip(1);
                if !self.is_break() {
                    self.skip(1);
                }
            } else {
                self.skip(1);
            }
        }
    }

    /// Passes a block scalar, its header included.
    pub(super) fn skip_block_scalar(&mut self) {
        self.skip(1);
        let mut increment = 0;
        while let Some(octet @ (b'+' | b'-' | b'1'..=b'9')) = self.peek(0) {
            if octet.is_ascii_digit() {
                increment = usize::from(octet - b'0');
            }
            self.skip(1);
        }
        self.skip_to_line_end();
        if self.is_break() {
            self.skip_line();
        }
        let known = (increment > 0).then(|| self.indent.unwrap_or(0) + increment);
        let indent = self.skip_block_breaks(known);
        while self.at.column == indent && self.peek(0).is_some() {
            self.skip_to_line_end();
            if self.is_break() {
                self.skip_line();
            }
            self.skip_block_breaks(Some(indent));
        }
    }

    /// Passes empty lines and indentation; finds out the indentation where it is not known.
    fn skip_block_breaks(&mut self, known: Option<usize>) -> usize {
        let mut deepest = 0;
        loop {
            while known.is_none_or(|indent| self.at.column < indent) && self.peek(0) == Some(b' ') {
                self.skip(1);
            }
            deepest = deepest.max(self.at.column);
            if !self.is_break() {
                break;
            }
            self.skip_line();
        }
        known.unwrap_or_else(|| deepest.max(self.continuation()).max(1))
    }

    /// Passes a plain scalar and the blanks behind it; whether a line ended in those.
    pub(super) fn skip_plain(&mut self) -> bool {
        let indent = self.continuation();
        let mut line_ended = false;
        while !self.at_document_mark() && self.peek(0) != Some(b'#') {
            let before = self.at.offset;
            while !self.is_blank_or_end(0) && !self.ends_plain() {
                self.skip(1);
            }
            if self.at.offset > before {
                line_ended = false;
            }
            if self.peek(0).is_none() || !self.is_blank_or_end(0) {
                break;
            }
            while self.peek(0).is_some() && self.is_blank_or_end(0) {
                if self.is_break() {
                    self.skip_line();
                    line_ended = true;
                } else {
                    self.skip(1);
                }
            }
            if self.flow == 0 && self.at.column < indent {
                break;
            }
        }
        line_ended
    }

    fn ends_plain(&self) -> bool {
        match self.peek(0) {
            Some(b':') => {
                self.is_blank_or_end(1)
                    || (self.flow > 0
                        && matches!(self.peek(1), Some(b',' | b'?' | b'[' | b']' | b'{' | b'}')))
            }
            Some(b',' | b'[' | b']' | b'{' | b'}') => self.flow > 0,
            _ => false,
        }
    }

    /// The least column of a line that continues a scalar.
    fn continuation(&self) -> usize {
        self.indent.map_or(0, |indent| indent + 1)
    }

    /// The end of the scalar that began at `start`, on its first line: what can be underlined.
    pub(super) fn scalar_end(&self, start: Mark) -> Mark {
        let passed = self
            .octets
            .get(start.offset..self.at.offset)
            .unwrap_or_default();
        let line = passed
            .split(|octet| matches!(octet, b'\n' | b'\r'))
            .next()
            .unwrap_or_default()
            .trim_ascii_end();
        Mark {
            offset: start.offset + line.len(),
            line: start.line,
            column: start.column + line.iter().filter(|octet| **octet & 0xc0 != 0x80).count(),
        }
    }
}
