//! Hot reload: notices a change, walks the road from files to a snapshot, and puts it in force with one store.
//!
//! Nothing here touches a socket, a connection, the nonce keys or the replay memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{
    AccessLogSettings, FileKind, FileReport, FileState, Load, Loader, Opening, Problem, Settings,
    Severity, Widening, openings,
};
use crate::policy::Snapshot;
use crate::telemetry::{AccessLog, LineFormat, ReloadResult};

use super::acceptance::Acceptance;
use super::confinement::Confinement;
use super::dial::Plan;
use super::in_force::InForce;
use super::plan::url;
use super::references::{fingerprint_of, references};
use super::shared::Shared;
use super::status::{Board, GenerationStatus, PendingWidening, count};
use super::tls::Certificate;
use super::{clock, plan};

/// A listener's certificate and where it was read.
pub(super) struct Renewal {
    /// The listener.
    pub(super) listener: String,
    /// Its files.
    pub(super) files: crate::config::TlsFiles,
    /// What is in force.
    pub(super) certificate: Certificate,
}

/// The one who puts policies in force.
pub(super) struct Reload {
    pub(super) folder: PathBuf,
    pub(super) loader: Loader,
    pub(super) shared: Arc<Shared>,
    pub(super) board: Arc<Board>,
    pub(super) certificates: Vec<Renewal>,
    /// The settings the sockets were opened with.
    pub(super) started_with: Arc<Settings>,
    /// The settings of the access log in force.
    pub(super) logged_with: Option<AccessLogSettings>,
    /// What the folder held when it was last read; `None` if it would not stand still.
    pub(super) seen: Option<String>,
    /// Files outside the folder that are referred to.
    pub(super) references: Vec<PathBuf>,
    /// What they held when the folder was last read.
    pub(super) referenced: u64,
    /// What the upstream's own files held when the plan in force was made.
    pub(super) planned: u64,
    /// Looks in a row that disagreed.
    pub(super) unsteady: u32,
    /// What was accepted of what a change opens.
    pub(super) acceptance: Acceptance,
    /// What the process may still read and write.
    pub(super) confinement: Confinement,
}

/// What came of one look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Look {
    /// Somebody is writing: look again soon.
    Unsteady,
    /// Nothing to do, or done.
    Done,
}

impl Reload {
    /// Looks at the folder, and reloads what changed. `full` reads contents even where nothing seems to have changed;
    /// `asked` walks the whole road even if nothing has.
    pub(super) fn look(&mut self, full: bool, asked: bool) -> Look {
        if self.strayed(asked) {
            return Look::Done;
        }
        let found = self.loader.look(full);
        if found.is_none() && self.unsteady < MOST_UNSTEADY {
            self.unsteady += 1;
            return Look::Unsteady;
        }
        self.unsteady = 0;
        let began = clock::instant();
        let accepted = self.acceptance.given(&self.board);
        let before = (self.references.clone(), fingerprint_of(&self.references));
        let changed = found.is_none()
            || self.seen != found
            || before.1 != self.referenced
            || accepted.is_some();
        if !changed && !asked {
            return Look::Done;
        }
        self.board.lock().notices.clear();
        self.renew_certificates();
        let load = self.loader.load(clock::now());
        // Not what the look found: the folder may have changed in between, and may change back.
        self.seen = self.loader.last_read();
        let result = self.adopt(&load, accepted.as_deref(), changed);
        // What they looked like before they were read: a file written meanwhile is a change for the next look.
        if self.references == before.0 {
            self.referenced = before.1;
        }
        self.tell(result, began);
        Look::Done
    }

    /// Whether the folder itself now lies where this process cannot read. It would look empty, and nobody is to mistake
    /// that for a policy.
    fn strayed(&self, asked: bool) -> bool {
        let Err(why) = self.confinement.check(&self.folder) else {
            return false;
        };
        let why = why.to_string();
        let told = self.board.lock().notices.contains(&why);
        if asked || !told {
            self.board.lock().notices.clear();
            self.notice(why);
            self.tell(ReloadResult::Rejected, clock::instant());
        }
        true
    }

