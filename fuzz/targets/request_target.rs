//! `METHOD TARGET`: what is called forward reaches no protected row and names no foreign project in any upstream's
//! reading.

#![no_main]

use std::sync::{Arc, LazyLock};

use keywarden::policy::{
    Method, Named, PathTemplate, RequestTarget, Resource, ResourceTable, Roles, Scope,
};
use keywarden_fuzz::upstream;
use libfuzzer_sys::{Corpus, fuzz_target};

const BASES: [&str; 4] = [
    "/api/atlas/v1.0",
    "/api/atlas/v1.5",
    "/api/atlas/v2",
    "/api/public/v1.0",
];
const OPERATIONS: [(&[&str], &str); 13] = [
    (&["POST"], "/orgs/{o}/apiKeys/{k}/accessList"),
    (&["DELETE"], "/orgs/{o}/apiKeys/{k}/accessList/{ip...}"),
    (
        &["GET", "POST"],
        "/groups/{g}/clusters/{c}/backup/restoreJobs",
    ),
    (
        &["GET", "DELETE"],
        "/groups/{g}/clusters/{c}/backup/restoreJobs/{j}",
    ),
    (
        &["GET", "POST"],
        "/groups/{g}/serverless/{c}/backup/restoreJobs",
    ),
    (
        &["GET"],
        "/groups/{g}/serverless/{c}/backup/restoreJobs/{j}",
    ),
    (&["POST"], "/groups/{g}/clusters/{c}/backup/snapshots"),
    (&["DELETE"], "/groups/{g}/clusters/{c}/backup/snapshots/{s}"),
    (
        &["DELETE"],
        "/groups/{g}/clusters/{c}/backup/snapshots/shardedCluster/{s}",
    ),
    (
        &["PATCH", "DELETE"],
        "/groups/{g}/clusters/{c}/backup/schedule",
    ),
    (&["POST"], "/groups/{g}/clusters/{c}/restoreJobs"),
    (
        &["PATCH", "DELETE"],
        "/groups/{g}/clusters/{c}/snapshots/{s}",
    ),
    (&["PATCH"], "/groups/{g}/clusters/{c}/snapshotSchedule"),
];
/// The project that the key was given, and one that it was not.
const OWN: &str = "5f24084d8dbffa3ad3f25b73";
const FOREIGN: &str = "32b6e34b3d91647abb20e7b8";

struct World {
    table: ResourceTable,
    scope: Scope,
    /// The same for the upstreams: methods and segments.
    rows: Vec<(&'static [&'static str], Vec<&'static str>)>,
    /// Prefixes that name a project.
    places: Vec<Vec<&'static str>>,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let mut operations = Vec::new();
    let (mut rows, mut places, mut prefixes) = (Vec::new(), Vec::new(), Vec::new());
    let split = |base: &'static str, path: &'static str| {
        base.split('/')
            .chain(path.split('/'))
            .filter(|s| !s.is_empty())
            .collect()
    };
    for base in BASES {
        for (methods, path) in OPERATIONS {
            for method in methods {
                let template = PathTemplate::parse(base, path).unwrap();
                operations.push((Method::parse(method).unwrap(), template, 0));
            }
            rows.push((methods, split(base, path)));
        }
        places.push(split(base, "/groups/{id}"));
        prefixes.push(PathTemplate::parse(base, "/groups/{id}").unwrap());
    }
    let row = Resource {
        id: Arc::from("protected"),
        section: Arc::from(""),
        title: Arc::from(""),
        requires_access_list: true,
        roles: Roles::default(),
        item: 0,
    };
    World {
        table: ResourceTable::new(vec![row], operations),
        scope: Scope::new(prefixes, vec!["byName".into()]),
        rows,
        places,
    }
});

fuzz_target!(|octets: &[u8]| -> Corpus {
    let blank = octets.iter().position(|octet| *octet == b' ').unwrap_or(0);
    let (method, target) = octets.split_at(blank);
    let method = std::str::from_utf8(method)
        .ok()
        .and_then(|method| Method::parse(method).ok());
    let Some(method) = method else {
        return Corpus::Reject;
    };
    let received = &target[1..];
    let Ok(target) = RequestTarget::parse(received) else {
        return Corpus::Keep;
    };
    assert_eq!(target.as_str().as_bytes(), received);
    let world = &*WORLD;
    let forward = world.table.find(method, &target).requiring.is_none();
    let named = world.scope.named(&target);
    // a key of `OWN` is let through unless the path names another project
    let lets_own_through = matches!(named, Named::None | Named::One(OWN));
    if !forward && !lets_own_through {
        return Corpus::Keep;
    }
    let mut methods = target
        .query()
        .map(upstream::methods_named)
        .unwrap_or_default();
    methods.push(method.judged_as().as_str().to_owned());
    for held in upstream::held(target.path().as_str().as_bytes(), 4, 300) {
        for segments in upstream::routed(&held.path) {
            let row = world.rows.iter().find(|(of, template)| {
                of.iter()
                    .any(|of| methods.iter().any(|method| method == of))
                    && upstream::serves(&segments, template, true)
            });
            if let (true, Some((_, template))) = (forward, row) {
                panic!(
                    "forwarded, and served as {template:?} after {:?}",
                    held.steps
                );
            }
            let foreign = world.places.iter().any(|place| {
                upstream::begins(&segments, place, true)
                    && segments[place.len() - 1] == FOREIGN.as_bytes()
            });
            assert!(
                !(foreign && lets_own_through),
                "{named:?}, and a foreign project after {:?}",
                held.steps
            );
        }
    }
    Corpus::Keep
});
