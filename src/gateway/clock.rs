//! The only clock of the house: floors below are handed the time.

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
