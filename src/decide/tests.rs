//! The documentation page's sentences and the contract's rules 4–9, on a small policy.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::digest::Timestamp;
use crate::peer::CallerAddress;
use crate::policy::sample::{OTHER_PROJECT, PROJECT, key, list, organization, roles, snapshot};
use crate::policy::{
    Enforcement, Key, Method, MethodError, Named, Organization, Reach, RequestTarget, TargetError,
};

const INSIDE: &str = "203.0.113.9";
const OUTSIDE: &str = "198.51.100.9";
const UNPROTECTED: &str = "GET /api/atlas/v2/groups/{P}/clusters";
const PROTECTED: &str = "POST /api/atlas/v2/groups/{P}/clusters/c/backup/snapshots";

/// What becomes of `request` by the first key of `organization`, called `from` an address or from nobody knows where.
fn outcome(organization: &Organization, from: &str, request: &str) -> String {
    let snapshot = snapshot(vec![organization.clone()]);
    let request = request
        .replace("{P}", PROJECT)
        .replace("{Q}", OTHER_PROJECT);
    let (method, target) = request.split_once(' ').unwrap();
    let target = RequestTarget::parse(target.as_bytes()).unwrap();
    let question = Question {
        at: Timestamp::from_millis(1_000),
        caller: from.parse::<IpAddr>().ok().map(CallerAddress::from),
        method: Method::parse(method).unwrap(),
        target: &target,
    };
    let identity = Identity::assumed(snapshot.find_key(b"zmmrboas").unwrap());
    let told = told(authorize(&snapshot, identity, &question));
    agrees(&explain(&snapshot, identity, &question), &told);
    told
}

/// `forward [by ENTRY] [as ROW] [although REASON]` or `REASON [as ROW]`.
fn told(decision: Decision<'_>) -> String {
    let named = |row: Option<&crate::policy::Resource>| {
        row.map_or_else(String::new, |row| format!(" as {}", row.id))
    };
    match decision {
        Decision::Challenge(doubt) => panic!("nobody asked who: {doubt:?}"),
        Decision::Forward(grant) => {
            let entry = grant
                .entry()
                .map_or_else(String::new, |e| format!(" by {}", e.network));
            let observed = grant
                .observed()
                .map_or_else(String::new, |r| format!(" although {}", r.code()));
            format!("forward{entry}{}{observed}", named(grant.resource()))
        }
        Decision::Refuse(refusal) => {
            format!("{}{}", refusal.reason.code(), named(refusal.resource))
        }
    }
}

/// An explanation comes to the same decision, names the rules in order, and breaks off where it broke.
fn agrees(explanation: &Explanation<'_>, decision: &str) {
    assert_eq!(told(explanation.decision), decision);
    let rules = explanation.steps.map(|step| step.rule.number());
    assert_eq!(rules, [4, 5, 6, 7, 8, 9]);
    let verdicts = explanation.steps.map(|step| step.verdict);
    let kept = verdicts.iter().take_while(|v| **v == Verdict::Kept).count();
    match explanation.broken {
        None => assert_eq!(kept, 6),
        Some(reason) => {
            assert_eq!(explanation.steps[kept].rule, reason.rule());
            assert_eq!(verdicts[kept], Verdict::Broken);
            assert!(verdicts[kept + 1..].iter().all(|v| *v == Verdict::NotAsked));
        }
    }
}

fn anywhere() -> Key {
    key("zmmrboas", Reach::Anywhere)
}

fn listed() -> Key {
    key("zmmrboas", list(&[("203.0.113.0/24", None)]))
}

fn nowhere() -> Key {
    key("zmmrboas", Reach::Nowhere)
}

fn org_owner(key: Key) -> Key {
    Key {
        roles: roles(&["ORG_OWNER"]),
        ..key
    }
}

fn all(organization: &Organization, cases: &[(&str, &str, &str)]) {
    for (from, request, expected) in cases {
        assert_eq!(
            outcome(organization, from, request),
            *expected,
            "{request} from {from}"
        );
    }
}

