//! One problem with the configuration: where, what, and what would be right.

mod codes;
mod render;
#[cfg(test)]
mod tests;

use serde::Serialize;

use super::place::{Place, Places};

pub use codes::{CODES, sentence};
pub use render::{closing_line, render_github, render_json, render_text};

/// How bad a problem is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file does not take effect.
    Error,
    /// It does, but somebody should look (with `--strict`: an error).
    Warning,
}

/// One problem.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Problem {
    /// `KW0107`; a code never changes its meaning.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// The file, relative to the configuration folder.
    pub file: String,
    /// Line from 1; 0 = the whole file.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// The field, such as `keys[0].access_list[1].cidr`; empty = the whole file.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What would be right; stands under the underlined text.
    pub help: String,
    /// Further facts: which key, which entry.
    pub notes: Vec<String>,
    /// The source line, to be shown (never of a credentials file).
    pub source: Option<String>,
    /// Columns to underline, from `column`.
    pub width: usize,
}

impl Problem {
    /// An error at `field` of `file`; an empty field is the whole file. The code is one of [`CODES`].
    #[must_use]
    pub fn error(code: &'static str, file: impl Into<String>, field: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, file.into(), field.into())
    }

    /// A warning at `field` of `file`.
    #[must_use]
    pub fn warning(code: &'static str, file: impl Into<String>, field: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, file.into(), field.into())
    }

    fn new(code: &'static str, severity: Severity, file: String, field: String) -> Self {
        Self {
            code,
            severity,
            file,
            line: 0,
            column: 0,
            field,
            message: sentence(code).unwrap_or_default().to_owned(),
            help: String::new(),
            notes: Vec::new(),
            source: None,
            width: 0,
        }
    }

    /// With what is wrong, in place of the code's own sentence.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// With what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// With one further fact.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// At this place; the source line is not set.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.line = place.line;
        self.column = place.column;
        self.width = place.width;
        self
    }

    /// At this line and column of a file whose text must not be shown: credentials.
    #[must_use]
    pub fn at_hidden(mut self, line: usize, column: usize) -> Self {
        self.line = line;
        self.column = column;
        self
    }
}

/// Gives every problem that has a field but no line yet its place and source line in `text`, which is the document
/// `file`: the file is read into places once, however many problems there are. Problems of other files are left alone.
pub fn place_all(problems: &mut [Problem], file: &str, text: &str) {
    let mut places = None;
    for problem in problems
        .iter_mut()
        .filter(|p| p.file == file && p.line == 0)
    {
        let places = places.get_or_insert_with(|| Places::read(file, text));
        if let Some(place) = places.nearest(&problem.field) {
            problem.line = place.line;
            problem.column = place.column;
            problem.width = place.width;
            problem.source = places.source(place.line);
        }
    }
}
