//! One pass over a folder that stands still: read, choose, compile, test.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::config::compile::{
    FileLines, Findings, Lists, SharedNetworks, Table, advertised, resources, shared_networks,
    unmatched,
};
use crate::config::document::{
    Document, ExpectationsDocument, KeywardenDocument, NetworksDocument, ResourcesDocument,
};
use crate::config::expectation::failures;
use crate::config::folder::{ContentHash, Folder, FolderFile};
use crate::config::{Problem, Settings, Severity, compile_settings, cut, place_all};
use crate::digest::Timestamp;
use crate::policy::{Generation, Organization, Snapshot, SnapshotParts};

use super::choice::Choice;
use super::credentials::{self, Lines};
use super::organizations::{self, Compiled, With};
use super::reading::{Reading, Version, parse, read};
use super::report::{Report, permissions};
use super::{
    EXPECTATIONS, FileKind, FileState, InForce, KEYWARDEN, Known, Load, NETWORKS, RESOURCES,
    referenced,
};

/// The state of one pass.
pub(super) struct Pass<'p> {
    folder: &'p mut Folder,
    known: &'p mut Known,
    in_force: Option<&'p InForce>,
    now: Timestamp,
    report: Report,
    parsed: usize,
}

/// The files that the whole policy stands on, all of them good.
struct Core {
    keywarden: Version<Arc<Settings>>,
    resources: Version<Table>,
    networks: Option<Version<Arc<SharedNetworks>>>,
}

/// What was chosen of one kind of file, by path.
type Chosen<T> = Vec<(String, Choice<T>)>;

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
        let organizations = self.organizations(&shared);
        let credentials = self.credentials(settings.as_deref());
        self.warn_of_files();
        match core(keywarden, resources, networks) {
            Some(core) => self.compose(core, organizations, credentials),
            None => (self.kept(settings, false), None),
        }
    }

    fn keywarden(&mut self) -> Choice<Arc<Settings>> {
        let root = self.folder.root().to_owned();
        let parse = |text: &[u8], problems: &mut Vec<Problem>| {
            parse(
                KEYWARDEN,
                text,
                problems,
                |document: &KeywardenDocument, findings| {
                    let (settings, found) = compile_settings(&root, KEYWARDEN, document);
                    findings.extend(found);
                    settings.map(Arc::new)
                },
            )
        };
        let file = self.folder.files().get(KEYWARDEN);
        let reading = reread(
            self.known.keywarden.take(),
            KEYWARDEN,
            file,
            &mut self.parsed,
            parse,
        );
        let last = self.in_force.map(|in_force| &in_force.keywarden);
        let choice = Choice::of(KEYWARDEN, &reading, last, |old, new| {
            cut::settings_open(old, new)
        });
        self.known.keywarden = Some(reading);
        self.report.file(KEYWARDEN, FileKind::Keywarden, &choice);
        choice
    }

    fn resources(&mut self) -> Choice<Table> {
        let file = self.folder.files().get(RESOURCES);
        let parse = whole(
            RESOURCES,
            |document: &ResourcesDocument, findings: &mut Findings<'_>| {
                resources(document, findings)
            },
        );
        let reading = reread(
            self.known.resources.take(),
            RESOURCES,
            file,
            &mut self.parsed,
            parse,
        );
        let last = self.in_force.map(|in_force| &in_force.resources);
        let choice = Choice::of(RESOURCES, &reading, last, cut::table_opens);
        self.known.resources = Some(reading);
        self.report.file(RESOURCES, FileKind::Resources, &choice);
        choice
    }

    /// `None` if there is no such file: it may be left out.
    fn networks(&mut self) -> Option<Choice<Arc<SharedNetworks>>> {
        let known = self.known.networks.take();
        let file = self.folder.files().get(NETWORKS)?;
        let parse = whole(
            NETWORKS,
            |document: &NetworksDocument, findings: &mut Findings<'_>| {
                shared_networks(document, findings).map(Arc::new)
            },
        );
        let reading = reread(known, NETWORKS, Some(file), &mut self.parsed, parse);
        let last = self
            .in_force
            .and_then(|in_force| in_force.networks.as_ref());
        let choice = Choice::of(NETWORKS, &reading, last, |old, new| {
            cut::networks_open(old, new)
        });
        self.known.networks = Some(reading);
        self.report.file(NETWORKS, FileKind::Networks, &choice);
        Some(choice)
    }

    /// `None` if there is no such file: it may be left out.
    fn expectations(&mut self) -> Option<Choice<Arc<ExpectationsDocument>>> {
        let known = self.known.expectations.take();
        let file = self.folder.files().get(EXPECTATIONS)?;
        let parse = |text: &[u8], problems: &mut Vec<Problem>| {
            parse(
                EXPECTATIONS,
                text,
                problems,
                |document: &ExpectationsDocument, _| Some(Arc::new(document.clone())),
            )
        };
        let reading = reread(known, EXPECTATIONS, Some(file), &mut self.parsed, parse);
        let last = self
            .in_force
            .and_then(|in_force| in_force.expectations.as_ref());
        let choice = Choice::of(EXPECTATIONS, &reading, last, |_, _| false);
        self.known.expectations = Some(reading);
        self.report
            .file(EXPECTATIONS, FileKind::Expectations, &choice);
        Some(choice)
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
        let chosen: Chosen<Compiled> =
            organizations::choose(&self.known.organizations, in_force, with)
                .into_iter()
                .map(|candidate| (candidate.path.to_owned(), candidate.choice))
                .collect();
        for (path, choice) in &chosen {
            self.report.file(path, FileKind::Organization, choice);
        }
        chosen
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
            return (self.kept(Some(settings), true), None);
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

    fn parts(
        &mut self,
        core: &Core,
        organizations: &Chosen<Compiled>,
        credentials: &Chosen<Lines>,
    ) -> SnapshotParts {
        let settings = &core.keywarden.value;
        let organizations: Vec<Arc<Organization>> = organizations
            .iter()
            .filter_map(|(_, choice)| choice.version.as_ref())
            .map(|version| Arc::clone(&version.value.organization))
            .collect();
        let files: Vec<FileLines<'_>> = credentials
            .iter()
            .filter_map(|(path, choice)| Some((path.as_str(), &*choice.version.as_ref()?.value)))
            .collect();
        let merged = credentials::merge(&mut self.known.merged, credentials);
        let (offered, problems) = advertised(
            &settings.digest.algorithms,
            &organizations,
            &merged.verifiers,
        );
        let lines = if self.report.lacks_an_organization() { &[] } else { files.as_slice() };
        let lacking = unmatched(&organizations, &merged.verifiers, lines);
        let problems = [merged.problems.clone(), problems, lacking].concat();
        let verifiers = Arc::clone(&merged.verifiers);
        self.add_placed(problems);
        if organizations.is_empty() {
            let problem = Problem::warning("KW0419", "organizations", "")
                .message("no organization is in force: every request is challenged")
                .help("write one under organizations/");
            self.report.add(problem);
        }
        SnapshotParts {
            generation: Generation::default(),
            realm: Arc::from(settings.digest.realm.as_str()),
            algorithms: settings.digest.algorithms.clone(),
            advertised: offered,
            nonce_lifetime: settings.digest.nonce_lifetime,
            resources: Arc::clone(&core.resources.value.resources),
            scopes: Arc::clone(&core.resources.value.scopes),
            organizations,
            verifiers,
        }
    }

    /// Whether the policy is what `expectations.yaml` expects.
    fn meets(&mut self, expected: &ExpectationsDocument, parts: &SnapshotParts) -> bool {
        if expected.expectations.is_empty() {
            return true;
        }
        let snapshot = Snapshot::new(parts.clone());
        let missing = self.report.lacks_an_organization();
        let failures = failures(expected, EXPECTATIONS, &snapshot, self.now, missing);
        let met = failures
            .iter()
            .all(|problem| problem.severity == Severity::Warning);
        self.add_placed(failures);
        met
    }

    /// Adds problems that were found between files, each with its place.
    fn add_placed(&mut self, mut problems: Vec<Problem>) {
        let mut files: Vec<String> = problems
            .iter()
            .map(|problem| problem.file.clone())
            .collect();
        files.sort();
        files.dedup();
        for path in files {
            let file = self.folder.files().get(&path);
            let content = file.and_then(|file| file.content.as_ref().ok());
            let text = content.and_then(|content| content.text.as_deref());
            if let Some(Ok(text)) = text.map(std::str::from_utf8) {
                place_all(&mut problems, &path, text);
            }
        }
        for problem in problems {
            self.report.add(problem);
        }
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
            files,
            problems,
            expectations_failed,
            parsed: self.parsed,
        }
    }
}

