//! One problem with the configuration: where, what, and what would be right.

use serde::Serialize;

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
