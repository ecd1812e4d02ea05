//! An operator's acceptance of a widening: a file that holds the fingerprint of the one policy that may open.
//!
//! The folder is only ever read: that an acceptance was used is remembered here, and the file may stay.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::references;
use super::status::Board;

/// The file, and which writings of it count no more.
#[derive(Debug)]
pub(super) struct Acceptance {
    file: PathBuf,
    /// The writing that was there when it was last looked at.
    seen: Option<Stamp>,
    /// The last writing that was used, or passed over.
    spent: Option<Stamp>,
}

/// One writing of a file: device, inode, and when content and inode changed, in seconds and nanoseconds.
type Stamp = [i128; 6];

impl Acceptance {
    /// What lies in the folder already was written for another process.
    pub(super) fn new(folder: &Path) -> Self {
        let file = folder.join(FILE);
        let spent = stamp(&file);
        Self {
            file,
            seen: spent,
            spent,
        }
    }

    /// The fingerprint of the pending policy, if `keywarden reload --accept-widening` has accepted that very one.
    pub(super) fn given(&mut self, board: &Board) -> Option<String> {
        self.seen = stamp(&self.file);
        if self.seen.is_none() || self.seen == self.spent {
            return None;
        }
        let pending = board.lock().pending_widening.as_ref()?.fingerprint.clone();
        let text = references::read(&self.file).ok()?;
        (text.trim_ascii() == pending.as_bytes()).then_some(pending)
    }

    /// A policy was put in force: an acceptance is for one, once.
    pub(super) fn spend(&mut self) {
        self.spent = self.seen;
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(file).ok()?;
    Some([
        metadata.dev().into(),
        metadata.ino().into(),
        metadata.mtime().into(),
        metadata.mtime_nsec().into(),
        metadata.ctime().into(),
        metadata.ctime_nsec().into(),
    ])
}

/// Where it is left for the gateway.
const FILE: &str = ".accept-widening";
