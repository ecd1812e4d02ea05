//! The access log of a demo, told line by line as it grows, in a form people read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::PathBuf;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// A reader of a growing log, on a thread of its own.
pub(super) struct Follower {
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Follower {
    /// Starts to read `log`, which need not exist yet.
    ///
    /// # Errors
    /// When the system has no thread.
    pub(super) fn start(log: PathBuf) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("follow".to_owned())
            .spawn(move || {
                let mut reader = None;
                let mut line = String::new();
                loop {
                    let last = !matches!(
                        ended.recv_timeout(Duration::from_millis(150)),
                        Err(RecvTimeoutError::Timeout)
                    );
                    if reader.is_none() {
                        reader = File::open(&log).ok().map(BufReader::new);
                    }
                    if let Some(reader) = &mut reader {
                        tell_new(reader, &mut line);
                    }
                    if last {
                        break;
                    }
                }
            })?;
        Ok(Self { end, thread })
    }

    /// Reads what is left and ends.
    pub(super) fn stop(self) {
        drop(self.end);
        let _ = self.thread.join();
    }
}

/// Tells every line that is complete; what is not waits in `line`.
fn tell_new(reader: &mut impl BufRead, line: &mut String) {
    while reader.read_line(line).is_ok_and(|read| read > 0) && line.ends_with('\n') {
        let _ = io::stdout().lock().write_all(readable(line).as_bytes());
        line.clear();
    }
}

/// `403  refuse  address_not_on_access_list  abcdefgh  127.0.0.1  GET /path`; a line that is no JSON stays as it is.
fn readable(line: &str) -> String {
    let Ok(record) = serde_json::from_str::<Value>(line) else {
        return line.to_owned();
    };
    let text = |name: &str| match record.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    format!(
        "{:<3}  {:<9}  {:<33}  {:<8}  {}  {} {}\n",
        text("http.response.status_code"),
        text("keywarden.decision"),
        text("keywarden.reason"),
        text("keywarden.key"),
        text("client.address"),
        text("http.request.method"),
        text("url.path"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_told_in_the_order_people_ask() {
        let line = r#"{"http.request.method":"GET","url.path":"/a","http.response.status_code":403,"client.address":"127.0.0.1","keywarden.decision":"refuse","keywarden.reason":"role_missing","keywarden.key":"abcdefgh"}"#;
        let told: Vec<String> = readable(line)
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        assert_eq!(
            told,
            [
                "403",
                "refuse",
                "role_missing",
                "abcdefgh",
                "127.0.0.1",
                "GET",
                "/a"
            ]
        );
    }

    #[test]
    fn half_a_line_waits_for_its_other_half() {
        let mut line = String::new();
        tell_new(&mut "{\"keywarden".as_bytes(), &mut line);
        assert_eq!(line, "{\"keywarden");
        tell_new(&mut ".key\":\"a\"}\n".as_bytes(), &mut line);
        assert_eq!(line, "");
    }

    #[test]
    fn what_is_no_record_stays_as_it_is() {
        assert_eq!(readable("hello\n"), "hello\n");
    }
}
