//! One core: a `current_thread` runtime with its own listeners, upstream pool, clock tick and metric cells.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use arc_swap::{ArcSwap, Cache};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::LocalSet;

use crate::config::Http;
use crate::telemetry::{AccessLog, AccessLogHandle, Cells, Outcome, Record, Trouble};

use super::connection;
use super::entropy::Entropy;
use super::in_force::InForce;
use super::listener::Listener;
use super::shared::Shared;
use super::shutdown::{Stage, leaves};
use super::story;
use super::tally::Inside;
use super::throttle;
use super::upstream::Upstream;
use super::watch::{TICK, Watchmen};

/// What the connections of one core share.
pub(super) struct Worker {
    /// Shared with the other cores.
    pub(super) shared: Arc<Shared>,
    /// This core's metric cells.
    pub(super) cells: Arc<Cells>,
    /// This core's connections to the upstream.
    pub(super) upstream: Upstream,
    /// This core's deadlines.
    pub(super) watchmen: Rc<Watchmen>,
    in_force: RefCell<Cache<Arc<ArcSwap<InForce>>, Arc<InForce>>>,
    entropy: RefCell<Entropy>,
    log: RefCell<Option<(Arc<AccessLog>, AccessLogHandle)>>,
    stage: watch::Receiver<Stage>,
    open: Cell<usize>,
}

/// One listener's socket for one worker.
pub(super) struct Door {
    /// The socket, listening.
    pub(super) socket: std::net::TcpListener,
    /// What it is.
    pub(super) listener: Arc<Listener>,
}

impl Worker {
    /// The policy in force; one request asks once.
    pub(super) fn in_force(&self) -> Arc<InForce> {
        Arc::clone(self.in_force.borrow_mut().load())
    }

    /// Fresh random octets; `None` when the system has none, and then nothing that needs them is done.
    pub(super) fn random<const N: usize>(&self) -> Option<[u8; N]> {
        self.entropy.borrow_mut().take().ok()
    }

    /// How far a shutdown is.
    pub(super) fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Resolves when the shutdown is beyond `stage`.
    pub(super) async fn leaves(&self, stage: Stage) {
        leaves(self.stage.clone(), stage).await;
    }

    /// Writes a line to the access log in force, if there is one.
    pub(super) fn log(&self, record: &Record<'_>) {
        let current = self.shared.access_log.load();
        let mut mine = self.log.borrow_mut();
        match (current.as_ref(), mine.as_ref()) {
            (None, _) => *mine = None,
            (Some(log), Some((known, _))) if Arc::ptr_eq(log, known) => {}
            (Some(log), _) => *mine = Some((Arc::clone(log), log.handle())),
        }
        if let Some((_, handle)) = mine.as_ref() {
            handle.write(record);
        }
    }
}

/// Starts a worker on a thread of its own.
///
/// # Errors
/// When the system refuses a thread or a runtime.
pub(super) fn start(
    index: usize,
    shared: Arc<Shared>,
    doors: Vec<Door>,
) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::Builder::new()
        .name(format!("worker-{index}"))
        .spawn(move || {
            let set = LocalSet::new();
            set.block_on(&runtime, run(index, shared, doors));
        })
}

async fn run(index: usize, shared: Arc<Shared>, doors: Vec<Door>) {
    let Some(cells) = shared.metrics.cells(index) else {
        return;
    };
    let watchmen = Watchmen::new();
    let plan = Arc::clone(&shared.in_force.load().plan);
    let worker = Rc::new(Worker {
        cells,
        upstream: Upstream::new(plan, Rc::clone(&watchmen)),
        watchmen: Rc::clone(&watchmen),
        in_force: RefCell::new(Cache::new(Arc::clone(&shared.in_force))),
        entropy: RefCell::new(Entropy::new()),
        log: RefCell::new(None),
        stage: shared.announcer.subscribe(),
        open: Cell::new(0),
        shared,
    });
    tokio::task::spawn_local(tick(Rc::clone(&worker), index));
    for door in doors {
        let listener = door.listener;
        match TcpListener::from_std(door.socket) {
            Ok(socket) => drop(tokio::task::spawn_local(accept(
                Rc::clone(&worker),
                socket,
                listener,
            ))),
            Err(why) => {
                tracing::error!(listener = &*listener.name, %why, "listener not registered");
            }
        }
    }
    worker.leaves(Stage::Lingering).await;
    let grace = worker.in_force().settings.shutdown.grace;
    let emptied = async {
        while worker.open.get() > 0 {
            tokio::time::sleep(TICK / 5).await;
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(grace, emptied) => {}
        () = worker.leaves(Stage::Draining) => {}
    }
}

/// The worker's pulse: deadlines, the idle connections of the pool, and a sign of life.
async fn tick(worker: Rc<Worker>, index: usize) {
    let mut pulse = tokio::time::interval(TICK);
    pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        worker.watchmen.tick();
        worker.upstream.prune();
        worker.shared.pulse.beat(index);
    }
}

