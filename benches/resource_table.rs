//! What a request target costs: to check, to look up in the resource table, and to find what it names.

#![expect(clippy::unwrap_used, reason = "a benchmark of its own fixed input")]

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use keywarden::policy::{
    Method, PathTemplate, RequestTarget, Resource, ResourceTable, Roles, Scope,
};

const BASES: [&str; 4] = [
    "/api/atlas/v1.0",
    "/api/atlas/v1.5",
    "/api/atlas/v2",
    "/api/public/v1.0",
];

/// The page's rows; `many` repeats them under other resources of the same kind, up to about 70.
const TAILS: [&str; 14] = [
    "POST /orgs/{o}/apiKeys/{k}/accessList",
    "DELETE /orgs/{o}/apiKeys/{k}/accessList/{ip...}",
    "GET /groups/{g}/clusters/{c}/backup/restoreJobs",
    "GET /groups/{g}/clusters/{c}/backup/restoreJobs/{j}",
    "POST /groups/{g}/clusters/{c}/backup/restoreJobs",
    "DELETE /groups/{g}/clusters/{c}/backup/restoreJobs/{j}",
    "POST /groups/{g}/clusters/{c}/backup/snapshots",
    "DELETE /groups/{g}/clusters/{c}/backup/snapshots/{s}",
    "DELETE /groups/{g}/clusters/{c}/backup/snapshots/shardedCluster/{s}",
    "DELETE /groups/{g}/clusters/{c}/backup/schedule",
    "PATCH /groups/{g}/clusters/{c}/backup/schedule",
    "POST /groups/{g}/clusters/{c}/restoreJobs",
    "DELETE /groups/{g}/clusters/{c}/snapshots/{s}",
    "PATCH /groups/{g}/clusters/{c}/snapshots/{s}",
];

const KINDS: [&str; 5] = [
    "clusters",
    "serverless",
    "flexClusters",
    "streams",
    "federations",
];

const ELEVEN_SEGMENTS: &str = "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters/Cluster0/backup/snapshots/shardedCluster/5d1d143c87d9d63e6d694746";
const PATHS: [(&str, Method, &str); 6] = [
    ("short", Method::Get, "/api/atlas/v2/orgs"),
    (
        "unprotected",
        Method::Get,
        "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters?pageNum=1&itemsPerPage=100",
    ),
    ("eleven", Method::Delete, ELEVEN_SEGMENTS),
    (
        "miss",
        Method::Delete,
        "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters/Cluster0/backup/snapshots/shardedCluster/5d1d143c87d9d63e6d694746/x/y",
    ),
    (
        "slash",
        Method::Delete,
        "/api/atlas/v1.0/orgs/5980cfdf0b6d97029d82f86e/apiKeys/5d1d143c87d9d63e6d694746/accessList/192.0.2.0%2F24",
    ),
    (
        "override",
        Method::Get,
        "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters/Cluster0/backup/snapshots?_method=POST",
    ),
];

fn table() -> ResourceTable {
    let (mut resources, mut operations) = (Vec::new(), Vec::new());
    for kind in KINDS {
        for tail in TAILS {
            let (method, path) = tail.split_once(' ').unwrap();
            let path = path.replace("clusters", kind);
            for base in BASES {
                let template = PathTemplate::parse(base, &path).unwrap();
                operations.push((Method::parse(method).unwrap(), template, resources.len()));
            }
            resources.push(Resource {
                id: Arc::from(tail),
                section: Arc::from(""),
                title: Arc::from(""),
                requires_access_list: true,
                roles: Roles::default(),
                item: 0,
            });
        }
    }
    ResourceTable::new(resources, operations)
}

fn scope(path: &str) -> Scope {
    let template = |base| PathTemplate::parse(base, path).unwrap();
    Scope::new(BASES.map(template).to_vec(), vec!["byName".into()])
}

/// Rule A alone.
#[divan::bench(args = PATHS.map(|(name, _, _)| name))]
fn parse(bencher: Bencher, name: &str) {
    let (_, text) = request(name);
    bencher.bench(|| RequestTarget::parse(black_box(text.as_bytes())));
}

/// Rule C alone.
#[divan::bench(args = PATHS.map(|(name, _, _)| name))]
fn find(bencher: Bencher, name: &str) {
    let table = table();
    let (method, text) = request(name);
    let target = RequestTarget::parse(text.as_bytes()).unwrap();
    bencher.bench(|| black_box(&table).find(black_box(method), black_box(&target)));
}

/// The project a path names.
#[divan::bench(args = PATHS.map(|(name, _, _)| name))]
fn named(bencher: Bencher, name: &str) {
    let scope = scope("/groups/{id}");
    let (_, text) = request(name);
    let target = RequestTarget::parse(text.as_bytes()).unwrap();
    bencher.bench(|| black_box(&scope).named(black_box(&target)));
}

/// The longest target there is, made to fit as long as it can: costs must grow with its length and no faster.
#[divan::bench(args = [1_024, 8_192])]
fn hostile(bencher: Bencher, length: usize) {
    let table = table();
    let prefix = "/api/atlas/v1.0/orgs/o/apiKeys/k/accessList/";
    let filler = "a%2F+x/".repeat((length - prefix.len()) / 7);
    let text = format!("{prefix}{filler}");
    bencher.bench(|| {
        let target = RequestTarget::parse(black_box(text.as_bytes())).unwrap();
        table.find(Method::Delete, &target).resource.is_some()
    });
}

fn request(name: &str) -> (Method, &'static str) {
    let known = PATHS.into_iter().find(|(other, _, _)| *other == name);
    known.map(|(_, method, text)| (method, text)).unwrap()
}

fn main() {
    divan::main();
}
