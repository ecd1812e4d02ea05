//! What `/status` shows: which policy is in force, which files it is made of, and what was held back.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use crate::config::{FileReport, Problem};
use crate::policy::{Reach, Snapshot};

/// The state of a gateway, as JSON.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Status {
    /// The program's version.
    pub(super) version: &'static str,
    /// The process.
    pub(super) pid: u32,
    /// Whether it takes requests.
    pub(super) ready: bool,
    /// The policy in force.
    pub(super) generation: GenerationStatus,
    /// Its sockets.
    pub(super) listeners: Vec<ListenerStatus>,
    /// Where requests go.
    pub(super) upstream: Vec<String>,
    /// How the folder was read last.
    pub(super) reload: ReloadStatus,
    /// What the policy in force holds.
    pub(super) policy: PolicyStatus,
    /// Every file of the folder.
    pub(super) files: Vec<FileReport>,
    /// Problems that belong to no file of the folder: certificates, secrets, settings that want a restart.
    pub(super) notices: Vec<String>,
    /// A policy that opens something and waits for `keywarden reload --accept-widening`.
    pub(super) pending_widening: Option<PendingWidening>,
}

/// Which policy.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct GenerationStatus {
    /// Counted in this process.
    pub(super) number: u64,
    /// Named by content.
    pub(super) fingerprint: String,
}

/// One listener.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ListenerStatus {
    /// Its name.
    pub(super) name: String,
    /// Where it really listens.
    pub(super) address: SocketAddr,
    /// Whether it speaks TLS.
    pub(super) tls: bool,
}

/// How the folder was read.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct ReloadStatus {
    /// Looks that found something to do, or were asked for.
    pub(super) attempts: u64,
    /// `applied`, `partial`, `rejected` or `unchanged`.
    pub(super) last_result: &'static str,
    /// When, in milliseconds since the Unix epoch.
    pub(super) last_at: u64,
    /// Errors of the last attempt, rendered with line and cure.
    pub(super) problems: Vec<Problem>,
}

/// What the policy in force holds.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct PolicyStatus {
    /// Organizations.
    pub(super) organizations: usize,
    /// Keys that may authenticate by name.
    pub(super) keys: usize,
    /// Keys with an access list.
    pub(super) keys_with_access_list: usize,
    /// Entries of all lists.
    pub(super) access_list_entries: usize,
    /// Rows of the resource table.
    pub(super) resources: usize,
}

/// A policy that waits to be accepted.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PendingWidening {
    /// Its fingerprint: what is accepted is exactly this.
    pub(super) fingerprint: String,
    /// What it opens.
    pub(super) openings: Vec<String>,
}

/// The board the state is written on.
pub(super) struct Board(Mutex<Status>);

impl Board {
    /// A board with this state.
    pub(super) fn new(status: Status) -> Self {
        Self(Mutex::new(status))
    }

    /// The state, to read or to change; never held across anything that waits.
    pub(super) fn lock(&self) -> MutexGuard<'_, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts what a policy holds.
pub(super) fn count(snapshot: &Snapshot) -> PolicyStatus {
    let mut policy = PolicyStatus {
        organizations: snapshot.organizations().len(),
        keys: snapshot.key_count(),
        resources: snapshot.resources.resources().len(),
        ..PolicyStatus::default()
    };
    for key in snapshot
        .organizations()
        .iter()
        .flat_map(|organization| &organization.keys)
    {
        match &key.reach {
            Reach::Listed(list) => {
                policy.keys_with_access_list += 1;
                policy.access_list_entries += list.entries().len();
            }
            Reach::Anywhere | Reach::Nowhere => {}
        }
    }
    policy
}
