//! Which version of a file counts: the one in the folder, the last good one, or none.

use std::sync::Arc;

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
    /// Chooses between what was read at `path` and the version in force. A cut version of the latter, or of the whole
    /// that the latter was cut from, is taken only if it `opens` nothing.
    pub(super) fn of(
        path: &str,
        reading: &Reading<T>,
        last: Option<&Version<T>>,
        opens: impl FnOnce(&T, &T) -> bool,
    ) -> Self {
        let mut problems = reading.problems.clone();
        let Some(new) = &reading.version else {
            return Self::falling_back(last, problems);
        };
        let mut version = new.clone();
        let whole = last.map(|last| last.whole.as_deref().unwrap_or(last));
        if let Some(whole) = whole
            && let (Some(text), Some(before)) = (&new.text, &whole.text)
            && cut::is_cut(before, text)
        {
            if opens(&whole.value, &new.value) {
                problems.push(cut::cut_short(path));
                return Self::falling_back(last, problems);
            }
            version.whole = Some(Arc::new(whole.clone()));
        }
        Self {
            version: Some(version),
            state: FileState::Active,
            problems,
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
