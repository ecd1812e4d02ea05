//! The log as its users see it: files with whole lines, and counts of what is missing.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::digest::Timestamp;
use crate::telemetry::Outcome;

use super::*;

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    (folder, path)
}

fn record(path: &str) -> Record<'_> {
    Record {
        at: Timestamp::from_millis(0),
        listener: "public",
        request_id: "",
        trace_id: "",
        method: "GET",
        path,
        version: "1.1",
        status: 200,
        caller: None,
        peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
        address_source: "peer",
        address_doubt: None,
        outcome: Outcome::Forward,
        organization: None,
        key: None,
        resource: None,
        matched_entry: None,
        generation: "0123456789ab",
        user_agent: None,
        bytes_in: 0,
        bytes_out: 0,
        upstream: None,
        total: Duration::from_millis(1),
    }
}

/// The paths of a JSON log, every line of which is an object.
fn paths(log: &str) -> Vec<String> {
    log.lines()
        .map(|line| {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            object["url.path"].as_str().unwrap().to_owned()
        })
        .collect()
}

fn paths_of(file: &Path) -> Vec<String> {
    paths(&fs::read_to_string(file).unwrap())
}

#[test]
fn after_a_flush_every_line_handed_in_is_in_the_file() {
    let (_folder, path) = folder();
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let (one, two) = (log.handle(), log.handle());
    one.write(&record("/a"));
    two.write(&record("/b"));
    one.write(&record("/c"));
    log.flush();
    let mut seen = paths_of(&path);
    seen.sort();
    assert_eq!(seen, ["/a", "/b", "/c"]);
    assert_eq!((log.dropped(), log.errors()), (0, 0));
}

#[test]
fn dropping_the_log_writes_what_is_left_even_of_handles_that_are_gone() {
    let (_folder, path) = folder();
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let handle = log.handle();
    drop(log);
    handle.write(&record("/late"));
    drop(handle);
    assert_eq!(paths_of(&path), ["/late"]);
}

#[test]
fn a_line_needs_no_flush_to_be_written() {
    let (_folder, path) = folder();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let (open, reader) = open_pipe(&path);
    let handle = open.handle();
    handle.write(&record("/alone"));
    let line = BufReader::new(reader).lines().next().unwrap().unwrap();
    assert_eq!(paths(&line), ["/alone"]);
}

#[test]
fn a_file_is_appended_to_and_not_readable_by_others() {
    let (_folder, path) = folder();
    for name in ["/a", "/b"] {
        let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
        log.handle().write(&record(name));
        log.flush();
    }
    assert_eq!(paths_of(&path), ["/a", "/b"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o007, 0);
}

#[test]
fn a_file_that_cannot_be_opened_is_an_error_at_once() {
    let (folder, _) = folder();
    let path = folder.path().join("no/such/folder/access.log");
    assert!(AccessLog::open(LineFormat::Json, Some(&path)).is_err());
}

#[test]
fn a_fifo_that_nobody_reads_is_an_error_at_once_too() {
    let (_folder, path) = folder();
    let made = Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    assert!(AccessLog::open(LineFormat::Json, Some(&path)).is_err());
}

#[test]
fn after_a_rotation_lines_go_to_the_new_file() {
    let (folder, path) = folder();
    let rotated = folder.path().join("access.log.1");
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let handle = log.handle();
    handle.write(&record("/before"));
    log.flush();
    fs::rename(&path, &rotated).unwrap();
    handle.write(&record("/between"));
    log.flush();
    log.reopen();
    handle.write(&record("/after"));
    log.flush();
    assert_eq!(paths_of(&rotated), ["/before", "/between"]);
    assert_eq!(paths_of(&path), ["/after"]);
}

#[test]
fn a_file_that_cannot_be_reopened_leaves_the_old_one_in_use_and_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (logs, moved) = (folder.path().join("logs"), folder.path().join("moved"));
    fs::create_dir(&logs).unwrap();
    let path = logs.join("access.log");
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let handle = log.handle();
    fs::rename(&logs, &moved).unwrap();
    log.reopen();
    handle.write(&record("/old"));
    log.flush();
    assert!(log.errors() > 0);
    assert_eq!(paths_of(&moved.join("access.log")), ["/old"]);
    fs::create_dir(&logs).unwrap();
    handle.write(&record("/new"));
    log.flush();
    assert_eq!(paths_of(&path), ["/new"]);
}

