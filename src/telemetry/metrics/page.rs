//! Every metric with its name, help and labels, on one page.

use std::collections::BTreeMap;

use crate::decide::{Doubt, Reason};
use crate::telemetry::cells::Cells;
use crate::telemetry::{Outcome, Trouble};

use super::families::{Families, float};
use super::{ReloadResult, Shared};

/// The values of the label `sink`.
pub(super) const SINKS: [&str; 2] = ["file", "stdout"];

const FILE_KINDS: [&str; 6] = [
    "credentials",
    "expectations",
    "keywarden",
    "networks",
    "organization",
    "resources",
];
const FILE_STATES: [&str; 3] = ["active", "last_good", "rejected"];

/// Statuses whose series exist before the upstream first sent them.
const COMMON_STATUSES: [u16; 18] = [
    200, 201, 202, 204, 206, 301, 302, 304, 400, 401, 403, 404, 405, 409, 429, 500, 502, 503,
];

const VERSION: &str = env!("CARGO_PKG_VERSION");
const REVISION: &str = match option_env!("KEYWARDEN_REVISION") {
    Some(revision) => revision,
    None => "unknown",
};

/// Every kind and state of a file, at 0.
pub(super) fn no_files() -> BTreeMap<(&'static str, &'static str), u64> {
    FILE_KINDS
        .into_iter()
        .flat_map(|kind| FILE_STATES.into_iter().map(move |state| ((kind, state), 0)))
        .collect()
}

/// What callers asked and how it ended.
pub(super) fn requests(families: &mut Families, listeners: &[String], total: &Cells) {
    families.counters(
        "keywarden_requests_total",
        "Requests by how they ended.",
        ["listener", "decision", "reason"],
        listeners.iter().enumerate().flat_map(|(index, listener)| {
            Outcome::all().map(move |outcome| {
                let labels = [listener.as_str(), outcome.decision(), outcome.reason()];
                (labels, total.requests(index, outcome))
            })
        }),
    );
    families.histograms(
        "keywarden_request_duration_seconds",
        "Time from a request's head to the end of its answer.",
        ["decision"],
        Outcome::DECISIONS
            .into_iter()
            .map(|decision| [decision])
            .zip(total.request_durations()),
    );
    families.histograms(
        "keywarden_decision_duration_seconds",
        "The gateway's own time for one decision.",
        [],
        [([], total.decision_durations())],
    );
    families.gauges(
        "keywarden_requests_in_flight",
        "Requests that have begun and not ended.",
        ["listener"],
        named(listeners).map(|(index, name)| ([name], float(total.requests_in_flight(index)))),
    );
    families.counters(
        "keywarden_observed_refusals_total",
        "Requests forwarded in observe mode although a rule broke.",
        ["reason"],
        Reason::ALL.into_iter().map(|reason| {
            let count = total.requests_everywhere(Outcome::Observe(reason));
            ([reason.code()], count)
        }),
    );
}

/// Who is connected.
pub(super) fn connections(families: &mut Families, listeners: &[String], total: &Cells) {
    families.counters(
        "keywarden_connections_total",
        "Connections accepted.",
        ["listener"],
        named(listeners).map(|(index, name)| ([name], total.connections_accepted(index))),
    );
    families.gauges(
        "keywarden_connections",
        "Open connections, with (active) and without (idle) a request in flight.",
        ["listener", "state"],
        named(listeners).flat_map(|(index, name)| {
            let (active, idle) = total.connections_open(index);
            [
                ([name, "active"], float(active)),
                ([name, "idle"], float(idle)),
            ]
        }),
    );
}

/// What the upstream answered.
pub(super) fn upstream(families: &mut Families, total: &Cells) {
    let answers: Vec<(String, u64)> = total
        .upstream_answers()
        .filter(|(status, count)| *count > 0 || COMMON_STATUSES.contains(status))
        .map(|(status, count)| (status.to_string(), count))
        .chain([("error".to_owned(), total.upstream_failures())])
        .collect();
    families.counters(
        "keywarden_upstream_requests_total",
        "Requests sent to the upstream by the status of its answer, or error.",
        ["code"],
        answers
            .iter()
            .map(|(code, count)| ([code.as_str()], *count)),
    );
    families.histograms(
        "keywarden_upstream_request_duration_seconds",
        "Time to the head of the upstream's answer.",
        [],
        [([], total.upstream_durations())],
    );
}