#[test]
fn a_key_without_a_list_calls_from_any_address_with_the_tables_exceptions() {
    all(
        &organization(vec![anywhere()]),
        &[
            (OUTSIDE, UNPROTECTED, "forward"),
            ("2001:db8::1", UNPROTECTED, "forward"),
            ("unknown", UNPROTECTED, "forward"),
            (
                OUTSIDE,
                PROTECTED,
                "resource_requires_access_list as snapshot-take",
            ),
            (
                INSIDE,
                PROTECTED,
                "resource_requires_access_list as snapshot-take",
            ),
            (OUTSIDE, &PROTECTED.replace("POST", "GET"), "forward"),
            (
                OUTSIDE,
                "HEAD /api/atlas/v1.0/groups/{P}/clusters/c/backup/restoreJobs",
                "resource_requires_access_list as restore-list",
            ),
            (
                OUTSIDE,
                "GET /api/atlas/v2/groups/{P}/clusters/c/backup/snapshots?_method=POST",
                "resource_requires_access_list as snapshot-take",
            ),
        ],
    );
}

#[test]
fn a_key_with_a_list_calls_only_from_an_address_on_it() {
    all(
        &organization(vec![listed()]),
        &[
            (INSIDE, UNPROTECTED, "forward by 203.0.113.0/24"),
            (
                INSIDE,
                PROTECTED,
                "forward by 203.0.113.0/24 as snapshot-take",
            ),
            (
                "::ffff:203.0.113.9",
                PROTECTED,
                "forward by 203.0.113.0/24 as snapshot-take",
            ),
            (OUTSIDE, UNPROTECTED, "address_not_on_access_list"),
            (
                OUTSIDE,
                PROTECTED,
                "address_not_on_access_list as snapshot-take",
            ),
            ("2001:db8::1", UNPROTECTED, "address_not_on_access_list"),
            ("unknown", UNPROTECTED, "address_not_on_access_list"),
            ("unknown", "GET /", "address_not_on_access_list"),
        ],
    );
}

#[test]
fn a_list_whose_entries_have_expired_is_still_a_list() {
    for (expires, expected) in [
        (999, "address_not_on_access_list"),
        (1_000, "address_not_on_access_list"),
        (1_001, "forward by 203.0.113.0/24"),
    ] {
        let reach = list(&[("203.0.113.0/24", Some(expires))]);
        let organization = organization(vec![key("zmmrboas", reach)]);
        assert_eq!(outcome(&organization, INSIDE, UNPROTECTED), expected);
    }
}

#[test]
fn where_lists_are_required_a_key_without_one_makes_no_request() {
    let organization = Organization {
        require_access_list: true,
        ..organization(vec![org_owner(nowhere())])
    };
    all(
        &organization,
        &[
            (INSIDE, UNPROTECTED, "organization_requires_access_list"),
            (
                INSIDE,
                PROTECTED,
                "organization_requires_access_list as snapshot-take",
            ),
            ("unknown", "GET /", "organization_requires_access_list"),
        ],
    );
}

#[test]
fn a_path_that_names_another_organization_is_refused() {
    let own = crate::policy::sample::ORGANIZATION;
    let organization = organization(vec![org_owner(anywhere())]);
    let at = |path: &str| outcome(&organization, OUTSIDE, &format!("GET /api/atlas/v2{path}"));
    assert_eq!(at(&format!("/orgs/{own}")), "forward");
    assert_eq!(at(&format!("/orgs/{own}:x/apiKeys")), "forward");
    assert_eq!(at("/orgs"), "forward");
    for path in [
        "/orgs/5980cfdf0b6d97029d82f86e",
        "/orgs/x/apiKeys",
        "/ORGS/x",
        "/orgs./x",
    ] {
        assert_eq!(at(path), "organization_foreign", "{path}");
    }
    assert_eq!(
        at(&format!("/orgs/{own}%20/apiKeys")),
        "organization_foreign"
    );
    assert_eq!(
        at(&format!("/orgs%2F{own}/apiKeys")),
        "organization_foreign"
    );
}

