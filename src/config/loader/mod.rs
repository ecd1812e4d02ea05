//! From a folder to what can be put in force: reads what changed, keeps the last good version of every file.

mod choice;
mod conflicts;
mod core_files;
mod credentials;
mod organizations;
mod parts;
mod pass;
mod reading;
mod report;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::digest::Timestamp;
use crate::policy::{ResourceTable, SnapshotParts};

use super::compile::{SharedNetworks, Table};
use super::cut;
use super::document::ExpectationsDocument;
use super::folder::{ContentHash, Folder, fingerprint};
use super::{Problem, Settings};

use credentials::{Lines, Merged};
#[cfg(fuzzing)]
pub(super) use organizations::understand_alone as understand;
use organizations::{Compiled, OrganizationReading};
use pass::Pass;
use reading::{Reading, Readings, Version};

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
    /// The settings that go with `parts`; `None` if `keywarden.yaml` is bad and never was good.
    pub settings: Option<Arc<Settings>>,
    /// What a snapshot is made of (generation number still 0); `None` if nothing may be put in force: a bad
    /// `keywarden.yaml`, `resources.yaml` or `networks.yaml` without a last good version, or failed expectations.
    pub parts: Option<SnapshotParts>,
    /// What failed its expectations: not to be put in force, but to be asked why.
    pub failed: Option<SnapshotParts>,
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
    folder: Folder,
    known: Known,
    in_force: Option<Arc<InForce>>,
    candidate: Option<Arc<InForce>>,
    /// Whether the folder stood still when it was last loaded.
    settled: bool,
}

/// What every file was read as when last looked at.
#[derive(Default)]
struct Known {
    keywarden: Option<Reading<Arc<Settings>>>,
    resources: Option<Reading<Table>>,
    networks: Option<Reading<Arc<SharedNetworks>>>,
    expectations: Option<Reading<Arc<ExpectationsDocument>>>,
    organizations: BTreeMap<String, OrganizationReading>,
    credentials: Readings<Lines>,
    /// The verifiers of the files last put together.
    merged: Option<Merged>,
}

/// One policy with the version of every file that it was made of.
struct InForce {
    settings: Arc<Settings>,
    parts: SnapshotParts,
    keywarden: Version<Arc<Settings>>,
    resources: Version<Table>,
    networks: Option<Version<Arc<SharedNetworks>>>,
    expectations: Option<Version<Arc<ExpectationsDocument>>>,
    organizations: BTreeMap<String, Version<Compiled>>,
    credentials: BTreeMap<String, Version<Lines>>,
}

impl Loader {
    /// Looks taken before a folder that keeps changing is given up.
    const LOOKS: u32 = 50;
    /// The time between two of them, where something went or changed.
    const PAUSE: Duration = Duration::from_millis(20);

    /// A loader for this folder that has seen nothing yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: Folder::new(folder),
            known: Known::default(),
            in_force: None,
            candidate: None,
            settled: false,
        }
    }

    /// A hash of the names and contents of everything the folder holds, or `None` while two looks in a row
    /// disagree (somebody is writing). Cheap: contents are only read where length, mtime or inode changed, and every
    /// `full` look.
    pub fn look(&mut self, full: bool) -> Option<String> {
        self.folder.look(full).then(|| self.folder.fingerprint())
    }

    /// Parses what changed and compiles everything. Touches nothing in force. Looks again, and blocks for up to a
    /// second while looks disagree.
    pub fn load(&mut self, now: Timestamp) -> Load {
        self.settled = self.settle();
        let pass = Pass::new(
            &mut self.folder,
            &mut self.known,
            self.in_force.as_deref(),
            now,
        );
        let (load, candidate) = if self.settled {
            pass.run()
        } else {
            pass.unsettled()
        };
        self.candidate = candidate.map(Arc::new);
        load
    }

    /// The resource table alone, whatever the other files are like.
    ///
    /// # Errors
    /// The problems of `resources.yaml`.
    pub fn resources(&mut self, now: Timestamp) -> Result<Arc<ResourceTable>, Vec<Problem>> {
        self.settle();
        let in_force = self.in_force.as_deref();
        let choice = Pass::new(&mut self.folder, &mut self.known, in_force, now).resources();
        match choice.version {
            Some(version) => Ok(version.value.resources),
            None => Err(choice.problems),
        }
    }

    /// What [`Loader::look`] would have said of the folder that was loaded last; `None` if it did not stand still.
    #[must_use]
    pub fn last_read(&self) -> Option<String> {
        self.settled.then(|| self.folder.fingerprint())
    }

    /// What was loaded last is in force now: it becomes the last good version of every file that was good.
    pub fn commit(&mut self) {
        if let Some(candidate) = self.candidate.take() {
            self.in_force = Some(candidate);
        }
    }

    /// Looks until two looks in a row agree.
    fn settle(&mut self) -> bool {
        for attempt in 0..Self::LOOKS {
            if self.folder.look(false) {
                return true;
            }
            if attempt > 0 || self.something_went() {
                std::thread::sleep(Self::PAUSE);
            }
        }
        false
    }

    /// Whether a file in force is not in the folder: an editor may be about to put it back.
    fn something_went(&self) -> bool {
        self.in_force.as_ref().is_some_and(|in_force| {
            in_force
                .files()
                .any(|(path, _, _)| !self.folder.files().contains_key(path))
        })
    }
}

impl InForce {
    /// Every file with its kind and the hash of the version in force.
    fn files(&self) -> impl Iterator<Item = (&str, FileKind, &ContentHash)> {
        let networks = self.networks.iter().map(|version| &version.hash);
        let expectations = self.expectations.iter().map(|version| &version.hash);
        let organizations = self.organizations.iter();
        let credentials = self.credentials.iter();
        [
            (KEYWARDEN, FileKind::Keywarden, &self.keywarden.hash),
            (RESOURCES, FileKind::Resources, &self.resources.hash),
        ]
        .into_iter()
        .chain(networks.map(|hash| (NETWORKS, FileKind::Networks, hash)))
        .chain(expectations.map(|hash| (EXPECTATIONS, FileKind::Expectations, hash)))
        .chain(organizations.map(|(path, v)| (path.as_str(), FileKind::Organization, &v.hash)))
        .chain(credentials.map(|(path, v)| (path.as_str(), FileKind::Credentials, &v.hash)))
    }

    /// A name for the content of every version: what the folder's fingerprint is if every file is good.
    fn fingerprint(&self) -> String {
        let mut files: Vec<_> = self
            .files()
            .map(|(path, _, hash)| (path, Some(hash)))
            .collect();
        files.sort_by_key(|(path, _)| *path);
        fingerprint(files.into_iter())
    }
}

/// The files that the settings name.
fn referenced(settings: &Settings) -> Vec<PathBuf> {
    let listeners = settings
        .listeners
        .iter()
        .filter_map(|listener| listener.tls.as_ref());
    let mut files: Vec<PathBuf> = listeners
        .flat_map(|files| [&files.certificate, &files.private_key])
        .chain(settings.upstream.files())
        .cloned()
        .collect();
    files.sort();
    files.dedup();
    files
}

const EXPECTATIONS: &str = "expectations.yaml";
const KEYWARDEN: &str = "keywarden.yaml";
const NETWORKS: &str = "networks.yaml";
const RESOURCES: &str = "resources.yaml";

#[cfg(test)]
mod tests;
