//! The configuration folder: which of its files count, what they hold, and whether anybody is still writing them.

mod listing;
mod reading;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::loader::FileKind;

use listing::{Listing, list};
use reading::{Stamp, read, stamp};

/// A BLAKE3 hash of a file's content.
pub(super) type ContentHash = [u8; 32];

/// What a file holds. The text of a credentials file is let go as soon as it is parsed.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// The hash of the text.
    pub(super) hash: ContentHash,
    /// The text; `None` once let go.
    pub(super) text: Option<Arc<[u8]>>,
}

/// Why a file that is there cannot be read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum Unreadable {
    /// The folder it lies in cannot be listed.
    #[error("the folder it lies in cannot be read: {0}")]
    Folder(String),
    /// The system's answer.
    #[error("cannot be read: {0}")]
    Io(String),
    /// A FIFO, socket, device or directory.
    #[error("is not a regular file")]
    NotRegular,
    /// Over 64 MiB.
    #[error("is larger than 64 MiB")]
    TooLarge,
}

/// One file that counts.
#[derive(Clone, Debug)]
pub(super) struct FolderFile {
    /// What kind of file it is.
    pub(super) kind: FileKind,
    /// What it holds.
    pub(super) content: Result<Content, Unreadable>,
    /// Its permission bits; 0 where it could not be read.
    pub(super) mode: u32,
    stamp: Option<Stamp>,
    /// Whether two reads in a row gave the same content.
    confirmed: bool,
}

/// Looks at a folder again and again, reading only what changed.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    files: BTreeMap<String, FolderFile>,
    near_misses: Vec<(String, &'static str)>,
    view: Option<ContentHash>,
}

impl Folder {
    /// A folder nobody has looked at yet.
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            files: BTreeMap::new(),
            near_misses: Vec::new(),
            view: None,
        }
    }

    /// Where it lies.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Looks once; `full` reads also what seems unchanged. Whether this look agrees with the one before: no file
    /// came, went or changed in between, none changed during the look, and each content was read twice alike.
    pub(super) fn look(&mut self, full: bool) -> bool {
        let listing = list(&self.root);
        let mut still = true;
        let mut touched = false;
        let mut before = std::mem::take(&mut self.files);
        for (path, (place, kind)) in &listing.files {
            let reading = read(place, *kind, before.remove(path), full);
            still &= reading.still;
            touched |= reading.touched;
            self.files.insert(path.clone(), reading.file);
        }
        self.keep_unlisted(&listing, before);
        if touched {
            still &= self.unmoved(&listing);
        }
        self.near_misses = listing.near_misses;
        let view = hash_of(self.hashes());
        let agrees = self.view.replace(view) == Some(view);
        agrees && still && self.files.values().all(|file| file.confirmed)
    }

    /// The files of the last look, by path relative to the folder.
    pub(super) fn files(&self) -> &BTreeMap<String, FolderFile> {
        &self.files
    }

    /// Files that are not read but look as if they were meant to be, each with the name that would be read.
    pub(super) fn near_misses(&self) -> &[(String, &'static str)] {
        &self.near_misses
    }

    /// Lets go of the text of a file that has been parsed.
    pub(super) fn let_go(&mut self, path: &str) {
        if let Some(FolderFile {
            content: Ok(content),
            ..
        }) = self.files.get_mut(path)
        {
            content.text = None;
        }
    }

    /// A name for everything the folder holds, wherever it lies.
    pub(super) fn fingerprint(&self) -> String {
        fingerprint(self.hashes())
    }

    fn hashes(&self) -> impl Iterator<Item = (&str, Option<&ContentHash>)> {
        self.files.iter().map(|(path, file)| {
            let hash = file.content.as_ref().ok().map(|content| &content.hash);
            (path.as_str(), hash)
        })
    }

    /// A file under a directory that could not be listed is unreadable, not gone.
    fn keep_unlisted(&mut self, listing: &Listing, before: BTreeMap<String, FolderFile>) {
        for (path, file) in before {
            let blocked = listing
                .blocked
                .iter()
                .find(|(directory, _)| path.starts_with(directory.as_str()));
            if let Some((_, why)) = blocked {
                let content = Err(Unreadable::Folder(why.clone()));
                let file = FolderFile {
                    content,
                    confirmed: true,
                    stamp: None,
                    ..file
                };
                self.files.insert(path, file);
            }
        }
    }

    /// Whether the folder still lists the same files with the same stamps as those that were read.
    fn unmoved(&self, listing: &Listing) -> bool {
        let again = list(&self.root);
        again.files.len() == listing.files.len()
            && again.files.iter().all(|(path, (place, _))| {
                self.files
                    .get(path)
                    .is_some_and(|file| file.stamp.is_none() || file.stamp == stamp(place))
            })
    }
}

/// 12 hex digits over names and contents; a file without a hash could not be read.
pub(super) fn fingerprint<'f>(
    files: impl Iterator<Item = (&'f str, Option<&'f ContentHash>)>,
) -> String {
    let mut hex = blake3::Hash::from_bytes(hash_of(files))
        .to_hex()
        .to_string();
    hex.truncate(12);
    hex
}

fn hash_of<'f>(files: impl Iterator<Item = (&'f str, Option<&'f ContentHash>)>) -> ContentHash {
    let mut hasher = blake3::Hasher::new();
    for (path, hash) in files {
        let length = u64::try_from(path.len()).unwrap_or(u64::MAX);
        hasher.update(&length.to_le_bytes());
        hasher.update(path.as_bytes());
        hasher.update(hash.map_or(&[0; 32], |hash| hash));
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests;
