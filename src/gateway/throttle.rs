//! The brake on guessing: token buckets on failed digests, per source and key, in fixed memory.
//!
//! Public keys are half public, so no key is ever locked for everybody: a bucket belongs to one key *as called from
//! one source* (an IPv4 address or an IPv6 /64), and a wider one to the source, which only turns further failures
//! into 429 and never stops a valid proof.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use foldhash::quality::RandomState;

use crate::config::ThrottleSettings;
use crate::digest::Timestamp;

/// What the throttle says to an attempt.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// Go on.
    Go,
    /// Not before this many seconds.
    Wait(u64),
}

/// The buckets: a fixed table, in which the fullest bucket of a set gives way to a newcomer.
pub(super) struct Throttle {
    hasher: RandomState,
    sets: Box<[Mutex<[Bucket; WAYS]>]>,
}

#[derive(Clone, Copy, Default)]
struct Bucket {
    name: u64,
    /// Failures not yet forgiven.
    debt: f64,
    /// When `debt` was right.
    at: u64,
}

impl Throttle {
    /// Empty.
    pub(super) fn new() -> Self {
        let sets = (0..SETS)
            .map(|_| Mutex::new([Bucket::default(); WAYS]))
            .collect();
        Self {
            hasher: RandomState::default(),
            sets,
        }
    }

    /// Whether a proof by `key` from `source` is looked at at all.
    pub(super) fn ask(
        &self,
        settings: &ThrottleSettings,
        source: IpAddr,
        key: &[u8],
        now: Timestamp,
    ) -> Verdict {
        if is_exempt(settings, source) {
            return Verdict::Go;
        }
        let name = self.hasher.hash_one((prefix(source), key));
        self.with(name, settings, now, |bucket| {
            wait(bucket, settings, f64::from(settings.burst))
        })
    }

    /// A proof failed: what its answer is.
    pub(super) fn failed(
        &self,
        settings: &ThrottleSettings,
        source: IpAddr,
        key: &[u8],
        now: Timestamp,
    ) -> Verdict {
        if is_exempt(settings, source) {
            return Verdict::Go;
        }
        let pair = self.hasher.hash_one((prefix(source), key));
        let alone = self.hasher.hash_one(prefix(source));
        let mut verdict = Verdict::Go;
        for (name, burst) in [
            (pair, f64::from(settings.burst)),
            (alone, f64::from(settings.burst) * WIDER),
        ] {
            let said = self.with(name, settings, now, |bucket| {
                let said = wait(bucket, settings, burst);
                bucket.debt = (bucket.debt + 1.0).min(burst);
                said
            });
            if said != Verdict::Go {
                verdict = said;
            }
        }
        verdict
    }

    fn with<T>(
        &self,
        name: u64,
        settings: &ThrottleSettings,
        now: Timestamp,
        act: impl FnOnce(&mut Bucket) -> T,
    ) -> T {
        let index = usize::try_from(name >> 32).unwrap_or(0) % SETS;
        let mut fallback = [Bucket::default(); WAYS];
        let mut guard = self
            .sets
            .get(index)
            .map(|set| set.lock().unwrap_or_else(PoisonError::into_inner));
        let set = guard.as_deref_mut().unwrap_or(&mut fallback);
        for bucket in set.iter_mut() {
            let seconds = now.since(Timestamp::from_millis(bucket.at)).as_secs_f64();
            bucket.debt = (bucket.debt - seconds * settings.per_second).max(0.0);
            bucket.at = now.as_millis();
        }
        let known = set.iter().position(|bucket| bucket.name == name);
        let least = || {
            set.iter()
                .enumerate()
                .min_by(|a, b| a.1.debt.total_cmp(&b.1.debt))
                .map_or(0, |(at, _)| at)
        };
        let at = known.unwrap_or_else(least);
        let Some(bucket) = set.get_mut(at) else {
            return act(&mut Bucket::default());
        };
        if bucket.name != name {
            *bucket = Bucket {
                name,
                debt: 0.0,
                at: now.as_millis(),
            };
        }
        act(bucket)
    }
}

fn wait(bucket: &Bucket, settings: &ThrottleSettings, burst: f64) -> Verdict {
    let over = bucket.debt - burst + 1.0;
    if over <= 0.0 || settings.per_second <= 0.0 {
        return Verdict::Go;
    }
    let seconds = (over / settings.per_second).ceil().clamp(1.0, 3600.0);
    // Clamped to 1..=3600, so nothing is lost.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped just above"
    )]
    Verdict::Wait(seconds as u64)
}

fn is_exempt(settings: &ThrottleSettings, source: IpAddr) -> bool {
    settings
        .exempt
        .iter()
        .any(|network| network.contains(source))
}

/// The source a caller cannot easily change: an IPv4 address, an IPv6 /64.
pub(super) fn prefix(source: IpAddr) -> u64 {
    match source {
        IpAddr::V4(address) => u64::from(address.to_bits()) | 1 << 63,
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(0) & !(1 << 63),
    }
}

const SETS: usize = 16_384;
const WAYS: usize = 4;
/// How much wider the bucket of a whole source is than that of one key from it.
const WIDER: f64 = 10.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn after_the_burst_one_key_from_one_source_waits_and_nobody_else_does() {
        let (throttle, settings) = (Throttle::new(), ThrottleSettings::default());
        let now = Timestamp::from_millis(1_000_000);
        for _ in 0..settings.burst {
            assert_eq!(throttle.ask(&settings, ip(1), b"key", now), Verdict::Go);
            assert_eq!(throttle.failed(&settings, ip(1), b"key", now), Verdict::Go);
        }
        assert_eq!(
            throttle.ask(&settings, ip(1), b"key", now),
            Verdict::Wait(1)
        );
        assert_eq!(
            throttle.ask(&settings, ip(2), b"key", now),
            Verdict::Go,
            "another source"
        );
        assert_eq!(
            throttle.ask(&settings, ip(1), b"other", now),
            Verdict::Go,
            "another key"
        );
        let later = Timestamp::from_millis(1_001_100);
        assert_eq!(
            throttle.ask(&settings, ip(1), b"key", later),
            Verdict::Go,
            "a second forgives one"
        );
    }

    #[test]
    fn a_source_that_tries_many_keys_is_told_to_wait_only_where_it_fails() {
        let (throttle, settings) = (Throttle::new(), ThrottleSettings::default());
        let now = Timestamp::from_millis(1_000_000);
        let answers: Vec<Verdict> = (0..200_u32)
            .map(|n| throttle.failed(&settings, ip(1), &n.to_le_bytes(), now))
            .collect();
        assert_eq!(answers.first(), Some(&Verdict::Go));
        assert!(matches!(answers.last(), Some(Verdict::Wait(_))));
        assert_eq!(
            throttle.ask(&settings, ip(1), b"honest", now),
            Verdict::Go,
            "a valid proof is still looked at"
        );
    }
}
