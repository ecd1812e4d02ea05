//! What a scrape shows, and what it never shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::thread;

use crate::decide::{Doubt, Reason};
use crate::telemetry::{LineFormat, Outcome, Trouble};

use super::*;

const OURS: &str = "\
keywarden_access_list_entries gauge
keywarden_access_log_dropped_total counter
keywarden_access_log_errors_total counter
keywarden_build_info gauge
keywarden_config_files gauge
keywarden_config_info gauge
keywarden_config_last_reload_success_timestamp_seconds gauge
keywarden_config_last_reload_successful gauge
keywarden_config_reload_duration_seconds histogram
keywarden_config_reloads_total counter
keywarden_config_widenings_total counter
keywarden_connections gauge
keywarden_connections_total counter
keywarden_decision_duration_seconds histogram
keywarden_keys gauge
keywarden_nonces_issued_total counter
keywarden_observed_refusals_total counter
keywarden_organizations gauge
keywarden_panics_caught_total counter
keywarden_replay_cache_entries gauge
keywarden_replay_refusals_total counter
keywarden_request_duration_seconds histogram
keywarden_requests_in_flight gauge
keywarden_requests_total counter
keywarden_throttled_total counter
keywarden_tls_certificate_not_after_timestamp_seconds gauge
keywarden_upstream_request_duration_seconds histogram
keywarden_upstream_requests_total counter
";

fn metrics() -> Metrics {
    Metrics::new(&["public".to_owned(), "partners".to_owned()], 2)
}

/// Every series with its value.
fn series(metrics: &Metrics) -> BTreeMap<String, String> {
    metrics
        .render()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.rsplit_once(' '))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn value(metrics: &Metrics, name: &str) -> Option<String> {
    series(metrics).get(name).cloned()
}

/// Everything set once, so that every family has a sample.
fn filled() -> Metrics {
    let metrics = metrics();
    metrics.generation("0123456789ab");
    metrics.certificate_not_after("public", Timestamp::from_millis(1_893_456_000_000));
    metrics
}

#[test]
fn every_metric_has_its_name_and_type() {
    let mut seen = String::new();
    let lines: BTreeSet<_> = filled()
        .render()
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE keywarden_"))
        .map(str::to_owned)
        .collect();
    for line in lines {
        writeln!(seen, "keywarden_{line}").unwrap();
    }
    assert_eq!(seen, OURS);
}

#[test]
fn every_family_has_help_and_appears_once() {
    let text = filled().render();
    let named = |mark: &str| -> Vec<String> {
        text.lines()
            .filter_map(|line| line.strip_prefix(mark))
            .filter_map(|line| line.split(' ').next())
            .map(str::to_owned)
            .collect()
    };
    let (help, types) = (named("# HELP "), named("# TYPE "));
    assert_eq!(help, types);
    assert_eq!(help.iter().collect::<BTreeSet<_>>().len(), help.len());
    assert!(help.iter().any(|name| name == "process_cpu_seconds_total"));
}

#[test]
fn every_outcome_of_every_listener_exists_at_zero() {
    let series = series(&metrics());
    for listener in ["public", "partners"] {
        for outcome in Outcome::all() {
            let name = format!(
                "keywarden_requests_total{{listener=\"{listener}\",decision=\"{}\",reason=\"{}\"}}",
                outcome.decision(),
                outcome.reason()
            );
            assert_eq!(series.get(&name).map(String::as_str), Some("0"), "{name}");
        }
    }
}

