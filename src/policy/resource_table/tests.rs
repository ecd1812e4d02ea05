//! The table against targets that somebody could read as one of its rows, and against a plain reading of rule C.

use proptest::prelude::*;

use super::super::sample::{BASES, ROWS, Row, table};
use super::*;

fn target(text: &str) -> RequestTarget<'_> {
    RequestTarget::parse(text.as_bytes()).unwrap_or_else(|wrong| panic!("{text}: {wrong}"))
}

fn requiring(method: Method, text: &str) -> Option<String> {
    let table = table(&BASES, &ROWS);
    let row = table.find(method, &target(text)).requiring?;
    Some(row.id.to_string())
}

const SNAPSHOTS: &str = "/api/atlas/v1.0/groups/g/clusters/c/backup/snapshots";

#[test]
fn every_base_and_every_row_is_found() {
    let table = table(&BASES, &ROWS);
    assert_eq!(table.operations().count(), BASES.len() * 14);
    for (method, template, resource) in table.operations() {
        let path = template.as_str().replace(['{', '}'], "");
        let path = path.replace("ip...", "192.0.2.0%2F24");
        for text in [
            path.clone(),
            format!("{path}/"),
            format!("{path}?pretty=true"),
        ] {
            let found = table.find(method, &target(&text));
            assert!(
                found
                    .resource
                    .is_some_and(|row| std::ptr::eq(row, resource)),
                "{text}"
            );
        }
    }
}

#[test]
fn whatever_some_upstream_reads_as_a_protected_path_is_protected() {
    for tail in [
        "snapshots",
        "snapshots/",
        "SNAPSHOTS",
        "snapshots.",
        "snapshots.json",
        "snapshots:take",
        "snapshots%20",
        "%20snapshots",
        "snap+shots",
        "snapshots?/../x",
        "snapshots%3Atake",
    ] {
        let text = SNAPSHOTS.replace("snapshots", tail);
        assert_eq!(
            requiring(Method::Post, &text).as_deref(),
            Some("snapshot-take"),
            "{text}"
        );
    }
    for text in [
        "/API/Atlas/V1.0/GROUPS/g/Clusters/c/BackUp/snapShots",
        "/api/atlas/v1.0/groups/g/clusters/c%2Fbackup/snapshots",
        "/api/atlas/v1.0/groups%2Fg/clusters%2fc/backup%2Fsnapshots",
        "/api%2Fatlas%2Fv1.0%2Fgroups%2Fg%2Fclusters%2Fc%2Fbackup%2Fsnapshots",
        "/api/atlas/v1.0/groups/g/clusters/c%2Fd/backup/snapshots",
        "/api/atlas/v1.0/groups/*/clusters/~/backup/snapshots",
    ] {
        assert_eq!(
            requiring(Method::Post, text).as_deref(),
            Some("snapshot-take"),
            "{text}"
        );
    }
}

#[test]
fn what_no_row_names_is_not_protected() {
    for (method, text) in [
        (Method::Get, SNAPSHOTS),
        (Method::Options, SNAPSHOTS),
        (Method::Post, "/"),
        (
            Method::Post,
            "/api/atlas/v1.0/groups/g/clusters/c/backup/snapshots/s",
        ),
        (
            Method::Post,
            "/api/atlas/v1.0/groups/g/clusters/c/backup/snapshotsx",
        ),
        (Method::Post, "/api/atlas/v1.0/groups/g/clusters/c/backup"),
        (
            Method::Post,
            "/api/atlas/v3/groups/g/clusters/c/backup/snapshots",
        ),
        (
            Method::Post,
            "/x/api/atlas/v1.0/groups/g/clusters/c/backup/snapshots",
        ),
        (Method::Delete, "/api/atlas/v2/orgs/o/apiKeys/k/accessList/"),
        (
            Method::Delete,
            "/api/atlas/v2/groups/g/accessList/192.0.2.7",
        ),
    ] {
        assert_eq!(requiring(method, text), None, "{method:?} {text}");
    }
}

#[test]
fn a_greedy_parameter_takes_one_segment_or_more() {
    let list = "/api/atlas/v2/orgs/o/apiKeys/k/accessList";
    for tail in [
        "192.0.2.7",
        "192.0.2.0/24",
        "192.0.2.0%2F24",
        "a/b/c/d/",
        "2001:db8::%2F32",
    ] {
        let text = format!("{list}/{tail}");
        assert_eq!(
            requiring(Method::Delete, &text).as_deref(),
            Some("accesslist-delete"),
            "{text}"
        );
    }
}

