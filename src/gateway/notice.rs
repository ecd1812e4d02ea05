//! What wakes the reload: file events on the folder, a poll, and whoever asks.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::clock;
use super::reload::{Look, Reload};

/// A reason to look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Nudge {
    /// Somebody asked: SIGHUP or the program itself.
    Asked,
    /// Something in the folder changed.
    Event,
    /// It is over.
    Stop,
}

/// The watch on a folder, and the door for those who ask.
pub(super) struct Notices {
    sender: Sender<Nudge>,
    receiver: Receiver<Nudge>,
    watcher: Option<RecommendedWatcher>,
}

impl Notices {
    /// Watches the folders the files are in (directories, not files: a rename over a file is an event of its
    /// directory). Without events, on file systems that have none, the poll remains.
    pub(super) fn new(folder: &Path) -> Self {
        let (sender, receiver) = channel();
        let nudge = sender.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.map_or(true, |event| is_change(event.kind)) {
                let _ = nudge.send(Nudge::Event);
            }
        });
        let watcher = watcher.and_then(|mut watcher| {
            watcher.watch(folder, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        let watcher = watcher
            .inspect_err(|why| tracing::warn!(%why, "no file events; the poll remains"))
            .ok();
        Self {
            sender,
            receiver,
            watcher,
        }
    }

    /// A door to nudge by.
    pub(super) fn door(&self) -> Sender<Nudge> {
        self.sender.clone()
    }

    /// Serves nudges until told to stop. Begins with a look, because nobody watched while the gateway started.
    pub(super) fn serve(self, mut reload: Reload) {
        let mut wait = Duration::ZERO;
        // What is still owed to whoever asked, or to the poll, by a look that was unsteady.
        let (mut asked, mut full) = (false, false);
        let mut poll_due = false;
        loop {
            match self.receiver.recv_timeout(wait) {
                Ok(Nudge::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(Nudge::Asked) => asked = true,
                Ok(Nudge::Event) => {}
                Err(RecvTimeoutError::Timeout) => full |= poll_due,
            }
            match self.quiet() {
                Some(Nudge::Stop) => break,
                Some(Nudge::Asked) => asked = true,
                Some(Nudge::Event) | None => {}
            }
            match reload.look(full || asked, asked) {
                Look::Unsteady => (wait, poll_due) = (AGAIN, false),
                Look::Done => {
                    (wait, poll_due) = (poll(&reload), true);
                    (asked, full) = (false, false);
                }
            }
        }
        drop(self.watcher);
    }

    /// Waits for the end of a writer's many events, because one look after the last of them is enough; but not for
    /// a writer who never ends. The weightiest of the nudges that came meanwhile.
    fn quiet(&self) -> Option<Nudge> {
        let began = clock::instant();
        let mut weightiest = None;
        while began.elapsed() < PATIENCE
            && let Ok(nudge) = self.receiver.recv_timeout(QUIET)
        {
            match nudge {
                Nudge::Stop => return Some(nudge),
                Nudge::Asked => weightiest = Some(nudge),
                Nudge::Event => weightiest = weightiest.or(Some(nudge)),
            }
        }
        weightiest
    }
}

fn poll(reload: &Reload) -> Duration {
    reload.shared.in_force.load().settings.reload.poll
}

/// Reading is no change; closing a file that was open for writing is.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Any
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Other
        | EventKind::Remove(_) => true,
    }
}

/// Without an event for this long, a writer has finished a step.
const QUIET: Duration = Duration::from_millis(5);
/// A writer who makes events for longer than this is looked at while he does.
const PATIENCE: Duration = Duration::from_millis(200);
/// When to look again at files that were changing under our eyes.
const AGAIN: Duration = Duration::from_millis(20);
