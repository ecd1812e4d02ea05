//! Starting and stopping a gateway: the only place in this floor that can fail.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use http::HeaderValue;
use tokio::sync::watch;

use crate::config::{Load, Loader, Problem, Severity};
use crate::digest::NonceKeys;
use crate::policy::Snapshot;
use crate::replay::Memory;
use crate::telemetry::Metrics;

use super::acceptance::Acceptance;
use super::confinement::{self, Confinement};
use super::entropy::Entropy;
use super::in_force::InForce;
use super::notice::{Notices, Nudge};
use super::plan::{self, plan, url};
use super::pulse::{Progress, Pulse};
use super::references::{fingerprint_of, references};
use super::reload::{Reload, open_access_log};
use super::shared::Shared;
use super::shutdown::{Announcer, Stage};
use super::sockets::Sockets;
use super::status::{Board, GenerationStatus, ReloadStatus, Status, count};
use super::tally::Tally;
use super::throttle::Throttle;
use super::trace::RequestId;
use super::{admin, clock, worker};

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration folder.
    pub folder: PathBuf,
    /// Worker threads; `None` = what `keywarden.yaml` says, else one a core.
    pub workers: Option<usize>,
    /// Whether the process gives up what it does not need once it serves (`PR_SET_NO_NEW_PRIVS`, not dumpable,
    /// Landlock): for good, and for the whole process.
    pub confined: bool,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be put in force (exit 78).
    #[error("the configuration cannot be put in force")]
    Configuration(Vec<Problem>),
    /// A socket, a certificate or a log file.
    #[error("{what}: {source}")]
    Resource {
        /// What was tried, with its name.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

/// A running gateway: its threads serve until [`Gateway::stop`].
pub struct Gateway {
    listeners: Vec<(String, SocketAddr)>,
    admin: SocketAddr,
    shared: Arc<Shared>,
    door: Sender<Nudge>,
    workers: Vec<JoinHandle<()>>,
    others: Vec<JoinHandle<()>>,
}

impl Gateway {
    /// Loads the folder, opens the sockets and starts the workers.
    ///
    /// # Errors
    /// See [`StartError`]; then nothing is left running.
    pub fn start(options: &Options) -> Result<Self, StartError> {
        if options.confined {
            confinement::harden();
        }
        let mut loader = Loader::new(&options.folder);
        let load = first_load(&mut loader);
        let (Some(settings), Some(parts)) = (load.settings.clone(), load.parts.clone()) else {
            return Err(StartError::Configuration(load.problems));
        };
        let watched = references(&load, &settings);
        let referenced = fingerprint_of(&watched);
        let workers = options
            .workers
            .or(settings.workers)
            .unwrap_or_else(cores)
            .max(1);
        let sockets = Sockets::open(&settings, workers)?;
        let (listeners, admin) = (sockets.addresses(), sockets.admin_address()?);
        let mut snapshot = Snapshot::new(parts);
        snapshot.generation.number = 1;
        let planned = fingerprint_of(&plan::files(&settings.upstream));
        let plan = plan(&settings.upstream)
            .map_err(|source| StartError::resource("upstream".to_owned(), source))?;
        let confinement = if options.confined {
            Confinement::enter(&options.folder, &load, &settings)
        } else {
            Confinement::default()
        };
        let in_force = InForce {
            snapshot,
            settings: Arc::clone(&settings),
            plan: Arc::new(plan),
        };
        let shared = Arc::new(share(in_force, &listeners, workers)?);
        loader.commit();
        let board = Arc::new(Board::new(first_status(&shared, &sockets, &load)));
        let notices = Notices::new(&options.folder);
        let door = notices.door();
        let reload = Reload {
            folder: options.folder.clone(),
            seen: loader.last_read(),
            loader,
            shared: Arc::clone(&shared),
            board,
            certificates: sockets.renewals(),
            logged_with: settings.access_log.clone(),
            started_with: settings,
            references: watched,
            referenced,
            planned,
            unsteady: 0,
            acceptance: Acceptance::new(&options.folder),
            confinement,
        };
        reload.tell_first(&load);
        let mut gateway = Self {
            listeners,
            admin,
            shared,
            door,
            workers: Vec::new(),
            others: Vec::new(),
        };
        match gateway.spawn(sockets, workers, notices, reload) {
            Ok(()) => Ok(gateway),
            Err(why) => {
                gateway.stop_at_once();
                gateway.wait();
                Err(why)
            }
        }
    }

    /// Where it listens: name and address.
    #[must_use]
    pub fn listeners(&self) -> &[(String, SocketAddr)] {
        &self.listeners
    }

    /// Where its admin listener is.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Looks at the configuration now instead of at the next event or poll (what SIGHUP does).
    pub fn reload(&self) {
        let _ = self.door.send(Nudge::Asked);
    }

    /// What becomes of reloads: the newest is there at once, and each that follows is told.
    #[must_use]
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.shared.pulse.progress()
    }

    /// How often each worker has ticked: all move on several times a second, but for one that hangs.
    #[must_use]
    pub fn beats(&self) -> Vec<u64> {
        self.shared.pulse.beats()
    }

    /// Opens the access log anew (what SIGUSR1 does).
    pub fn reopen_logs(&self) {
        if let Some(log) = self.shared.access_log.load().as_ref() {
            log.reopen();
        }
    }

    /// Begins the shutdown: readiness fails, `linger` passes with connections told to close, then what is in flight
    /// has `grace` to end. Returns at once; [`Gateway::wait`] waits.
    pub fn stop(&self) {
        let linger = self.shared.in_force.load().settings.shutdown.linger;
        self.shared.announcer.announce(Stage::Lingering);
        tracing::info!(?linger, "shutting down");
        let shared = Arc::clone(&self.shared);
        let later = std::thread::Builder::new()
            .name("linger".to_owned())
            .spawn(move || {
                std::thread::sleep(linger);
                shared.announcer.announce(Stage::Draining);
            });
        if later.is_err() {
            self.shared.announcer.announce(Stage::Draining);
        }
    }

    /// Ends without waiting for anybody.
    pub fn stop_at_once(&self) {
        self.shared.announcer.announce(Stage::Ended);
    }

    /// Waits for the end of a shutdown, and for the last line of the log to be written.
    pub fn wait(self) {
        for worker in self.workers {
            let _ = worker.join();
        }
        self.shared.announcer.announce(Stage::Ended);
        let _ = self.door.send(Nudge::Stop);
        for other in self.others {
            let _ = other.join();
        }
        if let Some(log) = self.shared.access_log.load().as_ref() {
            log.flush();
        }
    }

    fn spawn(
        &mut self,
        sockets: Sockets,
        workers: usize,
        notices: Notices,
        reload: Reload,
    ) -> Result<(), StartError> {
        let thread = |source| StartError::resource("thread".to_owned(), source);
        let (doors, admin) = sockets.into_doors(workers)?;
        for (index, doors) in doors.into_iter().enumerate() {
            self.workers
                .push(worker::start(index, Arc::clone(&self.shared), doors).map_err(thread)?);
        }
        let board = Arc::clone(&reload.board);
        self.others
            .push(admin::start(admin, Arc::clone(&self.shared), board).map_err(thread)?);
        let serve = move || notices.serve(reload);
        self.others.push(
            std::thread::Builder::new()
                .name("reload".to_owned())
                .spawn(serve)
                .map_err(thread)?,
        );
        Ok(())
    }
}