#[test]
fn every_other_label_exists_at_zero() {
    let series = series(&metrics());
    let zero = |name: String| {
        assert_eq!(series.get(&name).map(String::as_str), Some("0"), "{name}");
    };
    for decision in Outcome::DECISIONS {
        zero(format!(
            "keywarden_request_duration_seconds_count{{decision=\"{decision}\"}}"
        ));
    }
    for result in ["applied", "unchanged", "rejected", "partial"] {
        zero(format!(
            "keywarden_config_reloads_total{{result=\"{result}\"}}"
        ));
    }
    for reason in Reason::ALL {
        zero(format!(
            "keywarden_observed_refusals_total{{reason=\"{}\"}}",
            reason.code()
        ));
    }
    for code in ["200", "404", "503", "error"] {
        zero(format!(
            "keywarden_upstream_requests_total{{code=\"{code}\"}}"
        ));
    }
    for state in ["active", "last_good", "rejected"] {
        zero(format!(
            "keywarden_config_files{{kind=\"organization\",state=\"{state}\"}}"
        ));
    }
    for sink in ["file", "stdout"] {
        zero(format!(
            "keywarden_access_log_dropped_total{{sink=\"{sink}\"}}"
        ));
    }
    zero("keywarden_keys{list=\"present\"}".to_owned());
    zero("keywarden_keys{list=\"absent\"}".to_owned());
    zero("keywarden_connections{listener=\"partners\",state=\"idle\"}".to_owned());
    zero("keywarden_throttled_total".to_owned());
    zero("keywarden_decision_duration_seconds_count".to_owned());
}

#[test]
fn a_scrape_adds_up_all_workers_and_the_other_threads() {
    let metrics = metrics();
    for worker in 0..=2 {
        let cells = metrics.cells(worker).unwrap();
        cells.request(1, Outcome::Forward, Duration::from_millis(1));
        cells.request(0, Outcome::Observe(Reason::RoleMissing), Duration::ZERO);
        cells.request(0, Outcome::Challenge(Doubt::ProofReplayed), Duration::ZERO);
        cells.request(0, Outcome::Fail(Trouble::RateLimited), Duration::ZERO);
        cells.upstream(Some(418), Duration::from_millis(2));
        cells.upstream(None, Duration::from_millis(2));
    }
    assert!(metrics.cells(3).is_none());
    for name in [
        "keywarden_requests_total{listener=\"partners\",decision=\"forward\",reason=\"granted\"}",
        "keywarden_observed_refusals_total{reason=\"role_missing\"}",
        "keywarden_replay_refusals_total",
        "keywarden_throttled_total",
        "keywarden_upstream_requests_total{code=\"418\"}",
        "keywarden_upstream_requests_total{code=\"error\"}",
        "keywarden_request_duration_seconds_bucket{decision=\"forward\",le=\"0.001\"}",
        "keywarden_request_duration_seconds_bucket{decision=\"forward\",le=\"+Inf\"}",
    ] {
        assert_eq!(value(&metrics, name).as_deref(), Some("3"), "{name}");
    }
    let sum = "keywarden_request_duration_seconds_sum{decision=\"forward\"}";
    assert_eq!(value(&metrics, sum).as_deref(), Some("0.003"));
}

#[test]
fn decisions_are_measured_from_one_microsecond_to_ten_milliseconds() {
    let series = series(&metrics());
    let bucket = |le: &str| {
        series.contains_key(&format!(
            "keywarden_decision_duration_seconds_bucket{{le=\"{le}\"}}"
        ))
    };
    assert!(bucket("0.000001") && bucket("0.01") && bucket("+Inf"));
    assert!(!bucket("0.02"));
}

#[test]
fn only_a_reload_that_put_everything_in_force_is_a_success() {
    let metrics = metrics();
    let successful = "keywarden_config_last_reload_successful";
    let at = "keywarden_config_last_reload_success_timestamp_seconds";
    let took = Duration::from_millis(20);
    for (result, second, expected, success) in [
        (ReloadResult::Applied, 1, "1", "1"),
        (ReloadResult::Unchanged, 2, "1", "1"),
        (ReloadResult::Rejected, 3, "0", "1"),
        (ReloadResult::Unchanged, 4, "0", "1"),
        (ReloadResult::Applied, 5, "1", "5"),
        (ReloadResult::Partial, 6, "0", "5"),
    ] {
        metrics.reloaded(result, took, Timestamp::from_millis(second * 1000));
        assert_eq!(
            value(&metrics, successful).as_deref(),
            Some(expected),
            "{second}"
        );
        assert_eq!(value(&metrics, at).as_deref(), Some(success), "{second}");
    }
    let unchanged = "keywarden_config_reloads_total{result=\"unchanged\"}";
    assert_eq!(value(&metrics, unchanged).as_deref(), Some("2"));
    let count = "keywarden_config_reload_duration_seconds_count";
    assert_eq!(value(&metrics, count).as_deref(), Some("6"));
}

