//! What systemd hears: readiness, each reload with its outcome, signs of life, and the end.

use std::os::unix::net::UnixDatagram;

use rustix::process::Signal;

use super::{Made, Running, program};
use crate::house::PATIENCE;

/// The other end of `NOTIFY_SOCKET`.
struct Ear(UnixDatagram);

impl Ear {
    /// The next message that has this line; others are passed over.
    #[track_caller]
    fn hears(&self, line: &str) -> String {
        let mut heard = Vec::new();
        let began = std::time::Instant::now();
        while began.elapsed() < PATIENCE {
            let mut buffer = [0; 4096];
            let Ok(length) = self.0.recv(&mut buffer) else {
                break;
            };
            let message = String::from_utf8(buffer[..length].to_vec()).expect("text");
            if message.lines().any(|told| told == line) {
                return message;
            }
            heard.push(message);
        }
        panic!("no {line} in {heard:#?}");
    }
}

fn start(made: &Made, watchdog: Option<&str>) -> (Ear, Running) {
    let place = made.folder.with_file_name("notify");
    let ear = UnixDatagram::bind(&place).expect("bound");
    ear.set_read_timeout(Some(PATIENCE)).expect("set");
    let mut program = program();
    program.arg("--config").arg(&made.folder).arg("serve");
    program.env("NOTIFY_SOCKET", &place);
    program.env_remove("WATCHDOG_PID");
    match watchdog {
        Some(microseconds) => program.env("WATCHDOG_USEC", microseconds),
        None => program.env_remove("WATCHDOG_USEC"),
    };
    (Ear(ear), Running::start(program))
}

#[test]
fn it_is_ready_reloads_and_stops_in_the_words_of_sd_notify() {
    let made = Made::new("http://127.0.0.1:9");
    let (ear, mut running) = start(&made, None);
    let ready = ear.hears("READY=1");
    assert!(
        ready
            .contains("STATUS=generation 1 in force, organizations 1, keys 1; last reload applied"),
        "{ready}"
    );
    running.addresses();

    running.signal(Signal::HUP);
    let reloading = ear.hears("RELOADING=1");
    let monotonic = reloading
        .lines()
        .find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    let monotonic: u64 = monotonic.expect("the time").parse().expect("a number");
    assert!(monotonic > 0);
    let ready = ear.hears("READY=1");
    assert!(
        ready.contains("generation 1 in force") && ready.contains("unchanged"),
        "{ready}"
    );

    // Without a signal too, the status is of the policy in force.
    made.edit(
        "organizations/example.yaml",
        "access_list: []",
        "access_list: [{ address: 192.0.2.1 }]",
    );
    ear.hears("STATUS=generation 2 in force, organizations 1, keys 1; last reload applied");

    made.edit(
        "organizations/example.yaml",
        "access_list: [",
        "access_list: nonsense [",
    );
    running.signal(Signal::HUP);
    ear.hears("RELOADING=1");
    let ready = ear.hears("READY=1");
    assert!(
        ready.contains("generation 2 in force") && ready.contains("partial"),
        "{ready}"
    );

    running.signal(Signal::TERM);
    ear.hears("STOPPING=1");
    assert_eq!(running.end().0, 0);
}

#[test]
fn the_watchdog_hears_of_it_as_long_as_it_lives() {
    let made = Made::new("http://127.0.0.1:9");
    let (ear, mut running) = start(&made, Some("1000000"));
    for _ in 0..3 {
        ear.hears("WATCHDOG=1");
    }
    running.signal(Signal::TERM);
    let stopping = ear.hears("STOPPING=1");
    assert!(!stopping.contains("WATCHDOG"));
    assert_eq!(running.end().0, 0);
}

#[test]
fn a_configuration_that_is_wrong_is_never_ready() {
    let made = Made::new("http://127.0.0.1:9");
    made.edit("keywarden.yaml", "version: 1", "version: 1\ncolour: red");
    let (ear, mut running) = start(&made, None);
    assert_eq!(running.end().0, 78);
    ear.0.set_nonblocking(true).expect("set");
    assert!(ear.0.recv(&mut [0; 64]).is_err(), "nothing was told");
}