impl StartError {
    /// A socket, a certificate or a file that is not to be had.
    pub(super) fn resource(what: String, source: io::Error) -> Self {
        Self::Resource { what, source }
    }
}

/// The first load: a folder that is being written is looked at again, for a while.
fn first_load(loader: &mut Loader) -> Load {
    for _ in 0..FIRST_LOOKS {
        if loader.look(true).is_some() {
            break;
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    loader.load(clock::now())
}

fn share(
    in_force: InForce,
    listeners: &[(String, SocketAddr)],
    workers: usize,
) -> Result<Shared, StartError> {
    let random = |source| StartError::resource("random octets".to_owned(), source);
    let mut entropy = Entropy::new();
    let mut master = [0; 32];
    for half in master.chunks_exact_mut(16) {
        half.copy_from_slice(&entropy.take::<16>().map_err(random)?);
    }
    let id = RequestId::new(entropy.take::<16>().map_err(random)?);
    let via = format!(
        "1.1 keywarden-{}",
        id.as_str().get(..12).unwrap_or_default()
    );
    let names: Vec<String> = listeners.iter().map(|(name, _)| name.clone()).collect();
    let log = open_access_log(&in_force.settings);
    let log = log.map_err(|source| StartError::resource("access_log".to_owned(), source))?;
    let memory = Memory::new(NONCES, in_force.settings.digest.nonce_lifetime)
        .started(clock::steady(clock::instant()));
    Ok(Shared {
        nonces: NonceKeys::new(vec![master]),
        memory,
        throttle: Throttle::new(),
        in_flight: Tally::default(),
        sources: Tally::default(),
        connections: Tally::default(),
        metrics: Metrics::new(&names, workers),
        access_log: ArcSwapOption::new(log),
        via: HeaderValue::from_str(&via).map_err(|why| random(io::Error::other(why)))?,
        pulse: Pulse::new(workers),
        announcer: Announcer::new(),
        in_force: Arc::new(ArcSwap::from_pointee(in_force)),
    })
}

fn first_status(shared: &Shared, sockets: &Sockets, load: &Load) -> Status {
    let in_force = shared.in_force.load();
    let generation = &in_force.snapshot.generation;
    let errors = load
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    Status {
        version: env!("CARGO_PKG_VERSION"),
        pid: std::process::id(),
        ready: true,
        generation: GenerationStatus {
            number: generation.number,
            fingerprint: generation.fingerprint.clone(),
        },
        listeners: sockets.status(),
        upstream: in_force
            .settings
            .upstream
            .addresses
            .iter()
            .map(url)
            .collect(),
        reload: ReloadStatus {
            problems: errors.cloned().collect(),
            ..ReloadStatus::default()
        },
        policy: count(&in_force.snapshot),
        files: load.files.clone(),
        notices: Vec::new(),
        pending_widening: None,
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Nonces remembered at once (`facts/digest.md` §6.3).
const NONCES: usize = 1_000_000;
const FIRST_LOOKS: usize = 50;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
