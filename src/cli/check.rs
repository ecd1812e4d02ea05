//! `check`: compiles the folder, runs its expectations, prints every problem.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Map, Value};

use crate::config::{
    FileKind, Load, Severity, closing_line, render_github, render_json, render_text,
};
use crate::policy::Snapshot;

use super::exit::{Exit, Failure};
use super::screen::{Context, Output, color_on_stdout};
use super::{folder, moment};

/// Compiles the folder, runs the expectations, prints every problem
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 0 if the folder can be put in force, 3 if not, 5 if only its expectations fail.\n\n\
                  Example:\n  keywarden check --strict --format github"
)]
pub(super) struct Check {
    /// Warnings are errors
    #[arg(long)]
    strict: bool,

    /// The shape of the problems [default: as --output]
    #[arg(long, value_enum)]
    format: Option<Format>,
}

/// How problems are written: with the source line underlined, as JSON, as GitHub's workflow commands.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
    Github,
}

impl Check {
    /// Checks the folder.
    ///
    /// # Errors
    /// When there is no folder.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let load = folder::read(&context.folder, moment::now())?;
        let exit = verdict(&load, self.strict);
        let format = self.format.unwrap_or(match context.output {
            Output::Text => Format::Text,
            Output::Json => Format::Json,
        });
        match format {
            Format::Json => context.print_json(&json(&load, exit))?,
            Format::Text => {
                let problems = render_text(&load.problems, color_on_stdout());
                context.print_rendered(&format!("{problems}{}\n", closing(load)))?;
            }
            Format::Github => {
                let folder = context.folder.to_string_lossy();
                context.print(&render_github(&load.problems, &folder))?;
                context.tell(&closing(load));
            }
        }
        Ok(exit)
    }
}

/// The problems, and what came of them.
fn json(load: &Load, exit: Exit) -> Value {
    let mut fields = Map::new();
    fields.insert("valid".to_owned(), (exit == Exit::Ok).into());
    fields.insert("files".to_owned(), load.files.len().into());
    fields.insert(
        "expectations_failed".to_owned(),
        load.expectations_failed.into(),
    );
    if let Ok(Value::Object(problems)) = serde_json::from_str(&render_json(&load.problems)) {
        fields.extend(problems);
    }
    Value::Object(fields)
}

/// 0, 3, or 5 when nothing but expectations stands in the way.
fn verdict(load: &Load, strict: bool) -> Exit {
    let expectation = |file: &str| {
        load.files
            .iter()
            .any(|report| report.kind == FileKind::Expectations && report.path == file)
    };
    let counts = |severity: Severity| strict || severity == Severity::Error;
    let (of_expectations, elsewhere): (Vec<_>, Vec<_>) = load
        .problems
        .iter()
        .filter(|problem| counts(problem.severity))
        .partition(|problem| expectation(&problem.file));
    let nothing_to_ask = load.parts.is_none() && !load.expectations_failed;
    if !elsewhere.is_empty() || nothing_to_ask {
        Exit::Configuration
    } else if load.expectations_failed {
        Exit::Different
    } else if of_expectations.is_empty() {
        Exit::Ok
    } else {
        Exit::Configuration
    }
}

/// The last line: the problems counted, and what the policy holds.
fn closing(load: Load) -> String {
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    let mut line = closing_line(&load.problems, &load.files);
    if let Some(parts) = load.parts {
        let snapshot = Snapshot::new(parts);
        let _ = write!(
            line,
            " {}, {}, {}; generation {}.",
            counted(snapshot.organizations().len(), "organization"),
            counted(snapshot.key_count(), "key"),
            counted(snapshot.resources.resources().len(), "resource"),
            snapshot.generation.fingerprint
        );
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileReport, FileState, Problem};

    fn load(problems: &[(&str, Severity)], expectations_failed: bool) -> Load {
        let report = |path: &str, kind| FileReport {
            path: path.to_owned(),
            kind,
            state: FileState::Active,
            problems: Vec::new(),
        };
        Load {
            settings: None,
            parts: None,
            failed: None,
            files: vec![
                report("keywarden.yaml", FileKind::Keywarden),
                report("expectations.yaml", FileKind::Expectations),
            ],
            problems: problems
                .iter()
                .map(|(file, severity)| Problem {
                    code: "KW0001",
                    severity: *severity,
                    file: (*file).to_owned(),
                    line: 1,
                    column: 1,
                    field: String::new(),
                    message: "something".to_owned(),
                    help: String::new(),
                    notes: Vec::new(),
                    source: None,
                    width: 1,
                })
                .collect(),
            expectations_failed,
            parsed: 2,
            referenced: Vec::new(),
        }
    }

    fn exit(problems: &[(&str, Severity)], expectations_failed: bool, strict: bool) -> Exit {
        verdict(&load(problems, expectations_failed), strict)
    }

    #[test]
    fn an_error_ends_with_3_and_a_failed_expectation_alone_with_5() {
        let error = ("keywarden.yaml", Severity::Error);
        let failed = ("expectations.yaml", Severity::Error);
        assert_eq!(exit(&[error], false, false), Exit::Configuration);
        assert_eq!(exit(&[failed], true, false), Exit::Different);
        assert_eq!(exit(&[error, failed], true, false), Exit::Configuration);
    }

    #[test]
    fn a_warning_counts_only_when_strict() {
        let warning = ("keywarden.yaml", Severity::Warning);
        let failed = ("expectations.yaml", Severity::Error);
        assert_eq!(exit(&[warning, failed], true, false), Exit::Different);
        assert_eq!(exit(&[warning, failed], true, true), Exit::Configuration);
    }
}
