//! Which organization or project a path names.

use proptest::prelude::*;

use super::super::sample::scope;
use super::*;

const ID: &str = "5f24084d8dbffa3ad3f25b73";

fn named(text: &str) -> Named<'_> {
    let target = RequestTarget::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"));
    scope("/groups/{id}", &["byName"]).named(&target)
}

#[test]
fn a_path_names_the_id_after_its_scope() {
    for tail in [
        "",
        "/",
        "/clusters",
        "/accessList/192.0.2.0%2F24",
        "?x",
        ":migrate",
        ":a:b/c",
    ] {
        for base in ["/api/atlas/v2", "/api/public/v1.0", "/API/atlas/V2"] {
            let text = format!("{base}/groups/{ID}{tail}");
            assert_eq!(named(&text), Named::One(ID), "{text}");
        }
    }
}

#[test]
fn a_scope_is_seen_in_every_spelling_that_an_upstream_could_accept() {
    for scope in [
        "Groups",
        "groups.",
        "groups.json",
        "groups+",
        "groups%20",
        "groups:x",
    ] {
        let text = format!("/api/atlas/v2/{scope}/{ID}/clusters");
        assert_eq!(named(&text), Named::One(ID), "{text}");
    }
}

#[test]
fn a_path_without_an_id_names_none() {
    for text in [
        "/",
        "/api/atlas/v2/groups",
        "/api/atlas/v2/groups/",
        "/api/atlas/v2/orgs/x",
        "/api/atlas/v3/groups/x",
        "/groups/x",
        "/api/atlas/v2/groups/byName/payments",
        "/api/atlas/v2/groups/byName/a%2Fb",
    ] {
        assert_eq!(named(text), Named::None, "{text}");
    }
}

#[test]
fn an_exception_is_one_only_octet_for_octet() {
    assert_eq!(named("/api/atlas/v2/groups/byname/x"), Named::One("byname"));
    assert_eq!(
        named("/api/atlas/v2/groups/byName:x/y"),
        Named::One("byName")
    );
    assert_eq!(
        named("/api/atlas/v2/groups/byName./y"),
        Named::One("byName.")
    );
    assert_eq!(named("/api/atlas/v2/groups/byName%20/y"), Named::Ambiguous);
}

#[test]
fn an_id_is_compared_as_it_stands() {
    let upper = ID.to_uppercase();
    for other in [
        format!("{ID}."),
        format!("{ID}+"),
        format!("+{ID}"),
        upper,
        format!("{ID},x"),
    ] {
        let text = format!("/api/atlas/v2/groups/{other}/clusters");
        assert_eq!(named(&text), Named::One(&other), "{text}");
    }
    assert_eq!(named("/api/atlas/v2/groups/:migrate"), Named::One(""));
}

#[test]
fn escapes_and_readings_that_disagree_are_nobodys_own() {
    for text in [
        format!("/api/atlas/v2/groups/{ID}%20/clusters"),
        format!("/api/atlas/v2/groups/{ID}%3Amigrate"),
        format!("/api/atlas/v2/groups/{ID}%2Fclusters"),
        format!("/api/atlas/v2/groups%2F{ID}/clusters"),
        format!("/api/atlas%2Fv2/groups/{ID}/clusters"),
        format!("/api/atlas/v2%2Fgroups/{ID}"),
        format!("/api/atlas/v2/groups/byName%2F{ID}/x"),
    ] {
        assert_eq!(named(&text), Named::Ambiguous, "{text}");
    }
}

#[test]
fn templates_that_name_different_ids_leave_it_open() {
    let templates = ["/a/{id}/b", "/{id}/x/b", "/{id}"]
        .map(|path| PathTemplate::parse("", path).unwrap())
        .to_vec();
    let scope = Scope::new(templates, Vec::new());
    let named = |text: &'static str| scope.named(&RequestTarget::parse(text.as_bytes()).unwrap());
    assert_eq!(named("/a/x/b"), Named::Ambiguous);
    assert_eq!(named("/c/x/b"), Named::One("c"));
    assert_eq!(named("/"), Named::None);
}

#[test]
fn a_scope_without_templates_names_none() {
    let target = RequestTarget::parse(b"/api/atlas/v2/groups/x").unwrap();
    assert_eq!(Scope::default().named(&target), Named::None);
}

proptest! {
    #[test]
    fn what_a_path_names_stands_in_it_right_after_the_scope(id in "[a-z0-9.:+~]{1,6}|%2[0F]|byName", tail in "[a-z/%2F:]{0,8}") {
        let text = format!("/api/atlas/v2/groups/{id}/{tail}");
        let Ok(target) = RequestTarget::parse(text.as_bytes()) else { return Ok(()) };
        match scope("/groups/{id}", &["byName"]).named(&target) {
            Named::One(named) => prop_assert_eq!(id.split(':').next(), Some(named)),
            Named::None => prop_assert_eq!(id, "byName"),
            Named::Ambiguous => prop_assert!(id.contains('%')),
        }
    }
}
