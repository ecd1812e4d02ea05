//! Hot reload: notices a change, walks the road from files to a snapshot, and puts it in force with one store.
//!
//! Nothing here touches a socket, a connection, the nonce keys or the replay memory.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{FileState, Load, Loader, Opening, Settings, Severity, Widening, openings};
use crate::policy::Snapshot;
use crate::telemetry::{AccessLog, LineFormat, ReloadResult};

use super::clock;
use super::in_force::InForce;
use super::plan::{plan, url};
use super::shared::Shared;
use super::status::{Board, GenerationStatus, PendingWidening, PolicyStatus};
use super::tls::Certificate;

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
    /// What the folder looked like when it was last read.
    pub(super) seen: Option<String>,
    /// What the files it refers to looked like.
    pub(super) referenced: u64,
    /// Which files it refers to.
    pub(super) references: Vec<PathBuf>,
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
    /// `asked` counts even if nothing has.
    pub(super) fn look(&mut self, full: bool, asked: bool) -> Look {
        let Some(fingerprint) = self.loader.look(full) else {
            return Look::Unsteady;
        };
        let began = clock::instant();
        let referenced = fingerprint_of(&self.references);
        let accepted = self.accepted();
        let changed = self.seen.as_ref() != Some(&fingerprint)
            || referenced != self.referenced
            || accepted.is_some();
        if !changed {
            if asked {
                self.tell(ReloadResult::Unchanged, began);
            }
            return Look::Done;
        }
        self.board.lock().notices.clear();
        self.renew_certificates();
        let load = self.loader.load(clock::now());
        let result = self.adopt(load, accepted.as_deref());
        self.seen = Some(fingerprint);
        self.referenced = fingerprint_of(&self.references);
        self.tell(result, began);
        Look::Done
    }

    /// Puts what was loaded in force, unless something keeps it from that.
    fn adopt(&mut self, load: Load, accepted: Option<&str>) -> ReloadResult {
        self.references.clone_from(&load.referenced);
        let errors = load
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error);
        let errors: Vec<_> = errors.cloned().collect();
        for problem in &errors {
            tracing::error!(
                file = problem.file,
                line = problem.line,
                code = problem.code,
                "{}",
                problem.message
            );
        }
        self.board.lock().files.clone_from(&load.files);
        self.board.lock().reload.problems.clone_from(&errors);
        let (Some(settings), Some(parts)) = (load.settings, load.parts) else {
            return ReloadResult::Rejected;
        };
        let old = self.shared.in_force.load_full();
        let mut snapshot = Snapshot::new(parts);
        snapshot.generation.number = old.snapshot.generation.number + 1;
        let opened = openings(&old.snapshot, &snapshot);
        if self.holds_back(&snapshot, &opened, &settings, accepted) {
            return ReloadResult::Rejected;
        }
        let plan = if settings.upstream == old.settings.upstream
            && fingerprint_of(&self.references) == self.referenced
        {
            Arc::clone(&old.plan)
        } else {
            match plan(&settings.upstream) {
                Ok(plan) => Arc::new(plan),
                Err(why) => {
                    self.notice(format!("upstream: {why}; the policy in force stays"));
                    return ReloadResult::Rejected;
                }
            }
        };
        self.follow_settings(&old.settings, &settings);
        self.put_in_force(InForce {
            snapshot,
            settings,
            plan,
        });
        let partial = load
            .files
            .iter()
            .any(|file| file.state != FileState::Active);
        if partial {
            ReloadResult::Partial
        } else {
            ReloadResult::Applied
        }
    }

    /// Names every opening, and says whether it keeps the policy from being put in force.
    fn holds_back(
        &mut self,
        new: &Snapshot,
        opened: &[Opening],
        settings: &Settings,
        accepted: Option<&str>,
    ) -> bool {
        let refused = match settings.reload.widening {
            Widening::Warn => false,
            Widening::Refuse => {
                !opened.is_empty() && accepted != Some(new.generation.fingerprint.as_str())
            }
        };
        for opening in opened {
            tracing::warn!(
                code = opening.code,
                refused,
                "widening: {}",
                opening.message
            );
        }
        self.shared.metrics.widenings(opened.len() as u64);
        self.board.lock().pending_widening = refused.then(|| PendingWidening {
            fingerprint: new.generation.fingerprint.clone(),
            openings: opened
                .iter()
                .map(|opening| opening.message.clone())
                .collect(),
        });
        if refused {
            tracing::warn!(
                fingerprint = new.generation.fingerprint,
                "not put in force: accept it with `keywarden reload --accept-widening`"
            );
        }
        refused
    }

    /// What the settings change beside the policy; listeners, admin and workers want a restart.
    fn follow_settings(&self, old: &Settings, new: &Settings) {
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
        if new.access_log != old.access_log {
            match open_access_log(new) {
                Ok(log) => self.shared.access_log.store(log),
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
        self.discard_acceptance();
    }

    /// Reads the certificates again; a bad pair leaves the old one in force.
    fn renew_certificates(&self) {
        for renewal in &self.certificates {
            if let Err(why) = renewal.certificate.renew(&renewal.files) {
                self.notice(format!(
                    "certificate of listener {}: {why}; the one in force stays",
                    renewal.listener
                ));
            }
        }
        super::scrape::certificates(&self.shared, &self.certificates);
    }

    /// The fingerprint an operator has accepted with `keywarden reload --accept-widening`.
    fn accepted(&self) -> Option<String> {
        let pending = self
            .board
            .lock()
            .pending_widening
            .as_ref()
            .map(|pending| pending.fingerprint.clone())?;
        let text = fs::read_to_string(self.folder.join(ACCEPTANCE)).ok()?;
        (text.trim() == pending).then_some(pending)
    }

    /// An acceptance is for one policy, once.
    fn discard_acceptance(&self) {
        let file = self.folder.join(ACCEPTANCE);
        if file.exists()
            && let Err(why) = fs::remove_file(&file)
        {
            self.notice(format!("{}: {why}", file.display()));
        }
    }

    /// Tells metrics of the policy the gateway started with.
    pub(super) fn tell_first(&self, load: &Load) {
        let partial = load
            .files
            .iter()
            .any(|file| file.state != FileState::Active);
        super::scrape::certificates(&self.shared, &self.certificates);
        self.tell(
            if partial {
                ReloadResult::Partial
            } else {
                ReloadResult::Applied
            },
            clock::instant(),
        );
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

/// Counts what a policy holds.
pub(super) fn count(snapshot: &Snapshot) -> PolicyStatus {
    use crate::policy::Reach;
    let mut policy = PolicyStatus {
        organizations: snapshot.organizations().len(),
        keys: snapshot.key_count(),
        resources: snapshot.resources.resources().len(),
        ..PolicyStatus::default()
    };
    for key in snapshot
        .organizations()
        .iter()
        .flat_map(|organization| &organization.keys)
    {
        match &key.reach {
            Reach::Listed(list) => {
                policy.keys_with_access_list += 1;
                policy.access_list_entries += list.entries().len();
            }
            Reach::Anywhere | Reach::Nowhere => {}
        }
    }
    policy
}

/// A hash over the contents of files outside the folder's own kinds: certificates, CAs, secrets.
pub(super) fn fingerprint_of(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        fs::read(file).ok().hash(&mut hasher);
    }
    hasher.finish()
}

/// Where an operator's acceptance of a widening is left for the gateway.
const ACCEPTANCE: &str = ".accept-widening";
