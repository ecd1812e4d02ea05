//! The list of files that count, found by walking the configuration folder.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::FileKind;

/// What stands in the folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Files that count: where they lie and what they are, by path relative to the folder.
    pub(super) files: BTreeMap<String, (PathBuf, FileKind)>,
    /// Directories that could not be listed, each as a prefix of the paths beneath it, and why.
    pub(super) blocked: Vec<(String, String)>,
    /// See [`super::Folder::near_misses`].
    pub(super) near_misses: Vec<(String, &'static str)>,
}

/// The files at the top, and the directories beside them.
const TOP: [(&str, FileKind); 4] = [
    ("expectations.yaml", FileKind::Expectations),
    ("keywarden.yaml", FileKind::Keywarden),
    ("networks.yaml", FileKind::Networks),
    ("resources.yaml", FileKind::Resources),
];
const ORGANIZATIONS: &str = "organizations";
const CREDENTIALS: &str = "credentials";

/// How deep directories may lie in each other.
const DEPTH: usize = 32;

/// Lists the files of `root` that count.
pub(super) fn list(root: &Path) -> Listing {
    let mut listing = Listing::default();
    for (name, kind) in TOP {
        let place = root.join(name);
        // a dangling link is a file that cannot be read, not one that is absent
        if fs::symlink_metadata(&place).is_ok() {
            listing.files.insert(name.to_owned(), (place, kind));
        }
    }
    if let Ok(entries) = fs::read_dir(root) {
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        listing.near_misses = names
            .filter_map(|name| near_miss(&name).map(|meant| (name, meant)))
            .collect();
        listing.near_misses.sort();
    }
    for (name, kind) in [
        (ORGANIZATIONS, FileKind::Organization),
        (CREDENTIALS, FileKind::Credentials),
    ] {
        let place = root.join(name);
        walk(
            &mut listing,
            &place,
            &format!("{name}/"),
            kind,
            &mut Vec::new(),
        );
    }
    listing
}

/// Walks one directory; `above` are the directories that lead here, so that a ring of links ends.
fn walk(
    listing: &mut Listing,
    place: &Path,
    prefix: &str,
    kind: FileKind,
    above: &mut Vec<(u64, u64)>,
) {
    let entries = fs::metadata(place).and_then(|metadata| {
        let here = (metadata.dev(), metadata.ino());
        if above.contains(&here) || above.len() >= DEPTH {
            return Err(io::Error::other("directories contain each other"));
        }
        above.push(here);
        sorted(place).inspect_err(|_| {
            above.pop();
        })
    });
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => {
            listing.blocked.push((prefix.to_owned(), error.to_string()));
            return;
        }
    };
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_temporary(&name) {
            continue;
        }
        let place = entry.path();
        if fs::metadata(&place).is_ok_and(|metadata| metadata.is_dir()) {
            walk(listing, &place, &format!("{prefix}{name}/"), kind, above);
        } else if counts(&name, kind) {
            listing
                .files
                .insert(format!("{prefix}{name}"), (place, kind));
        }
    }
    above.pop();
}

fn sorted(place: &Path) -> io::Result<Vec<DirEntry>> {
    let mut entries = fs::read_dir(place)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(DirEntry::file_name);
    Ok(entries)
}

/// Whether a file of that name is read in a directory of that kind.
fn counts(name: &str, kind: FileKind) -> bool {
    let extension = Path::new(name).extension().map(OsStr::to_ascii_lowercase);
    let extension = extension
        .as_deref()
        .and_then(|extension| extension.to_str());
    match kind {
        FileKind::Organization => matches!(extension, Some("json" | "yaml" | "yml")),
        // people explain themselves where secrets lie
        FileKind::Credentials => extension != Some("md") && !name.starts_with("README"),
        FileKind::Expectations | FileKind::Keywarden | FileKind::Networks | FileKind::Resources => {
            false
        }
    }
}

/// Dotfiles (Kubernetes' `..data` among them) and what editors and packagers leave behind while they write.
fn is_temporary(name: &str) -> bool {
    const TAILS: [&str; 14] = [
        "~",
        ".bak",
        ".dpkg-dist",
        ".dpkg-new",
        ".dpkg-old",
        ".orig",
        ".part",
        ".rej",
        ".rpmnew",
        ".rpmsave",
        ".swo",
        ".swp",
        ".swx",
        ".tmp",
    ];
    name.starts_with('.')
        || (name.starts_with('#') && name.ends_with('#'))
        || name.ends_with("___jb_tmp___")
        || name.ends_with("___jb_old___")
        // vim asks with this name whether the directory can be written
        || name == "4913"
        || TAILS.iter().any(|tail| name.ends_with(tail))
}

/// The name that `name` was probably meant to be.
fn near_miss(name: &str) -> Option<&'static str> {
    let names = TOP.map(|(name, _)| name);
    if is_temporary(name) || names.contains(&name) {
        return None;
    }
    let (stem, extension) = name.rsplit_once('.')?;
    if !matches!(extension, "json" | "yaml" | "yml") {
        return None;
    }
    names.into_iter().find(|meant| {
        meant
            .strip_suffix(".yaml")
            .is_some_and(|meant| strsim::damerau_levenshtein(stem, meant) <= 2)
    })
}
