//! A folder through its life: started, edited, broken, mended.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;
use crate::config::test_folder::{
    ACME, CREDENTIALS, KEYWARDEN, NETWORKS, NOW, RESOURCES, STRICT, TestFolder, snapshot, state,
    told, verdict,
};
use crate::policy::Snapshot;

const ACME_FILE: &str = "organizations/acme.yaml";
const STRICT_FILE: &str = "organizations/deep/strict.yaml";

#[test]
fn a_good_folder_loads_without_a_word() {
    let folder = TestFolder::good();
    let mut loader = Loader::new(folder.path());
    let load = loader.load(NOW);
    // the key of an organization that requires a list it does not have
    assert_eq!(told(&load), ["organizations/deep/strict.yaml:9 KW0415"]);
    let fingerprint = &load.parts.as_ref().unwrap().generation.fingerprint;
    assert_eq!(Some(fingerprint), loader.look(true).as_ref());
    assert_eq!(load.parsed, 6);
    assert_eq!(loader.load(NOW).parsed, 0);
    let policy = snapshot(&load);
    assert_eq!(policy.key_count(), 5);
    let ask = |key, from| verdict(&policy, key, from, "GET /api/v1/x", NOW);
    assert_eq!(ask("zmmrboas", "203.0.113.9"), "forward");
    assert_eq!(ask("zmmrboas", "203.0.114.9"), "address_not_on_access_list");
    assert_eq!(ask("openkeys", "8.8.8.8"), "forward");
    assert_eq!(
        ask("strictaa", "8.8.8.8"),
        "organization_requires_access_list"
    );
    assert_eq!(ask("strictbb", "192.0.2.130"), "forward");
}

#[test]
fn only_changed_files_are_parsed_again_and_unchanged_organizations_shared() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    let before = loader.load(NOW).parts.unwrap();
    folder.edit(ACME_FILE, ACME, "name: Acme", "name: Acme & Sons");
    let load = loader.load(NOW);
    assert_eq!(load.parsed, 1);
    let after = load.parts.unwrap();
    assert!(!Arc::ptr_eq(
        &before.organizations[0],
        &after.organizations[0]
    ));
    assert!(Arc::ptr_eq(
        &before.organizations[1],
        &after.organizations[1]
    ));
    assert!(Arc::ptr_eq(&before.verifiers, &after.verifiers));
    assert!(Arc::ptr_eq(&before.resources, &after.resources));
    assert_ne!(before.generation.fingerprint, after.generation.fingerprint);
}

#[test]
fn many_organizations_are_read_in_parallel_and_in_order() {
    let folder = TestFolder::good();
    for number in 0..40 {
        let text = format!(
            "version: 1\nid: org{number:03}\nname: O\nrequire_access_list: true\nkeys:\n  - {{ id: k{number}, \
             public_key: p{number}, access_list: [10.0.0.0/8, 192.0.2.1] }}\n"
        );
        folder.write(&format!("organizations/z{number:03}.yaml"), text);
    }
    let load = folder.cold();
    assert_eq!(load.parsed, 46);
    let organizations = load.parts.unwrap().organizations;
    assert!(organizations.is_sorted_by_key(|organization| Arc::clone(&organization.file)));
    let list = |index: usize| match &organizations[index].keys[0].reach {
        crate::policy::Reach::Listed(list) => Arc::clone(list),
        other => panic!("{other:?}"),
    };
    assert!(Arc::ptr_eq(&list(2), &list(41)), "equal lists are one");
}

