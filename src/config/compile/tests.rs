//! What documents mean once compiled, and every problem of value with its place.

use crate::config::Problem;
use crate::config::test_folder::{
    ACME, NETWORKS, NOW, RESOURCES, STRICT, TestFolder, snapshot, verdict,
};
use crate::policy::Reach;

const ACME_FILE: &str = "organizations/acme.yaml";

/// The problems of a good folder whose file was edited, but the one it has anyway.
fn problems(path: &str, text: &str, edits: &[(&str, &str)]) -> Vec<Problem> {
    let folder = TestFolder::good();
    let mut text = text.to_owned();
    for (old, new) in edits {
        assert!(text.contains(old), "{old:?}");
        text = text.replacen(old, new, 1);
    }
    folder.write(path, text);
    let mut problems = folder.cold().problems;
    problems.retain(|problem| problem.code != "KW0415");
    problems
}

fn told(problems: &[Problem]) -> Vec<String> {
    problems
        .iter()
        .map(|p| format!("{}:{} {} {}", p.line, p.column, p.code, p.field))
        .collect()
}

fn in_acme(old: &str, new: &str) -> Vec<Problem> {
    problems(ACME_FILE, ACME, &[(old, new)])
}

fn in_table(old: &str, new: &str) -> Vec<Problem> {
    problems("resources.yaml", RESOURCES, &[(old, new)])
}

const SPOILT_ORGANIZATION: &[(&str, &str, &str, &str)] = &[
    (
        "32b6e34b3d91647abb20e7b8",
        "a/b",
        "2:5 KW0401 id",
        "expected 1 to 128",
    ),
    (
        "zmmrboas",
        "zmm:boas",
        "11:17 KW0402 keys[0].public_key",
        "any other character",
    ),
    (
        "zmmrboas",
        "5d1d143c87d9d63e6d694746",
        "11:17 KW0403 keys[0].public_key",
        "user name",
    ),
    (
        "project: payments",
        "project: paymnets",
        "16:20 KW0416 keys[0].projects[0].project",
        "did you mean `payments`?",
    ),
    (
        "network: office",
        "network: ofice",
        "18:18 KW0411 keys[0].access_list[0].network",
        "did you mean `office`?",
    ),
    (
        "198.51.100.0/28",
        "198.51.100.5/28",
        "19:15 KW0107 keys[0].access_list[1].cidr",
        "did you mean the network `198.51.100.0/28` or the single address `198.51.100.5`?",
    ),
    (
        "198.51.100.0/28",
        "198.51.100.300/28",
        "19:15 KW0106 keys[0].access_list[1].cidr",
        "expected an address",
    ),
    (
        "address: 2001:db8::77",
        "address: 2001:db8::/32",
        "21:18 KW0410 keys[0].access_list[2].address",
        "write `cidr: 2001:db8::/32`",
    ),
    (
        "comment: office",
        "expires: 2026-12-31",
        "20:18 KW0405 keys[0].access_list[1].expires",
        "did you mean `2026-12-31T00:00:00Z`?",
    ),
    (
        "comment: office",
        "expires: 2026-05-31T00:00:00Z",
        "20:18 KW0409 keys[0].access_list[1].expires",
        "remove it",
    ),
    (
        "198.51.100.0/28",
        "0.0.0.0/0",
        "19:15 KW0407 keys[0].access_list[1].cidr",
        "name the addresses",
    ),
    (
        "address: 2001:db8::77",
        "cidr: \"::/0\"",
        "21:15 KW0407 keys[0].access_list[2].cidr",
        "name the addresses",
    ),
    (
        "198.51.100.0/28",
        "0.0.0.0",
        "19:15 KW0408 keys[0].access_list[1].cidr",
        "`0.0.0.0/0` would be every address",
    ),
    (
        "address: 2001:db8::77",
        "cidr: 198.51.100.0/28",
        "21:9 KW0412 keys[0].access_list[2]",
        "one of the two",
    ),
    (
        "address: 2001:db8::77",
        "address: 203.0.113.7",
        "21:9 KW0413 keys[0].access_list[2]",
        "one of the two",
    ),
    (
        "name: billing",
        "name: payments",
        "8:43 KW0404 projects[1].name",
        "`projects[0]` has it already",
    ),
    (
        "5d1d143c87d9d63e6d694747",
        "5d1d143c87d9d63e6d694746",
        "22:9 KW0404 keys[1].id",
        "`keys[0]` has it already",
    ),
    (
        "enabled: true",
        "expires: 2020-01-01T00:00:00+02:00",
        "13:14 KW0414 keys[0].expires",
        "cannot authenticate any more",
    ),
];

