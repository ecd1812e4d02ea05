//! What documents may hold, what they may not, and that no octets make reading them panic.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

const ORGANIZATION: &str = "\
version: 1
id: 32b6e34b3d91647abb20e7b8
name: Acme
require_access_list: false       # mandatory to write: its absence must never widen anything
enforcement: enforce             # enforce | observe
networks:
  office: [203.0.113.0/24, \"2001:db8:17::/48\"]
projects:
  - { id: 5f24084d8dbffa3ad3f25b73, name: payments }
keys:
  - id: 5d1d143c87d9d63e6d694746
    public_key: zmmrboas
    description: CI deployer
    roles: [ORG_MEMBER]
    projects:
      - { project: payments, roles: [GROUP_OWNER] }   # id or name
    access_list:
      - cidr: 203.0.113.0/24
        comment: office
      - address: 2001:db8::7
        expires: 2026-12-31T00:00:00Z
      - network: build-farm
      - 198.51.100.7
  - id: \"1\"
    public_key: 01234567
    access_list: []
    enabled: false
    enforcement: observe
    expires: 2026-12-31T00:00:00Z
";

#[test]
fn an_organization_is_read_as_it_is_written() {
    let document =
        read::<OrganizationDocument>("organizations/acme.yaml", ORGANIZATION.as_bytes()).unwrap();
    assert_eq!(&*document.id, "32b6e34b3d91647abb20e7b8");
    assert!(!document.require_access_list);
    let (office, blocks) = document.networks.iter().next().unwrap();
    assert_eq!((&**office, blocks.len()), ("office", 2));
    let [deployer, spare] = document.keys.as_slice() else {
        panic!("{:?}", document.keys);
    };
    let origins: Vec<&EntryOrigin> = deployer
        .access_list
        .iter()
        .map(|entry| &entry.origin)
        .collect();
    assert!(
        matches!(
            origins.as_slice(),
            [
                EntryOrigin::Cidr(_),
                EntryOrigin::Address(_),
                EntryOrigin::Network(_),
                EntryOrigin::Bare(_)
            ]
        ),
        "{origins:?}"
    );
    assert_eq!(
        deployer.access_list[1].expires.as_deref(),
        Some("2026-12-31T00:00:00Z")
    );
    assert_eq!(&*spare.public_key, "01234567");
    assert_eq!(
        (spare.enabled, spare.enforcement),
        (Some(false), Some(EnforcementWord::Observe))
    );
    assert!(spare.access_list.is_empty());
}

#[test]
fn json_says_the_same() {
    let yaml = read::<OrganizationDocument>("a.yaml", ORGANIZATION.as_bytes()).unwrap();
    let value: serde_json::Value = serde_yaml::from_str(ORGANIZATION).unwrap();
    for text in [
        serde_json::to_string(&value).unwrap(),
        serde_json::to_string_pretty(&value).unwrap(),
    ] {
        let json = read::<OrganizationDocument>("a.json", text.as_bytes()).unwrap();
        assert_eq!(format!("{json:?}"), format!("{yaml:?}"));
    }
}

#[test]
fn the_other_documents_are_read_as_they_are_written() {
    let resources = read::<ResourcesDocument>(
        "resources.yaml",
        br#"
version: 1
bases: [/api/atlas/v1.0, /api/atlas/v2]
scopes:
  organization: { path: "/orgs/{id}" }
  project: { path: "/groups/{id}", except: [byName] }
resources:
  - id: cloud-backup-snapshot-take
    section: Cloud Backup Snapshots
    title: Take one cloud backup snapshot
    operations: ["POST /groups/{groupId}/clusters/{clusterName}/backup/snapshots"]
    require: access_list
  - id: organization-api-key-create
    operations: ["POST /orgs/{orgId}/apiKeys"]
    roles: [ORG_OWNER]
"#,
    )
    .unwrap();
    assert_eq!(
        resources.resources[0].require,
        Some(Requirement::AccessList)
    );
    assert_eq!(resources.resources[1].roles.as_ref().map(Vec::len), Some(1));
    let networks = read::<NetworksDocument>(
        "networks.yaml",
        b"version: 1\nnetworks:\n  a: [10.0.0.0/8]\n  b.c: []\n",
    )
    .unwrap();
    assert_eq!(networks.networks.iter().count(), 2);
    let expectations = read::<ExpectationsDocument>(
        "expectations.yaml",
        b"version: 1\nexpectations:\n- {key: k, from: 198.51.100.7, request: GET /a?b, at: 2026-01-01T00:00:00Z, expect: forward}\n",
    )
    .unwrap();
    assert_eq!(&*expectations.expectations[0].request, "GET /a?b");
}

#[test]
fn plain_text_that_looks_like_a_number_stays_as_it_is_written_or_is_refused() {
    let id = |written: &str| {
        let text = ORGANIZATION.replace("32b6e34b3d91647abb20e7b8", written);
        read::<OrganizationDocument>("a.yaml", text.as_bytes())
            .map(|document| document.id.to_string())
    };
    for written in [
        "01234567",
        "1e234567",
        "62000000000000000000aaaa",
        "0x",
        "1_000",
        "2026-12-31",
        "1.2.3",
        "yes",
        "off",
    ] {
        assert_eq!(id(written).unwrap(), written);
    }
    for written in [
        "12345678",
        "620000000000000000000001",
        "1e3",
        "0x1f",
        "0o17",
        "1.5",
        ".inf",
        "true",
        "null",
        "~",
        "-7",
    ] {
        let problems = id(written).unwrap_err();
        assert!(
            matches!(problems[0].code, "KW0103" | "KW0109"),
            "{written}: {problems:?}"
        );
    }
}

#[test]
fn null_stands_for_nothing_anywhere() {
    for line in ORGANIZATION
        .lines()
        .filter(|line| line.contains(": ") && !line.contains('{'))
    {
        let (field, _) = line.split_once(": ").unwrap();
        for null in ["", " ~", " null"] {
            let text = ORGANIZATION.replacen(line, &format!("{field}:{null}"), 1);
            let problems = read::<OrganizationDocument>("a.yaml", text.as_bytes()).unwrap_err();
            assert!(
                problems
                    .iter()
                    .all(|problem| matches!(problem.code, "KW0109" | "KW0112")),
                "{line}: {problems:?}"
            );
        }
    }
}

#[test]
fn a_big_file_of_nothing_but_brackets_is_refused_at_once() {
    for bracket in ["[", "{", "- ", "[{", "{\"a\":"] {
        let text = bracket.repeat(200_000);
        for file in ["a.yaml", "a.json"] {
            assert_eq!(
                read::<OrganizationDocument>(file, text.as_bytes())
                    .unwrap_err()
                    .len(),
                1
            );
        }
    }
}

#[test]
fn a_thousand_keys_with_a_problem_each_are_all_told_of() {
    let mut text = ORGANIZATION
        .split_inclusive("keys:\n")
        .next()
        .unwrap()
        .to_owned();
    for key in 0..1_000 {
        let _ = writeln!(
            text,
            "- {{id: k{key}, public_key: p{key}, acces_list: [10.0.0.1]}}"
        );
    }
    let problems = read::<OrganizationDocument>("a.yaml", text.as_bytes()).unwrap_err();
    assert_eq!(problems.len(), 2_000);
    assert!(
        problems
            .iter()
            .all(|problem| problem.line > 10 && problem.source.is_some())
    );
}

fn mutilated() -> impl Strategy<Value = Vec<u8>> {
    let edits = prop::collection::vec(
        (
            0..ORGANIZATION.len(),
            0..4_usize,
            "[-:,\\[\\]{}'\"#|>&*!?% \n\ta-z0-9~]{0,4}",
        ),
        1..5,
    );
    edits.prop_map(|edits| {
        let mut text = ORGANIZATION.to_owned();
        for (at, length, insert) in edits {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            text.replace_range(at..end, &insert);
        }
        text.into_bytes()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn no_octets_make_reading_panic(octets in prop::collection::vec(any::<u8>(), 0..120)) {
        for file in ["a.yaml", "a.json"] {
            let _ = read::<OrganizationDocument>(file, &octets);
            let _ = read::<KeywardenDocument>(file, &octets);
        }
    }

    /// What is refused is refused with words of our own: none is empty, and every place is in the file.
    #[test]
    fn every_mutilated_document_is_read_or_refused_with_its_problems(octets in mutilated()) {
        if let Err(problems) = read::<OrganizationDocument>("organizations/a.yaml", &octets) {
            let lines = String::from_utf8_lossy(&octets).split('\n').count();
            prop_assert!(!problems.is_empty());
            for problem in problems {
                prop_assert!(!problem.message.is_empty() && sentence_exists(problem.code));
                prop_assert!(problem.line >= 1 && problem.line <= lines, "{:?}", problem);
                // What the parser alone had to say would be a hole in the measuring by schema.
                prop_assert!(!problem.message.contains("expected struct"), "{:?}", problem);
            }
        }
    }

    /// A file cut anywhere is refused, or says no more than the whole: fewer keys, never a wider one.
    #[test]
    fn a_file_cut_anywhere_never_widens_a_key(at in 0..ORGANIZATION.len()) {
        let whole = read::<OrganizationDocument>("a.yaml", ORGANIZATION.as_bytes()).unwrap();
        if let Ok(cut) = read::<OrganizationDocument>("a.yaml", &ORGANIZATION.as_bytes()[..at]) {
            prop_assert_eq!(cut.require_access_list, whole.require_access_list);
            for (cut, whole) in cut.keys.iter().zip(&whole.keys) {
                prop_assert!(cut.access_list.len() <= whole.access_list.len());
                prop_assert!(!cut.access_list.is_empty() || whole.access_list.is_empty());
            }
        }
    }
}

fn sentence_exists(code: &str) -> bool {
    crate::config::sentence(code).is_some()
}