/// The core, if nothing of it is bad.
fn core(
    keywarden: Choice<Arc<Settings>>,
    resources: Choice<Table>,
    networks: Option<Choice<Arc<SharedNetworks>>>,
) -> Option<Core> {
    let networks = match networks {
        None => None,
        Some(choice) => Some(active(choice)?),
    };
    Some(Core {
        keywarden: active(keywarden)?,
        resources: active(resources)?,
        networks,
    })
}

fn active<T>(choice: Choice<T>) -> Option<Version<T>> {
    match choice.state {
        FileState::Active => choice.version,
        FileState::LastGood | FileState::Rejected => None,
    }
}

/// Reads a file unless it is what it was.
fn reread<T>(
    known: Option<Reading<T>>,
    path: &str,
    file: Option<&FolderFile>,
    parsed: &mut usize,
    parse: impl FnOnce(&[u8], &mut Vec<Problem>) -> Option<T>,
) -> Reading<T> {
    let Some(file) = file else {
        let problem = Problem::error("KW0603", path, "")
            .message(format!("{path} is missing"))
            .help("write it, or make a folder with `keywarden init`");
        return Reading::absent(problem);
    };
    match known {
        Some(reading) if reading.is_of(file) => reading,
        Some(_) | None => {
            *parsed += usize::from(file.content.is_ok());
            read(path, file, parse)
        }
    }
}

/// A parser of a document that must not end in the middle of a line.
fn whole<D: Document, T>(
    path: &'static str,
    compile: impl FnOnce(&D, &mut Findings<'_>) -> Option<T>,
) -> impl FnOnce(&[u8], &mut Vec<Problem>) -> Option<T> {
    move |text, problems| {
        problems.extend(cut::unended(path, text));
        parse(path, text, problems, compile)
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
