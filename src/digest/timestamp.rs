//! A moment in milliseconds since the Unix epoch, handed in from outside: floors 0–2 read no clock.

use std::time::Duration;

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `milliseconds` after the Unix epoch.
    #[must_use]
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// How long ago `earlier` was; zero if it lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment moved ahead by `span`.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }

    /// This moment moved back by `span`, at most to the epoch.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(span.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_moves_by_spans_and_stays_on_the_scale() {
        let (moment, span) = (Timestamp::from_millis(5_000), Duration::from_secs(2));
        assert_eq!(moment.plus(span).as_millis(), 7_000);
        assert_eq!(moment.minus(span).as_millis(), 3_000);
        assert_eq!(moment.plus(span).since(moment), span);
        assert_eq!(moment.since(moment.plus(span)), Duration::ZERO);
        assert_eq!(moment.minus(Duration::MAX), Timestamp::default());
        assert_eq!(moment.plus(Duration::MAX).as_millis(), u64::MAX);
    }
}
