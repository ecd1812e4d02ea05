//! The page on trial: `enforcement: observe` forwards what would be refused, and says so.

use super::{
    OTHER_PROJECT, PROJECT, STRICT, VAULT, acme, challenged, clusters, forwarded, plan, strict,
};
use crate::house::{House, ORGANIZATION};

/// Every rule of the page that refuses is only watched.
#[test]
fn what_would_be_refused_is_forwarded_logged_and_counted() {
    let place = tempfile::tempdir().expect("a folder");
    let log = place.path().join("access.log");
    let plan = plan();
    plan.settings(&format!(
        "access_log: {{ format: json, path: {} }}\n",
        log.display()
    ));
    let on_trial = |text: String| {
        text.replace(
            "\nrequire_access_list:",
            "\nenforcement: observe\nrequire_access_list:",
        )
    };
    plan.write("organizations/acme.yaml", &on_trial(acme()));
    plan.write("organizations/strict.yaml", &on_trial(strict(true, "")));
    let house = plan.build();
    let snapshots = format!("{}/c0/backup/snapshots", clusters(PROJECT));
    let keys = format!("/api/atlas/v2/orgs/{ORGANIZATION}/apiKeys");
    let foreign = format!("/api/atlas/v2/orgs/{STRICT}/groups");
    let cases: [(&str, u8, &str, &str, &str); 6] = [
        (
            "member-listed",
            9,
            "GET",
            &clusters(PROJECT),
            "address_not_on_access_list",
        ),
        (
            "strict",
            1,
            "GET",
            &clusters(VAULT),
            "organization_requires_access_list",
        ),
        (
            "member",
            1,
            "POST",
            &snapshots,
            "resource_requires_access_list",
        ),
        ("member", 1, "GET", &foreign, "organization_foreign"),
        (
            "member",
            1,
            "GET",
            &clusters(OTHER_PROJECT),
            "project_unassigned",
        ),
        ("member", 1, "GET", &keys, "role_missing"),
    ];
    for (key, last, method, target, reason) in cases {
        let caller = house.caller(key).from_address(last);
        forwarded(&caller.call(method, target, b""));
        let line = logged(&log, |line| line["keywarden.reason"] == reason);
        assert_eq!(line["http.response.status_code"], 200, "{line}");
        assert_eq!(line["keywarden.decision"], "observe", "{line}");
        assert_eq!(line["keywarden.would"], "refuse", "{line}");
        assert_eq!(line["keywarden.key"], key, "{line}");
        assert_eq!(counted(&house, reason), 1, "{reason}");
    }
    assert_eq!(house.upstream.seen().len(), cases.len());
    // Whose key it is is not on trial.
    challenged(
        &house
            .caller("member")
            .with_private_key("wrong")
            .get(&clusters(PROJECT)),
    );
    assert_eq!(house.upstream.seen().len(), cases.len());
}

/// A key on trial, in an organization that enforces.
#[test]
fn one_key_can_be_on_trial_alone() {
    let plan = plan();
    let with_mode = acme().replace(
        "public_key: member-listed,",
        "public_key: member-listed, enforcement: observe,",
    );
    plan.write("organizations/acme.yaml", &with_mode);
    let house = plan.build();
    forwarded(
        &house
            .caller("member-listed")
            .from_address(9)
            .get(&clusters(PROJECT)),
    );
    let other = house
        .caller("owner-listed")
        .from_address(9)
        .get(&clusters(PROJECT));
    assert_eq!(other.error_code(), "IP_ADDRESS_NOT_ON_ACCESS_LIST");
}

/// The first line of the log that is wanted, as soon as it is there.
fn logged(log: &std::path::Path, wanted: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let began = std::time::Instant::now();
    loop {
        let text = std::fs::read_to_string(log).unwrap_or_default();
        let complete = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = complete
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON line"));
        if let Some(line) = lines.find(&wanted) {
            return line;
        }
        assert!(
            began.elapsed() < crate::house::PATIENCE,
            "not in the log:\n{text}"
        );
        std::thread::yield_now();
    }
}

/// How many refusals for this reason were observed and not made.
fn counted(house: &House, reason: &str) -> u64 {
    let (status, text) = house.admin("/metrics");
    assert_eq!(status, 200);
    let sum = text
        .lines()
        .filter(|line| line.starts_with("keywarden_observed_refusals_total{"))
        .filter(|line| line.contains(&format!("reason=\"{reason}\"")))
        .map(|line| line.rsplit_once(' ').expect("a value").1);
    sum.map(|value| value.parse::<u64>().expect("a number"))
        .sum()
}
