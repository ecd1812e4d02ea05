//! The memory of spent proofs: a 256-wide window per nonce, in time buckets that expire whole and fail closed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::decide::{Doubt, Grant};
use crate::digest::{NonceKeys, Ticket, Timestamp};

use super::Pass;
use super::shard::{Outcome, Shard};

/// Parts with a lock of their own.
const SHARDS: usize = 64;
/// Nonces issued in the same period are forgotten together.
const PERIOD: Duration = Duration::from_secs(15);

/// What the memory holds, for metrics.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Occupancy {
    /// Nonces remembered.
    pub nonces: u64,
    /// Proofs turned away because a bucket was full.
    pub overflows: u64,
}

/// Spent proofs of one process, shared by all workers (sharded mutexes).
///
/// Nothing is evicted that could be replayed: what was forgotten, because it expired or to make room, lies below a
/// watermark and is refused from then on.
pub struct Memory {
    shards: [Line; SHARDS],
    /// Nonces a shard may remember.
    capacity: usize,
    started: Timestamp,
    /// In milliseconds.
    lifetime: AtomicU64,
    /// The period before which all shards have forgotten everything.
    swept: AtomicU64,
    overflows: AtomicU64,
}

/// A shard on cache lines of its own.
#[derive(Default)]
#[repr(align(128))]
struct Line(Mutex<Shard>);

impl Line {
    /// A panic cannot leave a shard half changed in a way that forgets a proof, so poison is ignored.
    fn lock(&self) -> MutexGuard<'_, Shard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// A memory for at most `capacity` nonces at a time (rounded up to 64), wide enough for nonces of `lifetime`.
    #[must_use]
    pub fn new(capacity: usize, lifetime: Duration) -> Self {
        Self {
            shards: std::array::from_fn(|_| Line::default()),
            capacity: capacity.div_ceil(SHARDS).max(1),
            started: Timestamp::default(),
            lifetime: AtomicU64::new(milliseconds(lifetime)),
            swept: AtomicU64::new(0),
            overflows: AtomicU64::new(0),
        }
    }

    /// A memory that knows nothing of the time before `started`, and therefore refuses every nonce issued before it:
    /// under a master key that outlives the process, a proof spent before a restart must not be spent again.
    #[must_use]
    pub fn started(mut self, started: Timestamp) -> Self {
        self.started = started;
        self
    }

    /// Changes the lifetime of nonces, for a hot reload. No spent proof becomes unspent by it: nonces that a shorter
    /// lifetime made forgotten stay refused when it grows again.
    pub fn set_lifetime(&self, lifetime: Duration) {
        self.lifetime
            .store(milliseconds(lifetime), Ordering::Relaxed);
    }

    /// Rule 10: spends the ticket and turns the grant into a pass.
    ///
    /// # Errors
    /// [`Doubt::ProofReplayed`] as [`Memory::spend`].
    pub fn admit<'s>(
        &self,
        grant: Grant<'s>,
        ticket: Ticket,
        now: Timestamp,
    ) -> Result<Pass<'s>, Doubt> {
        self.spend(ticket, now).map(|()| Pass(grant))
    }

    /// Spends the ticket, in one critical section.
    ///
    /// # Errors
    /// [`Doubt::ProofReplayed`] if the count was seen, lies below the window, the bucket is full, or the nonce was
    /// issued at a time this memory does not know about: before the lifetime, before the start, or ahead of the clock.
    pub fn spend(&self, ticket: Ticket, now: Timestamp) -> Result<(), Doubt> {
        let lifetime = Duration::from_millis(self.lifetime.load(Ordering::Relaxed));
        let outside = now.since(ticket.issued) > lifetime
            || ticket.issued.since(now) > NonceKeys::SKEW
            || ticket.issued < self.started;
        if outside {
            return Err(Doubt::ProofReplayed);
        }
        self.sweep(period(now.minus(lifetime)));
        let shard = usize::try_from(ticket.nonce >> 32 & (SHARDS as u64 - 1))
            .ok()
            .and_then(|index| self.shards.get(index))
            .ok_or(Doubt::ProofReplayed)?;
        let outcome = shard
            .lock()
            .spend(ticket, period(ticket.issued), self.capacity);
        match outcome {
            Outcome::Spent => Ok(()),
            Outcome::Replayed => Err(Doubt::ProofReplayed),
            Outcome::Overflow => {
                self.overflows.fetch_add(1, Ordering::Relaxed);
                Err(Doubt::ProofReplayed)
            }
        }
    }

    /// What it holds.
    #[must_use]
    pub fn occupancy(&self) -> Occupancy {
        let nonces = self.shards.iter().map(|shard| shard.lock().nonces() as u64);
        Occupancy {
            nonces: nonces.sum(),
            overflows: self.overflows.load(Ordering::Relaxed),
        }
    }

    /// Drops what was issued before the period `horizon`, once a period.
    fn sweep(&self, horizon: u64) {
        let due = horizon > self.swept.load(Ordering::Relaxed);
        if due && self.swept.fetch_max(horizon, Ordering::Relaxed) < horizon {
            for shard in &self.shards {
                shard.lock().forget_before(horizon);
            }
        }
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The period a moment lies in, counted from the epoch.
fn period(moment: Timestamp) -> u64 {
    moment.as_millis() / milliseconds(PERIOD).max(1)
}

#[cfg(test)]
mod tests;
