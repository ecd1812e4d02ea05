//! An operator's acceptance of a widening: a file that holds the fingerprint of the one policy that may open.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::referenced;
use super::status::Board;

/// The fingerprint of the pending policy, if `keywarden reload --accept-widening` has accepted that very one.
pub(super) fn given(folder: &Path, board: &Board) -> Option<String> {
    let pending = board.lock().pending_widening.as_ref()?.fingerprint.clone();
    let text = referenced::read(&folder.join(FILE)).ok()?;
    (text.trim_ascii() == pending.as_bytes()).then_some(pending)
}

/// An acceptance is for one policy, once.
///
/// # Errors
/// With words for the operator, if the file cannot be removed.
pub(super) fn discard(folder: &Path) -> Result<(), String> {
    let file = folder.join(FILE);
    match fs::remove_file(&file) {
        Err(why) if why.kind() != ErrorKind::NotFound => Err(format!("{}: {why}", file.display())),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Where it is left for the gateway.
const FILE: &str = ".accept-widening";
