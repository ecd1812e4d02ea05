//! `check`: compiles the folder, runs its expectations, prints every problem.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use crate::config::{FileKind, Load, Problem, Severity};
use crate::policy::Snapshot;

use super::exit::{Exit, Failure};
use super::screen::{Context, Output, color_on_stdout};
use super::seam::{Format, render};
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

/// How many of what was found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Tally {
    errors: usize,
    warnings: usize,
    /// Files with a problem.
    touched: usize,
    files: usize,
}

impl Check {
    /// Checks the folder.
    ///
    /// # Errors
    /// When there is no folder.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let load = folder::read(&context.folder, moment::now())?;
        let tally = Tally::of(&load);
        let exit = verdict(&load, tally, self.strict);
        let format = self.format.unwrap_or(match context.output {
            Output::Text => Format::Text,
            Output::Json => Format::Json,
        });
        match format {
            Format::Json => context.print_json(&json!({
                "valid": exit == Exit::Ok,
                "errors": tally.errors,
                "warnings": tally.warnings,
                "files": tally.files,
                "expectations_failed": load.expectations_failed,
                "problems": load.problems,
            }))?,
            Format::Text => {
                let problems = render(&load.problems, format, color_on_stdout());
                context.print(&format!("{problems}{}\n", summary(load, tally)))?;
            }
            Format::Github => {
                context.print(&render(&load.problems, format, false))?;
                context.tell(&summary(load, tally));
            }
        }
        Ok(exit)
    }
}

impl Tally {
    fn of(load: &Load) -> Self {
        let of = |severity| {
            let same = |problem: &&Problem| problem.severity == severity;
            load.problems.iter().filter(same).count()
        };
        let mut touched: Vec<&str> = load.problems.iter().map(|p| p.file.as_str()).collect();
        touched.sort_unstable();
        touched.dedup();
        Self {
            errors: of(Severity::Error),
            warnings: of(Severity::Warning),
            touched: touched.len(),
            files: load.files.len(),
        }
    }
}

/// 0, 3, or 5 when nothing but expectations stands in the way.
fn verdict(load: &Load, tally: Tally, strict: bool) -> Exit {
    let expectation = |file: &str| {
        load.files
            .iter()
            .any(|report| report.kind == FileKind::Expectations && report.path == file)
    };
    let elsewhere = load.problems.iter().any(|problem| {
        (strict || problem.severity == Severity::Error) && !expectation(&problem.file)
    });
    let nothing = load.parts.is_none() && !load.expectations_failed;
    if elsewhere || nothing {
        Exit::Configuration
    } else if load.expectations_failed {
        Exit::Different
    } else if tally.errors > 0 || (strict && tally.warnings > 0) {
        Exit::Configuration
    } else {
        Exit::Ok
    }
}

/// The last line.
fn summary(load: Load, tally: Tally) -> String {
    let Tally {
        errors,
        warnings,
        touched,
        files,
    } = tally;
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    let mut text = if errors + warnings == 0 {
        format!("{}: no problems", counted(files, "file"))
    } else {
        format!(
            "{}, {} in {touched} of {}",
            counted(errors, "error"),
            counted(warnings, "warning"),
            counted(files, "file")
        )
    };
    if let Some(parts) = load.parts {
        let snapshot = Snapshot::new(parts);
        let _ = write!(
            text,
            "; {}, {}, {} (generation {})",
            counted(snapshot.organizations().len(), "organization"),
            counted(snapshot.key_count(), "key"),
            counted(snapshot.resources.resources().len(), "resource"),
            snapshot.generation.fingerprint
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FileReport, FileState};

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
        let load = load(problems, expectations_failed);
        verdict(&load, Tally::of(&load), strict)
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

    #[test]
    fn the_summary_counts_files_with_problems_once() {
        let warning = ("keywarden.yaml", Severity::Warning);
        let load = load(&[warning, warning], false);
        let tally = Tally::of(&load);
        assert_eq!(summary(load, tally), "0 errors, 2 warnings in 1 of 2 files");
    }
}