#[test]
fn a_path_that_names_a_project_the_key_was_not_given_is_refused() {
    let foreign = "5f24084d8dbffa3ad3f25b99";
    for (key, given, own, other) in [
        (
            anywhere(),
            "forward",
            "project_unassigned",
            "project_unassigned",
        ),
        (
            org_owner(anywhere()),
            "forward",
            "forward",
            "project_unassigned",
        ),
        (
            org_owner(listed()),
            "forward by 203.0.113.0/24",
            "forward by 203.0.113.0/24",
            "project_unassigned",
        ),
    ] {
        let organization = organization(vec![key]);
        let at = |id: &str| {
            outcome(
                &organization,
                INSIDE,
                &format!("GET /api/atlas/v2/groups/{id}/clusters"),
            )
        };
        assert_eq!(at(PROJECT), given);
        assert_eq!(at(OTHER_PROJECT), own);
        assert_eq!(at(foreign), other);
        assert_eq!(at(&format!("{PROJECT}%20")), "project_unassigned");
        assert_eq!(at("byName/ledger"), given);
    }
}

#[test]
fn a_resource_that_names_roles_wants_one_of_them() {
    let create = "POST /api/atlas/v2/orgs/32b6e34b3d91647abb20e7b8/apiKeys";
    let list = "GET /api/atlas/v2/groups/{P}/apiKeys";
    let give = "POST /api/atlas/v2/groups/{P}/apiKeys";
    let organization_of = |key| organization(vec![key]);
    all(
        &organization_of(anywhere()),
        &[
            (OUTSIDE, create, "role_missing as apikey-create"),
            (OUTSIDE, list, "forward as project-key-list"),
            (OUTSIDE, give, "role_missing as project-key-create"),
        ],
    );
    all(
        &organization_of(org_owner(anywhere())),
        &[
            (OUTSIDE, create, "forward as apikey-create"),
            (OUTSIDE, give, "forward as project-key-create"),
            (
                OUTSIDE,
                &list.replace("{P}", "{Q}"),
                "role_missing as project-key-list",
            ),
        ],
    );
}

#[test]
fn a_role_in_one_project_is_none_in_another() {
    let mut key = anywhere();
    let in_other = crate::policy::Assignment {
        project: OTHER_PROJECT.into(),
        roles: roles(&["GROUP_OWNER"]),
    };
    key.projects = Box::new([key.projects[0].clone(), in_other]);
    all(
        &organization(vec![key]),
        &[
            (
                OUTSIDE,
                "POST /api/atlas/v2/groups/{P}/apiKeys",
                "role_missing as project-key-create",
            ),
            (
                OUTSIDE,
                "POST /api/atlas/v2/groups/{Q}/apiKeys",
                "forward as project-key-create",
            ),
            (
                OUTSIDE,
                "GET /api/atlas/v2/groups/{Q}/apiKeys",
                "role_missing as project-key-list",
            ),
        ],
    );
}

#[test]
fn the_first_rule_that_breaks_is_the_answer() {
    let everything_wrong = "DELETE /api/atlas/v2/orgs/x/apiKeys/k/accessList/192.0.2.7";
    let from_outside = |key| outcome(&organization(vec![key]), OUTSIDE, everything_wrong);
    assert_eq!(
        from_outside(listed()),
        "address_not_on_access_list as accesslist-delete"
    );
    assert_eq!(
        from_outside(nowhere()),
        "organization_requires_access_list as accesslist-delete"
    );
    assert_eq!(
        from_outside(anywhere()),
        "resource_requires_access_list as accesslist-delete"
    );
    let inside = |request| outcome(&organization(vec![listed()]), INSIDE, request);
    assert_eq!(
        inside(everything_wrong),
        "organization_foreign as accesslist-delete"
    );
    assert_eq!(
        inside("POST /api/atlas/v2/groups/x/apiKeys"),
        "project_unassigned as project-key-create"
    );
    assert_eq!(
        inside("POST /api/atlas/v2/groups/{P}/apiKeys"),
        "role_missing as project-key-create"
    );
}

