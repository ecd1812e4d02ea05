//! Which version of a file counts: the one in the folder, the last good one, or none.

use super::reading::{Reading, Version};
use super::{FileState, cut};
use crate::config::Problem;

/// The version that counts.
#[derive(Clone, Debug)]
pub(super) struct Choice<T> {
    /// The version; `None` if it was rejected.
    pub(super) version: Option<Version<T>>,
    /// Which one it is.
    pub(super) state: FileState,
    /// What is wrong with the one in the folder.
    pub(super) problems: Vec<Problem>,
}

impl<T: Clone> Choice<T> {
    /// Chooses between what was read at `path` and the version in force. A cut version of the latter is taken only
    /// if it `opens` nothing.
    pub(super) fn of(
        path: &str,
        reading: &Reading<T>,
        last: Option<&Version<T>>,
        opens: impl FnOnce(&T, &T) -> bool,
    ) -> Self {
        let mut problems = reading.problems.clone();
        let new = reading.version.as_ref();
        if let (Some(new), Some(last)) = (new, last)
            && let (Some(text), Some(before)) = (&new.text, &last.text)
            && cut::is_cut(before, text)
            && opens(&last.value, &new.value)
        {
            problems.push(cut::cut_short(path));
            return Self::falling_back(Some(last), problems);
        }
        match new {
            Some(new) => Self {
                version: Some(new.clone()),
                state: FileState::Active,
                problems,
            },
            None => Self::falling_back(last, problems),
        }
    }

    /// The last good version, or none.
    pub(super) fn falling_back(last: Option<&Version<T>>, problems: Vec<Problem>) -> Self {
        Self {
            version: last.cloned(),
            state: if last.is_some() {
                FileState::LastGood
            } else {
                FileState::Rejected
            },
            problems,
        }
    }
}
