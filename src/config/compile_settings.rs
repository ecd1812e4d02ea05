//! From `keywarden.yaml` as written to the settings it means.

use std::path::Path;

use super::document::KeywardenDocument;
use super::{Problem, Settings};

/// The settings that `document`, read from `file` of `folder`, means: every default filled in, every path absolute.
/// `None` if one of the problems (none of them placed yet) is an error.
#[must_use]
pub fn compile_settings(
    folder: &Path,
    file: &str,
    document: &KeywardenDocument,
) -> (Option<Settings>, Vec<Problem>) {
    let _ = (folder, file, document);
    (None, Vec::new())
}