#[test]
fn every_problem_of_an_organization_is_told_with_its_place_and_cure() {
    for &(old, new, place, help) in SPOILT_ORGANIZATION {
        let found = in_acme(old, new);
        let problem = found
            .iter()
            .find(|problem| told(&[(*problem).clone()]) == [place])
            .unwrap_or_else(|| panic!("{place}: {:#?}", told(&found)));
        assert!(problem.help.contains(help), "{problem:#?}");
        if problem.field.starts_with("keys[0]") {
            let public_key = if old == "zmmrboas" { new } else { "zmmrboas" };
            let whose = format!("key `{public_key}` (CI deployer)");
            assert!(problem.notes.contains(&whose), "{problem:#?}");
        }
    }
}

#[test]
fn all_problems_come_at_once() {
    let found = problems(
        ACME_FILE,
        ACME,
        &[
            ("zmmrboas", "zmm:boas"),
            ("198.51.100.0/28", "198.51.100.5/28"),
            ("project: billing", "project: nothing"),
            ("198.51.100.77", "elsewhere"),
        ],
    );
    let errors: Vec<_> = found.iter().map(|problem| problem.code).collect();
    assert_eq!(errors[..4], ["KW0402", "KW0107", "KW0416", "KW0106"]);
}

#[test]
fn an_entry_that_outlasts_the_one_that_covers_it_is_no_repetition() {
    let found = problems(
        ACME_FILE,
        ACME,
        &[
            ("comment: office", "expires: 2027-01-01T00:00:00Z"),
            ("address: 2001:db8::77", "address: 198.51.100.7"),
        ],
    );
    assert_eq!(told(&found), [""; 0]);
}

#[test]
fn a_block_holds_itself_even_if_it_ends_among_the_mapped_addresses() {
    let network = |text: &str| text.parse().unwrap();
    for block in ["10.0.0.0/8", "2001:db8::/32", "::fffe:0:0/95", "::/80"] {
        assert!(super::holds(network(block), network(block)), "{block}");
    }
    assert!(super::holds(network("::/79"), network("::/80")));
    assert!(!super::holds(network("::/80"), network("::/79")));
    assert!(!super::holds(network("::/0"), network("10.0.0.0/8")));
    assert!(!super::holds(network("0.0.0.0/0"), network("::/80")));
}

#[test]
fn an_empty_list_is_anywhere_or_nowhere_and_a_spoilt_one_neither() {
    let folder = TestFolder::good();
    let policy = snapshot(&folder.cold());
    let reach = |key: &[u8]| policy.find_key(key).unwrap().key.reach.clone();
    assert!(matches!(reach(b"openkeys"), Reach::Anywhere));
    assert!(matches!(reach(b"strictaa"), Reach::Nowhere));
    assert!(matches!(reach(b"strictbb"), Reach::Listed(_)));

    folder.edit(
        "organizations/deep/strict.yaml",
        STRICT,
        "network: farm",
        "network: \"\"",
    );
    assert!(snapshot(&folder.cold()).find_key(b"strictbb").is_none());
    folder.edit("networks.yaml", NETWORKS, "[192.0.2.128/25]", "[]");
    assert!(folder.cold().parts.is_none());
}

#[test]
fn a_file_s_own_network_hides_the_shared_one() {
    let folder = TestFolder::good();
    let own = "networks:\n  office: [192.0.2.1]\nprojects:";
    folder.edit(ACME_FILE, ACME, "projects:", own);
    let policy = snapshot(&folder.cold());
    let ask = |from| verdict(&policy, "zmmrboas", from, "GET /api/v1/x", NOW);
    assert_eq!(ask("192.0.2.1"), "forward");
    assert_eq!(ask("203.0.113.9"), "address_not_on_access_list");
}

#[test]
fn equal_lists_are_one() {
    let folder = TestFolder::good();
    let twins = "access_list: [10.0.0.0/8, 192.0.2.1]";
    let key = |id: &str| format!("  - {{ id: {id}, public_key: {id}x, {twins} }}\n");
    folder.write(ACME_FILE, format!("{ACME}{}{}", key("twin1"), key("twin2")));
    let policy = snapshot(&folder.cold());
    let list = |key: &[u8]| match &policy.find_key(key).unwrap().key.reach {
        Reach::Listed(list) => std::sync::Arc::as_ptr(list),
        other => panic!("{other:?}"),
    };
    assert_eq!(list(b"twin1x"), list(b"twin2x"));
}

