//! A moment as it may be written: RFC 3339.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::digest::Timestamp;

use super::Findings;

/// Reads an RFC 3339 moment, or tells at `field` what would be one. Moments before 1970 are its first.
pub(in crate::config) fn moment(
    text: &str,
    field: &str,
    findings: &mut Findings<'_>,
) -> Option<Timestamp> {
    if let Ok(moment) = OffsetDateTime::parse(text, &Rfc3339) {
        let milliseconds = moment.unix_timestamp_nanos() / 1_000_000;
        return Some(Timestamp::from_millis(
            u64::try_from(milliseconds).unwrap_or(0),
        ));
    }
    let message = format!("`{}` is not a moment", text.escape_debug());
    let guesses = [format!("{text}T00:00:00Z"), format!("{text}Z")];
    let help = guesses
        .into_iter()
        .find(|guess| OffsetDateTime::parse(guess, &Rfc3339).is_ok())
        .map_or_else(
            || "expected RFC 3339, such as `2026-12-31T00:00:00Z`".to_owned(),
            |guess| format!("did you mean `{guess}`?"),
        );
    findings.error("KW0405", field, message, &help);
    None
}