/// Nonces and the brake on those who guess. The refusals are counted once, as the outcome of their request.
pub(super) fn proofs(families: &mut Families, total: &Cells) {
    families.counters(
        "keywarden_nonces_issued_total",
        "Nonces issued in challenges.",
        [],
        [([], total.nonces())],
    );
    families.counters(
        "keywarden_replay_refusals_total",
        "Proofs turned away because they could have been used before.",
        [],
        [(
            [],
            total.requests_everywhere(Outcome::Challenge(Doubt::ProofReplayed)),
        )],
    );
    families.counters(
        "keywarden_throttled_total",
        "Requests turned away because of too many failed digests.",
        [],
        [(
            [],
            total.requests_everywhere(Outcome::Fail(Trouble::RateLimited)),
        )],
    );
}

/// How the configuration was put in force.
pub(super) fn reloads(families: &mut Families, shared: &Shared) {
    families.counters(
        "keywarden_config_reloads_total",
        "Looks at the configuration by how they ended.",
        ["result"],
        ReloadResult::ALL
            .into_iter()
            .map(|result| [result.code()])
            .zip(shared.reloads),
    );
    families.histograms(
        "keywarden_config_reload_duration_seconds",
        "Time from noticing a change to its end.",
        [],
        [([], &shared.reload_duration)],
    );
    families.gauges(
        "keywarden_config_last_reload_successful",
        "Whether everything in the configuration folder was put in force by the last change.",
        [],
        [([], float(u64::from(shared.last_reload_successful)))],
    );
    families.gauges(
        "keywarden_config_last_reload_success_timestamp_seconds",
        "When everything in the configuration folder was last put in force.",
        [],
        [([], float(shared.last_success.as_millis()) / 1e3)],
    );
    families.counters(
        "keywarden_config_widenings_total",
        "Widenings of access found in changes of the configuration.",
        [],
        [([], shared.widenings)],
    );
    families.gauges(
        "keywarden_config_files",
        "Files of the configuration by which version of them is in force.",
        ["kind", "state"],
        shared
            .files
            .iter()
            .map(|((kind, state), count)| ([*kind, *state], float(*count))),
    );
}

/// What is in force.
pub(super) fn policy(families: &mut Families, shared: &Shared) {
    let size = shared.size;
    families.gauges(
        "keywarden_config_info",
        "The generation in force, by the hash of its content.",
        ["generation"],
        shared
            .generation
            .iter()
            .map(|generation| ([generation.as_str()], 1.0)),
    );
    families.gauges(
        "keywarden_organizations",
        "Organizations in force.",
        [],
        [([], float(size.organizations))],
    );
    families.gauges(
        "keywarden_keys",
        "API keys in force, with and without an access list.",
        ["list"],
        [
            (["absent"], float(size.keys_without_list)),
            (["present"], float(size.keys_with_list)),
        ],
    );
    families.gauges(
        "keywarden_access_list_entries",
        "Entries of all access lists in force.",
        [],
        [([], float(size.access_list_entries))],
    );
}

/// The memory, the log and the certificates beside the decision.
pub(super) fn surroundings(families: &mut Families, shared: &Shared) {
    families.gauges(
        "keywarden_replay_cache_entries",
        "Nonces the replay memory holds.",
        [],
        [([], float(shared.replay_entries))],
    );
    families.counters(
        "keywarden_access_log_dropped_total",
        "Lines of the access log dropped because the sink could not keep up.",
        ["sink"],
        shared
            .access_log
            .iter()
            .map(|(sink, lost)| ([*sink], lost.0)),
    );
    families.counters(
        "keywarden_access_log_errors_total",
        "Failed attempts to write the access log; they are repeated.",
        ["sink"],
        shared
            .access_log
            .iter()
            .map(|(sink, lost)| ([*sink], lost.1)),
    );
    families.gauges(
        "keywarden_tls_certificate_not_after_timestamp_seconds",
        "When a listener's certificate ends.",
        ["listener"],
        shared
            .certificates
            .iter()
            .map(|(listener, end)| ([listener.as_str()], float(end.as_millis()) / 1e3)),
    );
}

/// The program itself.
pub(super) fn program(families: &mut Families, total: &Cells) {
    families.counters(
        "keywarden_panics_caught_total",
        "Panics caught in a connection; anything but 0 is a bug.",
        [],
        [([], total.panics())],
    );
    families.gauges(
        "keywarden_build_info",
        "The version and revision of the program.",
        ["version", "revision"],
        [([VERSION, REVISION], 1.0)],
    );
}

fn named(listeners: &[String]) -> impl Iterator<Item = (usize, &str)> {
    listeners.iter().map(String::as_str).enumerate()
}