#[test]
fn head_counts_as_get() {
    let jobs = "/api/atlas/v2/groups/g/clusters/c/backup/restoreJobs";
    assert_eq!(
        requiring(Method::Head, jobs).as_deref(),
        Some("restore-list")
    );
    let table = table(&["/v1"], &[("head", &["HEAD /a"], true, &[])]);
    assert!(
        table
            .find(Method::Head, &target("/v1/a"))
            .requiring
            .is_some()
    );
    assert!(
        table
            .find(Method::Get, &target("/v1/a"))
            .requiring
            .is_some()
    );
}

#[test]
fn every_method_counts_when_the_query_names_one() {
    for query in [
        "_method=POST",
        "x=1&%5Fmethod=post",
        "X-HTTP-Method-Override=POST",
    ] {
        let text = format!("{SNAPSHOTS}?{query}");
        for method in Method::ALL {
            assert_eq!(
                requiring(method, &text).as_deref(),
                Some("snapshot-take"),
                "{text}"
            );
        }
    }
    let table = table(&BASES, &ROWS);
    let jobs = "/api/atlas/v2/groups/g/clusters/c/backup/restoreJobs?_method=GET";
    let named = |method| {
        table
            .find(method, &target(jobs))
            .resource
            .map(|row| &*row.id)
    };
    assert_eq!(
        named(Method::Get),
        Some("restore-list"),
        "its own method names a request"
    );
    assert_eq!(named(Method::Post), Some("restore-create"));
}

const BESIDE: [Row<'static>; 4] = [
    ("parameter", &["GET /a/{x}"], true, &["ROLE_P"]),
    ("literal", &["GET /a/b"], false, &[]),
    ("rest", &["GET /a/{x...}"], false, &["ROLE_R"]),
    ("short", &["GET /a/b.c"], false, &["ROLE_P"]),
];

#[test]
fn a_literal_names_but_every_row_that_fits_counts() {
    let table = table(&["/v1"], &BESIDE);
    for (text, named, role_rows) in [
        ("/v1/a/b", "literal", vec!["parameter", "rest"]),
        ("/v1/a/B.", "literal", vec!["parameter", "rest"]),
        ("/v1/a/b.c", "short", vec!["short", "parameter", "rest"]),
        ("/v1/a/d", "parameter", vec!["parameter", "rest"]),
        ("/v1/a/d%2Fe", "parameter", vec!["parameter", "rest"]),
    ] {
        let found = table.find(Method::Get, &target(text));
        assert_eq!(found.resource.map(|row| &*row.id), Some(named), "{text}");
        assert_eq!(
            found.requiring.map(|row| &*row.id),
            Some("parameter"),
            "{text}"
        );
        let rows: Vec<_> = found.role_rows.iter().map(|row| &*row.id).collect();
        assert_eq!(rows, role_rows, "{text}");
    }
}

#[test]
fn more_than_eight_role_rows_satisfy_nobody() {
    let ids: Vec<String> = (0..9).map(|n| format!("row-{n}")).collect();
    for (count, overflow) in [(8, false), (9, true)] {
        let rows: Vec<Row<'_>> = ids[..count]
            .iter()
            .map(|id| {
                (
                    id.as_str(),
                    ["GET /a"].as_slice(),
                    false,
                    ["ROLE"].as_slice(),
                )
            })
            .collect();
        let table = table(&["/v1"], &rows);
        let found = table.find(Method::Get, &target("/v1/a"));
        assert_eq!(found.role_rows.overflow(), overflow);
        assert_eq!(found.role_rows.iter().count(), 8);
    }
}

#[test]
fn an_empty_table_touches_nothing() {
    let table = ResourceTable::default();
    assert!(table.find(Method::Get, &target("/a")).resource.is_none());
}

#[test]
fn finding_allocates_nothing() {
    let table = table(&BASES, &ROWS);
    let long = format!("{SNAPSHOTS}/{}", "a%2F+b/".repeat(1_100));
    for text in [
        SNAPSHOTS,
        long.as_str(),
        &format!("{SNAPSHOTS}?_method=PUT"),
    ] {
        let measured = allocation_counter::measure(|| {
            let _ = table.find(Method::Post, &target(text));
        });
        assert_eq!(measured.count_total, 0, "{text}");
    }
}

