//! A file cut short, at whatever octet, opens nothing that was closed: not at a reload, not while it is being
//! rewritten, and not at a start whose expectations say what is to be closed.

use std::net::IpAddr;

use keywarden::config::{Load, Loader};
use keywarden::decide::{Decision, Identity, Question, authorize};
use keywarden::digest::Timestamp;
use keywarden::policy::{Method, RequestTarget, Snapshot};

use crate::house::{House, ORGANIZATION, PROJECT, Plan, RESOURCES};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

/// An organization whose last words always close something: ends, roles, disabled keys, lists.
const ACME: &str = "version: 1
id: 32b6e34b3d91647abb20e7b8
name: Acme
require_access_list: true
projects:
  - id: 5f24084d8dbffa3ad3f25b73
    name: payments
keys:
  - id: 5d1d143c87d9d63e6d694701
    public_key: listed
    roles: [ORG_OWNER]
    access_list:
      - cidr: 198.51.0.0/16
        expires: 2026-01-01T00:00:00Z
      - network: farm
  - id: 5d1d143c87d9d63e6d694702
    public_key: gone
    roles: [ORG_OWNER]
    access_list: [127.0.0.0/8]
    expires: 2026-01-01T00:00:00Z
  - id: 5d1d143c87d9d63e6d694703
    public_key: nowhere
    access_list: []
  - id: 5d1d143c87d9d63e6d694704
    public_key: disabled
    roles: [ORG_OWNER]
    access_list: [127.0.0.0/8]
    enabled: false
";

/// An organization that requires no lists, as JSON.
const BETA: &str = r#"{ "version": 1, "id": "32b6e34b3d91647abb20e7ff", "name": "Beta", "require_access_list": false,
  "keys": [ { "id": "5d1d143c87d9d63e6d694711", "public_key": "free", "access_list": [] },
  { "id": "5d1d143c87d9d63e6d694712", "public_key": "tied", "access_list": ["203.0.113.77"] } ] }"#;

const NETWORKS: &str = "version: 1
networks:
  farm: [192.0.2.77, 203.0.113.128/25]
  lab:
    - 10.0.0.0/16
";

const KEYS: [&str; 6] = ["listed", "gone", "nowhere", "disabled", "free", "tied"];
const ADDRESSES: [&str; 8] = [
    "127.0.0.1",
    "198.51.7.7",
    "192.0.2.7",
    "192.0.2.77",
    "203.0.113.7",
    "203.0.113.77",
    "203.0.113.200",
    "10.0.0.1",
];

fn requests() -> [(Method, String); 5] {
    [
        (Method::Get, "/api/atlas/v2/clusters".to_owned()),
        (Method::Get, format!("/api/atlas/v2/groups/{PROJECT}")),
        (Method::Get, "/api/atlas/v2/orgs/another".to_owned()),
        (
            Method::Post,
            format!("/api/atlas/v2/groups/{PROJECT}/clusters/C/backup/snapshots"),
        ),
        (
            Method::Post,
            format!("/api/atlas/v2/orgs/{ORGANIZATION}/apiKeys"),
        ),
    ]
}

/// Every question there is, and whether it is let through.
fn answers(policy: &Snapshot) -> Vec<bool> {
    let mut answers = Vec::new();
    for key in KEYS {
        for address in ADDRESSES {
            for (method, target) in requests() {
                let target = RequestTarget::parse(target.as_bytes()).unwrap();
                let question = Question {
                    at: NOW,
                    caller: Some(address.parse::<IpAddr>().unwrap().into()),
                    method,
                    target: &target,
                };
                let found = policy.find_key(key.as_bytes());
                let decision = found
                    .filter(|found| found.key.is_in_force(NOW))
                    .map(|found| authorize(policy, Identity::assumed(found), &question));
                answers.push(matches!(decision, Some(Decision::Forward(_))));
            }
        }
    }
    answers
}

fn policy(load: &Load) -> Option<Snapshot> {
    load.parts.clone().map(Snapshot::new)
}

/// That nothing is let through that `before` was not.
fn assert_opens_nothing(before: &[bool], load: &Load, what: &str) {
    let Some(policy) = policy(load) else { return };
    let opened = answers(&policy)
        .iter()
        .zip(before)
        .position(|(now, before)| *now && !before);
    if let Some(opened) = opened {
        let (key, rest) = (
            opened / (ADDRESSES.len() * 5),
            opened % (ADDRESSES.len() * 5),
        );
        let (method, target) = requests()[rest % 5].clone();
        panic!(
            "{what} opens: {} from {}, {} {target}",
            KEYS[key],
            ADDRESSES[rest / 5],
            method.as_str()
        );
    }
}

fn plan() -> Plan {
    let plan = Plan::new();
    for (file, text) in files() {
        plan.write(file, text);
    }
    for key in ["gone", "nowhere", "disabled", "free", "tied"] {
        plan.credential(key);
    }
    plan
}

fn files() -> [(&'static str, &'static str); 4] {
    [
        ("organizations/acme.yaml", ACME),
        ("organizations/beta.json", BETA),
        ("resources.yaml", RESOURCES),
        ("networks.yaml", NETWORKS),
    ]
}

fn cold(plan: &Plan) -> Load {
    Loader::new(plan.folder()).load(NOW)
}

