//! What `explain` says of every way a decision can come out.

use std::path::Path;

use super::account::State;
use super::*;
use crate::decide::Reason;
use crate::policy::sample::{self, OTHER_PROJECT, PROJECT};
use crate::policy::{Enforcement, Key, Organization, Reach, Snapshot};

const OWN: &str = "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters";

/// The account of a request by the one key of an organization.
fn account(organization: Organization, method: &str, target: &str) -> Account {
    let snapshot: Snapshot = sample::snapshot(vec![organization]);
    let key = key_handle::resolve(&snapshot, "zmmrboas").unwrap();
    let case = Case {
        folder: Path::new("/nonexistent"),
        snapshot: &snapshot,
        identity: Identity::assumed(key),
        at: Timestamp::from_millis(1_000),
        caller: CallerAddress::from(IpAddr::from([198, 51, 100, 9])),
        method,
        target,
    };
    let question = Question {
        at: case.at,
        caller: Some(case.caller),
        method: Method::parse(method).unwrap(),
        target: &RequestTarget::parse(target.as_bytes()).unwrap(),
    };
    let explanation = explain(&snapshot, case.identity, &question);
    Account::decided(&case, &explanation)
}

fn with(reach: Reach) -> Organization {
    sample::organization(vec![sample::key("zmmrboas", reach)])
}

fn broken(account: &Account) -> Vec<u8> {
    let steps = account.rules.iter();
    let broken = steps.filter(|step| step.state == State::Broken);
    broken.map(|step| step.rule).collect()
}

#[test]
fn every_refusal_names_its_rule_and_a_cure() {
    let snapshots = format!("{OWN}/c0/backup/snapshots");
    let foreign = "/api/atlas/v2/orgs/0123456789abcdef01234567".to_owned();
    let unassigned = OWN.replace(PROJECT, OTHER_PROJECT);
    let new_key = format!("/api/atlas/v2/orgs/{}/apiKeys", sample::ORGANIZATION);
    let listed = || with(sample::list(&[("203.0.113.0/24", None)]));
    let cases = [
        (
            Reason::AddressNotOnAccessList,
            listed(),
            "GET",
            OWN.to_owned(),
        ),
        (
            Reason::OrganizationRequiresAccessList,
            with(Reach::Nowhere),
            "GET",
            OWN.to_owned(),
        ),
        (
            Reason::ResourceRequiresAccessList,
            with(Reach::Anywhere),
            "POST",
            snapshots,
        ),
        (
            Reason::OrganizationForeign,
            with(Reach::Anywhere),
            "GET",
            foreign,
        ),
        (
            Reason::ProjectUnassigned,
            with(Reach::Anywhere),
            "GET",
            unassigned,
        ),
        (Reason::RoleMissing, with(Reach::Anywhere), "POST", new_key),
    ];
    for (reason, organization, method, target) in cases {
        let account = account(organization, method, &target);
        assert_eq!(account.verdict.reason, reason.code());
        assert_eq!(account.verdict.status, Some(403));
        assert_eq!(account.verdict.error_code, Some(reason.error_code()));
        assert_eq!(broken(&account), [reason.rule().number()]);
        assert_eq!(account.exit(), Exit::Refused);
        assert!(!account.cure.unwrap().text.is_empty());
        assert_eq!(account.rules.len(), 11);
    }
}

#[test]
fn what_is_forwarded_keeps_every_rule_that_can_be_asked() {
    let account = account(with(sample::list(&[("198.51.100.0/24", None)])), "GET", OWN);
    assert_eq!(account.exit(), Exit::Ok);
    let asked = account
        .rules
        .iter()
        .filter(|step| step.state == State::Kept);
    let asked: Vec<u8> = asked.map(|step| step.rule).collect();
    assert_eq!(asked, [0, 2, 4, 5, 6, 7, 8, 9]);
    assert_eq!(account.entry.as_ref().unwrap().text, "198.51.100.0/24");
    assert!(show::text(&account).starts_with("FORWARD  (reason: granted)\n"));
}

#[test]
fn a_folder_without_credentials_is_noted_and_answers_all_the_same() {
    let account = account(with(Reach::Anywhere), "GET", OWN);
    assert_eq!(account.exit(), Exit::Ok);
    assert!(account.note.unwrap().contains("no credential line"));
}

#[test]
fn what_is_only_watched_is_forwarded_and_still_told() {
    let mut organization = with(sample::list(&[("203.0.113.0/24", None)]));
    organization.enforcement = Enforcement::Observe;
    let account = account(organization, "GET", OWN);
    assert_eq!(account.verdict.decision, "observe");
    assert_eq!(account.exit(), Exit::Ok);
    assert_eq!(broken(&account), [4]);
}

#[test]
fn a_key_that_cannot_authenticate_gets_401_and_is_told_what_else_would_be() {
    let disabled = Key {
        enabled: false,
        ..sample::key("zmmrboas", Reach::Nowhere)
    };
    let organization = sample::organization(vec![disabled]);
    let account = account(organization, "GET", OWN);
    assert_eq!(
        (account.verdict.status, account.verdict.reason),
        (Some(401), "proof_wrong")
    );
    assert_eq!(account.otherwise.unwrap().status, Some(403));
    assert_eq!(broken(&account), [2]);
    assert_eq!(account.exit(), Exit::Refused);
}

#[test]
fn an_entry_that_is_over_is_mended_where_it_stands() {
    let account = account(
        with(sample::list(&[("198.51.100.9", Some(500))])),
        "GET",
        OWN,
    );
    let step = account
        .rules
        .iter()
        .find(|step| step.state == State::Broken)
        .unwrap();
    assert!(step.fact.contains("its entry is over"), "{}", step.fact);
    assert!(account.cure.unwrap().yaml.starts_with("expires:"));
}

#[test]
fn the_cure_is_yaml_to_paste() {
    let account = account(with(sample::list(&[("203.0.113.0/24", None)])), "GET", OWN);
    let text = show::text(&account);
    assert!(text.starts_with(
        "REFUSE  403 IP_ADDRESS_NOT_ON_ACCESS_LIST  (reason: address_not_on_access_list)\n"
    ));
    assert!(text.contains("    - address: \"198.51.100.9\"\n"), "{text}");
}
