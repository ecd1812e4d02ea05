//! The access log: one line a request, written by a thread of its own, with drops counted.

mod escape;
mod line;
mod outbox;
mod record;
mod writer;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use outbox::{Outbox, Outboxes};
use writer::Writer;

pub use record::{LineFormat, Record};

/// The log: a writer thread and one buffer a worker. Lines are collected for some milliseconds and written together.
/// The last of the log and its handles to be dropped writes what is left.
#[derive(Debug)]
pub struct AccessLog {
    format: LineFormat,
    sink: &'static str,
    outboxes: Arc<Outboxes>,
    writer: Option<JoinHandle<()>>,
}

/// One worker's door to the log.
#[derive(Debug)]
pub struct AccessLogHandle {
    outbox: Arc<Outbox>,
    log: Arc<AccessLog>,
}

impl AccessLog {
    /// Opens the sink (a file to append to, or standard output) and starts the writer.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub fn open(format: LineFormat, file: Option<&Path>) -> io::Result<Arc<Self>> {
        let outboxes = Arc::new(Outboxes::default());
        let writer = Writer::open(Arc::clone(&outboxes), file)?;
        let writer = thread::Builder::new()
            .name("access-log".to_owned())
            .spawn(move || writer.run())?;
        Ok(Arc::new(Self {
            format,
            sink: if file.is_some() { "file" } else { "stdout" },
            outboxes,
            writer: Some(writer),
        }))
    }

    /// A door for one worker.
    #[must_use]
    pub fn handle(self: &Arc<Self>) -> AccessLogHandle {
        AccessLogHandle {
            outbox: self.outboxes.open(),
            log: Arc::clone(self),
        }
    }

    /// Opens the file anew (logrotate), soon. Until the new file can be opened the old one is written.
    pub fn reopen(&self) {
        self.outboxes.ask_to_reopen();
    }

    /// Lines dropped because the writer could not keep up.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.outboxes.dropped()
    }

    /// Attempts to open or write the sink that failed; they are repeated every second.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.outboxes.errors()
    }

    /// What is written to, as the metric label `sink`: `file` or `stdout`.
    #[must_use]
    pub fn sink(&self) -> &'static str {
        self.sink
    }

    /// Waits until everything handed in is written (shutdown), or the sink has failed to take it, for at most five
    /// seconds.
    pub fn flush(&self) {
        self.outboxes.flush();
    }
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        // A writer that hangs in its sink is left behind; one that ended is joined, and has nothing to tell.
        if self.outboxes.stop()
            && let Some(writer) = self.writer.take()
        {
            let _ = writer.join();
        }
    }
}

impl AccessLogHandle {
    /// Writes one line; never blocks on the sink.
    pub fn write(&self, record: &Record<'_>) {
        self.log.outboxes.put(&self.outbox, |buffer| {
            line::append(buffer, self.log.format, record);
        });
    }
}

#[cfg(test)]
mod tests;