#[test]
fn the_questions_are_worth_asking() {
    let answers = answers(&policy(&cold(&plan())).expect("a policy"));
    let open = answers.iter().filter(|open| **open).count();
    assert_eq!(
        (open, answers.len()),
        (17, KEYS.len() * ADDRESSES.len() * 5)
    );
}

#[test]
fn no_cut_of_any_file_opens_anything_on_a_reload() {
    let plan = plan();
    let mut loader = Loader::new(plan.folder());
    let before = answers(&policy(&loader.load(NOW)).expect("a policy"));
    loader.commit();
    for (file, text) in files() {
        for end in 0..text.len() {
            plan.write(file, &text[..end]);
            assert_opens_nothing(&before, &loader.load(NOW), &format!("{file} cut at {end}"));
        }
        plan.write(file, text);
    }
    assert_eq!(
        answers(&policy(&loader.load(NOW)).expect("a policy")),
        before
    );
}

#[test]
fn no_step_of_a_slow_rewrite_opens_anything() {
    let plan = plan();
    let mut loader = Loader::new(plan.folder());
    let before = answers(&policy(&loader.load(NOW)).expect("a policy"));
    loader.commit();
    for (file, text) in files() {
        // Every line that is whole comes into force, if the loader lets it.
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        for end in ends.chain([text.len()]) {
            plan.write(file, &text[..end]);
            assert_opens_nothing(
                &before,
                &loader.load(NOW),
                &format!("{file} written up to {end}"),
            );
            loader.commit();
        }
        assert_eq!(
            answers(&policy(&loader.load(NOW)).expect("a policy")),
            before,
            "{file}"
        );
        loader.commit();
    }
}

#[test]
fn no_cut_of_any_file_opens_anything_at_a_start_with_expectations() {
    let plan = plan();
    let expect = |key: &str, from: &str, request: &str, expect: &str| {
        format!("  - {{ key: {key}, from: {from}, request: {request}, expect: {expect} }}\n")
    };
    let [(_, get), _, (_, foreign), (_, snapshot), (_, create)] = requests();
    let expectations = [
        expect("gone", "127.0.0.1", &format!("GET {get}"), "proof_wrong"),
        expect(
            "disabled",
            "127.0.0.1",
            &format!("GET {get}"),
            "proof_wrong",
        ),
        expect(
            "listed",
            "198.51.7.7",
            &format!("GET {get}"),
            "address_not_on_access_list",
        ),
        expect(
            "free",
            "127.0.0.1",
            &format!("GET {foreign}"),
            "organization_foreign",
        ),
        expect(
            "free",
            "127.0.0.1",
            &format!("POST {snapshot}"),
            "resource_requires_access_list",
        ),
        expect(
            "tied",
            "203.0.113.77",
            &format!("POST {create}"),
            "organization_foreign",
        ),
        expect(
            "listed",
            "203.0.113.200",
            &format!("GET /api/atlas/v2/groups/{ORGANIZATION}"),
            "project_unassigned",
        ),
    ];
    plan.write(
        "expectations.yaml",
        &format!("version: 1\nexpectations:\n{}", expectations.concat()),
    );
    let good = cold(&plan);
    let before = answers(&policy(&good).unwrap_or_else(|| panic!("{:?}", good.problems)));
    for (file, text) in files() {
        for end in 0..text.len() {
            plan.write(file, &text[..end]);
            assert_opens_nothing(&before, &cold(&plan), &format!("{file} cut at {end}"));
        }
        plan.write(file, text);
    }
}

/// What must stay closed, asked through the front door from 127.0.0.1: the key, the method, the target.
fn closed() -> [(&'static str, &'static str, String); 5] {
    let [(_, get), _, (_, foreign), (_, snapshot), _] = requests();
    [
        ("listed", "GET", get.clone()),
        ("gone", "GET", get.clone()),
        ("disabled", "GET", get),
        ("free", "GET", foreign),
        ("free", "POST", snapshot),
    ]
}

#[test]
fn a_running_gateway_opens_nothing_for_a_cut_file() {
    let house = plan().build();
    let free = house.caller("free");
    assert_eq!(free.get("/api/atlas/v2/clusters").status, 200);
    let mut sessions = closed().map(|(key, method, target)| (house.session(key), method, target));
    let mut tried = 0;
    for (file, text) in files() {
        let (before, step) = (house.generation(), (text.len() / 12).max(1));
        for end in (1..text.len()).step_by(step) {
            // The end of a line is where a cut is hardest to see.
            let end = text[..end].rfind('\n').map_or(end, |at| at + 1);
            look(&house, file, &text[..end]);
            for (session, method, target) in &mut sessions {
                let status = session.ask(method, target).status;
                assert!(
                    matches!(status, 401 | 403),
                    "{file} cut at {end}: {method} {target} is {status}"
                );
            }
            tried += 1;
        }
        look(&house, file, text);
        assert_eq!(
            free.get("/api/atlas/v2/clusters").status,
            200,
            "{file} after {before}"
        );
    }
    assert!(tried >= 36, "{tried}");
}

/// Writes a file in place and waits until the gateway has looked.
fn look(house: &House, file: &str, text: &str) {
    let attempts = |status: &serde_json::Value| status["reload"]["attempts"].as_u64();
    let before = attempts(&house.status());
    std::fs::write(house.folder().join(file), text).expect("written");
    house.gateway().reload();
    house.until("looked at", |status| attempts(status) > before);
}
