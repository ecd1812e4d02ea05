//! What a supervisor such as systemd is told: readiness, reloads, the end, and that every worker is alive.
//!
//! The protocol of `sd_notify(3)`; without `NOTIFY_SOCKET` nothing is told to anybody.

use std::future::pending;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::gateway::Progress;

/// It listens, and the configuration was looked at: this is how it stands. Ends a reload that was begun.
pub(super) fn ready(progress: &Progress) {
    let status = words(progress);
    tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
}

/// A reload begins. Without the time systemd would wait for it in vain.
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(why) => tracing::warn!(%why, "no monotonic clock: the reload is not announced"),
    }
}

/// The end begins.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("shutting down")]);
}

/// The supervisor's watchdog, which ends a process that it does not hear from.
#[derive(Debug)]
pub(super) struct Watchdog {
    interval: Option<Interval>,
    life: Life,
}

impl Watchdog {
    /// As the environment has it. Needs a runtime with a timer.
    pub(super) fn new() -> Self {
        let span = sd_notify::watchdog_enabled().filter(|span| !span.is_zero());
        Self {
            interval: span.map(every_half),
            life: Life::default(),
        }
    }

    /// Resolves each time it wants to hear something; never, if there is none.
    pub(super) async fn is_due(&mut self) {
        match &mut self.interval {
            Some(interval) => drop(interval.tick().await),
            None => pending().await,
        }
    }

    /// Tells it that all is well, if every worker has moved since it was last told.
    pub(super) fn look(&mut self, beats: Vec<u64>) {
        match self.life.look(beats) {
            Ok(()) => tell(&[NotifyState::Watchdog]),
            Err(worker) => {
                tracing::error!(worker, "a worker hangs: the watchdog is not told otherwise");
            }
        }
    }
}

/// The beats of the workers when they were last looked at.
#[derive(Debug, Default)]
struct Life(Vec<u64>);

impl Life {
    /// Whether every worker has moved on.
    ///
    /// # Errors
    /// With the number of one that has not.
    fn look(&mut self, beats: Vec<u64>) -> Result<(), usize> {
        let hangs = self
            .0
            .iter()
            .zip(&beats)
            .position(|(then, now)| then == now);
        self.0 = beats;
        hangs.map_or(Ok(()), Err)
    }
}

/// Twice in the time the watchdog waits, as `sd_watchdog_enabled(3)` advises.
fn every_half(span: Duration) -> Interval {
    let mut interval = interval(span / 2);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

fn words(progress: &Progress) -> String {
    format!(
        "generation {} in force, organizations {}, keys {}; last reload {}",
        progress.generation, progress.organizations, progress.keys, progress.result
    )
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(why) = sd_notify::notify(states) {
        tracing::warn!(%why, "the supervisor cannot be told");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_that_does_not_move_is_named_until_it_does() {
        let mut life = Life::default();
        assert_eq!(life.look(vec![0, 0]), Ok(()), "nobody was looked at before");
        assert_eq!(life.look(vec![4, 3]), Ok(()));
        assert_eq!(life.look(vec![8, 3]), Err(1));
        assert_eq!(life.look(vec![12, 3]), Err(1));
        assert_eq!(life.look(vec![12, 4]), Err(0));
        assert_eq!(life.look(vec![13, 5]), Ok(()));
    }

    #[test]
    fn the_status_is_one_line() {
        let progress = Progress {
            generation: 3,
            looks: 7,
            result: "applied",
            organizations: 2,
            keys: 12,
        };
        let line = "generation 3 in force, organizations 2, keys 12; last reload applied";
        assert_eq!(words(&progress), line);
    }
}
