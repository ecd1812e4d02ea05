//! From documents to policy: what was written becomes what it means, with every problem at once.

mod access_list;
mod authentication;
mod identifier;
mod key;
mod moment;
mod networks;
mod organization;
mod resources;
mod spelling;

use super::{Problem, Severity};

pub(super) use access_list::{Lists, holds};
pub(super) use authentication::{FileLines, advertised, unmatched, verifiers};
pub(super) use identifier::did_you_mean;
pub(super) use moment::moment;
pub(super) use networks::{SharedNetworks, network, shared_networks};
pub(super) use organization::{Uses, organization};
pub(super) use resources::{Table, resources};

/// The problems found while one file is compiled.
#[derive(Debug)]
pub(super) struct Findings<'f> {
    file: &'f str,
    problems: Vec<Problem>,
}

impl<'f> Findings<'f> {
    /// None yet.
    pub(super) fn new(file: &'f str) -> Self {
        Self {
            file,
            problems: Vec::new(),
        }
    }

    /// The file, relative to the configuration folder.
    pub(super) fn file(&self) -> &'f str {
        self.file
    }

    /// Keeps an error at `field`.
    pub(super) fn error(&mut self, code: &'static str, field: &str, message: String, help: &str) {
        let problem = Problem::error(code, self.file, field)
            .message(message)
            .help(help);
        self.problems.push(problem);
    }

    /// Keeps a warning at `field`.
    pub(super) fn warning(&mut self, code: &'static str, field: &str, message: String, help: &str) {
        let problem = Problem::warning(code, self.file, field)
            .message(message)
            .help(help);
        self.problems.push(problem);
    }

    /// Keeps problems found elsewhere.
    pub(super) fn extend(&mut self, problems: Vec<Problem>) {
        self.problems.extend(problems);
    }

    /// How many problems there are.
    pub(super) fn len(&self) -> usize {
        self.problems.len()
    }

    /// Adds a fact to every problem found since there were `mark`.
    pub(super) fn note_since(&mut self, mark: usize, note: impl Fn() -> String) {
        for problem in self.problems.iter_mut().skip(mark) {
            problem.notes.push(note());
        }
    }

    /// Whether one of the problems is an error.
    pub(super) fn failed(&self) -> bool {
        self.problems
            .iter()
            .any(|problem| problem.severity == Severity::Error)
    }

    /// The problems.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }
}

#[cfg(test)]
mod tests;