#[test]
fn where_refusals_are_observed_they_do_not_bind() {
    let observing = |key| Key {
        enforcement: Enforcement::Observe,
        ..key
    };
    let by_organization = |key| Organization {
        enforcement: Enforcement::Observe,
        ..organization(vec![key])
    };
    for organization in [
        organization(vec![observing(anywhere())]),
        by_organization(anywhere()),
    ] {
        all(
            &organization,
            &[
                (OUTSIDE, UNPROTECTED, "forward"),
                (
                    OUTSIDE,
                    PROTECTED,
                    "forward as snapshot-take although resource_requires_access_list",
                ),
                (
                    OUTSIDE,
                    "GET /api/atlas/v2/orgs/x",
                    "forward although organization_foreign",
                ),
                (
                    OUTSIDE,
                    "GET /api/atlas/v2/groups/x",
                    "forward although project_unassigned",
                ),
                (
                    OUTSIDE,
                    "POST /api/atlas/v2/groups/{P}/apiKeys",
                    "forward as project-key-create although role_missing",
                ),
            ],
        );
    }
    all(
        &by_organization(listed()),
        &[
            (
                OUTSIDE,
                UNPROTECTED,
                "forward although address_not_on_access_list",
            ),
            (
                INSIDE,
                "GET /api/atlas/v2/groups/x",
                "forward by 203.0.113.0/24 although project_unassigned",
            ),
        ],
    );
    all(
        &by_organization(nowhere()),
        &[(
            OUTSIDE,
            UNPROTECTED,
            "forward although organization_requires_access_list",
        )],
    );
}

#[test]
fn an_explanation_tells_what_each_rule_was_asked_about() {
    let reach = list(&[("203.0.113.0/24", Some(5)), ("192.0.2.0/24", None)]);
    let snapshot = snapshot(vec![organization(vec![key("zmmrboas", reach)])]);
    let text = format!("/api/atlas/v2/groups/{PROJECT}:x/apiKeys");
    let target = RequestTarget::parse(text.as_bytes()).unwrap();
    let question = Question {
        at: Timestamp::from_millis(10),
        caller: Some(INSIDE.parse::<IpAddr>().unwrap().into()),
        method: Method::Post,
        target: &target,
    };
    let identity = Identity::assumed(snapshot.find_key(b"zmmrboas").unwrap());
    let [four, five, six, seven, eight, nine] = explain(&snapshot, identity, &question).steps;
    assert!(
        matches!(four.fact, Fact::AccessList { entry: None, nearest: Some(near), list: Some(_), .. }
            if near.network.to_string() == "203.0.113.0/24" && !near.is_in_force(question.at))
    );
    assert!(matches!(
        five.fact,
        Fact::OrganizationRequiresList {
            required: false,
            listed: true
        }
    ));
    assert!(
        matches!(six.fact, Fact::ResourceRequiresList { resource: Some(row), requiring: None, listed: true }
            if &*row.id == "project-key-create")
    );
    assert!(matches!(
        seven.fact,
        Fact::Organization {
            named: Named::None,
            ..
        }
    ));
    assert!(
        matches!(eight.fact, Fact::Project { named: Named::One(id), membership: Membership::Assigned(_) }
            if id == PROJECT)
    );
    assert!(
        matches!(nine.fact, Fact::Role { lacking: Some(row), in_project: Some(own), rows, .. }
            if row.roles.has("GROUP_OWNER") && own.has("GROUP_READ_ONLY") && rows.iter().count() == 1)
    );
}

