//! Every change that opens something is named, and none that closes.

use super::*;
use crate::config::test_folder::{ACME, RESOURCES, STRICT, TestFolder, snapshot};

const ACME_FILE: &str = "organizations/acme.yaml";
const STRICT_FILE: &str = "organizations/deep/strict.yaml";

/// What an edit of one file of a good folder opens.
fn opened(path: &str, text: &str, old: &str, new: &str) -> Vec<Opening> {
    let folder = TestFolder::good();
    let before = snapshot(&folder.cold());
    folder.edit(path, text, old, new);
    let after = snapshot(&folder.cold());
    let openings = openings(&before, &after);
    for opening in &openings {
        assert!(Opening::CODES.contains(&opening.code), "{opening:?}");
    }
    openings
}

#[test]
fn codes_are_in_order() {
    assert!(Opening::CODES.is_sorted());
}

const ORGANIZATION_EDITS: &[(&str, &str, &str, &str, &str, &str)] = &[
    (
        ACME_FILE,
        ACME,
        "\n      - network: office\n      - cidr: 198.51.100.0/28\n        comment: office\n      - address: 2001:db8::77",
        " []",
        "list_emptied",
        "key `zmmrboas` of organization `Acme` (32b6e34b3d91647abb20e7b8) lost its access list",
    ),
    (
        ACME_FILE,
        ACME,
        "198.51.100.0/28",
        "128.0.0.0/7",
        "entry_wide",
        "key `zmmrboas` of organization `Acme` (32b6e34b3d91647abb20e7b8) may call from `128.0.0.0/7`",
    ),
    (
        ACME_FILE,
        ACME,
        "address: 2001:db8::77",
        "cidr: \"2000::/3\"",
        "entry_wide",
        "`2000::/3`",
    ),
    (
        ACME_FILE,
        ACME,
        "enforcement: enforce",
        "enforcement: observe",
        "enforcement_relaxed",
        "organization `Acme`",
    ),
    (
        ACME_FILE,
        ACME,
        "description: CI",
        "enforcement: observe # CI",
        "enforcement_relaxed",
        "key `zmmrboas`",
    ),
    (
        ACME_FILE,
        ACME,
        "enabled: false",
        "enabled: true",
        "key_enabled",
        "key `disabled`",
    ),
    (
        ACME_FILE,
        ACME,
        "keys:\n",
        "keys:\n  - { id: new, public_key: newkeyaa, access_list: [] }\n",
        "key_open",
        "new key `newkeyaa`",
    ),
    (
        ACME_FILE,
        ACME,
        "keys:\n",
        "keys:\n  - { id: new, public_key: newkeyaa, access_list: [0.0.0.0/1] }\n",
        "entry_wide",
        "new key `newkeyaa`",
    ),
    (
        ACME_FILE,
        ACME,
        "keys:\n",
        "keys:\n  - { id: new, public_key: newkeyaa, access_list: [10.0.0.1], enforcement: observe }\n",
        "enforcement_relaxed",
        "new key `newkeyaa`",
    ),
    (
        STRICT_FILE,
        STRICT,
        "require_access_list: true",
        "require_access_list: false",
        "requirement_dropped",
        "organization `Strict` (32b6e34b3d91647abb20e7b9) no longer requires access lists: key `strictaa` may call from anywhere",
    ),
];

#[test]
fn another_id_is_no_way_to_stop_enforcing_unsaid() {
    let folder = TestFolder::good();
    let before = snapshot(&folder.cold());
    folder.edit(
        STRICT_FILE,
        STRICT,
        "id: 32b6e34b3d91647abb20e7b9\n",
        "id: 32b6e34b3d91647abb20e7ba\nenforcement: observe\n",
    );
    let openings = openings(&before, &snapshot(&folder.cold()));
    assert!(
        openings
            .iter()
            .any(|o| o.code == "enforcement_relaxed" && o.message.contains("new organization")),
        "{openings:?}"
    );
}

#[test]
fn every_opening_of_an_organization_is_named() {
    for &(file, text, old, new, code, names) in ORGANIZATION_EDITS {
        let openings = opened(file, text, old, new);
        assert_eq!(openings.len(), 1, "{code}: {openings:?}");
        assert_eq!(openings[0].code, code);
        assert!(openings[0].message.contains(names), "{openings:?}");
    }
}

