//! The signals a running gateway listens to, on a small runtime in the main thread.

use std::io;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::select;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;

use crate::gateway::Gateway;

use super::exit::{Exit, Failure};
use super::supervisor::{self, Watchdog};

/// Signal handlers, in place before a gateway starts so that none is lost.
pub(super) struct Signals {
    runtime: Runtime,
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
    user1: Signal,
}

impl Signals {
    /// Puts the handlers in place.
    ///
    /// # Errors
    /// When the system refuses.
    pub(super) fn install() -> Result<Self, Failure> {
        Self::try_install().map_err(|error| {
            Failure::new(Exit::Failed, format!("cannot listen to signals: {error}"))
        })
    }

    fn try_install() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let entered = runtime.enter();
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let hangup = signal(SignalKind::hangup())?;
        let user1 = signal(SignalKind::user_defined1())?;
        drop(entered);
        Ok(Self {
            runtime,
            interrupt,
            terminate,
            hangup,
            user1,
        })
    }

    /// Serves until SIGTERM or SIGINT, then waits for the end of the shutdown; a second one ends it at once.
    /// SIGHUP reloads, SIGUSR1 opens the logs anew.
    pub(super) fn attend(mut self, gateway: Gateway) -> Exit {
        let Self {
            runtime,
            interrupt,
            terminate,
            hangup,
            user1,
        } = &mut self;
        runtime.block_on(async {
            let mut watchdog = Watchdog::new();
            let mut progress = gateway.progress();
            supervisor::ready(&progress.borrow_and_update());
            loop {
                select! {
                    _ = interrupt.recv() => break,
                    _ = terminate.recv() => break,
                    _ = hangup.recv() => {
                        supervisor::reloading();
                        gateway.reload();
                    }
                    Ok(()) = progress.changed() => supervisor::ready(&progress.borrow_and_update()),
                    () = watchdog.is_due() => watchdog.look(gateway.beats()),
                    _ = user1.recv() => gateway.reopen_logs(),
                }
            }
            tracing::info!("stopping; a second signal ends it at once");
            supervisor::stopping();
            gateway.stop();
            let (ended, end) = oneshot::channel();
            thread::spawn(move || {
                gateway.wait();
                let _ = ended.send(());
            });
            select! {
                outcome = end => if outcome.is_ok() { Exit::Ok } else { Exit::Failed },
                _ = interrupt.recv() => Exit::Failed,
                _ = terminate.recv() => Exit::Failed,
            }
        })
    }
}
