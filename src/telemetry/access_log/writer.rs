//! The thread that writes the access log, and keeps trying when the sink fails.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;

use super::outbox::Outboxes;

/// Capacity a buffer may keep when it is used again.
const KEPT: usize = 256 * 1024;

/// Addresses and keys are nobody's business but the operator's and the group's.
const MODE: u32 = 0o640;

/// The writing end of the log.
#[derive(Debug)]
pub(super) struct Writer {
    outboxes: Arc<Outboxes>,
    path: Option<PathBuf>,
    file: File,
    must_reopen: bool,
    backlog: VecDeque<Vec<u8>>,
    /// Octets of the backlog's first buffer that are written.
    written: usize,
    spare: Vec<Vec<u8>>,
    in_trouble: bool,
}

impl Writer {
    /// A writer to the end of a file, or to standard output.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(outboxes: Arc<Outboxes>, path: Option<&Path>) -> io::Result<Self> {
        let file = match path {
            Some(path) => append_to(path)?,
            None => File::from(io::stdout().as_fd().try_clone_to_owned()?),
        };
        Ok(Self {
            outboxes,
            path: path.map(Path::to_owned),
            file,
            must_reopen: false,
            backlog: VecDeque::new(),
            written: 0,
            spare: Vec::new(),
            in_trouble: false,
        })
    }

    /// Writes until told to stop.
    pub(super) fn run(mut self) {
        loop {
            let call = self.outboxes.wait(self.in_trouble);
            self.must_reopen |= call.reopen;
            let attempt = self.attempt();
            self.tell(attempt);
            if call.stop && !self.backlog.is_empty() {
                tracing::error!("the end of the access log could not be written");
            }
            self.outboxes.answer(call);
            if call.stop {
                return;
            }
        }
    }

    // Lines are taken only when all before them are written: what waits stays in outboxes, which have a limit.
    fn attempt(&mut self) -> io::Result<()> {
        let reopened = self.reopen();
        self.write_backlog()?;
        self.outboxes.take(&mut self.backlog, &mut self.spare);
        self.write_backlog()?;
        reopened
    }

    fn reopen(&mut self) -> io::Result<()> {
        if let Some(path) = self.path.as_deref().filter(|_| self.must_reopen) {
            self.file = append_to(path)?;
            // A line whose beginning is in the old file is written whole to the new one.
            let done = self
                .backlog
                .front()
                .and_then(|lines| lines.get(..self.written));
            let line = done.and_then(|done| done.iter().rposition(|octet| *octet == b'\n'));
            self.written = line.map_or(0, |line_feed| line_feed + 1);
        }
        self.must_reopen = false;
        Ok(())
    }

    fn write_backlog(&mut self) -> io::Result<()> {
        while let Some(lines) = self.backlog.front() {
            match lines.get(self.written..) {
                None | Some([]) => {
                    self.written = 0;
                    self.spare
                        .extend(self.backlog.pop_front().and_then(emptied));
                }
                Some(rest) => match self.file.write(rest) {
                    Ok(0) => return Err(ErrorKind::WriteZero.into()),
                    Ok(octets) => self.written += octets,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(())
    }

    fn tell(&mut self, attempt: io::Result<()>) {
        let was_in_trouble = self.in_trouble;
        self.in_trouble = attempt.is_err();
        match attempt {
            Ok(()) if was_in_trouble => tracing::info!("the access log is written again"),
            Ok(()) => {}
            Err(error) => {
                self.outboxes.count_error();
                if !was_in_trouble {
                    tracing::error!(%error, path = ?self.path, "the access log cannot be written");
                }
            }
        }
    }
}

/// Opens a file at its end, without waiting: a FIFO that nobody reads would hold up the start, or every reload to come.
fn append_to(path: &Path) -> io::Result<File> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo()) {
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
        OpenOptions::new()
            .append(true)
            .custom_flags(flags)
            .open(path)?;
    }
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(MODE)
        .open(path)
}

/// The buffer to be used again, unless a burst has made it big.
fn emptied(mut lines: Vec<u8>) -> Option<Vec<u8>> {
    lines.clear();
    (lines.capacity() <= KEPT).then_some(lines)
}
