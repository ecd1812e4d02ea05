//! A file cut at any octet opens nothing that was closed.

use std::time::Duration;

use super::*;
use crate::config::test_folder::{
    ACME, KEYWARDEN, NETWORKS, NOW, RESOURCES, STRICT, TestFolder, snapshot, state, told, verdict,
};
use crate::config::{FileState, Load};
use crate::policy::Snapshot;

const ACME_FILE: &str = "organizations/acme.yaml";
const STRICT_FILE: &str = "organizations/deep/strict.yaml";

/// An organization in which what a cut would lose keeps something closed: ends, disabled keys, enforcement, lists.
const TAILS: &str = "\
version: 1
id: 32b6e34b3d91647abb20e7ba
name: Tails
require_access_list: true
networks:
  lab: [198.51.100.160/28]
keys:
  - id: t1
    public_key: tailsone
    access_list:
      - cidr: 128.0.0.0/16
        comment: one
        expires: 2026-07-01T00:00:00Z
      - address: 198.51.100.77
        expires: 2026-07-01T00:00:00Z
      - network: lab
    expires: 2026-08-01T00:00:00Z
  - id: t2
    public_key: tailstwo
    access_list:
      - 10.0.0.0/8
    enabled: false
  - id: t3
    public_key: tailsthree
    roles: [ORG_OWNER]
    access_list:
      - 198.51.100.66
      - network: office
  - id: t4
    public_key: tailsfour
    access_list: [192.0.2.1]
    enforcement: enforce
enforcement: enforce
";
const TAILS_FILE: &str = "organizations/tails.yaml";

const KEYS: [&str; 9] = [
    "zmmrboas",
    "openkeys",
    "disabled",
    "strictaa",
    "strictbb",
    "tailsone",
    "tailstwo",
    "tailsthree",
    "tailsfour",
];

const ADDRESSES: [&str; 14] = [
    "203.0.113.9",
    "203.0.11.9",
    "198.51.100.7",
    "198.51.100.6",
    "198.51.100.77",
    "198.51.100.161",
    "128.0.5.5",
    "129.1.1.1",
    "10.1.2.3",
    "192.0.2.130",
    "192.0.2.1",
    "8.8.8.8",
    "2001:db8::7",
    "2001:db8:17::1",
];

const REQUESTS: [&str; 4] = [
    "GET /api/v1/anything",
    "POST /api/v1/orgs/32b6e34b3d91647abb20e7b8/apiKeys",
    "POST /api/v2/groups/5f24084d8dbffa3ad3f25b74/snapshots",
    "POST /api/v1/groups/5f24084d8dbffa3ad3f25b74/restores",
];

/// Every question that `policy` answers with anything but `forward`.
fn closed(policy: &Snapshot) -> Vec<(&'static str, &'static str, &'static str, Timestamp)> {
    let later = NOW.plus(Duration::from_secs(90 * 24 * 3600));
    let mut closed = Vec::new();
    for key in KEYS {
        for from in ADDRESSES {
            for request in REQUESTS {
                for at in [NOW, later] {
                    if verdict(policy, key, from, request, at) != "forward" {
                        closed.push((key, from, request, at));
                    }
                }
            }
        }
    }
    closed
}

