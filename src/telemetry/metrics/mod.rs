//! The metrics: per-worker cells and what is set from outside, rendered for Prometheus.

mod families;
mod page;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::process_collector::ProcessCollector;

use crate::digest::Timestamp;

use super::AccessLog;
use super::cells::Cells;
use super::histogram::{Histogram, RELOAD_BOUNDS};

/// How a reload ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
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

impl ReloadResult {
    /// Every result.
    pub const ALL: [Self; 4] = [
        Self::Applied,
        Self::Partial,
        Self::Rejected,
        Self::Unchanged,
    ];

    /// The metric label `result`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Partial => "partial",
            Self::Rejected => "rejected",
            Self::Unchanged => "unchanged",
        }
    }
}

/// How much is in force.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PolicySize {
    /// Organizations.
    pub organizations: u64,
    /// Keys with an access list.
    pub keys_with_list: u64,
    /// Keys without an access list.
    pub keys_without_list: u64,
    /// Entries of all access lists.
    pub access_list_entries: u64,
}

/// Everything that is not counted per worker. The gauges are set by `gateway::reload`, `gateway::tls` and the admin
/// listener just before a scrape.
#[derive(Debug)]
struct Shared {
    reloads: [u64; ReloadResult::ALL.len()],
    reload_duration: Histogram<12>,
    last_reload_successful: bool,
    last_success: Timestamp,
    widenings: u64,
    generation: Option<String>,
    files: BTreeMap<(&'static str, &'static str), u64>,
    size: PolicySize,
    replay_entries: u64,
    access_log: BTreeMap<&'static str, (u64, u64)>,
    certificates: BTreeMap<String, Timestamp>,
}

/// The registry: every series exists at 0 from the beginning, and no label can be invented by a caller.
#[derive(Debug)]
pub struct Metrics {
    listeners: Vec<String>,
    cells: Vec<Arc<Cells>>,
    shared: Mutex<Shared>,
    process: ProcessCollector,
}

impl Metrics {
    /// Metrics for these listeners and this many workers; every series exists at 0.
    #[must_use]
    pub fn new(listeners: &[String], workers: usize) -> Self {
        Self {
            listeners: listeners.to_vec(),
            cells: (0..=workers)
                .map(|_| Arc::new(Cells::new(listeners.len())))
                .collect(),
            shared: Mutex::new(Shared {
                reloads: [0; ReloadResult::ALL.len()],
                reload_duration: Histogram::new(&RELOAD_BOUNDS),
                last_reload_successful: false,
                last_success: Timestamp::default(),
                widenings: 0,
                generation: None,
                files: page::no_files(),
                size: PolicySize::default(),
                replay_entries: 0,
                access_log: page::SINKS.into_iter().map(|sink| (sink, (0, 0))).collect(),
                certificates: BTreeMap::new(),
            }),
            process: ProcessCollector::for_self(),
        }
    }

    /// The cells of one worker; those at index `workers` are for all other threads.
    #[must_use]
    pub fn cells(&self, worker: usize) -> Option<Arc<Cells>> {
        self.cells.get(worker).cloned()
    }

    /// A reload ended at `at`, having taken `duration`. Only [`ReloadResult::Applied`] is a success: with the others
    /// something in the folder is not in force; [`ReloadResult::Unchanged`] leaves the verdict of the last change.
    pub fn reloaded(&self, result: ReloadResult, duration: Duration, at: Timestamp) {
        let mut shared = self.shared();
        if let Some(count) = shared.reloads.get_mut(result as usize) {
            *count += 1;
        }
        shared.reload_duration.observe(duration);
        match result {
            ReloadResult::Applied => {
                shared.last_reload_successful = true;
                shared.last_success = at;
            }
            ReloadResult::Partial | ReloadResult::Rejected => {
                shared.last_reload_successful = false;
            }
            ReloadResult::Unchanged => {}
        }
    }

    /// The generation in force, by its fingerprint; the series of the one before goes.
    pub fn generation(&self, fingerprint: &str) {
        self.shared().generation = Some(fingerprint.to_owned());
    }

    /// The files of the folder, each by its kind (`credentials`, `expectations`, `keywarden`, `networks`,
    /// `organization`, `resources`) and state (`active`, `last_good`, `rejected`).
    pub fn config_files(&self, files: impl IntoIterator<Item = (&'static str, &'static str)>) {
        let mut counts = page::no_files();
        for file in files {
            *counts.entry(file).or_default() += 1;
        }
        self.shared().files = counts;
    }

    /// How much is in force.
    pub fn policy_size(&self, size: PolicySize) {
        self.shared().size = size;
    }

    /// So many widenings were found in a change.
    pub fn widenings(&self, found: u64) {
        let mut shared = self.shared();
        shared.widenings = shared.widenings.saturating_add(found);
    }

    /// Nonces the replay memory holds.
    pub fn replay_entries(&self, nonces: u64) {
        self.shared().replay_entries = nonces;
    }

    /// What the access log could not write until now.
    pub fn access_log(&self, log: &AccessLog) {
        let lost = (log.dropped(), log.errors());
        self.shared().access_log.insert(log.sink(), lost);
    }

    /// When a listener's certificate ends.
    pub fn certificate_not_after(&self, listener: &str, end: Timestamp) {
        self.shared().certificates.insert(listener.to_owned(), end);
    }

    /// The text exposition format, version 0.0.4. Counting goes on meanwhile.
    #[must_use]
    pub fn render(&self) -> String {
        let total = Cells::new(self.listeners.len());
        for cells in &self.cells {
            cells.add_to(&total);
        }
        let mut families = families::Families::default();
        page::requests(&mut families, &self.listeners, &total);
        page::connections(&mut families, &self.listeners, &total);
        page::upstream(&mut families, &total);
        page::proofs(&mut families, &total);
        {
            let shared = self.shared();
            page::reloads(&mut families, &shared);
            page::policy(&mut families, &shared);
            page::surroundings(&mut families, &shared);
        }
        page::program(&mut families, &total);
        families.collect(&self.process);
        families.render()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