#[test]
fn a_hostile_path_meets_no_template_twice() {
    let mut tree = PathTree::default();
    let choices = ["/a", "/a:b", "/{p}"];
    let mut paths = vec![String::new()];
    for _ in 0..5 {
        paths = paths
            .iter()
            .flat_map(|p| choices.map(|c| format!("{p}{c}")))
            .collect();
    }
    for (n, path) in paths.iter().enumerate() {
        tree.insert(
            &PathTemplate::parse("", &format!("{path}/{{r...}}")).unwrap(),
            n,
        );
    }
    let text = format!("{}/x%2Fy", "/a:b:c".repeat(1_300));
    for segments in target(&text).readings() {
        let mut met = vec![0; paths.len()];
        tree.walk(segments, false, &mut |n, _| met[*n] += 1);
        assert!(met.iter().all(|times| *times == 1));
    }
}

/// Rule C as the facts state it, in the plainest way.
fn touches(method: Method, text: &str, operation: (Method, &str)) -> bool {
    let path = text.split('?').next().unwrap();
    let decode = |text: &str| {
        let text = text
            .replace("%20", " ")
            .replace("%3A", ":")
            .replace("%2B", "+");
        text.replace("%2F", "/").replace("%2f", "/")
    };
    let cut = path.strip_suffix('/').unwrap_or(path);
    let inside: Vec<String> = cut.split('/').skip(1).map(decode).collect();
    let across: Vec<String> = decode(cut).split('/').skip(1).map(str::to_owned).collect();
    let template: Vec<&str> = operation.1.split('/').skip(1).collect();
    let overridden = text.contains("_method");
    (overridden || operation.0.judged_as() == method.judged_as())
        && (fits(&inside, &template) || fits(&across, &template))
}

fn fits(segments: &[String], template: &[&str]) -> bool {
    match (segments, template) {
        ([], []) => true,
        ([_, ..], [last]) if last.ends_with("...}") => true,
        ([segment, segments @ ..], [part, template @ ..]) => {
            let folded = segment.to_lowercase().replace([' ', '+'], "");
            let one = part.starts_with('{')
                || folded
                    .strip_prefix(&part.to_lowercase())
                    .is_some_and(|tail| {
                        tail.is_empty() || tail.starts_with(|c| ".:,=~!$&'()*@".contains(c))
                    });
            one && fits(segments, template)
        }
        _ => false,
    }
}

fn any_template() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("a"),
        Just("b"),
        Just("a:b"),
        Just("v1"),
        Just("v1.0"),
        Just("{p}")
    ];
    (prop::collection::vec(part, 1..5), prop::bool::weighted(0.2)).prop_map(|(parts, greedy)| {
        format!(
            "/{}{}",
            parts.join("/"),
            if greedy { "/{r...}" } else { "" }
        )
    })
}

fn any_path() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b", "v1", "A", "/", "/", "/", "%2F", "%2f", ".0", ":", ":b", "+", "%20", "%3A",
        "%2B", "x", "~",
    ]);
    (
        prop::collection::vec(piece, 1..10),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(pieces, overridden)| {
            format!(
                "/{}{}",
                pieces.concat(),
                if overridden { "?_method=PUT" } else { "" }
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_tree_finds_what_a_plain_reading_finds(
        templates in prop::collection::vec((prop::sample::select(Method::ALL.to_vec()), any_template()), 1..8),
        method in prop::sample::select(Method::ALL.to_vec()),
        text in any_path(),
    ) {
        let Ok(target) = RequestTarget::parse(text.as_bytes()) else { return Ok(()) };
        let operations: Vec<_> = templates.iter().map(|(m, t)| format!("{} {t}", m.as_str())).collect();
        let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
        let table = table(&[""], &[("row", &operations, true, &["ROLE"])]);
        let found = table.find(method, &target);
        let wanted = templates.iter().any(|(m, t)| touches(method, &text, (*m, t)));
        prop_assert_eq!(found.requiring.is_some(), wanted);
        prop_assert_eq!(found.resource.is_some(), wanted);
        prop_assert_eq!(found.role_rows.iter().count(), usize::from(wanted));
    }
}
