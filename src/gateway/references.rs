//! The files outside the folder's own kinds that a policy stands on: certificates, CAs, secrets.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::PathBuf;

use crate::config::{Load, Settings};

/// Those that the settings name now, and the certificates of the
/// listeners that were opened.
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
        fs::read(file).ok().hash(&mut hasher);
    }
    hasher.finish()
}