fn assert_closed(
    load: &Load,
    closed: &[(&'static str, &'static str, &'static str, Timestamp)],
    what: &str,
) {
    if load.parts.is_none() {
        return;
    }
    let policy = snapshot(load);
    for (key, from, request, at) in closed {
        let now = verdict(&policy, key, from, request, *at);
        assert_ne!(now, "forward", "{what}: {key} from {from}: {request}");
    }
}

fn folder() -> TestFolder {
    let folder = TestFolder::good();
    folder.write(TAILS_FILE, TAILS);
    folder
}

fn files() -> [(&'static str, &'static str); 6] {
    [
        (ACME_FILE, ACME),
        (STRICT_FILE, STRICT),
        (TAILS_FILE, TAILS),
        ("networks.yaml", NETWORKS),
        ("resources.yaml", RESOURCES),
        ("keywarden.yaml", KEYWARDEN),
    ]
}

#[test]
fn no_cut_of_any_file_opens_anything_on_a_reload() {
    let folder = folder();
    let mut loader = folder.loaded();
    let good = loader.load(NOW);
    let closed = closed(&snapshot(&good));
    let generation = good.parts.unwrap().generation;
    for (path, text) in files() {
        for offset in 0..text.len() {
            folder.write(path, &text[..offset]);
            let load = loader.load(NOW);
            let what = format!("{path} cut at {offset}");
            let parts = load.parts.as_ref().unwrap_or_else(|| panic!("{what}"));
            if parts.generation != generation {
                assert_closed(&load, &closed, &what);
            }
        }
        folder.write(path, text);
    }
}

#[test]
fn a_cut_that_comes_into_force_is_no_step_to_the_next() {
    let folder = folder();
    let mut loader = folder.loaded();
    let closed = closed(&snapshot(&loader.load(NOW)));
    let shrinking = (0..TAILS.len()).rev();
    // and back, as a slow writer would
    for offset in shrinking.chain(0..TAILS.len()) {
        folder.write(TAILS_FILE, &TAILS[..offset]);
        assert_closed(&loader.load(NOW), &closed, &format!("cut at {offset}"));
        loader.commit();
    }
    folder.write(TAILS_FILE, TAILS);
    assert_eq!(
        state(&loader.load(NOW), TAILS_FILE),
        Some(FileState::Active)
    );
}

#[test]
fn no_cut_organization_or_network_opens_anything_at_start() {
    let folder = folder();
    let closed = closed(&snapshot(&folder.cold()));
    for (path, text) in [
        (ACME_FILE, ACME),
        (STRICT_FILE, STRICT),
        ("networks.yaml", NETWORKS),
    ] {
        for offset in 0..text.len() {
            folder.write(path, &text[..offset]);
            let load = folder.cold();
            // left out: its keys are unknown
            if state(&load, path) != Some(FileState::Rejected) {
                assert_closed(&load, &closed, &format!("{path} cut at {offset}"));
            }
        }
        folder.write(path, text);
    }
}

#[test]
fn a_cut_table_is_not_taken_at_start_where_it_ends_inside_a_line_or_fails_an_expectation() {
    let folder = folder();
    let closed = closed(&snapshot(&folder.cold()));
    for offset in 0..RESOURCES.len() {
        folder.write("resources.yaml", &RESOURCES[..offset]);
        let load = folder.cold();
        if !RESOURCES[..offset].ends_with('\n') {
            assert!(load.parts.is_none(), "cut at {offset}");
        }
    }
    let expect = |request: &str| {
        format!(
            "  - {{ key: openkeys, from: 8.8.8.8, request: {request}, expect: resource_requires_access_list }}\n"
        )
    };
    let expectations: String = [
        "POST /api/v1/orgs/32b6e34b3d91647abb20e7b8/apiKeys",
        "POST /api/v1/groups/5f24084d8dbffa3ad3f25b74/snapshots",
        "POST /api/v1/groups/5f24084d8dbffa3ad3f25b74/restores",
    ]
    .map(expect)
    .concat();
    folder.write(
        "expectations.yaml",
        format!("version: 1\nexpectations:\n{expectations}"),
    );
    for offset in 0..RESOURCES.len() {
        folder.write("resources.yaml", &RESOURCES[..offset]);
        assert_closed(&folder.cold(), &closed, &format!("cut at {offset}"));
    }
}

#[test]
fn a_cut_that_only_closes_is_an_edit() {
    let folder = folder();
    let mut loader = folder.loaded();
    // the last key is removed: revoking must never wait
    let cut = TAILS.find("  - id: t4").unwrap();
    folder.write(TAILS_FILE, &TAILS[..cut]);
    let load = loader.load(NOW);
    assert_eq!(
        state(&load, TAILS_FILE),
        Some(FileState::Active),
        "{:?}",
        told(&load)
    );
    assert!(snapshot(&load).find_key(b"tailsfour").is_none());
    loader.commit();
    // and then the last entry
    let cut = TAILS.find("      - network: office").unwrap();
    folder.write(TAILS_FILE, &TAILS[..cut]);
    let policy = snapshot(&loader.load(NOW));
    let ask = |from| verdict(&policy, "tailsthree", from, "GET /api/v1/x", NOW);
    assert_eq!(ask("203.0.113.9"), "address_not_on_access_list");
    assert_eq!(ask("198.51.100.66"), "forward");
}

#[test]
fn a_cut_that_opens_is_told_and_can_be_said_to_be_meant() {
    let folder = folder();
    let mut loader = folder.loaded();
    let cut = RESOURCES.find("  - id: restore").unwrap();
    folder.write("resources.yaml", &RESOURCES[..cut]);
    let load = loader.load(NOW);
    assert_eq!(state(&load, "resources.yaml"), Some(FileState::LastGood));
    assert_eq!(told(&load)[0], "resources.yaml:0 KW0602");
    assert!(load.problems[0].help.contains("comment"));
    folder.write(
        "resources.yaml",
        format!("{}# restore removed\n", &RESOURCES[..cut]),
    );
    assert_eq!(
        state(&loader.load(NOW), "resources.yaml"),
        Some(FileState::Active)
    );
}

#[test]
fn a_line_that_does_not_end_is_told() {
    let folder = folder();
    folder.write(TAILS_FILE, TAILS.trim_end());
    let load = folder.cold();
    assert_eq!(state(&load, TAILS_FILE), Some(FileState::Rejected));
    assert!(told(&load).contains(&format!("{TAILS_FILE}:0 KW0601")));
    assert!(unended("organizations/a.json", b"{}").is_none());
    assert!(unended("organizations/a.yaml", b" {\"version\": 1}").is_none());
}

#[test]
fn a_cut_that_stops_refusing_widenings_is_not_taken() {
    let folder = folder();
    let refusing = format!("{KEYWARDEN}reload:\n  poll: 5s\n  widening: refuse\n");
    folder.write("keywarden.yaml", &refusing);
    let mut loader = folder.loaded();
    for cut in [KEYWARDEN, "  widening: refuse\n"] {
        let end = refusing.find(cut).unwrap() + if cut == KEYWARDEN { cut.len() } else { 0 };
        folder.write("keywarden.yaml", &refusing[..end]);
        let load = loader.load(NOW);
        assert_eq!(state(&load, "keywarden.yaml"), Some(FileState::LastGood));
    }
}