#[test]
fn a_bad_organization_is_left_out_at_start_and_keeps_its_last_good_version_later() {
    let folder = TestFolder::good();
    folder.write("organizations/bad.yaml", "version: 1\nid: [\n");
    let load = folder.cold();
    assert_eq!(
        state(&load, "organizations/bad.yaml"),
        Some(FileState::Rejected)
    );
    assert_eq!(load.parts.unwrap().organizations.len(), 2);

    folder.remove("organizations/bad.yaml");
    let mut loader = folder.loaded();
    folder.edit(
        ACME_FILE,
        ACME,
        "public_key: openkeys",
        "public_key: open:keys",
    );
    folder.edit(STRICT_FILE, STRICT, "name: Strict", "name: Stricter");
    let load = loader.load(NOW);
    assert_eq!(state(&load, ACME_FILE), Some(FileState::LastGood));
    assert_eq!(state(&load, STRICT_FILE), Some(FileState::Active));
    let parts = load.parts.as_ref().unwrap();
    assert_eq!(&*parts.organizations[1].name, "Stricter");
    assert!(snapshot(&load).find_key(b"openkeys").is_some());
    loader.commit();
    // still the last one that was good, however often it is looked at
    let again = loader.load(NOW);
    assert_eq!(again.parsed, 0);
    assert_eq!(state(&again, ACME_FILE), Some(FileState::LastGood));
    assert_eq!(again.parts.unwrap().generation, parts.generation);
}

#[test]
fn what_was_loaded_but_never_in_force_is_no_last_good_version() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    folder.edit(
        ACME_FILE,
        ACME,
        "access_list: []",
        "access_list: [10.0.0.0/8]",
    );
    assert!(loader.load(NOW).parts.is_some());
    folder.write(ACME_FILE, "nonsense: [\n");
    let policy = snapshot(&loader.load(NOW));
    assert_eq!(
        verdict(&policy, "openkeys", "8.8.8.8", "GET /api/v1/x", NOW),
        "forward"
    );
}

#[test]
fn a_bad_core_file_keeps_the_whole_policy() {
    for (path, text) in [
        ("keywarden.yaml", KEYWARDEN),
        ("resources.yaml", RESOURCES),
        ("networks.yaml", NETWORKS),
    ] {
        let folder = TestFolder::good();
        let mut loader = folder.loaded();
        let before = loader.load(NOW).parts.unwrap().generation;
        folder.edit(path, text, "version: 1", "version: 2");
        folder.edit(
            ACME_FILE,
            ACME,
            "access_list: []",
            "access_list: [10.0.0.0/8]",
        );
        let load = loader.load(NOW);
        assert_eq!(state(&load, path), Some(FileState::LastGood), "{path}");
        assert_eq!(state(&load, ACME_FILE), Some(FileState::LastGood));
        assert!(told(&load).contains(&format!("{ACME_FILE}:0 KW0604")));
        let policy = snapshot(&load);
        assert_eq!(policy.generation, before);
        assert_eq!(
            verdict(&policy, "openkeys", "8.8.8.8", "GET /api/v1/x", NOW),
            "forward"
        );
        loader.commit();
        // at start there is nothing to keep
        let cold = folder.cold();
        assert!(cold.parts.is_none());
        assert_eq!(cold.settings.is_none(), path == "keywarden.yaml");
        // and once mended all of it counts
        folder.write(path, text);
        let policy = snapshot(&loader.load(NOW));
        assert_eq!(
            verdict(&policy, "openkeys", "8.8.8.8", "GET /api/v1/x", NOW),
            "address_not_on_access_list"
        );
    }
}

#[test]
fn a_core_file_that_vanishes_or_cannot_be_read_keeps_the_whole_policy() {
    for path in ["keywarden.yaml", "resources.yaml"] {
        let folder = TestFolder::good();
        let mut loader = folder.loaded();
        folder.remove(path);
        let load = loader.load(NOW);
        assert_eq!(state(&load, path), Some(FileState::LastGood));
        assert!(load.parts.is_some());
        fs::create_dir(folder.path().join(path)).unwrap();
        let load = loader.load(NOW);
        assert_eq!(state(&load, path), Some(FileState::LastGood));
        assert!(load.parts.is_some());
    }
}

