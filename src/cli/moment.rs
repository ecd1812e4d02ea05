//! Moments as people write them (RFC 3339), and the present one.

use std::time::UNIX_EPOCH;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::digest::Timestamp;

/// The present moment.
#[expect(
    clippy::disallowed_methods,
    reason = "an offline command is its own process, far from the gateway and its clock"
)]
pub(super) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(Timestamp::default(), |passed| {
        Timestamp::default().plus(passed)
    })
}

/// Reads `2026-12-31T00:00:00Z`, for clap.
///
/// # Errors
/// With what would be right.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let moment = OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|error| format!("{error}; write RFC 3339, such as 2026-12-31T00:00:00Z"))?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000)
        .map(Timestamp::from_millis)
        .map_err(|_| "lies before 1970".to_owned())
}

/// Writes `2026-12-31T00:00:00Z`.
pub(super) fn show(at: Timestamp) -> String {
    i64::try_from(at.as_millis() / 1000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_else(|| format!("{} ms after 1970", at.as_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_as_written() {
        for text in ["1970-01-01T00:00:00Z", "2026-12-31T23:59:59Z"] {
            assert_eq!(parse(text).map(show).as_deref(), Ok(text));
        }
        assert_eq!(
            parse("2026-12-31T01:00:00+01:00"),
            parse("2026-12-31T00:00:00Z")
        );
    }

    #[test]
    fn what_is_no_moment_says_what_would_be_right() {
        for text in ["", "tomorrow", "2026-12-31", "1969-12-31T23:59:59Z"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