    /// Puts what was loaded in force, unless something keeps it from that or it is in force already.
    fn adopt(&mut self, load: &Load, accepted: Option<&str>, changed: bool) -> ReloadResult {
        self.report(load);
        let (Some(settings), Some(parts)) = (&load.settings, &load.parts) else {
            return ReloadResult::Rejected;
        };
        let old = self.shared.in_force.load_full();
        let same = parts.generation.fingerprint == old.snapshot.generation.fingerprint;
        let mut snapshot = if same {
            old.snapshot.clone()
        } else {
            Snapshot::new(parts.clone())
        };
        let opened = openings(&old.snapshot, &snapshot);
        if self.holds_back(&snapshot, &opened, [&old.settings, settings], accepted) {
            return ReloadResult::Rejected;
        }
        let Some(plan) = self.plan(&old, settings) else {
            return ReloadResult::Rejected;
        };
        self.follow_settings(&old.settings, settings);
        let new = !same || !Arc::ptr_eq(&plan, &old.plan);
        if new {
            snapshot.generation.number = old.snapshot.generation.number + 1;
            self.put_in_force(InForce {
                snapshot,
                settings: Arc::clone(settings),
                plan,
            });
        }
        match outcome(load) {
            ReloadResult::Applied if !changed && !new => ReloadResult::Unchanged,
            result => result,
        }
    }

    /// Says what was found: to the log, and on the board.
    fn report(&mut self, load: &Load) {
        self.references = references(load, &self.started_with);
        self.referenced = fingerprint_of(&self.references);
        log_errors(load);
        for why in self.confinement.check_files(&self.folder, load) {
            self.notice(why.to_string());
        }
        let mut board = self.board.lock();
        board.files.clone_from(&load.files);
        board.reload.problems = errors(load).cloned().collect();
        board.pending_widening = None;
    }

    /// The upstream of these settings. Where only its files changed, and for the worse, what was read before stays;
    /// `None` if there is nothing of these settings to stay with.
    fn plan(&mut self, old: &InForce, settings: &Settings) -> Option<Arc<Plan>> {
        let same = settings.upstream == old.settings.upstream;
        let files = fingerprint_of(&plan::files(&settings.upstream));
        if same && files == self.planned {
            return Some(Arc::clone(&old.plan));
        }
        let readable = self.confinement.check_upstream(&settings.upstream);
        match readable.and_then(|()| plan::plan(&settings.upstream)) {
            Ok(plan) => {
                self.planned = files;
                Some(Arc::new(plan))
            }
            Err(why) if same => {
                self.notice(format!("upstream: {why}; what was read before stays"));
                Some(Arc::clone(&old.plan))
            }
            Err(why) => {
                self.notice(format!("upstream: {why}; the policy in force stays"));
                None
            }
        }
    }

    /// Names every opening, and says whether it keeps the policy from being put in force: where the settings in force
    /// or the new ones refuse it, because nobody is to open anything by switching the refusal off along with it.
    fn holds_back(
        &self,
        new: &Snapshot,
        opened: &[Opening],
        settings: [&Settings; 2],
        accepted: Option<&str>,
    ) -> bool {
        let careful = settings
            .iter()
            .any(|settings| settings.reload.widening == Widening::Refuse);
        let fingerprint = &new.generation.fingerprint;
        let refused = careful && !opened.is_empty() && accepted != Some(fingerprint.as_str());
        for opening in opened {
            tracing::warn!(
                code = opening.code,
                refused,
                "widening: {}",
                opening.message
            );
        }
        self.shared.metrics.widenings(opened.len() as u64);
        if refused {
            self.board.lock().pending_widening = Some(PendingWidening {
                fingerprint: fingerprint.clone(),
                openings: opened.iter().map(|o| o.message.clone()).collect(),
            });
            tracing::warn!(
                fingerprint,
                "not put in force: accept it with `keywarden reload --accept-widening`"
            );
        }
        refused
    }

    /// What the settings change beside the policy; listeners, admin and workers want a restart.
    fn follow_settings(&mut self, old: &Settings, new: &Settings) {
        let started = &self.started_with;
        if new.listeners != started.listeners
            || new.admin != started.admin
            || new.workers != started.workers
        {
            self.notice(
                "listeners, admin or workers have changed: they take effect at the next start"
                    .to_owned(),
            );
        }
        if new.digest.nonce_lifetime != old.digest.nonce_lifetime {
            self.shared.memory.set_lifetime(new.digest.nonce_lifetime);
        }
        if new.access_log != self.logged_with {
            let writable = self.confinement.check_log(new.access_log.as_ref());
            match writable.and_then(|()| open_access_log(new)) {
                Ok(log) => {
                    self.shared.access_log.store(log);
                    self.logged_with.clone_from(&new.access_log);
                }
                Err(why) => self.notice(format!("access_log: {why}; the log in force stays")),
            }
        }
    }