#[test]
fn a_vanished_organization_is_gone_after_two_looks() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    assert!(loader.look(false).is_some());
    folder.remove(ACME_FILE);
    assert!(loader.look(false).is_none(), "an editor may put it back");
    folder.write(ACME_FILE, ACME);
    loader.look(false);
    assert_eq!(loader.load(NOW).parts.unwrap().organizations.len(), 2);
    folder.remove(ACME_FILE);
    let load = loader.load(NOW);
    assert!(snapshot(&load).find_key(b"zmmrboas").is_none());
    assert_eq!(state(&load, ACME_FILE), None);
}

#[test]
fn a_vanished_networks_file_is_no_error_of_its_own() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    folder.remove("networks.yaml");
    let load = loader.load(NOW);
    // the files that use its networks keep what they had
    assert_eq!(state(&load, ACME_FILE), Some(FileState::LastGood));
    let policy = snapshot(&load);
    assert_eq!(
        verdict(&policy, "zmmrboas", "203.0.113.9", "GET /api/v1/x", NOW),
        "forward"
    );
    assert_eq!(snapshot(&folder.cold()).key_count(), 0);
}

#[test]
fn a_narrower_shared_network_counts_at_once_even_for_a_bad_file() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    folder.edit(
        "networks.yaml",
        NETWORKS,
        "203.0.113.0/24",
        "203.0.113.0/28",
    );
    folder.edit(ACME_FILE, ACME, "name: Acme", "nome: Acme");
    let load = loader.load(NOW);
    assert_eq!(state(&load, ACME_FILE), Some(FileState::LastGood));
    let policy = snapshot(&load);
    let ask = |from| verdict(&policy, "zmmrboas", from, "GET /api/v1/x", NOW);
    assert_eq!(ask("203.0.113.9"), "forward");
    assert_eq!(ask("203.0.113.99"), "address_not_on_access_list");
}

#[test]
fn only_the_organizations_that_use_a_network_are_compiled_again() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    folder.edit("networks.yaml", NETWORKS, "192.0.2.128/25", "192.0.2.0/24");
    let load = loader.load(NOW);
    assert_eq!(load.parsed, 2);
    let policy = snapshot(&load);
    assert_eq!(
        verdict(&policy, "strictbb", "192.0.2.9", "GET /api/v1/x", NOW),
        "forward"
    );
}

#[test]
fn what_stands_in_two_files_belongs_to_the_one_in_force_or_the_first() {
    let copy = ACME.replace("name: Acme", "name: Copy");
    let folder = TestFolder::good();
    folder.write("organizations/aaa.yaml", &copy);
    let load = folder.cold();
    assert_eq!(
        state(&load, "organizations/aaa.yaml"),
        Some(FileState::Active)
    );
    assert_eq!(state(&load, ACME_FILE), Some(FileState::Rejected));
    let twice = told(&load)
        .iter()
        .filter(|told| told.ends_with("KW0418"))
        .count();
    assert_eq!(
        twice,
        9,
        "one organization, two projects, three keys: {:?}",
        told(&load)
    );

    folder.remove("organizations/aaa.yaml");
    let mut loader = folder.loaded();
    folder.write("organizations/aaa.yaml", &copy);
    let load = loader.load(NOW);
    assert_eq!(
        state(&load, "organizations/aaa.yaml"),
        Some(FileState::Rejected)
    );
    assert_eq!(state(&load, ACME_FILE), Some(FileState::Active));
    assert!(told(&load).contains(&"organizations/aaa.yaml:2 KW0418".to_owned()));
    assert!(told(&load).contains(&"organizations/aaa.yaml:11 KW0418".to_owned()));
}

