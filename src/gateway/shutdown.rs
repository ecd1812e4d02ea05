//! The end of a gateway, in stages: it fails readiness, lingers, finishes what is in flight, and is gone.

use tokio::sync::watch;

/// How far a shutdown is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Stage {
    /// No shutdown.
    Serving,
    /// Not ready any more; still accepting, and telling every connection to close.
    Lingering,
    /// Accepting nothing; requests in flight may end.
    Draining,
    /// Over.
    Ended,
}

/// The one who announces stages.
pub(super) struct Announcer(watch::Sender<Stage>);

impl Announcer {
    /// Serving.
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(Stage::Serving))
    }

    /// A listener of announcements.
    pub(super) fn subscribe(&self) -> watch::Receiver<Stage> {
        self.0.subscribe()
    }

    /// The stage.
    pub(super) fn stage(&self) -> Stage {
        *self.0.borrow()
    }

    /// The next stage; never back.
    pub(super) fn announce(&self, stage: Stage) {
        self.0.send_if_modified(|now| {
            let moves = stage > *now;
            *now = (*now).max(stage);
            moves
        });
    }
}

/// Resolves when the stage is beyond `stage`.
pub(super) async fn leaves(mut announcements: watch::Receiver<Stage>, stage: Stage) {
    // A lost announcer is the end of everything.
    let _ = announcements.wait_for(|now| *now > stage).await;
}
