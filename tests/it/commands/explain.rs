//! `explain`: the answer of the gateway without a gateway, and where it is written.

use std::fs;

use serde_json::Value;

use super::{Made, Told, edit, keywarden, shipped};

const ACME: &str = "32b6e34b3d91647abb20e7b8";
const CLUSTERS: &str = "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters";
const SNAPSHOTS: &str =
    "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters/c0/backup/snapshots";

fn explain(key: &str, from: &str, method: &str, target: &str) -> Told {
    let words = ["explain", "--output", "json", "--key", key, "--from", from];
    keywarden(&shipped(), words.into_iter().chain([method, target]))
}

/// The line of the shipped folder that a place names.
#[track_caller]
fn line(at: &Value) -> String {
    let file = at["file"].as_str().expect("a file");
    let number = at["line"].as_u64().expect("a line");
    let text = fs::read_to_string(shipped().join(file)).expect("read");
    let number = usize::try_from(number).expect("small") - 1;
    text.lines().nth(number).expect("a line").to_owned()
}

#[test]
fn a_request_that_would_be_forwarded_ends_with_0_and_names_its_entry() {
    for (from, written) in [
        ("203.0.113.9", "- cidr: 203.0.113.0/24"),
        ("2001:db8::7", "- address: 2001:db8::7"),
        ("::ffff:203.0.113.9", "- cidr: 203.0.113.0/24"),
        ("192.0.2.70", "- network: build-farm"),
        ("198.51.100.7", "- address: 198.51.100.7"),
    ] {
        let told = explain("zmmrboas", from, "POST", SNAPSHOTS).ended(0).json();
        assert_eq!(told["verdict"]["decision"], "forward");
        let entry = line(&told["entry"]["at"]);
        assert!(entry.contains(written), "{from}: {entry}");
        assert_eq!(line(&told["rules"][4]["at"]), entry);
    }
}

#[test]
fn every_place_it_names_holds_what_it_says() {
    let told = explain("zmmrboas", "203.0.113.9", "POST", SNAPSHOTS)
        .ended(0)
        .json();
    assert!(line(&told["subject"]["key_at"]).contains("5d1d143c87d9d63e6d694747"));
    assert!(line(&told["subject"]["resource"]["at"]).contains("cloud-backup-snapshot-take"));
    assert!(line(&told["rules"][5]["at"]).starts_with("require_access_list: false"));
    assert!(line(&told["rules"][6]["at"]).contains("require: access_list"));
    assert!(line(&told["rules"][8]["at"]).contains("project: payments"));

    let told = explain(
        "qnlvxkte",
        "198.51.100.9",
        "GET",
        &format!("/api/atlas/v2/orgs/{ACME}/apiKeys"),
    );
    let told = told.ended(4).json();
    assert_eq!(told["verdict"]["error_code"], "USER_UNAUTHORIZED");
    assert!(line(&told["rules"][9]["at"]).contains("roles: [ORG_OWNER]"));

    let told = explain("wbnpzdlh", "192.0.2.5", "GET", "/").ended(4).json();
    assert_eq!(told["verdict"]["error_code"], "ORG_REQUIRES_ACCESS_LIST");
    assert!(line(&told["rules"][5]["at"]).starts_with("require_access_list: true"));
}

#[test]
fn a_refusal_ends_with_4_and_says_what_would_mend_it() {
    for (key, from, method, target, reason) in [
        (
            "zmmrboas",
            "203.0.114.9",
            "GET",
            CLUSTERS,
            "address_not_on_access_list",
        ),
        (
            "wbnpzdlh",
            "192.0.2.5",
            "GET",
            "/",
            "organization_requires_access_list",
        ),
        (
            "qnlvxkte",
            "192.0.2.5",
            "POST",
            SNAPSHOTS,
            "resource_requires_access_list",
        ),
        (
            "fjtcqmza",
            "192.0.2.5",
            "GET",
            "/api/atlas/v2/orgs/6543a1f0c2b74d18e9d0a5b7",
            "organization_foreign",
        ),
        (
            "zmmrboas",
            "203.0.113.9",
            "GET",
            "/api/atlas/v2/groups/60c4fd418ebe251047c50554",
            "project_unassigned",
        ),
        (
            "qnlvxkte",
            "192.0.2.5",
            "POST",
            "/api/atlas/v2/orgs/32b6e34b3d91647abb20e7b8/apiKeys",
            "role_missing",
        ),
        ("mvksarid", "192.0.2.65", "GET", "/", "proof_wrong"),
        (
            "zmmrboas",
            "203.0.113.9",
            "GET",
            "/a//b",
            "target_ambiguous",
        ),
        ("zmmrboas", "203.0.113.9", "FETCH", "/", "method_unknown"),
        ("zmmrboas", "203.0.113.9", "TRACE", "/", "method_forbidden"),
    ] {
        let told = explain(key, from, method, target).ended(4).json();
        assert_eq!(told["verdict"]["reason"], reason);
        let broken: Vec<&Value> = told["rules"]
            .as_array()
            .expect("rules")
            .iter()
            .filter(|rule| rule["state"] == "broken")
            .collect();
        assert_eq!(broken.len(), 1, "one rule breaks: {told:#}");
        let words = ["explain", "--key", key, "--from", from, method, target];
        let text = keywarden(&shipped(), words).ended(4).out;
        assert!(text.contains(&format!("(reason: {reason})")), "{text}");
    }
}

