//! "Required Permission": who manages keys, and who manages their access to a project.

use super::{BASES, PROJECT, Refusal, forwarded, house, refused};
use crate::house::ORGANIZATION;

const KEY: &str = "5d1d143c87d9d63e6d694747";

/// Some may, the others may not; `tail` has `G` for the project, `O` for the organization, `K` for a key.
fn asked(operations: &[(&str, &str)], may: &[&str], may_not: &[&str]) {
    let house = house();
    for base in BASES {
        for (method, tail) in operations {
            let tail = tail.replace("/G/", &format!("/{PROJECT}/"));
            let tail = tail.replace("/O/", &format!("/{ORGANIZATION}/"));
            let target = format!("{base}{}", tail.replace("/K", &format!("/{KEY}")));
            for key in may {
                forwarded(&house.caller(key).call(method, &target, b""));
            }
            for key in may_not {
                let answer = house.caller(key).call(method, &target, b"");
                refused(&answer, Refusal::Role);
            }
        }
    }
}

/// Manage Organization API Keys: "To perform any of the following actions, you must have the Organization Owner role".
fn organization_owner(operations: &[(&str, &str)]) {
    asked(
        operations,
        &["owner", "owner-listed"],
        &["member", "member-listed", "keeper", "uninvited"],
    );
}

/// Manage API Key Access to a Project: "[…] you must have the Project Owner role".
fn project_owner(operations: &[(&str, &str)]) {
    asked(
        operations,
        &["keeper", "owner"],
        &["member", "member-listed"],
    );
}

/// "View" of organization API keys.
#[test]
fn viewing_keys_takes_an_organization_owner() {
    organization_owner(&[
        ("GET", "/orgs/O/apiKeys"),
        ("GET", "/orgs/O/apiKeys/K"),
        ("GET", "/orgs/O/apiKeys/K/accessList"),
        ("GET", "/orgs/O/apiKeys/K/accessList/192.0.2.0%2F24"),
    ]);
}

/// "Create" of organization API keys.
#[test]
fn creating_a_key_takes_an_organization_owner() {
    organization_owner(&[("POST", "/orgs/O/apiKeys")]);
}

/// "Change" of organization API keys.
#[test]
fn changing_a_key_takes_an_organization_owner() {
    organization_owner(&[("PATCH", "/orgs/O/apiKeys/K")]);
}

/// "Remove" of organization API keys.
#[test]
fn removing_a_key_takes_an_organization_owner() {
    organization_owner(&[("DELETE", "/orgs/O/apiKeys/K")]);
}

/// "Change […] access list", whose own page asks for an Organization Owner, and for a list: both.
#[test]
fn changing_an_access_list_takes_an_organization_owner_with_a_list() {
    asked(
        &[
            ("POST", "/orgs/O/apiKeys/K/accessList"),
            ("DELETE", "/orgs/O/apiKeys/K/accessList/192.0.2.7"),
        ],
        &["owner-listed"],
        &["member-listed"],
    );
}

/// "View" of a project's API keys.
#[test]
fn viewing_a_projects_keys_takes_a_project_owner() {
    project_owner(&[("GET", "/groups/G/apiKeys")]);
}

/// "Create" of an API key in a project.
#[test]
fn creating_a_key_in_a_project_takes_a_project_owner() {
    project_owner(&[("POST", "/groups/G/apiKeys")]);
}

/// "Change" of a key's access to a project.
#[test]
fn changing_a_keys_roles_in_a_project_takes_a_project_owner() {
    project_owner(&[("PATCH", "/groups/G/apiKeys/K")]);
}

/// "Remove" of a key from a project.
#[test]
fn removing_a_key_from_a_project_takes_a_project_owner() {
    project_owner(&[("DELETE", "/groups/G/apiKeys/K")]);
}

/// "Invite" of an organization's key to a project.
#[test]
fn inviting_a_key_to_a_project_takes_a_project_owner() {
    project_owner(&[("POST", "/groups/G/apiKeys/K")]);
}

/// "You must have the Project Owner role": of that project. Of another one, or of none, it is no use.
#[test]
fn a_project_owner_is_the_owner_of_that_project_only() {
    let house = house();
    for project in [super::OTHER_PROJECT, super::VAULT] {
        let target = format!("/api/atlas/v2/groups/{project}/apiKeys");
        refused(&house.caller("keeper").get(&target), Refusal::Project);
    }
    refused(
        &house
            .caller("keeper")
            .post(&format!("/api/atlas/v2/orgs/{ORGANIZATION}/apiKeys")),
        Refusal::Role,
    );
}