async fn accept(worker: Rc<Worker>, socket: TcpListener, listener: Arc<Listener>) {
    loop {
        let accepted = tokio::select! {
            accepted = socket.accept() => accepted,
            () = worker.leaves(Stage::Lingering) => return,
        };
        match accepted {
            Ok((stream, peer)) => welcome(&worker, &listener, stream, peer.ip().to_canonical()),
            // Out of descriptors, or a caller that was gone before it was accepted: neither may end the listener.
            Err(why) => {
                tracing::warn!(listener = &*listener.name, %why, "not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Takes a connection in, or turns it away above the caps: the table of connections is never the caller's to fill.
fn welcome(worker: &Rc<Worker>, listener: &Arc<Listener>, stream: TcpStream, peer: IpAddr) {
    let limits = worker.in_force().settings.limits;
    let connections = u32::try_from(limits.connections).unwrap_or(u32::MAX);
    let per_source = u32::try_from(limits.connections_per_source).unwrap_or(u32::MAX);
    let room = worker
        .shared
        .connections
        .enter(&listener.index, connections);
    let source = worker
        .shared
        .sources
        .enter(&(listener.index, throttle::prefix(peer)), per_source);
    let trusted = listener.trusts(peer);
    let (Some(room), true) = (room, source.is_some() || trusted) else {
        tracing::debug!(%peer, listener = &*listener.name, "turned away: too many connections");
        let words = story::untold(worker, listener, peer, Outcome::Fail(Trouble::Overloaded));
        if listener.acceptor().is_none() && listener.http != Http::PriorKnowledge {
            turn_away(stream, &words);
        }
        return;
    };
    if let Err(why) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %why, "no TCP_NODELAY");
    }
    let presence = Presence::new(worker, listener.index, (room, source));
    let (worker, listener) = (Rc::clone(worker), Arc::clone(listener));
    tokio::task::spawn_local(async move {
        let _presence = presence;
        connection::serve(worker, listener, stream, peer).await;
    });
}

/// Tells a connection above the caps why it is not served, as far as that can be done without waiting for it.
fn turn_away(stream: TcpStream, words: &[u8]) {
    use std::io::{Read as _, Write as _};
    let told = stream.into_std().and_then(|mut stream| {
        stream.write_all(words)?;
        stream.shutdown(std::net::Shutdown::Write)?;
        // A request that is there already must be read, or closing would reset the connection and destroy the answer.
        stream.read(&mut [0; 4096])
    });
    if let Err(why) = told {
        tracing::debug!(%why, "turned away without a word");
    }
}

/// An open connection, counted until dropped; dropped by a panic, it says so.
struct Presence {
    worker: Rc<Worker>,
    listener: usize,
    _places: (Inside, Option<Inside>),
}

impl Presence {
    fn new(worker: &Rc<Worker>, listener: usize, places: (Inside, Option<Inside>)) -> Self {
        worker.open.set(worker.open.get() + 1);
        worker.cells.connection(listener, 1);
        Self {
            worker: Rc::clone(worker),
            listener,
            _places: places,
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.worker
            .open
            .set(self.worker.open.get().saturating_sub(1));
        self.worker.cells.connection(self.listener, -1);
        if std::thread::panicking() {
            self.worker.cells.panic_caught();
            tracing::error!("a connection panicked; the others go on");
        }
    }
}

/// After an error of `accept`, most likely out of descriptors.
const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