#[test]
fn the_series_of_an_old_generation_goes_at_the_swap() {
    let metrics = metrics();
    metrics.generation("aaaaaaaaaaaa");
    metrics.generation("bbbbbbbbbbbb");
    let text = metrics.render();
    assert!(text.contains("keywarden_config_info{generation=\"bbbbbbbbbbbb\"} 1\n"));
    assert!(!text.contains("aaaaaaaaaaaa"));
}

#[test]
fn files_that_recovered_leave_their_old_state() {
    let metrics = metrics();
    metrics.config_files([("organization", "last_good"), ("organization", "active")]);
    metrics.config_files([("organization", "active"), ("organization", "active")]);
    let files =
        |state| format!("keywarden_config_files{{kind=\"organization\",state=\"{state}\"}}");
    assert_eq!(value(&metrics, &files("active")).as_deref(), Some("2"));
    assert_eq!(value(&metrics, &files("last_good")).as_deref(), Some("0"));
}

#[test]
fn what_is_set_is_what_is_shown() {
    let metrics = filled();
    metrics.policy_size(PolicySize {
        organizations: 2,
        keys_with_list: 3,
        keys_without_list: 4,
        access_list_entries: 5,
    });
    metrics.widenings(2);
    metrics.widenings(1);
    metrics.replay_entries(6);
    for (name, expected) in [
        ("keywarden_organizations", "2"),
        ("keywarden_keys{list=\"present\"}", "3"),
        ("keywarden_keys{list=\"absent\"}", "4"),
        ("keywarden_access_list_entries", "5"),
        ("keywarden_config_widenings_total", "3"),
        ("keywarden_replay_cache_entries", "6"),
        (
            "keywarden_tls_certificate_not_after_timestamp_seconds{listener=\"public\"}",
            "1893456000",
        ),
    ] {
        assert_eq!(value(&metrics, name).as_deref(), Some(expected), "{name}");
    }
}

#[test]
fn lines_the_access_log_dropped_are_shown_under_its_sink() {
    let folder = tempfile::tempdir().unwrap();
    let log = AccessLog::open(LineFormat::Json, Some(&folder.path().join("log"))).unwrap();
    let metrics = metrics();
    metrics.access_log(&log);
    let name = "keywarden_access_log_dropped_total{sink=\"file\"}";
    assert_eq!(value(&metrics, name).as_deref(), Some("0"));
}

#[test]
fn a_listeners_name_cannot_break_the_format() {
    let metrics = Metrics::new(&["a\"b\\c\nd".to_owned()], 1);
    let name = "keywarden_requests_in_flight{listener=\"a\\\"b\\\\c\\nd\"}";
    assert_eq!(value(&metrics, name).as_deref(), Some("0"));
}

#[test]
fn counting_goes_on_while_scrapes_run() {
    let metrics = metrics();
    thread::scope(|scope| {
        for worker in 0..2 {
            let cells = metrics.cells(worker).unwrap();
            scope.spawn(move || {
                for _ in 0..2_000 {
                    cells.request(0, Outcome::Forward, Duration::from_micros(50));
                }
            });
        }
        for _ in 0..5 {
            assert!(!metrics.render().is_empty());
        }
    });
    let name =
        "keywarden_requests_total{listener=\"public\",decision=\"forward\",reason=\"granted\"}";
    assert_eq!(value(&metrics, name).as_deref(), Some("4000"));
}
