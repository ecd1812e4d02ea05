//! "Require an API Access List for All Requests".

use super::{Refusal, STRICT, VAULT, clusters, forwarded, house, plan, refused, strict};

/// "If you require API access lists, API keys can't make any API requests …"
#[test]
fn where_lists_are_required_a_key_without_one_makes_no_request_at_all() {
    let house = house();
    for target in [
        clusters(VAULT),
        format!("/api/atlas/v1.0/groups/{VAULT}/clusters/c0/backup/snapshots"),
        format!("/api/public/v1.0/orgs/{STRICT}/apiKeys"),
        "/outside/of/every/base".to_owned(),
        "/".to_owned(),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let answer = house.caller("strict").call(method, &target, b"");
            refused(&answer, Refusal::OrganizationRequiresList("127.0.0.1"));
        }
    }
    assert!(house.upstream.seen().is_empty());
}

/// "… until you define at least one API access list entry."
#[test]
fn until_at_least_one_entry_is_defined() {
    let house = house();
    let caller = house.caller("strict");
    refused(
        &caller.get(&clusters(VAULT)),
        Refusal::OrganizationRequiresList("127.0.0.1"),
    );
    house.reload(
        "organizations/strict.yaml",
        &strict(true, "{ address: 127.0.0.1 }"),
    );
    forwarded(&caller.get(&clusters(VAULT)));
    forwarded(&caller.post(&format!("{}/c0/backup/snapshots", clusters(VAULT))));
    refused(
        &caller.clone().from_address(9).get(&clusters(VAULT)),
        Refusal::NotOnList("127.0.0.9"),
    );
    house.reload("organizations/strict.yaml", &strict(true, ""));
    refused(
        &caller.get(&clusters(VAULT)),
        Refusal::OrganizationRequiresList("127.0.0.1"),
    );
}

/// "You can require *all* API requests from an API key to come from an entry on its API access list": you can, and the
/// day you do, it holds; the keys of other organizations do not notice.
#[test]
fn an_organization_can_begin_to_require_lists_and_can_stop() {
    let plan = plan();
    plan.write("organizations/strict.yaml", &strict(false, ""));
    let house = plan.build();
    let caller = house.caller("strict");
    forwarded(&caller.get(&clusters(VAULT)));
    house.reload("organizations/strict.yaml", &strict(true, ""));
    refused(
        &caller.get(&clusters(VAULT)),
        Refusal::OrganizationRequiresList("127.0.0.1"),
    );
    forwarded(&house.caller("member").get(&clusters(super::PROJECT)));
    house.reload("organizations/strict.yaml", &strict(false, ""));
    forwarded(&caller.get(&clusters(VAULT)));
}

/// An entry that has expired is none to call from, but its list is still a list: nothing ever widens by itself.
#[test]
fn an_entry_that_is_over_lets_nobody_in_and_opens_nothing() {
    let plan = plan();
    let over = "{ address: 127.0.0.1, expires: 2001-01-01T00:00:00Z }";
    for required in [true, false] {
        plan.write("organizations/strict.yaml", &strict(required, over));
    }
    let house = plan.build();
    refused(
        &house.caller("strict").get(&clusters(VAULT)),
        Refusal::NotOnList("127.0.0.1"),
    );
}
