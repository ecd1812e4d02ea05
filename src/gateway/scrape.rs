//! What metrics are told beside the workers' own cells: at a scrape, and when a reload ends.

use std::time::Duration;

use crate::config::{FileKind, FileReport, FileState};
use crate::digest::Timestamp;
use crate::telemetry::{PolicySize, ReloadResult};

use super::reload::Renewal;
use super::shared::Shared;
use super::status::Status;

/// The metrics as text, with what is only known when asked.
pub(super) fn scrape(shared: &Shared) -> String {
    shared
        .metrics
        .replay_entries(shared.memory.occupancy().nonces);
    if let Some(log) = shared.access_log.load().as_ref() {
        shared.metrics.access_log(log);
    }
    shared.metrics.render()
}

/// A reload has ended, and this is the state it left.
pub(super) fn reload(
    shared: &Shared,
    status: &Status,
    result: ReloadResult,
    duration: Duration,
    at: Timestamp,
) {
    let metrics = &shared.metrics;
    metrics.reloaded(result, duration, at);
    metrics.generation(&status.generation.fingerprint);
    metrics.config_files(status.files.iter().map(|file| (kind(file), state(file))));
    metrics.policy_size(PolicySize {
        organizations: status.policy.organizations as u64,
        keys_with_list: status.policy.keys_with_access_list as u64,
        keys_without_list: status
            .policy
            .keys
            .saturating_sub(status.policy.keys_with_access_list) as u64,
        access_list_entries: status.policy.access_list_entries as u64,
    });
}

/// When the listeners' certificates end.
pub(super) fn certificates(shared: &Shared, certificates: &[Renewal]) {
    for renewal in certificates {
        let end = renewal
            .certificate
            .not_after()
            .and_then(|seconds| u64::try_from(seconds).ok());
        if let Some(end) = end {
            let end = Timestamp::from_millis(end.saturating_mul(1000));
            shared.metrics.certificate_not_after(&renewal.listener, end);
        }
    }
}

fn kind(file: &FileReport) -> &'static str {
    match file.kind {
        FileKind::Credentials => "credentials",
        FileKind::Expectations => "expectations",
        FileKind::Keywarden => "keywarden",
        FileKind::Networks => "networks",
        FileKind::Organization => "organization",
        FileKind::Resources => "resources",
    }
}

fn state(file: &FileReport) -> &'static str {
    match file.state {
        FileState::Active => "active",
        FileState::LastGood => "last_good",
        FileState::Rejected => "rejected",
    }
}
