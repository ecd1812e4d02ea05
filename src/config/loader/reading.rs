//! What one file was read as, kept for as long as its content stays the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::compile::Findings;
use crate::config::document::{self, Document};
use crate::config::folder::{ContentHash, FolderFile};
use crate::config::{Problem, Severity, place_all};

/// A version of a file that means something.
#[derive(Clone, Debug)]
pub(super) struct Version<T> {
    /// The hash of its text.
    pub(super) hash: ContentHash,
    /// Its text; `None` for credentials.
    pub(super) text: Option<Arc<[u8]>>,
    /// What it means.
    pub(super) value: T,
    /// The version that this one is a beginning of, if it came into force as one: the file may be in the middle of
    /// being written, and what is still to come closes something.
    pub(super) whole: Option<Arc<Version<T>>>,
}

/// What came out of reading a file once.
#[derive(Clone, Debug)]
pub(super) struct Reading<T> {
    /// What was read; `None` if the file could not be.
    hash: Option<ContentHash>,
    /// `None` if one of the problems is an error.
    pub(super) version: Option<Version<T>>,
    /// Every problem of the file alone.
    pub(super) problems: Vec<Problem>,
}

impl<T> Reading<T> {
    /// A file that is not there.
    pub(super) fn absent(problem: Problem) -> Self {
        Self {
            hash: None,
            version: None,
            problems: vec![problem],
        }
    }

    /// Whether this is what reading `file` again would give.
    pub(super) fn is_of(&self, file: &FolderFile) -> bool {
        let hash = file.content.as_ref().ok().map(|content| content.hash);
        hash.is_some() && self.hash == hash
    }
}

/// Reads `file` at `path` with `parse`, which adds its problems and gives what the text means.
pub(super) fn read<T>(
    path: &str,
    file: &FolderFile,
    parse: impl FnOnce(&[u8], &mut Vec<Problem>) -> Option<T>,
) -> Reading<T> {
    let (content, text) = match &file.content {
        Ok(content) => match &content.text {
            Some(text) => (content, text),
            // let go only after it was parsed, and kept by its hash since
            None => return Reading::absent(Problem::error("KW0001", path, "")),
        },
        Err(unreadable) => {
            let problem =
                Problem::error("KW0001", path, "").message(format!("the file {unreadable}"));
            return Reading::absent(
                problem.help("make it a regular file that this process may read"),
            );
        }
    };
    let mut problems = Vec::new();
    let value = parse(text, &mut problems);
    let failed = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    let version = value.filter(|_| !failed).map(|value| Version {
        hash: content.hash,
        text: Some(Arc::clone(text)),
        value,
        whole: None,
    });
    Reading {
        hash: Some(content.hash),
        version,
        problems,
    }
}

/// Reads a document and compiles it; every problem gets its place.
pub(super) fn parse<D: Document, T>(
    path: &str,
    text: &[u8],
    problems: &mut Vec<Problem>,
    compile: impl FnOnce(&D, &mut Findings<'_>) -> Option<T>,
) -> Option<T> {
    let before = problems.len();
    let value = match document::read::<D>(path, text) {
        Ok(document) => {
            let mut findings = Findings::new(path);
            let value = compile(&document, &mut findings);
            problems.extend(findings.into_problems());
            value
        }
        Err(found) => {
            problems.extend(found);
            if let Some(salvage) = document::salvage::<D>(path, text) {
                let mut findings = Findings::new(path);
                compile(&salvage.document, &mut findings);
                let mut more = findings.into_problems();
                more.retain(|problem| salvage.is_real(problem));
                problems.extend(more);
            }
            None
        }
    };
    if let (Ok(text), Some(new)) = (std::str::from_utf8(text), problems.get_mut(before..)) {
        place_all(new, path, text);
    }
    value
}

/// Readings by path.
pub(super) type Readings<T> = BTreeMap<String, Reading<T>>;
