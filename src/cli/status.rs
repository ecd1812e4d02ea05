//! `status`: what a running gateway says of itself; with `--ready`, a container's health check.

use std::fmt::Write as _;

use clap::Args;
use serde_json::Value;

use super::admin::{self, Admin};
use super::exit::{Exit, Failure};
use super::screen::{Context, Output};

/// Asks a running gateway how it is
#[derive(Debug, Args)]
#[command(
    after_help = "Ends with 0 if it answers (with --ready: if it is ready), 1 if not.\n\n\
                        Example:\n  HEALTHCHECK CMD [\"/keywarden\", \"status\", \"--ready\"]"
)]
pub(super) struct Status {
    /// Only says whether it is ready for requests
    #[arg(long)]
    ready: bool,

    #[command(flatten)]
    admin: Admin,
}

impl Status {
    /// Asks and tells.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let path = if self.ready {
            "/health/ready"
        } else {
            "/status"
        };
        let answer = admin::get(self.admin.address(context), path)?;
        let exit = if answer.status == 200 {
            Exit::Ok
        } else {
            Exit::Failed
        };
        let mut text = String::from_utf8_lossy(&answer.body).into_owned();
        if !self.ready
            && context.output == Output::Text
            && let Ok(status) = serde_json::from_slice(&answer.body)
        {
            text = summary(&status);
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        context.print(&text)?;
        Ok(exit)
    }
}

/// What a `/status` answer says, in a few lines.
pub(super) fn summary(status: &Value) -> String {
    let mut text = String::new();
    let mut line = |name: &str, fact: &str| {
        let _ = writeln!(text, "{name:<11} {fact}");
    };
    for name in [
        "version",
        "pid",
        "ready",
        "generation",
        "policy",
        "upstream",
    ] {
        match status.get(name) {
            None | Some(Value::Null) => {}
            Some(value) => line(name, &plain(value)),
        }
    }
    for listener in list(status, "listeners") {
        line("listener", &plain(listener));
    }
    if let Some(result) = status.pointer("/reload/last_result") {
        line("reload", &plain(result));
    }
    for notice in list(status, "notices") {
        line("notice", &plain(notice));
    }
    let files = status.get("files").and_then(Value::as_array);
    if let Some(files) = files {
        let bad = held(files);
        let _ = writeln!(
            text,
            "{:<11} {}, {} not as written",
            "files",
            files.len(),
            bad.len()
        );
        for line in bad {
            let _ = writeln!(text, "  {line}");
        }
    }
    text.push_str(&pending(status));
    text
}

fn list<'v>(status: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    let list = status.get(name).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// The files that are not in force as they are written, each with its first problem.
pub(super) fn held(files: &[Value]) -> Vec<String> {
    files
        .iter()
        .filter_map(|file| {
            let state = file.get("state")?.as_str()?;
            if state == "active" {
                return None;
            }
            let path = file.get("path").map_or(String::new(), plain);
            let first = file.pointer("/problems/0");
            let line = first.and_then(|problem| problem.get("line"));
            let place = line.map_or(String::new(), |line| format!(":{}", plain(line)));
            let message = first.and_then(|problem| problem.get("message"));
            let message = message.map_or(String::new(), plain);
            Some(format!("{path}{place}: {state}  {message}"))
        })
        .collect()
}

/// What a held back widening would open; empty if there is none.
pub(super) fn pending(status: &Value) -> String {
    let Some(pending) = status.get("pending_widening").filter(|v| v.is_object()) else {
        return String::new();
    };
    let mut text = "held back because it opens what is closed:\n".to_owned();
    for opening in list(pending, "openings") {
        let _ = writeln!(text, "  {}", plain(opening));
    }
    text.push_str("`keywarden reload --accept-widening` puts it in force\n");
    text
}

/// A string without its quotes, an object as `name value` pairs.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(fields) => {
            let pairs: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name} {}", plain(value)))
                .collect();
            pairs.join(", ")
        }
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_summary_names_what_is_not_in_force_as_written() {
        let text = summary(&json!({
            "version": "0.1.0",
            "ready": true,
            "listeners": [{ "name": "public", "address": "127.0.0.1:8080", "tls": false }],
            "reload": { "attempts": 3, "last_result": "partial", "last_at": 0, "problems": [] },
            "notices": ["workers have changed"],
            "generation": { "number": 3, "fingerprint": "0123456789ab" },
            "files": [
                { "path": "keywarden.yaml", "state": "active", "problems": [] },
                { "path": "organizations/acme.yaml", "state": "last_good",
                  "problems": [{ "line": 7, "message": "unknown field `acces_list`" }] },
            ],
            "pending_widening": null,
        }));
        assert_eq!(
            text,
            "version     0.1.0\n\
             ready       true\n\
             generation  number 3, fingerprint 0123456789ab\n\
             listener    name public, address 127.0.0.1:8080, tls false\n\
             reload      partial\n\
             notice      workers have changed\n\
             files       2, 1 not as written\n\
             \x20 organizations/acme.yaml:7: last_good  unknown field `acces_list`\n"
        );
    }

    #[test]
    fn a_held_back_widening_is_told_with_its_openings() {
        let text = pending(&json!({ "pending_widening": {
            "fingerprint": "0123456789ab",
            "openings": ["key `zmmrboas` has no list any more"],
        }}));
        assert!(text.contains("key `zmmrboas` has no list any more"));
        assert!(text.contains("--accept-widening"));
    }
}
