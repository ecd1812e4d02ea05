//! A configuration folder for tests: good as it comes, and bad as they like it.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use tempfile::TempDir;

use crate::decide::{Decision, Identity, Question, authorize};
use crate::digest::Timestamp;
use crate::policy::{Method, RequestTarget, Snapshot, SnapshotParts};

use super::{FileState, Load, Loader};

pub(super) const KEYWARDEN: &str = "\
version: 1
listeners:
  - name: public
    address: 127.0.0.1:8080
upstream:
  url: http://127.0.0.1:9000
digest: { realm: keywarden, algorithms: [MD5] }
";

pub(super) const RESOURCES: &str = "\
version: 1
bases: [/api/v1, /api/v2]
scopes:
  organization: { path: \"/orgs/{id}\" }
  project: { path: \"/groups/{id}\", except: [byName] }
resources:
  - id: key-create
    section: Keys
    title: Create a key
    operations: [\"POST /orgs/{orgId}/apiKeys\"]
    require: access_list
    roles: [ORG_OWNER]
  - id: snapshot-take
    operations:
      - POST /groups/{groupId}/snapshots
      - DELETE /groups/{groupId}/snapshots/{snapshotId}
    require: access_list
  - id: restore
    operations: [\"POST /groups/{groupId}/restores\"]
    require: access_list
";

pub(super) const NETWORKS: &str = "\
version: 1
networks:
  office:
    - 203.0.113.0/24
    - 2001:db8:17::/48
  farm: [192.0.2.128/25]
";

pub(super) const ACME: &str = "\
version: 1
id: 32b6e34b3d91647abb20e7b8
name: Acme
require_access_list: false
enforcement: enforce
projects:
  - { id: 5f24084d8dbffa3ad3f25b73, name: payments }
  - { id: 5f24084d8dbffa3ad3f25b74, name: billing }
keys:
  - id: 5d1d143c87d9d63e6d694746
    public_key: zmmrboas
    description: CI deployer
    enabled: true
    roles: [ORG_MEMBER]
    projects:
      - { project: payments, roles: [GROUP_OWNER] }
    access_list:
      - network: office
      - cidr: 198.51.100.0/28
        comment: office
      - address: 2001:db8::77
  - id: 5d1d143c87d9d63e6d694747
    public_key: openkeys
    enabled: true
    roles: [ORG_READ_ONLY]
    projects:
      - project: billing
    access_list: []
  - id: 5d1d143c87d9d63e6d694748
    public_key: disabled
    enabled: false
    access_list:
      - 198.51.100.77
";

pub(super) const STRICT: &str = "\
version: 1
id: 32b6e34b3d91647abb20e7b9
name: Strict
require_access_list: true
keys:
  - id: 6d1d143c87d9d63e6d694746
    public_key: strictaa
    roles: [ORG_OWNER]
    access_list: []
  - id: 6d1d143c87d9d63e6d694747
    public_key: strictbb
    roles: [ORG_OWNER]
    access_list:
      - network: farm
      - 128.0.0.0/16
      - 198.51.100.66
";

/// 32 hex digits for each key of the two organizations.
pub(super) const CREDENTIALS: &str = "\
zmmrboas:keywarden:00000000000000000000000000000001
openkeys:keywarden:00000000000000000000000000000002
disabled:keywarden:00000000000000000000000000000003
strictaa:keywarden:00000000000000000000000000000004
strictbb:keywarden:00000000000000000000000000000005
";

/// 2026-06-01T00:00:00Z.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_780_272_000_000);

pub(super) struct TestFolder(TempDir);

impl TestFolder {
    /// Two organizations, shared networks, a table, credentials.
    pub(super) fn good() -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("keywarden.yaml", KEYWARDEN);
        folder.write("resources.yaml", RESOURCES);
        folder.write("networks.yaml", NETWORKS);
        folder.write("organizations/acme.yaml", ACME);
        folder.write("organizations/deep/strict.yaml", STRICT);
        folder.write("credentials/htdigest", CREDENTIALS);
        folder
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let place = self.path().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, text).unwrap();
        if path.starts_with("credentials") {
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            fs::set_permissions(place, mode).unwrap();
        }
    }

    /// Writes `text` with `old` replaced, which must occur.
    pub(super) fn edit(&self, path: &str, text: &str, old: &str, new: &str) {
        assert!(text.contains(old), "{old:?} not in {path}");
        self.write(path, text.replacen(old, new, 1));
    }

    pub(super) fn remove(&self, path: &str) {
        fs::remove_file(self.path().join(path)).unwrap();
    }

    /// A loader that put the folder in force.
    pub(super) fn loaded(&self) -> Loader {
        let mut loader = Loader::new(self.path());
        let load = loader.load(NOW);
        assert!(load.parts.is_some(), "{:#?}", load.problems);
        loader.commit();
        loader
    }

    /// What a fresh loader makes of the folder.
    pub(super) fn cold(&self) -> Load {
        Loader::new(self.path()).load(NOW)
    }

    /// Every problem of a fresh load as `file:line code`.
    pub(super) fn problems(&self) -> Vec<String> {
        told(&self.cold())
    }
}

pub(super) fn told(load: &Load) -> Vec<String> {
    let tell = |p: &super::Problem| format!("{}:{} {}", p.file, p.line, p.code);
    load.problems.iter().map(tell).collect()
}

pub(super) fn state(load: &Load, path: &str) -> Option<FileState> {
    let file = load.files.iter().find(|file| file.path == path)?;
    Some(file.state)
}

pub(super) fn snapshot(load: &Load) -> Snapshot {
    let parts: &SnapshotParts = load
        .parts
        .as_ref()
        .unwrap_or_else(|| panic!("{:#?}", load.problems));
    Snapshot::new(parts.clone())
}

/// What becomes of a request of `key` from `from`: `forward`, a reason's code, or `unknown`.
pub(super) fn verdict(
    snapshot: &Snapshot,
    key: &str,
    from: &str,
    request: &str,
    at: Timestamp,
) -> &'static str {
    let (method, target) = request.split_once(' ').unwrap();
    let target = RequestTarget::parse(target.as_bytes()).unwrap();
    let Some(key) = snapshot
        .find_key(key.as_bytes())
        .filter(|key| key.key.is_in_force(at))
    else {
        return "unknown";
    };
    let question = Question {
        at,
        caller: Some(from.parse::<IpAddr>().unwrap().into()),
        method: Method::parse(method).unwrap(),
        target: &target,
    };
    match authorize(snapshot, Identity::assumed(key), &question) {
        Decision::Forward(_) => "forward",
        Decision::Refuse(refusal) => refusal.reason.code(),
        Decision::Challenge(_) => "challenge",
    }
}