#[test]
fn a_key_may_move_from_one_file_to_another_in_one_step() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    folder.edit(ACME_FILE, ACME, "zmmrboas", "swapping");
    folder.edit(STRICT_FILE, STRICT, "strictaa", "zmmrboas");
    let load = loader.load(NOW);
    let policy = snapshot(&load);
    assert_eq!(
        &*policy.find_key(b"zmmrboas").unwrap().organization.name,
        "Strict"
    );
    // but not while the one that has it keeps it
    folder.write(ACME_FILE, ACME);
    let load = loader.load(NOW);
    assert_eq!(state(&load, STRICT_FILE), Some(FileState::LastGood));
    assert_eq!(
        &*snapshot(&load)
            .find_key(b"zmmrboas")
            .unwrap()
            .organization
            .name,
        "Acme"
    );
}

#[test]
fn credentials_keep_their_last_good_lines() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    folder.edit(
        "credentials/htdigest",
        CREDENTIALS,
        "strictaa:keywarden",
        "strictaa:elsewhere",
    );
    let load = loader.load(NOW);
    assert_eq!(
        state(&load, "credentials/htdigest"),
        Some(FileState::LastGood)
    );
    assert_eq!(told(&load)[0], "credentials/htdigest:4 KW0305");
    assert_eq!(snapshot(&load).verifiers(b"strictaa").len(), 1);
    let cold = folder.cold();
    assert_eq!(
        state(&cold, "credentials/htdigest"),
        Some(FileState::Rejected)
    );
    assert!(snapshot(&cold).verifiers(b"zmmrboas").is_empty());
}

#[test]
fn keys_without_credentials_and_credentials_without_key_are_warned_of() {
    let folder = TestFolder::good();
    folder.edit(
        "credentials/htdigest",
        CREDENTIALS,
        "zmmrboas:",
        "nobodyxx:",
    );
    let found = folder.problems();
    assert!(
        found.contains(&"organizations/acme.yaml:11 KW0310".to_owned()),
        "{found:?}"
    );
    assert!(
        found.contains(&"credentials/htdigest:1 KW0311".to_owned()),
        "{found:?}"
    );
}

#[test]
fn only_algorithms_that_every_enabled_key_has_are_offered() {
    use crate::digest::Algorithm::{Md5, Sha256};
    let folder = TestFolder::good();
    folder.edit("keywarden.yaml", KEYWARDEN, "[MD5]", "[MD5, SHA-256]");
    let offered = || folder.cold().parts.unwrap().advertised;
    assert_eq!(offered(), [Md5]);
    assert!(
        folder
            .problems()
            .contains(&"keywarden.yaml:7 KW0312".to_owned()),
        "{:?}",
        folder.problems()
    );
    let lines = ["zmmrboas", "openkeys", "strictaa", "strictbb"]
        .map(|key| format!("{key}:keywarden:{:064}\n", key.len()))
        .concat();
    folder.write("credentials/sha", &lines);
    // the one key that lacks it is disabled
    assert_eq!(offered(), [Md5, Sha256]);
    folder.write("credentials/htdigest", "");
    assert_eq!(offered(), [Sha256]);
    folder.write(
        "credentials/htdigest",
        "zmmrboas:keywarden:00000000000000000000000000000001\n",
    );
    folder.write(
        "credentials/sha",
        lines.lines().skip(1).collect::<Vec<_>>().join("\n"),
    );
    assert_eq!(offered(), [Sha256], "never none: what most keys have");
}

#[test]
fn credentials_that_others_may_read_are_warned_of() {
    let folder = TestFolder::good();
    let file = folder.path().join("credentials/htdigest");
    fs::set_permissions(file, PermissionsExt::from_mode(0o644)).unwrap();
    assert!(
        folder
            .problems()
            .contains(&"credentials/htdigest:0 KW0606".to_owned())
    );
}

