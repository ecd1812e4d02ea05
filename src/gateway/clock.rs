//! The only clock of the house: floors below are handed the time.

use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::digest::Timestamp;

/// The time of day.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that reads the clock"
)]
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// A point on the monotonic clock, to measure spans from.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one file that reads the clock"
)]
pub(super) fn instant() -> Instant {
    Instant::now()
}

/// `instant` as a time of day that nobody sets: the one at the first call, and what has passed since. Nonces and spent
/// proofs live by it, so that a clock that is put back takes no proof for forgotten and a clock that is put ahead ends
/// no nonce.
pub(super) fn steady(instant: Instant) -> Timestamp {
    static BEGAN: OnceLock<(Timestamp, Instant)> = OnceLock::new();
    let (day, began) = BEGAN.get_or_init(|| (now(), self::instant()));
    day.plus(instant.saturating_duration_since(*began))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steady_clock_goes_as_instants_go() {
        let first = instant();
        let began = steady(first);
        assert!(now().since(began) < Duration::from_secs(60));
        let later = instant() + Duration::from_secs(3600);
        let gone = steady(later).since(began);
        assert!(gone >= Duration::from_secs(3600) && gone < Duration::from_secs(3660));
        assert!(steady(first) <= steady(later));
    }
}
