//! `reload`: makes a running gateway look at its configuration now, and says what came of it.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use clap::Args;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::admin::{self, Admin};
use super::exit::{Exit, Failure};
use super::screen::{Context, Output};
use super::status;

/// The file by which a widening is accepted; it holds the fingerprint of the policy that may open.
const ACCEPTANCE: &str = ".accept-widening";

/// How often, and how many times, the gateway is asked whether it has looked.
const PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: u32 = 100;

/// Makes a running gateway look at its configuration now
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 0 if what is written is in force, 3 if a file is not, 1 if it is held back.\n\n\
                        Example:\n  keywarden reload --accept-widening"
)]
pub(super) struct Reload {
    /// Puts a change in force that was held back because it opens what is closed
    #[arg(long)]
    accept_widening: bool,

    #[command(flatten)]
    admin: Admin,
}

impl Reload {
    /// Reloads and tells.
    ///
    /// # Errors
    /// When no gateway answers, it is another container's, or the folder is read-only.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let address = self.admin.address(context);
        let before = ask(address)?;
        let pid = gateway_pid(&before)?;
        if self.accept_widening {
            match before
                .pointer("/pending_widening/fingerprint")
                .and_then(Value::as_str)
            {
                Some(fingerprint) => {
                    context.tell(&status::pending(&before));
                    accept(&context.folder, fingerprint)?;
                }
                None => context.tell("note: nothing is held back"),
            }
        }
        kill_process(pid, Signal::HUP).map_err(|error| {
            Failure::new(
                Exit::Failed,
                format!("cannot signal process {}: {error}", pid.as_raw_nonzero()),
            )
        })?;
        let after = wait(address, &mark(&before))?;
        match context.output {
            Output::Json => context.print_json(&after)?,
            Output::Text => context.print(&status::summary(&after))?,
        }
        Ok(verdict(&after))
    }
}

/// 1 for a policy that is held back, 3 for a file that is not in force as written.
fn verdict(status: &Value) -> Exit {
    let files = status.get("files").and_then(Value::as_array);
    if status.get("pending_widening").is_some_and(Value::is_object) {
        Exit::Failed
    } else if files.is_some_and(|files| !status::held(files).is_empty()) {
        Exit::Configuration
    } else {
        Exit::Ok
    }
}

fn ask(address: SocketAddr) -> Result<Value, Failure> {
    let answer = admin::get(address, "/status")?;
    serde_json::from_slice(&answer.body).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("http://{address}/status is no JSON: {error}"),
        )
    })
}

/// What changes with every look at the configuration: the generation, and the counters of looks.
fn mark(status: &Value) -> Vec<Option<Value>> {
    ["generation", "reload", "reloads"]
        .map(|name| status.get(name).cloned())
        .into()
}

fn wait(address: SocketAddr, before: &[Option<Value>]) -> Result<Value, Failure> {
    for _ in 0..PATIENCE {
        thread::sleep(PAUSE);
        let status = ask(address)?;
        if mark(&status) != before {
            return Ok(status);
        }
    }
    Err(Failure::new(
        Exit::Failed,
        "the gateway was told to reload, but does not say that it did",
    )
    .cure("its operator log; `keywarden status` says what is in force"))
}

/// The gateway's process, if it is one: a number from another container's count may be anybody's here.
fn gateway_pid(status: &Value) -> Result<Pid, Failure> {
    let pid = status
        .get("pid")
        .and_then(Value::as_i64)
        .and_then(|pid| i32::try_from(pid).ok())
        .filter(|pid| *pid > 0)
        .and_then(Pid::from_raw)
        .ok_or_else(|| {
            Failure::new(Exit::Failed, "the gateway does not say which process it is")
        })?;
    let comm = |process: &str| fs::read_to_string(format!("/proc/{process}/comm"));
    let own = comm("self");
    let theirs = comm(&pid.as_raw_nonzero().to_string());
    match (own, theirs) {
        (Ok(own), Ok(theirs)) if theirs == own || theirs.trim_end() == "keywarden" => Ok(pid),
        (Err(_), Err(_)) => Ok(pid), // a system without /proc tells no names
        (Ok(_) | Err(_), Ok(_) | Err(_)) => Err(Failure::new(
            Exit::Failed,
            format!(
                "process {} of this machine is not the gateway; it may run in a container",
                pid.as_raw_nonzero()
            ),
        )
        .cure("the same command inside the gateway's container")),
    }
}

/// Writes the acceptance into the folder, whole or not at all.
fn accept(folder: &Path, fingerprint: &str) -> Result<(), Failure> {
    let written = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(ACCEPTANCE)
            .tempfile_in(folder)?;
        writeln!(file, "{fingerprint}")?;
        file.as_file().sync_all()?;
        file.persist(folder.join(ACCEPTANCE))?;
        Ok(())
    };
    written().map_err(|error| {
        let exit = match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Exit::Conflict,
            _ => Exit::Failed,
        };
        Failure::new(
            exit,
            format!("cannot write `{ACCEPTANCE}` in `{}`: {error}", folder.display()),
        )
        .cure(format!(
            "this folder is managed elsewhere; put a file `{ACCEPTANCE}` with the line {fingerprint} there"
        ))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn an_acceptance_names_the_policy_and_leaves_nothing_else_behind() {
        let folder = TempDir::new().unwrap();
        accept(folder.path(), "0123456789ab").unwrap();
        accept(folder.path(), "ba9876543210").unwrap();
        let text = fs::read_to_string(folder.path().join(ACCEPTANCE)).unwrap();
        assert_eq!(text, "ba9876543210\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_stranger_is_not_signalled() {
        // Whoever started this test is no gateway.
        let stranger = std::os::unix::process::parent_id();
        let failure = gateway_pid(&json!({ "pid": stranger })).err().unwrap();
        assert_eq!(failure.exit, Exit::Failed);
        for status in [json!({}), json!({ "pid": 0 }), json!({ "pid": -1 })] {
            assert!(gateway_pid(&status).is_err());
        }
    }

    #[test]
    fn what_is_held_back_is_not_ok() {
        let held = json!({ "pending_widening": { "fingerprint": "0123456789ab" } });
        assert_eq!(verdict(&held), Exit::Failed);
        let bad = json!({ "files": [{ "path": "a", "state": "rejected" }] });
        assert_eq!(verdict(&bad), Exit::Configuration);
        let good = json!({ "files": [{ "path": "a", "state": "active" }] });
        assert_eq!(verdict(&good), Exit::Ok);
    }
}