#[test]
fn a_full_disk_is_counted_and_the_lines_are_written_once_there_is_room() {
    let (folder, path) = folder();
    symlink("/dev/full", &path).unwrap();
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let handle = log.handle();
    handle.write(&record("/one"));
    log.flush();
    handle.write(&record("/two"));
    log.flush();
    assert!(log.errors() >= 2);
    assert_eq!(log.dropped(), 0);
    fs::remove_file(&path).unwrap();
    log.reopen();
    log.flush();
    assert_eq!(paths_of(&path), ["/one", "/two"]);
    drop(folder);
}

#[test]
fn lines_over_the_limit_are_dropped_and_counted_while_the_sink_is_broken() {
    let (_folder, path) = folder();
    symlink("/dev/full", &path).unwrap();
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let handle = log.handle();
    handle.write(&record("/first"));
    log.flush();
    let wide = "\u{1}".repeat(escape::LONGEST);
    let mut put = 0;
    while log.dropped() < 10 {
        handle.write(&record(&wide));
        put += 1;
    }
    fs::remove_file(&path).unwrap();
    log.reopen();
    log.flush();
    assert_eq!(paths_of(&path).len(), 1 + put - 10);
    assert!(fs::metadata(&path).unwrap().len() >= outbox::LIMIT as u64);
    handle.write(&record("/last"));
    log.flush();
    assert_eq!(paths_of(&path).last().map(String::as_str), Some("/last"));
}

#[test]
fn a_sink_that_hangs_never_blocks_a_worker_and_every_line_is_written_or_counted() {
    let (_folder, path) = folder();
    assert!(
        Command::new("mkfifo")
            .arg(&path)
            .status()
            .unwrap()
            .success()
    );
    let (log, reader) = open_pipe(&path);
    let handle = log.handle();
    let wide = "\u{1}".repeat(escape::LONGEST);
    let mut put = 0;
    while log.dropped() == 0 {
        handle.write(&record(&wide));
        put += 1;
    }
    let dropped = usize::try_from(log.dropped()).unwrap();
    let reader =
        thread::spawn(move || BufReader::new(reader).lines().map_while(Result::ok).count());
    drop(handle);
    drop(log);
    assert_eq!(reader.join().unwrap() + dropped, put);
}

#[test]
fn lines_of_many_threads_stay_whole() {
    let (_folder, path) = folder();
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    thread::scope(|scope| {
        for worker in 0..4 {
            let handle = log.handle();
            scope.spawn(move || {
                for line in 0..500 {
                    handle.write(&record(&format!("/{worker}/{line:03}")));
                }
            });
        }
    });
    log.flush();
    let seen = paths_of(&path);
    assert_eq!(seen.len(), 2_000);
    for worker in 0..4 {
        let start = format!("/{worker}/");
        let own: Vec<_> = seen
            .iter()
            .filter(|path| path.starts_with(&start))
            .collect();
        assert!(own.is_sorted(), "the lines of one worker keep their order");
    }
}

#[test]
fn writing_a_line_allocates_nothing_in_the_steady_state() {
    let (_folder, path) = folder();
    let log = AccessLog::open(LineFormat::Json, Some(&path)).unwrap();
    let handle = log.handle();
    for _ in 0..3 {
        handle.write(&record("/warm"));
        log.flush();
    }
    let used = allocation_counter::measure(|| handle.write(&record("/hot")));
    assert_eq!(used.count_total, 0);
}

#[test]
fn standard_output_is_a_sink() {
    let log = AccessLog::open(LineFormat::Logfmt, None).unwrap();
    assert_eq!(log.sink(), "stdout");
    log.handle().write(&record("/stdout"));
    log.reopen();
    log.flush();
    assert_eq!(log.errors(), 0);
}

/// A log that writes into a pipe, and the end nobody reads yet.
fn open_pipe(path: &Path) -> (Arc<AccessLog>, fs::File) {
    let end = path.to_owned();
    let reader = thread::spawn(move || fs::File::open(end).unwrap());
    // It is an error until the reader is there.
    let log = loop {
        match AccessLog::open(LineFormat::Json, Some(path)) {
            Ok(log) => break log,
            Err(_) => thread::yield_now(),
        }
    };
    (log, reader.join().unwrap())
}
