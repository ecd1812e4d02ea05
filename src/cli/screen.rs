//! What a command says: results on standard output, talk on standard error, neither of which can panic.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::exit::{Exit, Failure};

/// The shape of results: for people, or for programs.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Output {
    #[default]
    Text,
    Json,
}

/// What every command is given: the folder, the shape of results, and where to say them.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// The configuration folder.
    pub(super) folder: PathBuf,
    /// The shape of results.
    pub(super) output: Output,
}

impl Context {
    /// Writes a result; nothing in it can steer a terminal.
    ///
    /// # Errors
    /// When it could not be written in full; a reader that went away is no failure.
    pub(super) fn print(&self, text: &str) -> Result<(), Failure> {
        self.print_rendered(&harmless(text))
    }

    /// Writes problems as `render_text` shows them: in colour perhaps, and harmless already.
    ///
    /// # Errors
    /// As [`Context::print`].
    #[expect(
        clippy::unused_self,
        reason = "results are said by a command, in its context"
    )]
    pub(super) fn print_rendered(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Writes a result as JSON.
    ///
    /// # Errors
    /// When it could not be written in full.
    pub(super) fn print_json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let mut text = serde_json::to_string_pretty(value)
            .map_err(|error| Failure::new(Exit::Failed, format!("cannot write JSON: {error}")))?;
        text.push('\n');
        self.print(&text)
    }

    /// Says something to the person at the keyboard.
    #[expect(
        clippy::unused_self,
        reason = "talk belongs to a command, in its context"
    )]
    pub(super) fn tell(&self, text: &str) {
        tell(text);
    }

    /// Says problems as `render_text` shows them.
    #[expect(
        clippy::unused_self,
        reason = "talk belongs to a command, in its context"
    )]
    pub(super) fn tell_rendered(&self, text: &str) {
        tell_rendered(text);
    }
}

/// Says something on standard error, nothing of which can steer a terminal; if nobody listens, so be it.
pub(super) fn tell(text: &str) {
    tell_rendered(&harmless(text));
}

/// Says problems as `render_text` shows them: in colour perhaps, and harmless already.
pub(super) fn tell_rendered(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = err.write_all(b"\n");
    }
}

/// Text without anything that could steer a terminal or turn its lines around, whoever wrote it into a file, a log or
/// a command line: such characters are shown as JSON writes them, so that JSON stays what it was.
fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_hidden(c) {
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

fn is_hidden(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() && !matches!(c, '\n' | '\t')
}

/// Turns the outcome of writing to standard output into a failure, unless the reader went away.
pub(super) fn written(outcome: io::Result<()>) -> Result<(), Failure> {
    match outcome {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::new(
            Exit::Failed,
            format!("cannot write to standard output: {error}"),
        )),
    }
}

/// Whether results may be coloured: a terminal, and nobody asked for no colour (<https://no-color.org>).
pub(super) fn color_on_stdout() -> bool {
    color(io::stdout().is_terminal())
}

/// Whether talk may be coloured.
pub(super) fn color_on_stderr() -> bool {
    color(io::stderr().is_terminal())
}

fn color(terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && (terminal || set("CLICOLOR_FORCE"))
}

/// Rows as columns that stand below each other; the last column is not padded.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count)
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(
                ' ',
                width.saturating_sub(cell.chars().count()) + 2,
            ));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_said_can_steer_a_terminal_or_turn_a_line_around() {
        assert_eq!(harmless("plain,\tümlaut\n"), "plain,\tümlaut\n");
        assert_eq!(
            harmless("\u{1b}]0;x\u{7}\u{9b}31m\r\u{7f}\u{202e}\u{2028}"),
            "\\u001b]0;x\\u0007\\u009b31m\\u000d\\u007f\\u202e\\u2028"
        );
        let json = serde_json::to_string("\u{1b}\u{9b}\u{202e}").unwrap();
        let back: String = serde_json::from_str(&harmless(&json)).unwrap();
        assert_eq!(back, "\u{1b}\u{9b}\u{202e}", "JSON stays what it was");
    }

    #[test]
    fn columns_stand_below_each_other_and_do_not_trail_blanks() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let text = columns(&[row(["id", "method", ""]), row(["snapshot", "GET", "x"])]);
        assert_eq!(text, "id        method\nsnapshot  GET     x\n");
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        assert_eq!(written(Err(io::ErrorKind::BrokenPipe.into())), Ok(()));
        assert!(written(Err(io::ErrorKind::StorageFull.into())).is_err());
    }
}
