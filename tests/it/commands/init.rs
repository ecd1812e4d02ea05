//! `init`: a folder that works as it is, and a private key that is shown once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Made, Running, edit, files, keywarden};
use crate::house::{Caller, Upstream};

#[test]
fn the_folder_is_clean_serves_and_holds_no_private_key() {
    let upstream = Upstream::start();
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("config");
    let shown = folder.display().to_string();
    let url = format!("http://{}", upstream.address());
    let words = [
        "init",
        &shown,
        "--upstream",
        &url,
        "--listen",
        "127.0.0.1:0",
    ];
    let told = keywarden(Path::new("nowhere"), words).ended(0);

    let mut said = told.out.lines().map(|line| line.split_whitespace().last());
    let public = said.next().flatten().expect("a public key").to_owned();
    let private = said.next().flatten().expect("a private key").to_owned();
    assert_eq!(said.next(), None, "two lines, for a script to read");
    assert_eq!(told.both().matches(&private).count(), 1, "shown once");
    let files = files(&folder);
    for (path, content) in &files {
        let text = String::from_utf8_lossy(content);
        assert!(!text.contains(&private), "{}", path.display());
    }

    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let secret = folder.join("credentials");
    assert_eq!(mode(&secret), 0o700);
    let credentials: Vec<_> = files
        .keys()
        .filter(|path| path.starts_with(&secret))
        .collect();
    assert!(!credentials.is_empty());
    for path in credentials {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
    let ignored = fs::read_to_string(folder.join(".gitignore")).expect("read");
    assert!(ignored.lines().any(|line| line == "/credentials/"));

    let told = keywarden(&folder, ["check", "--strict"]).ended(0);
    assert!(told.out.starts_with("No problems in "), "{told:#?}");
    edit(
        &folder.join("keywarden.yaml"),
        "127.0.0.1:9180",
        "127.0.0.1:0",
    );
    let gateway = Running::serve(&folder);
    let (address, _) = gateway.addresses();
    let caller = Caller::new(address, &public).with_private_key(&private);
    assert_eq!(caller.get("/anything").status, 200);
    assert_eq!(upstream.last().only("x-keywarden-key"), Some(&*public));
    let wrong = Caller::new(address, &public).with_private_key("wrong");
    assert_eq!(wrong.get("/anything").status, 401);
}

#[test]
fn nothing_that_is_there_is_touched() {
    let made = Made::new("http://127.0.0.1:9");
    let before = files(&made.folder);
    let shown = made.folder.display().to_string();
    let told = made.run(["init", &shown]).ended(6);
    assert_eq!(told.out, "");
    assert!(told.err.contains(&shown), "{told:#?}");
    assert_eq!(files(&made.folder), before);

    let home = tempfile::tempdir().expect("a folder");
    let shown = home.path().display().to_string();
    keywarden(home.path(), ["init", &shown]).ended(0);
    let other = tempfile::tempdir().expect("a folder");
    fs::write(other.path().join("letter.txt"), "mine").expect("written");
    let shown = other.path().display().to_string();
    keywarden(other.path(), ["init", &shown]).ended(6);
    assert_eq!(files(other.path()).len(), 1);
}

#[test]
fn what_would_not_compile_is_not_written() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("config");
    let shown = folder.display().to_string();
    for upstream in [
        "not a url",
        "ftp://127.0.0.1",
        "http://127.0.0.1:9/path",
        "a\nb: c",
    ] {
        let told = keywarden(&folder, ["init", &shown, "--upstream", upstream]);
        assert_eq!(told.code, 3, "{upstream:?}: {told:#?}");
        assert_eq!(told.out, "", "no key for a folder that is not there");
        assert_eq!(files(home.path()).len(), 0, "{upstream:?}");
    }
}

#[test]
fn no_two_folders_share_a_key_or_an_id() {
    let (one, other) = (
        Made::new("http://127.0.0.1:9"),
        Made::new("http://127.0.0.1:9"),
    );
    assert_ne!(one.public_key, other.public_key);
    assert_ne!(one.private_key, other.private_key);
    assert_ne!(one.project, other.project);
}
