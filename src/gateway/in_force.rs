//! What is in force: one policy, the settings it came with and the upstream they describe, swapped as one.

use std::sync::Arc;

use crate::config::Settings;
use crate::policy::Snapshot;

use super::dial::Plan;

/// Everything a request may ask about the configuration; loaded once a request.
pub(super) struct InForce {
    /// The policy.
    pub(super) snapshot: Snapshot,
    /// The settings.
    pub(super) settings: Arc<Settings>,
    /// The upstream.
    pub(super) plan: Arc<Plan>,
}
