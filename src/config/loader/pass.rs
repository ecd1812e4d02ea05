//! One pass over a folder that stands still: read, choose, compile, test.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::config::compile::{Lists, SharedNetworks};
use crate::config::folder::{ContentHash, Folder, FolderFile};
use crate::config::{Problem, Settings};
use crate::digest::Timestamp;
use crate::policy::SnapshotParts;

use super::choice::Choice;
use super::core_files::{Core, core};
use super::credentials::{self, Lines};
use super::organizations::{self, Compiled, With};
use super::reading::Version;
use super::report::{Report, permissions};
use super::{FileKind, FileState, InForce, Known, Load, referenced};

/// The state of one pass.
pub(super) struct Pass<'p> {
    pub(super) folder: &'p mut Folder,
    pub(super) known: &'p mut Known,
    pub(super) in_force: Option<&'p InForce>,
    pub(super) now: Timestamp,
    pub(super) report: Report,
    pub(super) parsed: usize,
}

/// What was chosen of one kind of file, by path.
pub(super) type Chosen<T> = Vec<(String, Choice<T>)>;

impl<'p> Pass<'p> {
    pub(super) fn new(
        folder: &'p mut Folder,
        known: &'p mut Known,
        in_force: Option<&'p InForce>,
        now: Timestamp,
    ) -> Self {
        Self {
            folder,
            known,
            in_force,
            now,
            report: Report::default(),
            parsed: 0,
        }
    }

    /// Nothing is read from a folder that keeps changing.
    pub(super) fn unsettled(mut self) -> (Load, Option<InForce>) {
        let problem = Problem::error("KW0607", "", "")
            .message("the folder keeps changing: nothing was read")
            .help("write files elsewhere and move them here when they are whole");
        self.report.add(problem);
        let settings = self.in_force.map(|in_force| Arc::clone(&in_force.settings));
        (self.kept(settings, false), None)
    }

    /// Reads, chooses, compiles and tests.
    pub(super) fn run(mut self) -> (Load, Option<InForce>) {
        let keywarden = self.keywarden();
        let resources = self.resources();
        let networks = self.networks();
        let settings = keywarden
            .version
            .as_ref()
            .map(|version| Arc::clone(&version.value));
        let shared = networks
            .as_ref()
            .and_then(|choice| choice.version.as_ref())
            .map(|version| Arc::clone(&version.value))
            .unwrap_or_default();
        let mut organizations = self.organizations(&shared);
        if networks
            .as_ref()
            .is_some_and(|choice| choice.version.is_none())
        {
            // whether a network is defined is not known
            for (_, choice) in &mut organizations {
                choice.problems.retain(|problem| problem.code != "KW0411");
            }
        }
        for (path, choice) in &organizations {
            self.report.file(path, FileKind::Organization, choice);
        }
        let credentials = self.credentials(settings.as_deref());
        self.warn_of_files();
        let Some(core) = core(keywarden, resources, networks) else {
            // they cannot be asked, but what is wrong with them can be told
            self.expectations();
            return (self.kept(settings, false), None);
        };
        self.compose(core, organizations, credentials)
    }

    fn organizations(&mut self, shared: &SharedNetworks) -> Chosen<Compiled> {
        let lists = Lists::default();
        let with = With {
            shared,
            lists: &lists,
            now: self.now,
        };
        let files = of_kind(self.folder, FileKind::Organization);
        self.parsed += organizations::refresh(&mut self.known.organizations, &files, with);
        let in_force = self.in_force.map(|in_force| &in_force.organizations);
        organizations::choose(&self.known.organizations, in_force, with)
            .into_iter()
            .map(|candidate| (candidate.path.to_owned(), candidate.choice))
            .collect()
    }

    fn credentials(&mut self, settings: Option<&Settings>) -> Chosen<Lines> {
        let files = of_kind(self.folder, FileKind::Credentials);
        let parsed = credentials::refresh(&mut self.known.credentials, &files);
        self.parsed += parsed.len();
        for path in parsed {
            self.folder.let_go(&path);
        }
        let realm = settings.map(|settings| settings.digest.realm.as_str());
        let in_force = self.in_force.map(|in_force| &in_force.credentials);
        let chosen = credentials::choose(&self.known.credentials, in_force, realm);
        for (path, choice) in &chosen {
            self.report.file(path, FileKind::Credentials, choice);
        }
        chosen
    }

