//! Starting and stopping a gateway: the only place in this floor that can fail.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};
use http::HeaderValue;

use crate::config::{Load, Loader, Problem, Settings, Severity};
use crate::digest::NonceKeys;
use crate::policy::Snapshot;
use crate::replay::Memory;
use crate::telemetry::{Metrics, ReloadResult};

use super::in_force::InForce;
use super::listener::{Listener, bind};
use super::notice::{Notices, Nudge};
use super::plan::plan;
use super::reload::{Reload, Renewal, count, fingerprint_of, open_access_log};
use super::shared::Shared;
use super::shutdown::{Announcer, Stage};
use super::status::{Board, GenerationStatus, ListenerStatus, ReloadStatus, Status};
use super::tally::Tally;
use super::throttle::Throttle;
use super::tls::Certificate;
use super::worker::{self, Door};
use super::{admin, clock, scrape};

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration folder.
    pub folder: PathBuf,
    /// Worker threads; `None` = what `keywarden.yaml` says, else one a core.
    pub workers: Option<usize>,
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
        let mut loader = Loader::new(&options.folder);
        let (seen, load) = first_load(&mut loader)?;
        let (Some(settings), Some(parts)) = (load.settings.clone(), load.parts.clone()) else {
            return Err(StartError::Configuration(load.problems));
        };
        let workers = options.workers.or(settings.workers).unwrap_or_else(cores).max(1);
        let sockets = Sockets::open(&settings, workers)?;
        let mut snapshot = Snapshot::new(parts);
        snapshot.generation.number = 1;
        let plan = plan(&settings.upstream).map_err(|source| resource("upstream", source))?;
        let shared = share(InForce { snapshot, settings: Arc::clone(&settings), plan: Arc::new(plan) }, workers)?;
        loader.commit();
        let board = Arc::new(Board::new(first_status(&shared, &settings, &sockets, &load)));
        let notices = Notices::new(&options.folder);
        let door = notices.door();
        let reload = Reload {
            folder: options.folder.clone(),
            loader,
            shared: Arc::clone(&shared),
            board: Arc::clone(&board),
            certificates: sockets.certificates(&settings),
            started_with: settings,
            seen,
            referenced: fingerprint_of(&load.referenced),
            references: load.referenced.clone(),
        };
        tell_start(&shared, &board, &reload, &load);
        let (listeners, admin) = (sockets.addresses.clone(), sockets.admin_address);
        let mut gateway =
            Self { listeners, admin, shared, door, workers: Vec::new(), others: Vec::new() };
        gateway.spawn(sockets, notices, reload, board).inspect_err(|_| gateway.abandon())?;
        Ok(gateway)
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
        let later = std::thread::Builder::new().name("linger".to_owned()).spawn(move || {
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

    fn spawn(&mut self, sockets: Sockets, notices: Notices, reload: Reload, board: Arc<Board>) -> Result<(), StartError> {
        let thread = |source| resource("thread", source);
        for (index, doors) in sockets.doors(&reload.started_with)?.into_iter().enumerate() {
            self.workers.push(worker::start(index, Arc::clone(&self.shared), doors.0).map_err(thread)?);
            drop(doors.1);
        }
        Ok(())
    }

    fn abandon(&self) {
        self.shared.announcer.announce(Stage::Ended);
        let _ = self.door.send(Nudge::Stop);
    }
}
