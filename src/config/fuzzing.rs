//! A door for the fuzz targets: one organization's file as a load judges it, built only with `--cfg fuzzing`.

use std::sync::Arc;

use crate::digest::Timestamp;
use crate::policy::Organization;

use super::{Problem, Severity, loader};

/// Reads and compiles the organization of `file` (`*.json` is JSON, all else YAML) with no shared networks.
///
/// # Errors
/// With every problem, warnings included, if one of them is an error.
pub fn organization(
    file: &str,
    text: &[u8],
    now: Timestamp,
) -> Result<Arc<Organization>, Vec<Problem>> {
    let mut problems = Vec::new();
    let organization = loader::understand(file, text, &mut problems, now);
    let failed = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    match organization {
        Some(organization) if !failed => Ok(organization),
        Some(_) | None => Err(problems),
    }
}