    /// Names that are not read, and files that others may read or change.
    fn warn_of_files(&mut self) {
        for (name, meant) in self.folder.near_misses() {
            let problem = Problem::warning("KW0605", name.as_str(), "")
                .message(format!("`{name}` is not read"))
                .help(format!("did you mean `{meant}`?"));
            self.report.add(problem);
        }
        for (path, file) in self.folder.files() {
            if let Some(problem) = permissions(path, file) {
                self.report.add(problem);
            }
        }
    }

    /// Makes a policy of what was chosen and asks its expectations.
    fn compose(
        mut self,
        core: Core,
        organizations: Chosen<Compiled>,
        credentials: Chosen<Lines>,
    ) -> (Load, Option<InForce>) {
        let settings = Arc::clone(&core.keywarden.value);
        let mut parts = self.parts(&core, &organizations, &credentials);
        let expectations = self.expectations();
        let asked = expectations.as_ref().map(|choice| choice.version.as_ref());
        let failed = match asked {
            None => false,
            Some(None) => true,
            Some(Some(version)) => !self.meets(&version.value, &parts),
        };
        if failed {
            let settings = self
                .in_force
                .map_or(settings, |known| Arc::clone(&known.settings));
            let mut load = self.kept(Some(settings), true);
            load.failed = Some(parts);
            return (load, None);
        }
        let mut candidate = InForce {
            settings: Arc::clone(&settings),
            parts: parts.clone(),
            keywarden: core.keywarden,
            resources: core.resources,
            networks: core.networks,
            expectations: expectations.and_then(|choice| choice.version),
            organizations: versions(organizations),
            credentials: versions(credentials),
        };
        parts.generation.fingerprint = candidate.fingerprint();
        candidate.parts.generation = parts.generation.clone();
        (
            self.finish(Some(settings), Some(parts), false),
            Some(candidate),
        )
    }

    /// The policy in force stays as it is, whole; files that changed do not count.
    fn kept(mut self, settings: Option<Arc<Settings>>, expectations_failed: bool) -> Load {
        let Some(in_force) = self.in_force else {
            return self.finish(settings, None, expectations_failed);
        };
        let known: HashMap<&str, &ContentHash> = in_force
            .files()
            .map(|(path, _, hash)| (path, hash))
            .collect();
        for report in self.report.files_mut() {
            let now = self.folder.files().get(&report.path);
            let now = now.and_then(|file| Some(&file.content.as_ref().ok()?.hash));
            let last = known.get(report.path.as_str()).copied();
            if report.state == FileState::Active && now != last {
                report.state = if last.is_some() {
                    FileState::LastGood
                } else {
                    FileState::Rejected
                };
                let problem = Problem::warning("KW0604", report.path.as_str(), "")
                    .message("the change does not count yet: the whole policy is kept as it is")
                    .help("mend the errors of the other files");
                report.problems.push(problem);
            }
        }
        for (path, kind, _) in in_force.files() {
            self.report.keep(path, kind);
        }
        let settings = Some(Arc::clone(&in_force.settings));
        let parts = (!expectations_failed).then(|| in_force.parts.clone());
        self.finish(settings, parts, expectations_failed)
    }

    fn finish(
        self,
        settings: Option<Arc<Settings>>,
        parts: Option<SnapshotParts>,
        expectations_failed: bool,
    ) -> Load {
        let (files, problems) = self.report.finish();
        Load {
            referenced: settings.as_deref().map(referenced).unwrap_or_default(),
            settings,
            parts,
            failed: None,
            files,
            problems,
            expectations_failed,
            parsed: self.parsed,
        }
    }
}

fn of_kind(folder: &Folder, kind: FileKind) -> Vec<(&str, &FolderFile)> {
    folder
        .files()
        .iter()
        .filter(|(_, file)| file.kind == kind)
        .map(|(path, file)| (path.as_str(), file))
        .collect()
}

fn versions<T>(chosen: Chosen<T>) -> BTreeMap<String, Version<T>> {
    chosen
        .into_iter()
        .filter_map(|(path, choice)| Some((path, choice.version?)))
        .collect()
}
