//! `demo`: what it prints works when it is pasted, and comes out as it says.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::{Running, program, wait};

/// A request as the demo prints it.
struct Step {
    announced: String,
    reason: String,
    command: String,
}

fn started(home: &Path) -> Running {
    let mut demo = program();
    demo.args(["demo", "--port", "0", "--admin-port", "0"]);
    demo.env("TMPDIR", home);
    Running::start(demo)
}

#[test]
fn every_line_it_prints_comes_out_as_it_says() {
    let home = tempfile::tempdir().expect("a folder");
    let mut demo = started(home.path());
    let mut steps: Vec<Step> = Vec::new();
    loop {
        let line = wait(&demo.out, |line| Some(line.trim_end().to_owned()));
        if let Some((_, promise)) = line.rsplit_once("  ->  ") {
            let (status, reason) = promise.split_once(' ').expect("a status and a reason");
            steps.push(Step {
                announced: status.to_owned(),
                reason: reason.trim_matches(['(', ')']).to_owned(),
                command: wait(&demo.out, |line| Some(line.trim_end().to_owned())),
            });
        }
        if line.contains("Ctrl-C") {
            break;
        }
    }
    assert_eq!(steps.len(), 10);
    for step in &steps {
        assert!(step.command.starts_with("curl "), "{}", step.command);
        let output = Command::new("sh")
            .args(["-c", &step.command])
            .output()
            .expect("curl runs");
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let status = told.lines().last().unwrap_or_default();
        assert_eq!(status, step.announced, "{}\n{told}", step.command);
        // And the demo itself tells the request, as it arrives, with the reason it announced.
        wait(&demo.out, |line| {
            let mut words = line.split_whitespace();
            let same = words.next() == Some(&step.announced) && words.nth(1) == Some(&step.reason);
            same.then_some(())
        });
    }
    demo.signal(Signal::INT);
    let (code, said) = demo.end();
    assert_eq!(code, 0, "{said}");
    let left = std::fs::read_dir(home.path()).expect("read").count();
    assert_eq!(left, 0, "the folder is removed");
}

#[test]
fn a_port_that_is_taken_is_said_before_anything_is_made() {
    let home = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = taken.local_addr().expect("an address").port().to_string();
    for option in ["--port", "--admin-port"] {
        let other = if option == "--port" {
            "--admin-port"
        } else {
            "--port"
        };
        let mut demo = program();
        demo.args(["demo", option, &port, other, "0"])
            .env("TMPDIR", home.path());
        let output = demo.output().expect("it ends");
        assert_eq!(output.status.code(), Some(1));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(&port) && said.contains(option), "{said}");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("read").count(), 0);
}