#[test]
fn named_networks_are_checked_where_they_are_defined() {
    for (old, new, place) in [
        (
            "203.0.113.0/24",
            "203.0.113.1/24",
            "4:7 KW0107 networks.office[0]",
        ),
        ("[192.0.2.128/25]", "[]", "6:9 KW0406 networks.farm"),
        (
            "192.0.2.128/25",
            "0.0.0.0/0",
            "6:10 KW0407 networks.farm[0]",
        ),
    ] {
        let found = told(&problems("networks.yaml", NETWORKS, &[(old, new)]));
        assert!(found.contains(&place.to_owned()), "{place}: {found:?}");
    }
}

const SPOILT_TABLE: &[(&str, &str, &str)] = &[
    ("/api/v2", "/api/v2/", "KW0501 bases[1]"),
    ("/api/v2", "\"/api/{v}\"", "KW0501 bases[1]"),
    ("/api/v2", "api", "KW0501 bases[1]"),
    ("/api/v2", "/api/v1", "KW0404 bases[1]"),
    ("/orgs/{id}", "/orgs", "KW0508 scopes.organization.path"),
    (
        "/orgs/{id}",
        "/orgs/{id}/{x}",
        "KW0508 scopes.organization.path",
    ),
    (
        "/orgs/{id}",
        "/orgs/{id...}",
        "KW0508 scopes.organization.path",
    ),
    (
        "POST /orgs/{orgId}/apiKeys",
        "POST /orgs/{orgId}/api%4beys",
        "KW0502 resources[0].operations[0]",
    ),
    (
        "POST /orgs/{orgId}/apiKeys",
        "POST /orgs/../apiKeys",
        "KW0502 resources[0].operations[0]",
    ),
    (
        "POST /orgs/{orgId}/apiKeys",
        "/orgs/{orgId}/apiKeys",
        "KW0503 resources[0].operations[0]",
    ),
    (
        "POST /orgs/{orgId}/apiKeys",
        "post /orgs/{orgId}/apiKeys",
        "KW0504 resources[0].operations[0]",
    ),
    (
        "POST /orgs/{orgId}/apiKeys",
        "FETCH /orgs/{orgId}/apiKeys",
        "KW0504 resources[0].operations[0]",
    ),
    (
        "DELETE /groups/{groupId}/snapshots",
        "DELETE /groups/{groupId}/Snapshots",
        "KW0505 resources[1].operations[1]",
    ),
    (
        "    require: access_list\n    roles: [ORG_OWNER]\n",
        "",
        "KW0506 resources[0]",
    ),
    (
        "roles: [ORG_OWNER]",
        "roles: []",
        "KW0507 resources[0].roles",
    ),
    (
        "  - id: restore\n",
        "  - id: key-create\n",
        "KW0404 resources[2].id",
    ),
    (
        "operations: [\"POST /groups/{groupId}/restores\"]",
        "operations: []",
        "KW0503 resources[2].operations",
    ),
    (
        "  project: { path: \"/groups/{id}\", except: [byName] }\n",
        "",
        "KW0509 scopes",
    ),
];

#[test]
fn every_problem_of_the_resource_table_is_told() {
    for &(old, new, expected) in SPOILT_TABLE {
        let found = in_table(old, new);
        let told: Vec<_> = found
            .iter()
            .map(|p| format!("{} {}", p.code, p.field))
            .collect();
        assert!(told.contains(&expected.to_owned()), "{expected}: {told:?}");
        let problem = &found[0];
        assert!(problem.line > 0 && !problem.help.is_empty(), "{problem:#?}");
    }
    let post = in_table("POST /orgs", "post /orgs");
    assert!(
        post[0].help.contains("did you mean `POST`?"),
        "{:#?}",
        post[0]
    );
}

#[test]
fn operations_stand_under_every_base_and_the_root_where_there_is_none() {
    let folder = TestFolder::good();
    let request = |base: &str| format!("POST {base}/groups/5f24084d8dbffa3ad3f25b74/restores");
    let ask = |base: &str| {
        let policy = snapshot(&folder.cold());
        verdict(&policy, "openkeys", "8.8.8.8", &request(base), NOW)
    };
    assert_eq!(ask("/api/v1"), "resource_requires_access_list");
    assert_eq!(ask("/api/v2"), "resource_requires_access_list");
    assert_eq!(ask(""), "forward");
    folder.edit(
        "resources.yaml",
        RESOURCES,
        "bases: [/api/v1, /api/v2]\n",
        "",
    );
    assert_eq!(ask(""), "resource_requires_access_list");
}
