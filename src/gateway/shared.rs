//! What the workers of one gateway share: one policy in force for reading, the replay memory for writing.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use http::HeaderValue;

use crate::digest::NonceKeys;
use crate::replay::Memory;
use crate::telemetry::{AccessLog, Metrics};

use super::in_force::InForce;
use super::pulse::Pulse;
use super::shutdown::Announcer;
use super::tally::Tally;
use super::throttle::Throttle;

/// Shared by all workers, the reload and the admin listener. Nothing here but `in_force` and `access_log` is
/// touched by a reload, so no nonce, no spent proof and no connection is ever lost to one.
pub(super) struct Shared {
    /// The policy, the settings and the upstream in force.
    pub(super) in_force: Arc<ArcSwap<InForce>>,
    /// The keys nonces are made under.
    pub(super) nonces: NonceKeys,
    /// Spent proofs.
    pub(super) memory: Memory,
    /// Failed proofs.
    pub(super) throttle: Throttle,
    /// Requests in flight, by key.
    pub(super) in_flight: Tally,
    /// Connections, by source.
    pub(super) sources: Tally,
    /// Connections, by listener.
    pub(super) connections: Tally,
    /// Metrics.
    pub(super) metrics: Metrics,
    /// The access log in force.
    pub(super) access_log: ArcSwapOption<AccessLog>,
    /// The gateway's `Via` entry: unique to this process, so that a loop is seen and a chain of gateways is none.
    pub(super) via: HeaderValue,
    /// Signs of life, for whoever supervises the process.
    pub(super) pulse: Pulse,
    /// The end.
    pub(super) announcer: Announcer,
}
