//! One part of the memory: the spent proofs of some nonces, in buckets by time of issue that are dropped whole.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

use crate::digest::Ticket;

use super::window::Window;

/// The count that a nonce is most often used with, and mostly never again: it is remembered by the id alone.
const FIRST: u32 = 1;

/// What became of a ticket.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// It was unspent, and is spent now.
    Spent,
    /// It was spent, or may have been.
    Replayed,
    /// There is no room to remember it.
    Overflow,
}

/// Buckets in the order of their periods; periods are counted from the epoch.
#[derive(Default)]
pub(super) struct Shard {
    buckets: VecDeque<Bucket>,
    nonces: usize,
    /// The first period of which everything spent is still known. It never falls, so that nothing forgotten can be
    /// spent again.
    watermark: u64,
}

impl Shard {
    /// Spends a ticket whose nonce was issued in `period`, remembering at most `capacity` nonces.
    ///
    /// A full shard forgets its oldest period to make room for a later one: under overload nonces live shorter, but
    /// nothing is let through twice.
    pub(super) fn spend(&mut self, ticket: Ticket, period: u64, capacity: usize) -> Outcome {
        if period < self.watermark {
            return Outcome::Replayed;
        }
        let at = self.buckets.binary_search_by_key(&period, |b| b.period);
        let bucket = at.ok().and_then(|index| self.buckets.get_mut(index));
        match bucket.and_then(|bucket| bucket.spend_again(ticket)) {
            Some(true) => return Outcome::Spent,
            Some(false) => return Outcome::Replayed,
            None => {}
        }
        while self.nonces >= capacity {
            match self.buckets.front() {
                Some(oldest) if oldest.period < period => {
                    let next = oldest.period + 1;
                    self.forget_before(next);
                }
                Some(_) | None => return Outcome::Overflow,
            }
        }
        let Some(bucket) = self.bucket(period) else {
            return Outcome::Overflow;
        };
        bucket.spend_first(ticket);
        self.nonces += 1;
        Outcome::Spent
    }

    /// Drops all buckets before `period`.
    pub(super) fn forget_before(&mut self, period: u64) {
        self.watermark = self.watermark.max(period);
        let expired = self
            .buckets
            .partition_point(|bucket| bucket.period < self.watermark);
        for bucket in self.buckets.drain(..expired) {
            self.nonces -= bucket.nonces();
        }
    }

    /// Nonces remembered.
    pub(super) fn nonces(&self) -> usize {
        self.nonces
    }

    /// The bucket of `period`, made if there is none.
    fn bucket(&mut self, period: u64) -> Option<&mut Bucket> {
        let at = self.buckets.binary_search_by_key(&period, |b| b.period);
        let index = at.unwrap_or_else(|index| {
            self.buckets.insert(index, Bucket::new(period));
            index
        });
        self.buckets.get_mut(index)
    }
}

/// The nonces of one period.
struct Bucket {
    period: u64,
    /// Nonces used once, with the count [`FIRST`].
    once: HashSet<u64, BuildHasherDefault<Random>>,
    /// All others.
    windows: HashMap<u64, Window, BuildHasherDefault<Random>>,
}

impl Bucket {
    fn new(period: u64) -> Self {
        Self {
            period,
            once: HashSet::default(),
            windows: HashMap::default(),
        }
    }

    fn nonces(&self) -> usize {
        self.once.len() + self.windows.len()
    }

    /// Whether the ticket was unspent, if its nonce was seen before.
    fn spend_again(&mut self, ticket: Ticket) -> Option<bool> {
        if let Some(window) = self.windows.get_mut(&ticket.nonce) {
            return Some(window.spend(ticket.count));
        }
        if !self.once.contains(&ticket.nonce) {
            return None;
        }
        let mut window = Window::new(FIRST);
        let unspent = window.spend(ticket.count);
        if unspent {
            self.once.remove(&ticket.nonce);
            self.windows.insert(ticket.nonce, window);
        }
        Some(unspent)
    }

    fn spend_first(&mut self, ticket: Ticket) {
        if ticket.count == FIRST {
            self.once.insert(ticket.nonce);
        } else {
            self.windows.insert(ticket.nonce, Window::new(ticket.count));
        }
    }
}

/// Hashes a nonce's random part to itself: it is random already, and under the MAC no caller can choose it.
#[derive(Default)]
struct Random(u64);

impl Hasher for Random {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.write_u64(u64::from(*octet));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.rotate_left(8) ^ number;
    }
}
