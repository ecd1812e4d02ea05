//! From a folder to what can be put in force: reads what changed, keeps the last good version of every file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::digest::Timestamp;
use crate::policy::SnapshotParts;

use super::{Problem, Settings};

/// What kind of file it is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FileKind {
    /// `credentials/*`.
    Credentials,
    /// `expectations.yaml`.
    Expectations,
    /// `keywarden.yaml`.
    Keywarden,
    /// `networks.yaml`.
    Networks,
    /// `organizations/**`.
    Organization,
    /// `resources.yaml`.
    Resources,
}

/// Which version of a file is in force.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileState {
    /// The one in the folder.
    Active,
    /// An earlier one: the one in the folder is bad.
    LastGood,
    /// None: it is bad and was never good.
    Rejected,
}

/// What became of one file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct FileReport {
    /// Relative to the configuration folder.
    pub path: String,
    /// Its kind.
    pub kind: FileKind,
    /// Which version counts.
    pub state: FileState,
    /// Its problems.
    pub problems: Vec<Problem>,
}

/// The outcome of one look at the folder. Nothing of it is in force yet.
#[derive(Clone, Debug)]
pub struct Load {
    /// The settings; `None` if `keywarden.yaml` is bad and never was good.
    pub settings: Option<Arc<Settings>>,
    /// What a snapshot is made of (generation number still 0); `None` if nothing may be put in force: a bad
    /// `keywarden.yaml`, `resources.yaml` or `networks.yaml` without a last good version, or failed expectations.
    pub parts: Option<SnapshotParts>,
    /// Every file.
    pub files: Vec<FileReport>,
    /// Every problem, errors first, then by file and line.
    pub problems: Vec<Problem>,
    /// Whether expectations failed (their failures are among `problems`).
    pub expectations_failed: bool,
    /// Files parsed in this look (the others were unchanged).
    pub parsed: usize,
    /// Files outside the folder's own kinds that the settings name (TLS, CA, bearer), to be watched as well.
    pub referenced: Vec<PathBuf>,
}

/// Looks at a folder again and again.
pub struct Loader {
    folder: PathBuf,
}

impl Loader {
    /// A loader for this folder that has seen nothing yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// A hash of the names and contents of everything the folder holds, or `None` while two looks in a row
    /// disagree (somebody is writing). Cheap: contents are only read where length, mtime or inode changed, and every
    /// `full` look.
    pub fn look(&mut self, full: bool) -> Option<String> {
        let _ = (full, &self.folder);
        todo!()
    }

    /// Parses what changed and compiles everything. Touches nothing in force.
    pub fn load(&mut self, now: Timestamp) -> Load {
        let _ = now;
        todo!()
    }

    /// What was loaded last is in force now: it becomes the last good version of every file that was good.
    pub fn commit(&mut self) {}
}
