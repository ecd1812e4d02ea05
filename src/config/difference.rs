//! What a change of policy opens: the widenings a reload warns of or refuses.

use crate::policy::Snapshot;

/// One way in which a new policy lets more through than the one in force.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Opening {
    /// A fixed word: `list_emptied`, `row_gone`, `requirement_dropped`, `entry_wide`, `enforcement_relaxed`, …
    pub code: &'static str,
    /// One sentence that names it.
    pub message: String,
}

/// What `new` opens that `old` kept closed.
#[must_use]
pub fn openings(old: &Snapshot, new: &Snapshot) -> Vec<Opening> {
    let _ = (old, new);
    Vec::new()
}