#[test]
fn a_kubernetes_volume_swap_is_one_change() {
    let folder = TestFolder::good();
    let organizations = folder.path().join("organizations");
    fs::remove_dir_all(&organizations).unwrap();
    folder.write("organizations/..1/acme.yaml", ACME);
    folder.write(
        "organizations/..2/acme.yaml",
        ACME.replace("zmmrboas", "rotated"),
    );
    symlink("..1", organizations.join("..data")).unwrap();
    symlink("..data/acme.yaml", organizations.join("acme.yaml")).unwrap();
    let mut loader = folder.loaded();
    symlink("..2", organizations.join("..data_tmp")).unwrap();
    fs::rename(
        organizations.join("..data_tmp"),
        organizations.join("..data"),
    )
    .unwrap();
    assert!(loader.look(false).is_none());
    assert!(loader.look(false).is_some());
    let policy = snapshot(&loader.load(NOW));
    assert!(policy.find_key(b"rotated").is_some());
    assert!(policy.find_key(b"zmmrboas").is_none());
}

#[test]
fn the_fingerprint_names_what_is_in_force() {
    let folder = TestFolder::good();
    let mut loader = folder.loaded();
    let good = loader.load(NOW).parts.unwrap().generation.fingerprint;
    folder.edit(ACME_FILE, ACME, "name: Acme", "nome: Acme");
    assert_eq!(loader.load(NOW).parts.unwrap().generation.fingerprint, good);
    assert_ne!(loader.look(false), Some(good.clone()));
    let replica = TestFolder::good();
    assert_eq!(replica.cold().parts.unwrap().generation.fingerprint, good);
}