#[test]
fn the_cure_of_a_missing_entry_cures() {
    let made = Made::new("http://127.0.0.1:9");
    let target = format!("{}/c0/backup/snapshots", made.clusters());
    let words = ["explain", "--output", "json", "--key", &made.public_key];
    let words: Vec<&str> = words
        .into_iter()
        .chain(["--from", "2001:db8::9", "POST", &target])
        .collect();
    let told = made.run(words.iter().copied()).ended(4).json();
    assert_eq!(told["verdict"]["reason"], "resource_requires_access_list");
    let yaml = told["cure"]["yaml"].as_str().expect("a cure").to_owned();
    let at = &told["cure"]["at"];
    let file = made.folder.join(at["file"].as_str().expect("a file"));
    let text = fs::read_to_string(&file).expect("read");
    let number = usize::try_from(at["line"].as_u64().expect("a line")).expect("small");
    let line = text.lines().nth(number - 1).expect("a line").to_owned();
    assert!(line.contains("access_list"), "{line}");
    // What it says is to be written in place of `access_list: []`, at its indentation.
    let indent = " ".repeat(line.len() - line.trim_start().len());
    let mut cured = String::new();
    let missing = (!yaml.starts_with("access_list:")).then_some("access_list:");
    for line in missing.into_iter().chain(yaml.lines()) {
        for part in [&indent, line, "\n"] {
            cured.push_str(part);
        }
    }
    edit(&file, &format!("{line}\n"), &cured);
    made.run(["check"]).ended(0);
    let told = made.run(words).ended(0).json();
    assert_eq!(told["verdict"]["decision"], "forward");
}

#[test]
fn an_unknown_key_ends_with_1_and_an_id_is_as_good_as_a_public_key() {
    let told = explain("zmrmboas", "203.0.113.9", "GET", CLUSTERS).ended(1);
    assert!(told.err.contains("did you mean `zmmrboas`"), "{told:#?}");
    explain("5d1d143c87d9d63e6d694747", "203.0.113.9", "GET", CLUSTERS).ended(0);
    let told = explain(ACME, "203.0.113.9", "GET", CLUSTERS).ended(1);
    assert!(told.err.contains("organization Acme"), "{told:#?}");
}

#[test]
fn a_configuration_that_is_invalid_ends_with_3() {
    let made = Made::new("http://127.0.0.1:9");
    let key = made.public_key.clone();
    let words = || ["explain", "--key", &key, "--from", "192.0.2.1", "GET", "/"];
    made.run(words()).ended(0);
    made.edit("resources.yaml", "version: 1", "version: 7");
    let told = made.run(words()).ended(3);
    assert!(told.err.contains("resources.yaml:"), "{told:#?}");
    assert_eq!(told.out, "");
}

#[test]
fn the_moment_can_be_chosen() {
    let target = "/api/atlas/v2/groups/60c4fd418ebe251047c50554/clusters";
    for (at, code) in [("2099-06-29T23:59:59Z", 0), ("2099-06-30T00:00:00Z", 4)] {
        let words = [
            "explain",
            "--at",
            at,
            "--key",
            "tkswpofu",
            "--from",
            "198.51.100.77",
        ];
        keywarden(&shipped(), words.into_iter().chain(["GET", target])).ended(code);
    }
}
