//! The files outside the folder's own kinds that a policy stands on: certificates, CAs, secrets.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash as _, Hasher as _};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::config::{Load, Settings};

/// Those that the settings name now, and the certificates of the listeners that were opened.
pub(super) fn references(load: &Load, started_with: &Settings) -> Vec<PathBuf> {
    let opened = started_with
        .listeners
        .iter()
        .filter_map(|listener| listener.tls.as_ref());
    let certificates =
        opened.flat_map(|files| [files.certificate.clone(), files.private_key.clone()]);
    let mut files: Vec<PathBuf> = load
        .referenced
        .iter()
        .cloned()
        .chain(certificates)
        .collect();
    files.sort();
    files.dedup();
    files
}

/// A hash over the contents of files outside the folder's own kinds: certificates, CAs, secrets.
pub(super) fn fingerprint_of(files: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        read(file).ok().hash(&mut hasher);
    }
    hasher.finish()
}

/// Reads a regular file.
///
/// # Errors
/// When there is none, it cannot be read, or it is longer than any certificate chain: a FIFO or a device must not hold
/// up the reload that meets it, nor every reload after that.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    let mut octets = Vec::new();
    File::open(file)?
        .take(LONGEST + 1)
        .read_to_end(&mut octets)?;
    if octets.len() as u64 > LONGEST {
        return Err(io::Error::other("is larger than 4 MiB"));
    }
    Ok(octets)
}

const LONGEST: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_a_folder_or_a_file_without_end_is_not_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let long = folder.path().join("long");
        File::create(&long)
            .and_then(|file| file.set_len(LONGEST + 1))
            .expect("written");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).expect("linked");
        for file in [folder.path(), &long, &link, Path::new("/dev/null")] {
            assert!(read(file).is_err(), "{}", file.display());
        }
        let right = folder.path().join("right");
        fs::write(&right, "octets").expect("written");
        assert_eq!(read(&right).expect("read"), b"octets");
    }
}
