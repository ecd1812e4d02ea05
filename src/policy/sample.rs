//! A small policy of the documentation page's kind, for the tests of this floor and those above.

use std::sync::Arc;
use std::time::Duration;

use crate::digest::{Algorithm, Timestamp};

use super::{
    AccessList, Assignment, Enforcement, Entry, Generation, Key, Method, Organization,
    PathTemplate, Project, Reach, Resource, ResourceTable, Roles, Scope, Scopes, Snapshot,
    SnapshotParts, Verifiers,
};

/// The organization of [`organization`].
pub(crate) const ORGANIZATION: &str = "32b6e34b3d91647abb20e7b8";
/// A project of it that [`key`] was given.
pub(crate) const PROJECT: &str = "5f24084d8dbffa3ad3f25b73";
/// A project of it that [`key`] was not given.
pub(crate) const OTHER_PROJECT: &str = "5f24084d8dbffa3ad3f25b74";
/// The bases of [`table`].
pub(crate) const BASES: [&str; 4] = [
    "/api/atlas/v1.0",
    "/api/atlas/v1.5",
    "/api/atlas/v2",
    "/api/public/v1.0",
];

/// A row as a test writes it: id, operations, whether it requires an access list, roles.
pub(crate) type Row<'a> = (&'a str, &'a [&'a str], bool, &'a [&'a str]);

/// The documentation page's rows, and three that name roles.
pub(crate) const ROWS: [Row<'static>; 12] = [
    (
        "accesslist-create",
        &["POST /orgs/{o}/apiKeys/{k}/accessList"],
        true,
        &[],
    ),
    (
        "accesslist-delete",
        &["DELETE /orgs/{o}/apiKeys/{k}/accessList/{ip...}"],
        true,
        &[],
    ),
    (
        "restore-list",
        &[
            "GET /groups/{g}/clusters/{c}/backup/restoreJobs",
            "GET /groups/{g}/serverless/{c}/backup/restoreJobs",
        ],
        true,
        &[],
    ),
    (
        "restore-create",
        &["POST /groups/{g}/clusters/{c}/backup/restoreJobs"],
        true,
        &[],
    ),
    (
        "restore-cancel",
        &["DELETE /groups/{g}/clusters/{c}/backup/restoreJobs/{j}"],
        true,
        &[],
    ),
    (
        "snapshot-take",
        &["POST /groups/{g}/clusters/{c}/backup/snapshots"],
        true,
        &[],
    ),
    (
        "snapshot-delete",
        &["DELETE /groups/{g}/clusters/{c}/backup/snapshots/{s}"],
        true,
        &[],
    ),
    (
        "snapshot-delete-sharded",
        &["DELETE /groups/{g}/clusters/{c}/backup/snapshots/shardedCluster/{s}"],
        true,
        &[],
    ),
    (
        "schedule-change",
        &[
            "PATCH /groups/{g}/clusters/{c}/backup/schedule",
            "DELETE /groups/{g}/clusters/{c}/backup/schedule",
        ],
        true,
        &[],
    ),
    (
        "apikey-create",
        &["POST /orgs/{o}/apiKeys"],
        false,
        &["ORG_OWNER"],
    ),
    (
        "project-key-create",
        &["POST /groups/{g}/apiKeys"],
        false,
        &["GROUP_OWNER", "ORG_OWNER"],
    ),
    (
        "project-key-list",
        &["GET /groups/{g}/apiKeys"],
        false,
        &["GROUP_READ_ONLY"],
    ),
];

/// Compiles rows under bases.
pub(crate) fn table(bases: &[&str], rows: &[Row<'_>]) -> ResourceTable {
    let mut operations = Vec::new();
    let mut resources = Vec::new();
    for (id, written, requires_access_list, names) in rows {
        for operation in *written {
            let (method, path) = operation.split_once(' ').unwrap();
            for base in bases {
                let template = PathTemplate::parse(base, path).unwrap();
                operations.push((Method::parse(method).unwrap(), template, resources.len()));
            }
        }
        resources.push(Resource {
            id: Arc::from(*id),
            section: Arc::from("Section"),
            title: Arc::from("Title"),
            requires_access_list: *requires_access_list,
            roles: roles(names),
            item: u32::try_from(resources.len()).unwrap(),
        });
    }
    ResourceTable::new(resources, operations)
}

/// A scope under every base.
pub(crate) fn scope(path: &str, except: &[&str]) -> Scope {
    let templates = BASES
        .iter()
        .map(|base| PathTemplate::parse(base, path).unwrap())
        .collect();
    Scope::new(templates, except.iter().map(|&id| Box::from(id)).collect())
}

/// A set of roles.
pub(crate) fn roles(names: &[&str]) -> Roles {
    names.iter().map(|&name| Arc::from(name)).collect()
}

/// A list of networks, each with the milliseconds at which it expires.
pub(crate) fn list(networks: &[(&str, Option<u64>)]) -> Reach {
    let entries = (0..)
        .zip(networks)
        .map(|(item, (network, expires))| Entry {
            network: network.parse().unwrap(),
            named: None,
            comment: None,
            expires: expires.map(Timestamp::from_millis),
            item,
        })
        .collect();
    Reach::Listed(Arc::new(AccessList::new(entries).unwrap()))
}

/// A key with no organization role and one project.
pub(crate) fn key(public_key: &str, reach: Reach) -> Key {
    Key {
        id: Arc::from(format!("id-of-{public_key}")),
        public_key: Arc::from(public_key),
        description: None,
        roles: roles(&["ORG_MEMBER"]),
        projects: Box::new([Assignment {
            project: Arc::from(PROJECT),
            roles: roles(&["GROUP_READ_ONLY"]),
        }]),
        reach,
        enabled: true,
        expires: None,
        enforcement: Enforcement::Enforce,
        item: 0,
    }
}

/// An organization with two projects and these keys.
pub(crate) fn organization(keys: Vec<Key>) -> Organization {
    let project = |id: &str, name: &str| Project {
        id: Arc::from(id),
        name: Arc::from(name),
    };
    Organization {
        id: Arc::from(ORGANIZATION),
        name: Arc::from("Acme"),
        require_access_list: false,
        enforcement: Enforcement::Enforce,
        projects: Box::new([
            project(PROJECT, "payments"),
            project(OTHER_PROJECT, "ledger"),
        ]),
        keys: keys.into(),
        file: Arc::from("organizations/acme.yaml"),
    }
}

/// A policy of these organizations over [`ROWS`], with no verifiers: nobody can authenticate.
pub(crate) fn snapshot(organizations: Vec<Organization>) -> Snapshot {
    Snapshot::new(SnapshotParts {
        generation: Generation::default(),
        realm: Arc::from("keywarden"),
        algorithms: vec![Algorithm::Md5],
        advertised: vec![Algorithm::Md5],
        nonce_lifetime: Duration::from_secs(300),
        resources: Arc::new(table(&BASES, &ROWS)),
        scopes: Arc::new(Scopes {
            organization: scope("/orgs/{id}", &[]),
            project: scope("/groups/{id}", &["byName"]),
        }),
        organizations: organizations.into_iter().map(Arc::new).collect(),
        verifiers: Arc::new(Verifiers::default()),
    })
}
