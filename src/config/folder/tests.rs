//! Folders as editors, mounts and accidents leave them.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

use super::*;

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let place = TempDir::new().unwrap();
    for (path, text) in files {
        let file = place.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    place
}

fn listed(place: &TempDir) -> Vec<String> {
    let mut folder = Folder::new(place.path());
    folder.look(false);
    folder.files().keys().cloned().collect()
}

fn settled(folder: &mut Folder) -> bool {
    folder.look(false);
    folder.look(false)
}

#[test]
fn the_files_of_the_contract_count_and_no_others() {
    let place = folder_with(&[
        ("keywarden.yaml", ""),
        ("resources.yaml", ""),
        ("networks.yaml", ""),
        ("expectations.yaml", ""),
        ("notes.txt", ""),
        ("organizations/a.yaml", ""),
        ("organizations/deep/er/b.yml", ""),
        ("organizations/deep/c.json", ""),
        ("organizations/README.md", ""),
        ("organizations/d.yaml~", ""),
        ("organizations/.d.yaml.swp", ""),
        ("organizations/e.yaml.swp", ""),
        ("organizations/#f.yaml#", ""),
        ("organizations/g.yaml.tmp", ""),
        ("organizations/4913", ""),
        ("organizations/.hidden/h.yaml", ""),
        ("credentials/htdigest", ""),
        ("credentials/README", ""),
        ("credentials/.gitignore", ""),
    ]);
    assert_eq!(
        listed(&place),
        [
            "credentials/htdigest",
            "expectations.yaml",
            "keywarden.yaml",
            "networks.yaml",
            "organizations/a.yaml",
            "organizations/deep/c.json",
            "organizations/deep/er/b.yml",
            "resources.yaml",
        ]
    );
}

#[test]
fn a_misspelt_name_is_pointed_out() {
    let place = folder_with(&[
        ("network.yaml", ""),
        ("resources.yml", ""),
        ("compose.yaml", ""),
    ]);
    let mut folder = Folder::new(place.path());
    folder.look(false);
    let expected = [
        ("network.yaml".to_owned(), "networks.yaml"),
        ("resources.yml".to_owned(), "resources.yaml"),
    ];
    assert_eq!(folder.near_misses(), expected);
}

#[test]
fn a_kubernetes_volume_is_seen_once_and_its_swap_at_once() {
    let place = folder_with(&[
        ("organizations/..2026_1/acme.yaml", "one"),
        ("organizations/..2026_2/acme.yaml", "two"),
    ]);
    let organizations = place.path().join("organizations");
    symlink("..2026_1", organizations.join("..data")).unwrap();
    symlink("..data/acme.yaml", organizations.join("acme.yaml")).unwrap();
    let mut folder = Folder::new(place.path());
    assert!(settled(&mut folder));
    assert_eq!(
        folder.files().keys().collect::<Vec<_>>(),
        ["organizations/acme.yaml"]
    );
    let before = folder.fingerprint();

    symlink("..2026_2", organizations.join("..data_tmp")).unwrap();
    fs::rename(
        organizations.join("..data_tmp"),
        organizations.join("..data"),
    )
    .unwrap();
    assert!(settled(&mut folder));
    assert_ne!(folder.fingerprint(), before);
}

#[test]
fn one_look_is_never_enough() {
    let place = folder_with(&[("keywarden.yaml", "a")]);
    let mut folder = Folder::new(place.path());
    assert!(!folder.look(false), "nothing to agree with");
    assert!(folder.look(false));
    fs::write(place.path().join("keywarden.yaml"), "b").unwrap();
    assert!(!folder.look(false), "the content changed");
    assert!(folder.look(false));
    fs::remove_file(place.path().join("keywarden.yaml")).unwrap();
    assert!(!folder.look(false), "the file went");
    assert!(folder.look(false));
}

#[test]
fn a_rewrite_that_keeps_length_and_mtime_is_seen() {
    let place = folder_with(&[("keywarden.yaml", "aaaa")]);
    let file = place.path().join("keywarden.yaml");
    let mut folder = Folder::new(place.path());
    assert!(settled(&mut folder));
    let before = folder.fingerprint();
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::write(&file, "bbbb").unwrap();
    fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(modified)
        .unwrap();
    folder.look(true);
    assert!(folder.look(true));
    assert_ne!(folder.fingerprint(), before);
}

#[test]
fn the_fingerprint_depends_on_names_and_contents_and_not_on_the_place() {
    let files = [("keywarden.yaml", "a"), ("organizations/x.yaml", "b")];
    let print = |files: &[(&str, &str)]| {
        let place = folder_with(files);
        let mut folder = Folder::new(place.path());
        settled(&mut folder);
        folder.fingerprint()
    };
    assert_eq!(print(&files), print(&files));
    assert_eq!(print(&files).len(), 12);
    assert_ne!(
        print(&files),
        print(&[("keywarden.yaml", "a"), ("organizations/y.yaml", "b")])
    );
    assert_ne!(
        print(&files),
        print(&[("keywarden.yaml", "a"), ("organizations/x.yaml", "c")])
    );
}

#[test]
fn nothing_that_is_no_regular_file_blocks_a_look() {
    let place = folder_with(&[("organizations/good.yaml", "x")]);
    let organizations = place.path().join("organizations");
    mknodat(
        CWD,
        organizations.join("fifo.yaml"),
        FileType::Fifo,
        Mode::RUSR,
        0,
    )
    .unwrap();
    let _socket = UnixListener::bind(organizations.join("socket.yaml")).unwrap();
    symlink("loop.yaml", organizations.join("loop.yaml")).unwrap();
    symlink("nowhere", organizations.join("dangling.yaml")).unwrap();
    symlink("/dev/zero", organizations.join("zero.yaml")).unwrap();
    symlink("..", organizations.join("ring")).unwrap();
    symlink(".", organizations.join("self")).unwrap();
    let mut folder = Folder::new(place.path());
    assert!(settled(&mut folder));
    let unreadable = |name: &str| folder.files()[name].content.clone().unwrap_err();
    assert_eq!(
        unreadable("organizations/fifo.yaml"),
        Unreadable::NotRegular
    );
    assert_eq!(
        unreadable("organizations/socket.yaml"),
        Unreadable::NotRegular
    );
    assert_eq!(
        unreadable("organizations/zero.yaml"),
        Unreadable::NotRegular
    );
    assert!(matches!(
        unreadable("organizations/loop.yaml"),
        Unreadable::Io(_)
    ));
    assert!(matches!(
        unreadable("organizations/dangling.yaml"),
        Unreadable::Io(_)
    ));
    assert!(folder.files()["organizations/good.yaml"].content.is_ok());
}

#[test]
fn a_file_over_64_mib_is_not_read() {
    let place = folder_with(&[("organizations/big.yaml", "")]);
    let file = fs::File::create(place.path().join("organizations/big.yaml")).unwrap();
    file.set_len(64 * 1024 * 1024 + 1).unwrap();
    let mut folder = Folder::new(place.path());
    folder.look(false);
    let content = &folder.files()["organizations/big.yaml"].content;
    assert_eq!(content.clone().unwrap_err(), Unreadable::TooLarge);
}

#[test]
fn the_text_of_a_parsed_credentials_file_is_let_go() {
    let place = folder_with(&[("credentials/a", "secret")]);
    let mut folder = Folder::new(place.path());
    settled(&mut folder);
    folder.let_go("credentials/a");
    folder.look(true);
    let content = folder.files()["credentials/a"].content.clone().unwrap();
    assert!(content.text.is_none());
}
