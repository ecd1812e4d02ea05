//! The credentials files: read once each, put together into the verifiers of every key.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::compile::{FileLines, verifiers};
use crate::config::credential_file::{self, CredentialLine};
use crate::config::folder::{ContentHash, FolderFile};
use crate::config::{Problem, credential_file::foreign};
use crate::policy::Verifiers;

use super::choice::Choice;
use super::reading::{Readings, Version, read};

/// The lines of one file.
pub(super) type Lines = Arc<[CredentialLine]>;

/// The verifiers of a set of files.
pub(super) struct Merged {
    of: Vec<(String, ContentHash)>,
    /// The verifiers.
    pub(super) verifiers: Arc<Verifiers>,
    /// What is wrong between files.
    pub(super) problems: Vec<Problem>,
}

/// Reads what changed; gives the paths of the files that were parsed, whose text is no longer needed.
pub(super) fn refresh(
    readings: &mut Readings<Lines>,
    files: &[(&str, &FolderFile)],
) -> Vec<String> {
    readings.retain(|path, _| {
        files
            .binary_search_by(|(other, _)| (*other).cmp(path.as_str()))
            .is_ok()
    });
    let mut parsed = Vec::new();
    for (path, file) in files {
        if readings.get(*path).is_some_and(|known| known.is_of(file)) {
            continue;
        }
        let mut reading = read(path, file, |text, problems| {
            let (lines, found) = credential_file::parse(path, text);
            problems.extend(found);
            Some(Lines::from(lines))
        });
        if let Some(version) = &mut reading.version {
            version.text = None;
        }
        if file.content.is_ok() {
            parsed.push((*path).to_owned());
        }
        readings.insert((*path).to_owned(), reading);
    }
    parsed
}

/// Chooses a version of every file; one with lines of another realm is bad.
pub(super) fn choose(
    readings: &Readings<Lines>,
    in_force: Option<&BTreeMap<String, Version<Lines>>>,
    realm: Option<&str>,
) -> Vec<(String, Choice<Lines>)> {
    readings
        .iter()
        .map(|(path, reading)| {
            let last = in_force.and_then(|files| files.get(path));
            let strangers = match (&reading.version, realm) {
                (Some(version), Some(realm)) => foreign(path, &version.value, realm),
                (Some(_) | None, _) => Vec::new(),
            };
            let choice = if strangers.is_empty() {
                Choice::of(path, reading, last, |_, _| false)
            } else {
                let mut problems = reading.problems.clone();
                problems.extend(strangers);
                Choice::falling_back(last, problems)
            };
            (path.clone(), choice)
        })
        .collect()
}

/// Puts the chosen files together, unless they are those of the last time.
pub(super) fn merge<'m>(
    merged: &'m mut Option<Merged>,
    chosen: &[(String, Choice<Lines>)],
) -> &'m Merged {
    let versions = || {
        chosen
            .iter()
            .filter_map(|(path, choice)| Some((path, choice.version.as_ref()?)))
    };
    let of: Vec<(String, ContentHash)> = versions()
        .map(|(path, version)| (path.clone(), version.hash))
        .collect();
    if merged.as_ref().is_some_and(|known| known.of != of) {
        *merged = None;
    }
    merged.get_or_insert_with(|| {
        let files: Vec<FileLines<'_>> = versions()
            .map(|(path, version)| (path.as_str(), &*version.value))
            .collect();
        let (verifiers, problems) = verifiers(&files);
        Merged {
            of,
            verifiers: Arc::new(verifiers),
            problems,
        }
    })
}
