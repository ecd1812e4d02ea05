//! What a reload costs with 100 organizations of 100 keys each: all files, none, and one of them changed.

#![expect(clippy::unwrap_used, reason = "a benchmark of its own fixed input")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use divan::Bencher;
use keywarden::config::{Load, Loader, openings};
use keywarden::digest::{Algorithm, Timestamp, Verifier};
use keywarden::policy::Snapshot;
use tempfile::TempDir;

const ORGANIZATIONS: u32 = 100;
const KEYS: u32 = 100;
const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_123);

const KEYWARDEN: &str = "version: 1
listeners:
  - { name: public, address: 127.0.0.1:8080 }
upstream: { url: http://127.0.0.1:9000 }
digest: { realm: keywarden }
admin: { address: 127.0.0.1:9180 }
";

const RESOURCES: &str = "version: 1
bases: [/api/atlas/v1.0, /api/atlas/v2]
scopes:
  organization: { path: \"/orgs/{id}\" }
  project: { path: \"/groups/{id}\", except: [byName] }
resources:
  - id: snapshot-take
    section: Cloud Backup Snapshots
    title: Take one cloud backup snapshot
    operations: [\"POST /groups/{groupId}/clusters/{clusterName}/backup/snapshots\"]
    require: access_list
";

fn main() {
    divan::main();
}

/// The file of one organization; `turn` is what a change changes.
fn organization(o: u32, turn: u32) -> String {
    let mut text = format!(
        "version: 1\nid: \"{o:024x}\"\nname: Organization {o}\nrequire_access_list: false\nprojects:\n  \
         - {{ id: \"{:024x}\", name: payments }}\nkeys:\n",
        0x0010_0000 + o
    );
    for k in 0..KEYS {
        write!(
            text,
            "  - id: \"{:024x}\"\n    public_key: {}\n    description: key {k}, changed {turn} times\n    \
             roles: [ORG_MEMBER]\n    projects:\n      - {{ project: payments, roles: [GROUP_OWNER] }}\n    \
             access_list:\n      - cidr: 10.{o}.{k}.0/24\n        comment: office\n      - address: 2001:db8::{k:x}\n",
            0x0020_0000 + o * KEYS + k,
            public_key(o, k)
        )
        .unwrap();
    }
    text
}

fn public_key(o: u32, k: u32) -> String {
    format!("key{:05}", o * KEYS + k)
}

fn change(folder: &Path, o: u32, turn: u32) {
    let file = folder.join(format!("organizations/{o}.yaml"));
    fs::write(file, organization(o, turn)).unwrap();
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("keywarden.yaml"), KEYWARDEN).unwrap();
    fs::write(folder.path().join("resources.yaml"), RESOURCES).unwrap();
    fs::create_dir(folder.path().join("organizations")).unwrap();
    fs::create_dir(folder.path().join("credentials")).unwrap();
    for o in 0..ORGANIZATIONS {
        change(folder.path(), o, 0);
        let mut lines = String::new();
        for name in (0..KEYS).map(|k| public_key(o, k)) {
            let verifier = Verifier::derive(Algorithm::Sha256, &name, "keywarden", "s3cret");
            writeln!(lines, "{name}:keywarden:{}", verifier.expose_hex()).unwrap();
        }
        fs::write(folder.path().join(format!("credentials/{o}")), lines).unwrap();
    }
    folder
}

fn snapshot(load: Load) -> Snapshot {
    let problems = load.problems;
    let snapshot = Snapshot::new(load.parts.unwrap());
    assert_eq!(
        u32::try_from(snapshot.key_count()),
        Ok(ORGANIZATIONS * KEYS),
        "{:?}",
        problems.first()
    );
    snapshot
}

/// From nothing to a snapshot, as at a start.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn start(bencher: Bencher) {
    let folder = folder();
    bencher.bench_local(|| snapshot(Loader::new(folder.path()).load(NOW)));
}

/// A poll that finds nothing: every content is read again (`true`), or only its stamp.
#[divan::bench(args = [false, true], sample_count = 20, sample_size = 1)]
fn poll(bencher: Bencher, full: bool) {
    let folder = folder();
    let mut loader = Loader::new(folder.path());
    snapshot(loader.load(NOW));
    loader.commit();
    bencher.bench_local(|| loader.look(full).unwrap());
}

/// One organization's file is written anew, loaded, compared with what is in force, and put in force.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn one_changed(bencher: Bencher) {
    let folder = folder();
    let mut loader = Loader::new(folder.path());
    let mut in_force = snapshot(loader.load(NOW));
    loader.commit();
    let mut turn = 0;
    bencher.bench_local(|| {
        turn += 1;
        change(folder.path(), turn % ORGANIZATIONS, turn);
        let load = loader.load(NOW);
        assert_eq!(load.parsed, 1);
        let new = snapshot(load);
        assert!(openings(&in_force, &new).is_empty());
        in_force = new;
        loader.commit();
    });
}