    fn put_in_force(&mut self, new: InForce) {
        let generation = new.snapshot.generation.clone();
        let policy = count(&new.snapshot);
        tracing::info!(
            generation = generation.number,
            fingerprint = generation.fingerprint,
            organizations = policy.organizations,
            keys = policy.keys,
            "policy put in force"
        );
        let upstream = new.settings.upstream.addresses.iter().map(url).collect();
        self.shared.in_force.store(Arc::new(new));
        self.loader.commit();
        let mut status = self.board.lock();
        status.generation = GenerationStatus {
            number: generation.number,
            fingerprint: generation.fingerprint,
        };
        status.policy = policy;
        status.upstream = upstream;
        drop(status);
        self.acceptance.spend();
    }

    /// Reads the certificates again; a bad pair leaves the old one in force.
    fn renew_certificates(&self) {
        for renewal in &self.certificates {
            let files = [&renewal.files.certificate, &renewal.files.private_key];
            let readable = files
                .into_iter()
                .try_for_each(|file| self.confinement.check(file));
            if let Err(why) = readable.and_then(|()| renewal.certificate.renew(&renewal.files)) {
                self.notice(format!(
                    "certificate of listener {}: {why}; the one in force stays",
                    renewal.listener
                ));
            }
        }
        super::scrape::certificates(&self.shared, &self.certificates);
    }

    /// Tells log and metrics of the policy the gateway started with.
    pub(super) fn tell_first(&self, load: &Load) {
        log_errors(load);
        super::scrape::certificates(&self.shared, &self.certificates);
        self.tell(outcome(load), clock::instant());
    }

    fn notice(&self, words: String) {
        tracing::error!("{words}");
        self.board.lock().notices.push(words);
    }

    fn tell(&self, result: ReloadResult, began: std::time::Instant) {
        let now = clock::now();
        let mut status = self.board.lock();
        status.reload.attempts += 1;
        status.reload.last_at = now.as_millis();
        status.reload.last_result = match result {
            ReloadResult::Applied => "applied",
            ReloadResult::Partial => "partial",
            ReloadResult::Rejected => "rejected",
            ReloadResult::Unchanged => "unchanged",
        };
        super::scrape::reload(&self.shared, &status, result, began.elapsed(), now);
        self.shared.pulse.looked(&status);
    }
}

/// Opens the access log these settings name.
///
/// # Errors
/// When the file cannot be opened.
pub(super) fn open_access_log(settings: &Settings) -> std::io::Result<Option<Arc<AccessLog>>> {
    use crate::config::{LogFormat, LogSink};
    let Some(log) = &settings.access_log else {
        return Ok(None);
    };
    let format = match log.format {
        LogFormat::Combined => LineFormat::Combined,
        LogFormat::Json => LineFormat::Json,
        LogFormat::Logfmt => LineFormat::Logfmt,
    };
    let file: Option<&Path> = match &log.sink {
        LogSink::File(path) => Some(path),
        LogSink::Stdout => None,
    };
    AccessLog::open(format, file).map(Some)
}

/// What can be said of a load that nothing else holds back.
fn outcome(load: &Load) -> ReloadResult {
    let mut result = ReloadResult::Applied;
    for file in load.files.iter().filter(|file| !is_active(file)) {
        match file.kind {
            FileKind::Keywarden | FileKind::Networks | FileKind::Resources => {
                return ReloadResult::Rejected;
            }
            FileKind::Credentials | FileKind::Expectations | FileKind::Organization => {
                result = ReloadResult::Partial;
            }
        }
    }
    result
}

fn is_active(file: &FileReport) -> bool {
    file.state == FileState::Active
}

fn errors(load: &Load) -> impl Iterator<Item = &Problem> {
    let problems = load.problems.iter();
    problems.filter(|problem| problem.severity == Severity::Error)
}

fn log_errors(load: &Load) {
    for problem in errors(load) {
        tracing::error!(
            file = problem.file,
            line = problem.line,
            code = problem.code,
            "{}",
            problem.message
        );
    }
}

/// Looks in a row that may disagree until it is said that the folder does not stand still.
const MOST_UNSTEADY: u32 = 50;