#[test]
fn every_opening_of_the_table_is_named() {
    let restore = &RESOURCES[RESOURCES.find("  - id: restore").unwrap()..];
    for (old, new, codes, names) in [
        (
            restore,
            "",
            &["row_gone"][..],
            "row `restore` is gone: nothing protects `POST /api/v1/groups/{groupId}/restores`",
        ),
        (
            "      - POST /groups/{groupId}/snapshots\n",
            "",
            &["operation_gone", "operation_gone"],
            "row `snapshot-take` no longer names `POST /api/v1/groups/{groupId}/snapshots`",
        ),
        (
            "require: access_list\n    roles: [ORG_OWNER]",
            "roles: [ORG_OWNER]",
            &["row_requirement_dropped", "row_requirement_dropped"],
            "(row `key-create`) requires no access list any more",
        ),
        (
            "    roles: [ORG_OWNER]\n",
            "",
            &["roles_widened", "roles_widened"],
            "(row `key-create`) asks for other roles or none",
        ),
        (
            "[ORG_OWNER]",
            "[ORG_OWNER, ORG_MEMBER]",
            &["roles_widened", "roles_widened"],
            "key-create",
        ),
        (
            "/api/v2]",
            "/api/v3]",
            &[
                "operation_gone",
                "operation_gone",
                "operation_gone",
                "operation_gone",
                "scope_gone",
                "scope_gone",
            ],
            "row `key-create` no longer names `POST /api/v2/orgs/{orgId}/apiKeys`",
        ),
        (
            "/orgs/{id}",
            "/organizations/{id}",
            &["scope_gone", "scope_gone"],
            "scope `organization` is no longer read at `/api/v1/orgs/{id}`",
        ),
        (
            "  project: { path: \"/groups/{id}\", except: [byName] }\n",
            "",
            &["scope_gone", "scope_gone"],
            "scope `project`",
        ),
        (
            "[byName]",
            "[byName, byAge]",
            &["scope_exception"],
            "takes `byAge` for no id",
        ),
    ] {
        let openings = opened("resources.yaml", RESOURCES, old, new);
        let found: Vec<_> = openings.iter().map(|opening| opening.code).collect();
        assert_eq!(found, codes, "{openings:?}");
        assert!(openings[0].message.contains(names), "{openings:?}");
    }
}

#[test]
fn what_closes_or_only_renames_is_no_opening() {
    for (file, text, old, new) in [
        (
            ACME_FILE,
            ACME,
            "access_list: []",
            "access_list: [10.0.0.0/8]",
        ),
        (
            ACME_FILE,
            ACME,
            "require_access_list: false",
            "require_access_list: true",
        ),
        (ACME_FILE, ACME, "198.51.100.0/28", "198.51.100.0/29"),
        (
            ACME_FILE,
            ACME,
            "      - cidr: 198.51.100.0/28\n        comment: office\n",
            "",
        ),
        (ACME_FILE, ACME, "name: Acme", "name: Other"),
        (ACME_FILE, ACME, "enforcement: enforce\n", ""),
        (
            STRICT_FILE,
            STRICT,
            "access_list: []",
            "access_list: [10.0.0.0/8]",
        ),
        (
            "resources.yaml",
            RESOURCES,
            "- id: restore",
            "- id: restoration",
        ),
        (
            "resources.yaml",
            RESOURCES,
            "/groups/{groupId}/restores",
            "/groups/{g}/{what}",
        ),
        (
            "resources.yaml",
            RESOURCES,
            "/groups/{groupId}/restores",
            "/groups/{rest...}",
        ),
        ("resources.yaml", RESOURCES, "[byName]", "[]"),
        ("resources.yaml", RESOURCES, "/api/v2]", "/api/v2, /api/v3]"),
    ] {
        assert_eq!(opened(file, text, old, new), [], "{old:?} -> {new:?}");
    }
}

#[test]
fn equal_policies_open_nothing() {
    let folder = TestFolder::good();
    assert_eq!(
        openings(&snapshot(&folder.cold()), &snapshot(&folder.cold())),
        []
    );
}
