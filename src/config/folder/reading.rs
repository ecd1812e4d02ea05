//! One file read so that it can neither block nor be caught half-written.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::OFlags;

use super::{Content, ContentHash, FileKind, FolderFile, Unreadable};

/// The largest file that is read, in octets.
const LIMIT: u64 = 64 * 1024 * 1024;

/// What tells two versions of a file apart without reading them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stamp {
    length: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
    device: u64,
}

impl From<&Metadata> for Stamp {
    fn from(metadata: &Metadata) -> Self {
        Self {
            length: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
            device: metadata.dev(),
        }
    }
}

/// The outcome of reading one file, or of not needing to.
pub(super) struct Reading {
    pub(super) file: FolderFile,
    /// The content was read in this look.
    pub(super) touched: bool,
    /// The file did not change while it was read.
    pub(super) still: bool,
}

/// The stamp of what `place` leads to; `None` if it leads nowhere.
pub(super) fn stamp(place: &Path) -> Option<Stamp> {
    fs::metadata(place).ok().as_ref().map(Stamp::from)
}

/// Reads `place` unless it is what it was `before` and was read twice alike.
pub(super) fn read(
    place: &Path,
    kind: FileKind,
    before: Option<FolderFile>,
    full: bool,
) -> Reading {
    if !full && let Some(file) = &before {
        let known = file.confirmed && file.stamp.is_some() && file.stamp == stamp(place);
        if known && let Some(file) = before {
            return Reading {
                file,
                touched: false,
                still: true,
            };
        }
    }
    match open(place) {
        Ok((text, metadata, still)) => {
            let content = adopt(before.as_ref(), text);
            Reading {
                file: FolderFile {
                    kind,
                    confirmed: still && hash(before.as_ref()) == Some(content.hash),
                    content: Ok(content),
                    mode: metadata.mode() & 0o7777,
                    stamp: Some(Stamp::from(&metadata)),
                },
                touched: true,
                still,
            }
        }
        Err(unreadable) => Reading {
            file: FolderFile {
                kind,
                confirmed: true,
                content: Err(unreadable),
                mode: 0,
                stamp: None,
            },
            touched: false,
            still: true,
        },
    }
}

/// The same content keeps its text, so that an unchanged file is not held twice (and a let-go text stays gone).
fn adopt(before: Option<&FolderFile>, text: Vec<u8>) -> Content {
    let hash = blake3::hash(&text).into();
    match before.map(|file| &file.content) {
        Some(Ok(content)) if content.hash == hash => content.clone(),
        Some(Ok(_) | Err(_)) | None => Content {
            hash,
            text: Some(Arc::from(text)),
        },
    }
}

fn hash(file: Option<&FolderFile>) -> Option<ContentHash> {
    Some(file?.content.as_ref().ok()?.hash)
}

/// Opens without waiting for anybody, reads at most the limit, and says whether the file stood still meanwhile.
fn open(place: &Path) -> Result<(Vec<u8>, Metadata, bool), Unreadable> {
    let io = |error: io::Error| Unreadable::Io(error.kind().to_string());
    // asked first, because opening a device may already do something
    if !fs::metadata(place).map_err(io)?.is_file() {
        return Err(Unreadable::NotRegular);
    }
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or(0);
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(place)
        .map_err(io)?;
    let before = file.metadata().map_err(io)?;
    if !before.is_file() {
        return Err(Unreadable::NotRegular);
    }
    if before.len() > LIMIT {
        return Err(Unreadable::TooLarge);
    }
    let text = read_to_limit(&file).map_err(io)?;
    let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
    if length > LIMIT {
        return Err(Unreadable::TooLarge);
    }
    let after = file.metadata().map_err(io)?;
    let still = Stamp::from(&before) == Stamp::from(&after) && length == after.len();
    Ok((text, after, still))
}

fn read_to_limit(file: &File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut text)?;
    Ok(text)
}