#[test]
fn expectations_decide_whether_a_policy_may_come_into_force() {
    let folder = TestFolder::good();
    let good = "\
version: 1
expectations:
  - key: zmmrboas
    from: 203.0.113.9
    request: POST /api/v1/groups/5f24084d8dbffa3ad3f25b73/snapshots
    expect: forward
  - name: nobody creates keys from anywhere
    key: openkeys
    from: 8.8.8.8
    request: POST /api/v2/orgs/32b6e34b3d91647abb20e7b8/apiKeys
    expect: resource_requires_access_list
  - { key: gone, from: \"::1\", request: GET /api/v1/x, expect: proof_wrong }
  - { key: zmmrboas, from: \"::1\", request: GET /api//x, expect: target_ambiguous }
";
    folder.write("expectations.yaml", good);
    let mut loader = folder.loaded();
    let before = loader.load(NOW).parts.unwrap().generation;

    folder.edit(
        "resources.yaml",
        RESOURCES,
        "require: access_list\n    roles: [ORG_OWNER]",
        "roles: [ORG_READ_ONLY]",
    );
    let load = loader.load(NOW);
    assert!(load.parts.is_none());
    assert!(load.expectations_failed);
    assert_eq!(told(&load)[0], "expectations.yaml:7 KW0701");
    let problem = &load.problems[0];
    assert!(
        problem
            .message
            .contains("expected `resource_requires_access_list`, got `forward`"),
        "{problem:?}"
    );
    assert_eq!(problem.field, "expectations[1]");
    assert_eq!(state(&load, "resources.yaml"), Some(FileState::LastGood));
    loader.commit();
    folder.write("resources.yaml", RESOURCES);
    assert_eq!(loader.load(NOW).parts.unwrap().generation, before);

    folder.write("expectations.yaml", "version: 1\nexpectations: [\n");
    assert!(
        folder.cold().parts.is_none(),
        "tests that cannot be read are not passed"
    );
    assert!(
        loader.load(NOW).parts.is_some(),
        "the last good ones are asked"
    );
}

#[test]
fn an_expectation_is_asked_at_its_own_time() {
    let folder = TestFolder::good();
    folder.edit(
        ACME_FILE,
        ACME,
        "comment: office",
        "expires: 2026-07-01T00:00:00Z",
    );
    let expectation = |at: &str, expect: &str| {
        folder.write(
            "expectations.yaml",
            format!(
                "version: 1\nexpectations:\n  - key: zmmrboas\n    from: 198.51.100.9\n    request: GET /api/v1/x\n    at: {at}\n    expect: {expect}\n"
            ),
        );
        folder.cold()
    };
    assert!(
        expectation("2026-06-30T00:00:00Z", "forward")
            .parts
            .is_some()
    );
    assert!(
        expectation("2026-07-02T00:00:00Z", "forward")
            .parts
            .is_none()
    );
    assert!(
        expectation("2026-07-02T00:00:00Z", "address_not_on_access_list")
            .parts
            .is_some()
    );
    let codes = |load: Load| load.problems[0].code;
    assert_eq!(codes(expectation("soon", "forward")), "KW0405");
    assert_eq!(
        codes(expectation("2026-07-02T00:00:00Z", "forwards")),
        "KW0702"
    );
}

#[test]
fn a_left_out_organization_does_not_fail_the_expectations_of_its_keys() {
    let folder = TestFolder::good();
    folder.write(
        "expectations.yaml",
        "version: 1\nexpectations:\n  - { key: zmmrboas, from: 203.0.113.9, request: GET /api/v1/x, expect: forward }\n",
    );
    folder.write(ACME_FILE, "broken\n");
    let load = folder.cold();
    assert!(load.parts.is_some());
    assert!(
        told(&load).contains(&"expectations.yaml:3 KW0705".to_owned()),
        "{:?}",
        told(&load)
    );
}

#[test]
fn problems_of_shape_and_of_value_are_told_in_one_run() {
    let folder = TestFolder::good();
    folder.write(
        ACME_FILE,
        "version: 1\nid: x\nname: X\nrequire_access_list: yes\nkeys:\n- id: k\n  public_key: kkkkkkkk\n  access_list:\n\
         - id: l\n  public_key: \"l:l\"\n  access_list: [10.0.0.5/24, { network: nowhere }]\n",
    );
    let told = told(&folder.cold());
    for expected in [
        "4 KW0103",
        "8 KW0112",
        "10 KW0402",
        "11 KW0107",
        "11 KW0411",
    ] {
        let expected = format!("{ACME_FILE}:{expected}");
        assert!(told.contains(&expected), "{expected} is not in {told:?}");
    }
}

#[test]
fn a_policy_that_fails_its_expectations_can_still_be_asked_why() {
    let folder = TestFolder::good();
    folder.write(
        "expectations.yaml",
        "version: 1\nexpectations:\n  - { key: zmmrboas, from: 203.0.113.9, request: GET /api/v1/x, expect: role_missing }\n",
    );
    let load = folder.cold();
    assert!(load.parts.is_none());
    let snapshot = Snapshot::new(load.failed.unwrap());
    assert!(snapshot.find_key(b"zmmrboas").is_some());
}

#[test]
fn the_resource_table_is_read_whatever_the_other_files_are_like() {
    let folder = TestFolder::good();
    folder.write("keywarden.yaml", "broken\n");
    folder.write(ACME_FILE, "broken\n");
    let mut loader = Loader::new(folder.path());
    let table = loader.resources(NOW).unwrap();
    assert!(table.operations().next().is_some());
    folder.write("resources.yaml", "broken\n");
    assert!(loader.resources(NOW).is_err());
}

#[test]
fn a_bad_core_file_hides_no_other_problem_and_makes_none_up() {
    let folder = TestFolder::good();
    folder.write("networks.yaml", "version: 1\nnetworks: []\n");
    folder.write(
        "expectations.yaml",
        "version: 1\nexpectations:\n  - { key: zmmrboas, from: nowhere, request: GET, expect: foward }\n",
    );
    let told = told(&folder.cold());
    assert_eq!(
        told[..4],
        [
            "expectations.yaml:3 KW0703",
            "expectations.yaml:3 KW0704",
            "expectations.yaml:3 KW0702",
            "networks.yaml:2 KW0103"
        ],
        "{told:?}"
    );
    assert!(
        !told.iter().any(|line| line.ends_with("KW0411")),
        "{told:?}"
    );
}
