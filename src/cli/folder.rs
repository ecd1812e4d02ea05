//! A configuration folder as an offline command sees it: loaded once, compiled, never put in force.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::config::document::{self, KeywardenDocument};
use crate::config::{Load, Loader, Problem, Settings, Severity, compile_settings, render_text};
use crate::digest::Timestamp;
use crate::policy::{ResourceTable, Snapshot};

use super::exit::{Exit, Failure};
use super::screen::{Context, color_on_stderr};

/// The policy's own tests.
const EXPECTATIONS: &str = "expectations.yaml";

/// What a folder means.
pub(super) struct Compiled {
    /// The policy it would put in force.
    pub(super) snapshot: Snapshot,
    /// Problems that left a file out, but not the whole.
    pub(super) errors: Vec<Problem>,
}

/// Reads the folder as it is now.
///
/// # Errors
/// When there is no such folder.
pub(super) fn read(folder: &Path, at: Timestamp) -> Result<Load, Failure> {
    if folder.is_dir() {
        return Ok(Loader::new(folder).load(at));
    }
    Err(missing(folder))
}

/// The failure that there is no such folder.
pub(super) fn missing(folder: &Path) -> Failure {
    let shown = folder.display();
    Failure::new(
        Exit::Configuration,
        format!("there is no configuration folder `{shown}`"),
    )
    .cure(format!(
        "`keywarden init {shown}`, or name the folder with --config or KEYWARDEN_CONFIG"
    ))
}

/// What `keywarden.yaml` alone says; a health check does not read a million keys to find a port.
pub(super) fn settings(folder: &Path) -> Option<Settings> {
    const FILE: &str = "keywarden.yaml";
    let text = fs::read(folder.join(FILE)).ok()?;
    let document: KeywardenDocument = document::read(FILE, &text).ok()?;
    compile_settings(folder, FILE, &document).0
}

/// Reads and compiles the folder; problems that do not stop it are told on standard error. A policy that fails its
/// expectations is compiled all the same: only so can it be asked why.
///
/// # Errors
/// When there is no folder, or nothing in it means a policy.
pub(super) fn compile(context: &Context, at: Timestamp) -> Result<Compiled, Failure> {
    let load = read(&context.folder, at)?;
    let mut errors: Vec<Problem> = load
        .problems
        .into_iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    let failed = load.parts.is_none();
    let Some(parts) = load.parts.or(load.failed) else {
        return Err(invalid(&errors));
    };
    if !errors.is_empty() {
        context.tell_rendered(&render_text(&errors, color_on_stderr()));
    }
    if failed {
        context.tell("warning: this policy fails its expectations and is not put in force");
    }
    errors.retain(|problem| problem.file != EXPECTATIONS);
    if !errors.is_empty() {
        context.tell("warning: the files above are left out of this answer");
    }
    Ok(Compiled {
        snapshot: Snapshot::new(parts),
        errors,
    })
}

/// The resource table, whatever the other files are like.
///
/// # Errors
/// When there is no folder, or its `resources.yaml` has an error.
pub(super) fn table(context: &Context, at: Timestamp) -> Result<Arc<ResourceTable>, Failure> {
    if !context.folder.is_dir() {
        return Err(missing(&context.folder));
    }
    let table = Loader::new(&context.folder).resources(at);
    table.map_err(|problems| invalid(&problems))
}

/// The failure that tells all problems of a configuration.
pub(super) fn invalid(problems: &[Problem]) -> Failure {
    let rendered = render_text(problems, color_on_stderr());
    Failure::new(Exit::Configuration, "the configuration is invalid").because(&rendered)
}
