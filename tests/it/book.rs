//! The README is true: whatever a reader looks up is there, and whatever is there exists.

use std::collections::BTreeSet;
use std::process::Command;

use keywarden::cli::Exit;
use keywarden::decide::{Doubt, Reason, Rejection};
use keywarden::telemetry::Trouble;

use crate::house::House;

const README: &str = include_str!("../../README.md");

/// The metrics that the design promises; a dashboard is built on these names.
const PROMISED: [&str; 26] = [
    "keywarden_access_list_entries",
    "keywarden_access_log_dropped_total",
    "keywarden_build_info",
    "keywarden_config_files",
    "keywarden_config_info",
    "keywarden_config_last_reload_success_timestamp_seconds",
    "keywarden_config_last_reload_successful",
    "keywarden_config_reload_duration_seconds",
    "keywarden_config_reloads_total",
    "keywarden_connections",
    "keywarden_connections_total",
    "keywarden_decision_duration_seconds",
    "keywarden_keys",
    "keywarden_nonces_issued_total",
    "keywarden_observed_refusals_total",
    "keywarden_organizations",
    "keywarden_replay_cache_entries",
    "keywarden_replay_refusals_total",
    "keywarden_request_duration_seconds",
    "keywarden_requests_in_flight",
    "keywarden_requests_total",
    "keywarden_tls_certificate_not_after_timestamp_seconds",
    "keywarden_upstream_request_duration_seconds",
    "keywarden_upstream_requests_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
];

/// Every reason a request can end for.
fn codes() -> Vec<&'static str> {
    let mut codes = vec!["granted"];
    codes.extend(Doubt::ALL.map(Doubt::code));
    codes.extend(Reason::ALL.map(Reason::code));
    codes.extend(Rejection::ALL.map(Rejection::code));
    codes.extend(Trouble::ALL.map(Trouble::code));
    codes
}

/// What stands between backticks.
fn quoted() -> BTreeSet<&'static str> {
    README
        .lines()
        .filter(|line| !line.starts_with("```"))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

/// The first cells of the table below this heading.
fn column(heading: &str) -> Vec<&'static str> {
    let start = README.find(heading).expect("the heading");
    let rest = &README[start..];
    rest.lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .filter_map(|line| line.split('|').nth(1))
        .map(str::trim)
        .collect()
}

#[test]
fn every_reason_code_has_a_row_with_its_cure() {
    for code in codes().into_iter().filter(|code| *code != "granted") {
        let row = format!("\n| `{code}` | ");
        assert!(README.contains(&row), "no row for `{code}`");
    }
    assert!(quoted().contains("granted"));
}

#[test]
fn every_reason_code_with_a_row_exists() {
    let codes = codes();
    for heading in [
        "### Rule 0: one reading",
        "### Rules 1-3 and 10",
        "### Rules 4-9",
        "### Beside the decision",
    ] {
        let column = column(heading);
        assert!(column.len() > 5, "{heading}");
        for code in column {
            assert!(codes.contains(&code.trim_matches('`')), "{code}");
        }
    }
}

#[test]
fn every_error_code_of_a_refusal_stands_in_the_rule_book() {
    for reason in Reason::ALL {
        let row = format!("`{}` | `{}` |", reason.code(), reason.error_code());
        assert!(README.contains(&row), "{row}");
    }
}

#[test]
fn every_metric_that_is_scraped_is_named_and_every_promised_one_is_scraped() {
    let house = House::new();
    assert_eq!(house.caller("open").get("/a").status, 200);
    let (status, text) = house.admin("/metrics");
    assert_eq!(status, 200);
    let scraped: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next())
        .collect();
    let quoted = quoted();
    for name in &scraped {
        let family = name.starts_with("process_") && quoted.contains("process_*");
        assert!(
            quoted.contains(name) || family,
            "`{name}` is not in README.md"
        );
    }
    // This one has a value only where a certificate is served.
    let idle = "keywarden_tls_certificate_not_after_timestamp_seconds";
    for name in PROMISED {
        assert!(
            scraped.contains(name) || name == idle,
            "`{name}` is not scraped"
        );
        let family = name.starts_with("process_");
        assert!(
            quoted.contains(name) || family,
            "`{name}` is not in README.md"
        );
    }
    // Whatever it names, in an alert or in a table.
    let rest = README.split("keywarden_").skip(1);
    for name in rest.filter_map(|rest| {
        rest.split(|c: char| !c.is_ascii_lowercase() && c != '_')
            .next()
    }) {
        let name = format!("keywarden_{name}");
        let part = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        let there = scraped.contains(&*name) || part.is_some_and(|name| scraped.contains(name));
        assert!(there || name == idle, "README.md names `{name}`");
    }
}

#[test]
fn every_verb_is_in_the_table_and_every_verb_of_the_table_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_keywarden"))
        .arg("--help")
        .output()
        .expect("it runs");
    let help = String::from_utf8(help.stdout).expect("UTF-8");
    let verbs: BTreeSet<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|verb| *verb != "help")
        .collect();
    assert!(verbs.len() > 5, "{help}");
    let told: BTreeSet<&str> = column("## Command line")
        .into_iter()
        .filter_map(|cell| cell.trim_matches('`').split(' ').next())
        .map(|verb| verb.trim_matches('`'))
        .collect();
    assert_eq!(told, verbs);
}

#[test]
fn every_exit_code_is_told() {
    let start = README.find("| exit | meaning |").expect("the table");
    let told: BTreeSet<u8> = README[start..]
        .lines()
        .skip(2)
        .map_while(|line| line.split('|').nth(1)?.trim().parse().ok())
        .collect();
    assert_eq!(told, Exit::ALL.map(Exit::code).into_iter().collect());
}

#[test]
fn every_link_inside_leads_somewhere() {
    let mut fenced = false;
    let mut anchors = BTreeSet::new();
    for line in README.lines() {
        fenced ^= line.starts_with("```");
        if let (false, Some((_, title))) = (
            fenced,
            line.split_once("# ").filter(|_| line.starts_with('#')),
        ) {
            let kept = title.to_lowercase().replace(' ', "-");
            let kept = kept
                .chars()
                .filter(|c| c.is_alphanumeric() || "-_".contains(*c));
            anchors.insert(kept.collect::<String>());
        }
    }
    for link in README.split("](").skip(1) {
        let target = link.split(')').next().expect("a target");
        if let Some(anchor) = target.strip_prefix('#') {
            assert!(anchors.contains(anchor), "#{anchor} is not in {anchors:#?}");
        } else if !target.contains("://") {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(target);
            assert!(path.exists(), "{target}");
        }
    }
}

#[test]
fn the_number_of_expectations_is_right() {
    let text = include_str!("../../config/expectations.yaml");
    let count = text.matches("\n  - name:").count();
    let told = format!("[{count} of them](config/expectations.yaml)");
    assert!(README.contains(&told), "there are {count}");
}
