//! The folder `config/`: a complete working example that tests itself, and that nobody can log in to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use keywarden::config::{FileState, Load, Loader, Severity};
use keywarden::digest::Timestamp;
use keywarden::policy::{Enforcement, Method, RequestTarget, Snapshot};
use serde_json::Value;

/// 2027-01-15.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn load(folder: &Path) -> Load {
    Loader::new(folder).load(NOW)
}

fn snapshot() -> Snapshot {
    Snapshot::new(load(&root().join("config")).parts.expect("a policy"))
}

fn expectations() -> Vec<Value> {
    let text = fs::read_to_string(root().join("config/expectations.yaml")).expect("read");
    let document: Value = serde_yaml::from_str(&text).expect("YAML");
    document["expectations"].as_array().expect("a list").clone()
}

fn text<'v>(expectation: &'v Value, field: &str) -> &'v str {
    expectation[field].as_str().expect("a text")
}

#[test]
fn it_compiles_without_an_error_and_its_expectations_pass() {
    let load = load(&root().join("config"));
    let errors: Vec<_> = load
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert!(!load.expectations_failed);
    assert!(load.settings.is_some() && load.parts.is_some());
    let active = |report: &keywarden::config::FileReport| report.state == FileState::Active;
    assert!(load.files.len() >= 6 && load.files.iter().all(active));
}

#[test]
fn its_expectations_would_notice_if_the_policy_were_another() {
    for (file, from, to) in [
        (
            "organizations/acme.yaml",
            "- cidr: 203.0.113.0/24",
            "- cidr: 203.0.112.0/22",
        ),
        (
            "organizations/umbrella.yaml",
            "require_access_list: true",
            "require_access_list: false",
        ),
        (
            "resources.yaml",
            "/backup/snapshots\"]",
            "/backup/snapshot\"]",
        ),
        ("networks.yaml", "- 192.0.2.64/26", "- 192.0.2.128/26"),
    ] {
        let copy = tempfile::tempdir().expect("a folder");
        copied(&root().join("config"), copy.path());
        assert!(!load(copy.path()).expectations_failed);
        let path = copy.path().join(file);
        let text = fs::read_to_string(&path).expect("read");
        assert!(text.contains(from), "{from} in {file}");
        fs::write(&path, text.replace(from, to)).expect("written");
        assert!(load(copy.path()).expectations_failed, "{to} in {file}");
    }
}

/// What the expectations see of one row.
#[derive(Debug, Default)]
struct Seen {
    forwarded: usize,
    without_list: usize,
    without_role: usize,
}

#[test]
fn every_row_of_the_table_is_seen_to_let_through_and_to_refuse() {
    let snapshot = snapshot();
    let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
    for expectation in &expectations() {
        let (method, target) = text(expectation, "request")
            .split_once(' ')
            .expect("METHOD TARGET");
        let key = snapshot.find_key(text(expectation, "key").as_bytes());
        let watched = key.is_some_and(|key| key.key.enforcement == Enforcement::Observe);
        let (Ok(method), Ok(target)) = (
            Method::parse(method),
            RequestTarget::parse(target.as_bytes()),
        ) else {
            continue;
        };
        let touched = snapshot.resources.find(method, &target);
        let rows = touched.resource.into_iter().chain(touched.requiring);
        let rows: BTreeSet<&str> = rows
            .chain(touched.role_rows.iter())
            .map(|row| &*row.id)
            .collect();
        for row in rows {
            let seen = seen.entry(row).or_default();
            match text(expectation, "expect") {
                "forward" if !watched => seen.forwarded += 1,
                "resource_requires_access_list" => seen.without_list += 1,
                "role_missing" => seen.without_role += 1,
                _ => {}
            }
        }
    }
    assert!(snapshot.resources.resources().len() > 20);
    for row in snapshot.resources.resources() {
        let seen = seen.remove(&*row.id).unwrap_or_default();
        let complete = seen.forwarded > 0
            && (!row.requires_access_list || seen.without_list > 0)
            && (row.roles.is_empty() || seen.without_role > 0);
        assert!(complete, "`{}`: {seen:?}", row.id);
        assert!(
            row.requires_access_list || !row.roles.is_empty(),
            "`{}` asks for nothing",
            row.id
        );
    }
}

#[test]
fn every_base_is_seen_too() {
    let requests: Vec<String> = expectations()
        .iter()
        .filter(|expectation| text(expectation, "expect") == "resource_requires_access_list")
        .map(|expectation| text(expectation, "request").to_owned())
        .collect();
    for base in ["/api/atlas/v1.0/", "/api/atlas/v2/", "/api/public/v1.0/"] {
        assert!(
            requests.iter().any(|request| request.contains(base)),
            "{base}"
        );
    }
}

#[test]
fn nobody_can_log_in_to_it() {
    let snapshot = snapshot();
    assert!(snapshot.key_count() > 5);
    for organization in snapshot.organizations() {
        for key in &organization.keys {
            assert!(snapshot.verifiers(key.public_key.as_bytes()).is_empty());
        }
    }
    let kept = fs::read_dir(root().join("config/credentials")).expect("read");
    for entry in kept {
        assert_eq!(entry.expect("read").file_name(), ".gitignore");
    }
}

#[test]
fn no_credential_lies_in_the_tree() {
    let mut found = Vec::new();
    for path in files(root()) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue; // no text, so no line of anything
        };
        let lines = text.lines().enumerate();
        let bad = lines.filter(|(_, line)| is_credential(line) || is_private_key(line));
        found.extend(bad.map(|(number, _)| format!("{}:{}", path.display(), number + 1)));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_credential_would_be_seen_if_it_lay_there() {
    let md5 = "9f86d081884c7d659a2feaa0c55ad015";
    assert!(is_credential(&format!("zmmrboas:keywarden:{md5}")));
    assert!(is_credential(&format!(
        "zmmrboas:MMS Public API:{md5}{md5}"
    )));
    assert!(!is_credential(&format!("zmmrboas:{md5}")));
    assert!(!is_credential(&format!(
        "zmmrboas:keywarden:{}1",
        "0".repeat(31)
    )));
    let dashes = "-----";
    assert!(is_private_key(&format!(
        "{dashes}BEGIN EC PRIVATE KEY{dashes}"
    )));
}

/// An htdigest line. One that is all but zeros is a placeholder that nobody's private key hashes to.
fn is_credential(line: &str) -> bool {
    let mut parts = line.trim().splitn(3, ':');
    let (Some(user), Some(realm), Some(hex)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let hash = matches!(hex.len(), 32 | 64) && hex.bytes().all(|b| b.is_ascii_hexdigit());
    let zeros = hex.bytes().filter(|octet| *octet == b'0').count();
    hash && zeros < 24 && !user.is_empty() && !user.contains(' ') && !realm.is_empty()
}

fn is_private_key(line: &str) -> bool {
    line.trim().starts_with("-----BEGIN ") && line.contains("PRIVATE KEY-----")
}

/// Every file of the tree that is not made by building or testing it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("read") {
        let path = entry.expect("read").path();
        let name = path.file_name().unwrap_or_default();
        let made = ["target", ".git", "node_modules", ".venv", "__pycache__"];
        if made.iter().any(|made| name == *made) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn copied(from: &Path, to: &Path) {
    for path in files(from) {
        let target = to.join(path.strip_prefix(from).expect("below"));
        fs::create_dir_all(target.parent().expect("a folder")).expect("created");
        fs::copy(path, target).expect("copied");
    }
}
