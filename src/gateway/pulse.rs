//! The signs of life of a gateway: a counter that each worker's tick moves on, and what became of the last reload.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tokio::sync::watch;

use super::status::Status;

/// How the gateway stands with its configuration.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Progress {
    /// The policy in force, counted in this process.
    pub generation: u64,
    /// Looks at the configuration that found something to do, or were asked for.
    pub looks: u64,
    /// What the last one came to: `applied`, `partial`, `rejected` or `unchanged`.
    pub result: &'static str,
    /// What the policy in force holds.
    pub organizations: usize,
    /// As `organizations`.
    pub keys: usize,
}

/// Where signs of life are given and looked for.
#[derive(Debug)]
pub(super) struct Pulse {
    beats: Vec<AtomicU64>,
    progress: watch::Sender<Progress>,
}

impl Pulse {
    /// Of so many workers, none of which has shown any life.
    pub(super) fn new(workers: usize) -> Self {
        Self {
            beats: (0..workers).map(|_| AtomicU64::new(0)).collect(),
            progress: watch::Sender::new(Progress::default()),
        }
    }

    /// This worker lives.
    pub(super) fn beat(&self, worker: usize) {
        if let Some(beats) = self.beats.get(worker) {
            beats.fetch_add(1, Relaxed);
        }
    }

    /// How often each worker has given a sign of life.
    pub(super) fn beats(&self) -> Vec<u64> {
        self.beats.iter().map(|beats| beats.load(Relaxed)).collect()
    }

    /// The configuration was looked at, with this outcome.
    pub(super) fn looked(&self, status: &Status) {
        self.progress.send_replace(Progress {
            generation: status.generation.number,
            looks: status.reload.attempts,
            result: status.reload.last_result,
            organizations: status.policy.organizations,
            keys: status.policy.keys,
        });
    }

    /// The outcome of the last look, and of each that follows.
    pub(super) fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }
}