#[test]
fn authorizing_allocates_nothing() {
    let snapshot = snapshot(vec![organization(vec![listed()])]);
    let identity = Identity::assumed(snapshot.find_key(b"zmmrboas").unwrap());
    let text =
        format!("/api/atlas/v2/groups/{PROJECT}/clusters/c/backup/snapshots/a%2Fb?_method=x");
    let caller: IpAddr = INSIDE.parse().unwrap();
    let measured = allocation_counter::measure(|| {
        let target = RequestTarget::parse(text.as_bytes()).unwrap();
        let question = Question {
            at: Timestamp::default(),
            caller: Some(caller.into()),
            method: Method::Post,
            target: &target,
        };
        assert!(matches!(
            authorize(&snapshot, identity, &question),
            Decision::Forward(_)
        ));
        let _ = explain(&snapshot, identity, &question);
    });
    assert_eq!(measured.count_total, 0);
}

#[test]
fn every_misbehaviour_is_a_rejection() {
    for wrong in [
        TargetError::BadEscape,
        TargetError::DotSegment,
        TargetError::EmptySegment,
        TargetError::EncodedOctet,
        TargetError::NotOriginForm,
        TargetError::OctetInPath,
        TargetError::OctetInQuery,
    ] {
        assert_eq!(Rejection::from(wrong), Rejection::TargetAmbiguous);
    }
    assert_eq!(
        Rejection::from(TargetError::TooLong),
        Rejection::TargetTooLong
    );
    for (token, rejection) in [
        ("TRACE", Rejection::MethodForbidden),
        ("CONNECT", Rejection::MethodForbidden),
        ("PROPFIND", Rejection::MethodUnknown),
        ("get", Rejection::MethodMalformed),
        ("", Rejection::MethodMalformed),
    ] {
        let wrong: MethodError = Method::parse(token).unwrap_err();
        assert_eq!(Rejection::from(wrong), rejection, "{token}");
    }
}

#[test]
fn codes_are_unique_among_doubts_reasons_and_rejections() {
    let mut codes: Vec<&str> = Doubt::ALL.map(Doubt::code).to_vec();
    codes.extend(Reason::ALL.map(Reason::code));
    codes.extend(Rejection::ALL.map(Rejection::code));
    let count = codes.len();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), count);
}

#[test]
fn rules_are_numbered_as_they_are_asked() {
    for (number, rule) in (0_u8..).zip(Rule::ALL) {
        assert_eq!(rule.number(), number);
    }
    assert!(Rule::ALL.is_sorted());
    assert!(
        Reason::ALL
            .iter()
            .all(|reason| (4..=9).contains(&reason.rule().number()))
    );
    assert!(
        Doubt::ALL
            .iter()
            .all(|doubt| matches!(doubt.rule().number(), 1..=3 | 10))
    );
}

proptest! {
    #[test]
    fn a_smaller_reach_never_forwards_more(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "/groups", "/orgs", "/clusters", "/backup", "/snapshots", "/apiKeys", "/byName", "/x", "%2F", ":y", ".",
            "/5f24084d8dbffa3ad3f25b73", "/32b6e34b3d91647abb20e7b8", "?_method=POST",
        ]), 0..6),
        method in prop::sample::select(Method::ALL.to_vec()),
        caller in prop::sample::select(vec![INSIDE, OUTSIDE, "unknown"]),
    ) {
        let text = format!("/api/atlas/v2{}", pieces.concat());
        prop_assume!(RequestTarget::parse(text.as_bytes()).is_ok());
        let request = format!("{} {text}", method.as_str());
        let outcome = |key| outcome(&organization(vec![key]), caller, &request);
        let (anywhere, listed, nowhere) = (outcome(anywhere()), outcome(listed()), outcome(nowhere()));
        let forwards = |told: &str| told.starts_with("forward");
        let protected = anywhere.starts_with("resource_requires_access_list");
        prop_assert!(!forwards(&nowhere));
        prop_assert!(!forwards(&listed) || forwards(&anywhere) || protected);
    }
}
