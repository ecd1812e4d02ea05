//! What is told of a pass: every file with its state, every problem in order.

use std::collections::BTreeMap;

use crate::config::Problem;
use crate::config::folder::FolderFile;

use super::choice::Choice;
use super::{FileKind, FileReport, FileState};

/// The report as it grows.
#[derive(Default)]
pub(super) struct Report {
    files: BTreeMap<String, FileReport>,
    /// Problems of no file that is read.
    loose: Vec<Problem>,
}

impl Report {
    /// A file and what was chosen of it.
    pub(super) fn file<T>(&mut self, path: &str, kind: FileKind, choice: &Choice<T>) {
        let report = FileReport {
            path: path.to_owned(),
            kind,
            state: choice.state,
            problems: choice.problems.clone(),
        };
        self.files.insert(path.to_owned(), report);
    }

    /// One more problem, of whichever file it names.
    pub(super) fn add(&mut self, problem: Problem) {
        match self.files.get_mut(&problem.file) {
            Some(report) => report.problems.push(problem),
            None => self.loose.push(problem),
        }
    }

    /// A file that is in force although the folder does not hold it any more.
    pub(super) fn keep(&mut self, path: &str, kind: FileKind) {
        self.files
            .entry(path.to_owned())
            .or_insert_with(|| FileReport {
                path: path.to_owned(),
                kind,
                state: FileState::LastGood,
                problems: Vec::new(),
            });
    }

    /// Every file, to be judged anew.
    pub(super) fn files_mut(&mut self) -> impl Iterator<Item = &mut FileReport> {
        self.files.values_mut()
    }

    /// Whether an organization's file was left out.
    pub(super) fn lacks_an_organization(&self) -> bool {
        self.files
            .values()
            .any(|file| file.kind == FileKind::Organization && file.state == FileState::Rejected)
    }

    /// Every file, and every problem: errors first, then by file and line.
    pub(super) fn finish(self) -> (Vec<FileReport>, Vec<Problem>) {
        let files: Vec<FileReport> = self.files.into_values().collect();
        let mut problems = self.loose;
        problems.extend(files.iter().flat_map(|file| file.problems.iter().cloned()));
        problems.sort_by(|one, other| {
            let key = |problem: &Problem| (problem.severity, problem.line, problem.column);
            (key(one).0, &one.file, key(one)).cmp(&(key(other).0, &other.file, key(other)))
        });
        (files, problems)
    }
}

/// A warning if others than the owner may do with the file what they should not.
pub(super) fn permissions(path: &str, file: &FolderFile) -> Option<Problem> {
    let credentials = file.kind == FileKind::Credentials;
    let (message, help) = match file.mode {
        mode if mode & 0o002 != 0 => ("everybody may change the file", "chmod o-w"),
        mode if credentials && mode & 0o004 != 0 => (
            "everybody may read the file, and its hashes are as good as private keys",
            "chmod 600",
        ),
        mode if credentials && mode & 0o020 != 0 => ("its group may change the file", "chmod g-w"),
        _ => return None,
    };
    let problem = Problem::warning("KW0606", path, "").message(message);
    Some(problem.help(format!("{help} {path}")))
}
