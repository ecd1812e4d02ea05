//! However a file is written, by editors, by hand, by Kubernetes or out of sight, the change is seen.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::house::{House, Plan};

use super::{ACME, IN, OUT, acme, asked, plan, target};

/// Writes by `write` what keeps the caller out, and waits until it does.
fn is_seen(how: &str, write: impl FnOnce(&Path, &str)) {
    let house = plan().build();
    let mut session = house.session("moved");
    assert_eq!(asked(&mut session), 200, "{how}");
    write(&house.folder().join(ACME), &acme(OUT));
    new_generation(&house, 1);
    house.until(how, |status| status["policy"]["organizations"] == 1);
    assert_eq!(asked(&mut session), 403, "{how}");
}

fn new_generation(house: &House, old: u64) {
    house.until("a new generation", |status| {
        status["generation"]["number"].as_u64() > Some(old)
    });
}

#[test]
fn every_way_of_writing_a_file_is_seen() {
    is_seen("rewritten in place", |file, text| {
        fs::write(file, text).unwrap();
    });
    is_seen("written in pieces", |file, text| {
        use std::io::Write as _;
        let mut file = fs::File::create(file).unwrap();
        for piece in text.as_bytes().chunks(20) {
            file.write_all(piece).unwrap();
            file.flush().unwrap();
        }
    });
    is_seen("renamed over", |file, text| {
        let beside = file.with_file_name("4913~");
        fs::write(&beside, text).unwrap();
        fs::rename(beside, file).unwrap();
    });
    is_seen("moved away, then written", |file, text| {
        fs::rename(file, file.with_file_name("acme.yaml~")).unwrap();
        fs::write(file, text).unwrap();
    });
    is_seen("replaced by a link", |file, text| {
        let elsewhere = file.with_file_name(".acme");
        fs::write(&elsewhere, text).unwrap();
        fs::remove_file(file).unwrap();
        symlink(".acme", file).unwrap();
    });
}

#[test]
fn a_file_that_went_and_came_back_is_seen_both_times() {
    let house = plan().build();
    let mut session = house.session("moved");
    fs::remove_file(house.folder().join(ACME)).unwrap();
    house.until("gone", |status| status["policy"]["organizations"] == 0);
    assert_eq!(asked(&mut session), 401);
    house.reload(ACME, &acme(IN));
    assert_eq!(asked(&mut session), 200);
}

#[test]
fn the_swap_of_a_kubernetes_volume_is_seen() {
    let plan = Plan::new();
    plan.credential("moved");
    let folder = plan.folder().join("organizations");
    fs::remove_file(folder.join("acme.yaml")).unwrap();
    let volume = |name: &str, list: &str| {
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("acme.yaml"), acme(list)).unwrap();
    };
    volume("..2026_11_01", IN);
    symlink("..2026_11_01", folder.join("..data")).unwrap();
    symlink("..data/acme.yaml", folder.join("acme.yaml")).unwrap();
    let house = plan.build();
    let mut session = house.session("moved");
    assert_eq!(
        (
            asked(&mut session),
            house.status()["policy"]["organizations"].as_u64()
        ),
        (200, Some(1))
    );
    // What the kubelet does.
    volume("..2026_11_02", OUT);
    symlink("..2026_11_02", folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
    fs::remove_dir_all(folder.join("..2026_11_01")).unwrap();
    new_generation(&house, 1);
    assert_eq!(asked(&mut session), 403);
    assert_eq!(house.generation(), 2, "one swap is one change");
}

/// A house whose organization lies outside of the folder, where no event comes from.
fn outside(more: &str) -> (House, tempfile::TempDir) {
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("acme.yaml"), acme(IN)).unwrap();
    let plan = plan();
    plan.settings(more);
    let link = plan.folder().join(ACME);
    fs::remove_file(&link).unwrap();
    symlink(elsewhere.path().join("acme.yaml"), link).unwrap();
    (plan.build(), elsewhere)
}

#[test]
fn the_poll_sees_what_makes_no_event() {
    let (house, elsewhere) = outside("reload: { poll: 1s }\n");
    let mut session = house.session("moved");
    fs::write(elsewhere.path().join("acme.yaml"), acme(OUT)).unwrap();
    new_generation(&house, 1);
    assert_eq!(asked(&mut session), 403);
}

#[test]
fn who_asks_is_not_kept_waiting_for_the_poll() {
    let (house, elsewhere) = outside("reload: { poll: 1h }\n");
    let mut session = house.session("moved");
    fs::write(elsewhere.path().join("acme.yaml"), acme(OUT)).unwrap();
    assert_eq!(session.ask("GET", &target()).status, 200);
    house.gateway().reload();
    new_generation(&house, 1);
    assert_eq!(asked(&mut session), 403);
    let attempts = house.status()["reload"]["attempts"].clone();
    house.gateway().reload();
    house.until("answered", |status| {
        status["reload"]["attempts"] != attempts
    });
    let status = house.status();
    assert_eq!(status["reload"]["last_result"], "unchanged");
    assert_eq!(status["generation"]["number"], 2);
}

#[test]
fn a_folder_that_never_stands_still_is_told_and_changes_nothing() {
    let house = plan().build();
    let mut session = house.session("moved");
    // A file that reads differently each time.
    let restless = house.folder().join("organizations/restless.yaml");
    symlink("/proc/sys/kernel/random/uuid", &restless).unwrap();
    house.until("told", |status| {
        status["reload"]["problems"][0]["code"] == "KW0607"
    });
    house.replace(ACME, &acme(OUT));
    house.gateway().reload();
    let attempts = house.status()["reload"]["attempts"].as_u64();
    house.until("told again", |status| {
        status["reload"]["attempts"].as_u64() > attempts
    });
    assert_eq!((asked(&mut session), house.generation()), (200, 1));
    fs::remove_file(restless).unwrap();
    new_generation(&house, 1);
    assert_eq!(asked(&mut session), 403);
}
