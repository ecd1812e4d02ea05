//! A literal of a path template, compared as loosely as the loosest upstream compares it.

use super::decoded::Decoded;

/// A literal in folded form: lower case, without blanks and `+`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Literal(Box<[u8]>);

impl Literal {
    /// Folds the text of a template's segment.
    pub(super) fn new(text: &str) -> Self {
        let folded: Vec<u8> = Folded(Decoded::new(text.as_bytes())).collect();
        let dots = folded
            .iter()
            .rev()
            .take_while(|octet| **octet == b'.')
            .count();
        Self(folded.into_iter().rev().skip(dots).rev().collect())
    }

    /// Octets of the folded form; 0 for a text of only blanks, `+` and dots.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether a raw segment could be read as this literal: in lower case and without blanks and `+` it is equal or
    /// goes on with a stop, which covers `.json`, `:verb` and a trailing dot. `plain` promises that the segment has
    /// neither `%` nor `+`.
    pub(super) fn fits(&self, segment: &str, plain: bool) -> bool {
        let segment = segment.as_bytes();
        if plain {
            return segment
                .split_at_checked(self.0.len())
                .is_some_and(|(head, tail)| {
                    head.eq_ignore_ascii_case(&self.0) && tail.first().copied().is_none_or(is_stop)
                });
        }
        let mut folded = Folded(Decoded::new(segment));
        self.0.iter().all(|wanted| folded.next() == Some(*wanted))
            && folded.next().is_none_or(is_stop)
    }
}

/// Octets after which a segment still counts as the literal before them.
fn is_stop(octet: u8) -> bool {
    matches!(
        octet,
        b'.' | b':' | b',' | b'=' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'@'
    )
}

/// What no upstream is trusted to tell apart is taken away: escapes, case, blanks and `+`.
struct Folded<'r>(Decoded<'r>);

impl Iterator for Folded<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0
            .find(|octet| !matches!(octet, b' ' | b'+'))
            .map(|octet| octet.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both ways of asking, where both may be asked.
    fn fits(literal: &str, segment: &str) -> bool {
        let literal = Literal::new(literal);
        let slowly = literal.fits(segment, false);
        if !segment.contains(['%', '+']) {
            assert_eq!(literal.fits(segment, true), slowly, "{segment}");
        }
        slowly
    }

    #[test]
    fn a_segment_that_some_upstream_reads_as_the_literal_fits() {
        for segment in [
            "snapshots",
            "SNAPSHOTS",
            "snapShots",
            "snapshots.",
            "snapshots...",
            "snapshots.json",
            "snapshots:take",
            "snapshots,x",
            "snapshots=x",
            "snapshots~x",
            "snapshots!",
            "snapshots$",
            "snapshots&x",
            "snapshots'",
            "snapshots()",
            "snapshots*",
            "snapshots@x",
            "snapshots+",
            "snap+shots",
            "+snapshots",
            "snapshots%20",
            "%20snapshots",
            "snap%20shots",
            "snap%2Bshots",
            "snapshots%20.",
            "snapshots.%20",
            "snapshots%3Atake",
            "snapshots%7Ex",
        ] {
            assert!(fits("snapshots", segment), "{segment}");
        }
        assert!(fits("v1.0", "v1.0") && fits("v1.0", "V1.0.1") && fits("v1", "v1.0"));
        assert!(fits(
            "flexClusters:tenantUpgrade",
            "flexclusters:tenantupgrade"
        ));
    }

    #[test]
    fn any_other_segment_does_not() {
        for segment in [
            "snapshot",
            "snapshotss",
            "snapshots-1",
            "snapshots_1",
            "snapshots2",
            "xsnapshots",
            ".snapshots",
            ":snapshots",
            "snapshots%2Fx",
            "snapshots%2F",
            "snap.shots",
            "s",
            "",
        ] {
            assert!(!fits("snapshots", segment), "{segment}");
        }
        assert!(!fits("v1.0", "v1") && !fits("v1.0", "v1.5"));
    }

    #[test]
    fn a_literal_is_folded_as_segments_are() {
        assert!(fits("a+B", "a+b") && fits("a+B", "AB") && fits("a b.", "ab"));
        assert_eq!(Literal::new("+ ..").len(), 0);
    }
}
