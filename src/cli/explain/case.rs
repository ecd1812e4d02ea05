//! One question of `explain`: what is asked, of whom, and where what decides it is written.

use std::path::Path;

use serde::Serialize;

use crate::config::place;
use crate::decide::Identity;
use crate::digest::Timestamp;
use crate::peer::CallerAddress;
use crate::policy::{Entry, Resource, Snapshot};

/// The file of the resource table.
const TABLE: &str = "resources.yaml";

/// What is asked, of whom.
#[derive(Clone, Copy)]
pub(super) struct Case<'c> {
    /// The configuration folder.
    pub(super) folder: &'c Path,
    /// The policy.
    pub(super) snapshot: &'c Snapshot,
    /// Whose request it would be.
    pub(super) identity: Identity<'c>,
    /// When.
    pub(super) at: Timestamp,
    /// From where.
    pub(super) caller: CallerAddress,
    /// The method as written.
    pub(super) method: &'c str,
    /// The target as written.
    pub(super) target: &'c str,
}

/// A place in the configuration folder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Spot {
    /// The file, relative to the folder.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: Option<usize>,
    /// The column, from 1.
    pub(super) column: Option<usize>,
}

impl Case<'_> {
    /// Where `field` of `file` is written.
    pub(super) fn spot(&self, file: &str, field: &str) -> Spot {
        let found = place(self.folder, file, field);
        Spot {
            file: file.to_owned(),
            line: found.map(|place| place.line),
            column: found.map(|place| place.column),
        }
    }

    /// Where `field` of the key is written; of the key as a whole if `field` is empty.
    pub(super) fn key_spot(&self, field: &str) -> Spot {
        let Identity {
            organization, key, ..
        } = self.identity;
        let whole = format!("keys[{}]", key.item);
        let spot = match field {
            "" => self.spot(&organization.file, &whole),
            _ => self.spot(&organization.file, &format!("{whole}.{field}")),
        };
        match spot.line {
            None if !field.is_empty() => self.key_spot(""),
            Some(_) | None => spot,
        }
    }

    /// Where an entry of the key's list is written.
    pub(super) fn entry_spot(&self, entry: &Entry) -> Spot {
        self.key_spot(&format!("access_list[{}]", entry.item))
    }

    /// Where a row of the resource table, or a field of it, is written.
    pub(super) fn row_spot(&self, row: &Resource, field: &str) -> Spot {
        let dot = if field.is_empty() { "" } else { "." };
        self.spot(TABLE, &format!("resources[{}]{dot}{field}", row.item))
    }
}
