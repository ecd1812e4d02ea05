//! The program itself, run as a person or a script runs it: arguments in, exit code and two streams out.

mod check;
mod confinement;
mod demo;
mod explain;
mod init;
mod resources;
mod schema;
mod secrets;
mod serve;
mod supervisor;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};

use crate::house::PATIENCE;

/// The folder of the repository.
fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("config")
}

/// What a command said, and how it ended.
#[derive(Debug)]
struct Told {
    code: i32,
    out: String,
    err: String,
}

impl Told {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    fn both(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    /// Itself, if it ended so.
    #[track_caller]
    fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }
}

/// The program, with nothing of the tester's environment that it listens to.
fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_keywarden"));
    for name in [
        "KEYWARDEN_CONFIG",
        "KEYWARDEN_ADMIN",
        "CLICOLOR_FORCE",
        "RUST_LOG",
        "KEYWARDEN_LOG",
        "KEYWARDEN_NO_SANDBOX",
        "NOTIFY_SOCKET",
        "WATCHDOG_USEC",
    ] {
        program.env_remove(name);
    }
    program
}

/// Runs a command to its end.
fn keywarden<'a>(folder: &Path, words: impl IntoIterator<Item = &'a str>) -> Told {
    fed(folder, words, "")
}

/// The same, with something on standard input.
fn fed<'a>(folder: &Path, words: impl IntoIterator<Item = &'a str>, input: &str) -> Told {
    let mut child = program()
        .arg("--config")
        .arg(folder)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("an input");
    let input = input.to_owned();
    let feeder = thread::spawn(move || {
        // One that reads nothing is no failure.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("it ends");
    feeder.join().expect("fed");
    Told {
        code: output.status.code().expect("an exit code, no signal"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// A command that goes on; killed when dropped.
struct Running {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
}

impl Running {
    fn start(mut program: Command) -> Self {
        let mut child = program
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let out = lines(child.stdout.take().expect("an output"));
        let err = lines(child.stderr.take().expect("an output"));
        Self { child, out, err }
    }

    /// `serve` on a folder.
    fn serve(folder: &Path) -> Self {
        let mut program = program();
        program.arg("--config").arg(folder);
        program.args(["serve", "--workers", "1"]);
        Self::start(program)
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("signalled");
    }

    /// The rest of what it says on standard error until it ends, and how it ends.
    fn end(&mut self) -> (i32, String) {
        let mut said = String::new();
        loop {
            match self.err.recv_timeout(PATIENCE) {
                Ok(line) => said.push_str(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end:\n{said}"),
            }
        }
        let status = self.child.wait().expect("it ends");
        (status.code().expect("an exit code"), said)
    }

    /// Where it listens and where its admin listener is, as it says itself.
    fn addresses(&self) -> (SocketAddr, SocketAddr) {
        let told = |message: &str| {
            wait(&self.err, |line| {
                let line: serde_json::Value = serde_json::from_str(line).ok()?;
                let same = line["message"] == message;
                same.then(|| line["address"].as_str()?.parse().ok())?
            })
        };
        let (listener, admin) = (told("listening"), told("admin listening"));
        (listener, admin)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a stream, each with its end.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while stream.read_line(&mut line).is_ok_and(|read| read > 0) {
            if sender.send(std::mem::take(&mut line)).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Waits for the line that is wanted.
#[track_caller]
fn wait<T>(lines: &Receiver<String>, wanted: impl Fn(&str) -> Option<T>) -> T {
    let mut heard = String::new();
    loop {
        let line = match lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => panic!("{error}; it said:\n{heard}"),
        };
        if let Some(found) = wanted(&line) {
            return found;
        }
        heard.push_str(&line);
    }
}

/// Every file below a folder with its content.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("read") {
        let path = entry.expect("read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let content = fs::read(&path).expect("read");
            found.insert(path, content);
        }
    }
    found
}

/// Replaces text that is there in a file.
#[track_caller]
fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("read");
    assert!(text.contains(from), "no `{from}` in\n{text}");
    fs::write(file, text.replace(from, to)).expect("written");
}

/// A folder made by `init`, with its key and ports of its own.
struct Made {
    _home: tempfile::TempDir,
    folder: PathBuf,
    public_key: String,
    private_key: String,
    project: String,
}

impl Made {
    fn new(upstream: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("config");
        let shown = folder.display().to_string();
        let words = ["init", &shown, "--output", "json", "--upstream", upstream];
        let told = keywarden(
            Path::new("nowhere"),
            words.into_iter().chain(["--listen", "127.0.0.1:0"]),
        )
        .ended(0)
        .json();
        let text = |pointer: &str| {
            let text = told.pointer(pointer).and_then(|text| text.as_str());
            text.expect("a text").to_owned()
        };
        let made = Self {
            public_key: text("/key/public_key"),
            private_key: text("/key/private_key"),
            project: text("/project/id"),
            folder,
            _home: home,
        };
        made.edit("keywarden.yaml", "127.0.0.1:9180", "127.0.0.1:0");
        made.edit("keywarden.yaml", "linger: 5s", "linger: 0s");
        made
    }

    #[track_caller]
    fn edit(&self, name: &str, from: &str, to: &str) {
        edit(&self.folder.join(name), from, to);
    }

    fn run<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Told {
        keywarden(&self.folder, words)
    }

    fn clusters(&self) -> String {
        format!("/api/atlas/v2/groups/{}/clusters", self.project)
    }
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    for words in [
        &[][..],
        &["nonsense"],
        &["explain"],
        &["explain", "--key", "k", "--from", "here", "GET", "/"],
        &["resources"],
        &["resources", "test", "GET"],
        &["schema", "nonsense"],
        &["check", "--format", "xml"],
        &["serve", "--workers", "0"],
        &["init"],
    ] {
        let told = keywarden(&shipped(), words.iter().copied()).ended(2);
        assert_eq!(told.out, "", "{words:?}");
        let told = told.err;
        assert!(
            told.contains("Usage: ") || told.contains("--help"),
            "{told}"
        );
    }
}

#[test]
fn help_and_version_are_results_and_end_with_0() {
    for words in [&["--help"][..], &["serve", "--help"], &["explain", "-h"]] {
        let told = keywarden(&shipped(), words.iter().copied()).ended(0);
        assert!(told.out.contains("Usage: keywarden") && told.err.is_empty());
    }
    let told = keywarden(&shipped(), ["--version"]).ended(0);
    assert_eq!(
        told.out,
        format!("keywarden {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn a_folder_that_is_not_there_is_a_configuration_that_is_invalid() {
    let nowhere = Path::new("/nowhere/at/all");
    for words in [
        &["check"][..],
        &["explain", "--key", "k", "--from", "192.0.2.1", "GET", "/"],
        &["resources", "list"],
    ] {
        let told = keywarden(nowhere, words.iter().copied()).ended(3);
        assert!(told.err.contains("/nowhere/at/all"), "{told:#?}");
    }
    keywarden(nowhere, ["serve"]).ended(78);
}

#[test]
fn the_folder_may_be_named_by_the_environment() {
    let output = program()
        .arg("check")
        .env("KEYWARDEN_CONFIG", shipped())
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0));
}
