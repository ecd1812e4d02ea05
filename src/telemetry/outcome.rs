//! How a request ended: the one list of (decision, reason) pairs that metrics, logs and documentation share.

use crate::decide::{Doubt, Reason, Rejection};

/// What went wrong after, or beside, the decision.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Trouble {
    /// The caller went away before the answer was complete.
    CallerGone,
    /// Too many connections, or too many requests in flight (503).
    Overloaded,
    /// Too many failed digests from this source (429).
    RateLimited,
    /// The replay store cannot be asked (503).
    ReplayStoreUnavailable,
    /// The request did not arrive in time (408).
    RequestTimeout,
    /// The upstream broke the protocol: bad framing, 101, too many interim answers (502).
    UpstreamProtocol,
    /// The upstream did not answer in time (504).
    UpstreamTimeout,
    /// The upstream cannot be reached or reset the connection (502).
    UpstreamUnavailable,
}

impl Trouble {
    /// Every trouble.
    pub const ALL: [Self; 8] = [
        Self::CallerGone,
        Self::Overloaded,
        Self::RateLimited,
        Self::ReplayStoreUnavailable,
        Self::RequestTimeout,
        Self::UpstreamProtocol,
        Self::UpstreamTimeout,
        Self::UpstreamUnavailable,
    ];

    /// The reason code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CallerGone => "caller_gone",
            Self::Overloaded => "overloaded",
            Self::RateLimited => "rate_limited",
            Self::ReplayStoreUnavailable => "replay_store_unavailable",
            Self::RequestTimeout => "request_timeout",
            Self::UpstreamProtocol => "upstream_protocol",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::UpstreamUnavailable => "upstream_unavailable",
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Outcome {
    /// Challenged: rules 1–3 and 10.
    Challenge(Doubt),
    /// Trouble of the gateway or the upstream.
    Fail(Trouble),
    /// Forwarded and answered by the upstream.
    Forward,
    /// Forwarded although a rule broke: observe mode.
    Observe(Reason),
    /// Refused: rules 4–9.
    Refuse(Reason),
    /// Rejected before any credential was looked at: rule 0.
    Reject(Rejection),
}

impl Outcome {
    /// How many outcomes there are.
    pub const COUNT: usize =
        1 + 2 * Reason::ALL.len() + Doubt::ALL.len() + Rejection::ALL.len() + Trouble::ALL.len();

    /// Every value of [`Outcome::decision`], at the place [`Outcome::decision_index`] names.
    pub const DECISIONS: [&'static str; 6] = [
        "forward",
        "observe",
        "refuse",
        "challenge",
        "reject",
        "fail",
    ];

    /// The place in [`Outcome::all`], for arrays of [`Outcome::COUNT`] counters.
    #[must_use]
    pub const fn index(self) -> usize {
        const REASONS: usize = Reason::ALL.len();
        const DOUBTS: usize = Doubt::ALL.len();
        const REJECTIONS: usize = Rejection::ALL.len();
        match self {
            Self::Forward => 0,
            Self::Observe(reason) => 1 + reason as usize,
            Self::Refuse(reason) => 1 + REASONS + reason as usize,
            Self::Challenge(doubt) => 1 + 2 * REASONS + doubt as usize,
            Self::Reject(rejection) => 1 + 2 * REASONS + DOUBTS + rejection as usize,
            Self::Fail(trouble) => 1 + 2 * REASONS + DOUBTS + REJECTIONS + trouble as usize,
        }
    }

    /// The place in [`Outcome::DECISIONS`].
    #[must_use]
    pub const fn decision_index(self) -> usize {
        match self {
            Self::Forward => 0,
            Self::Observe(_) => 1,
            Self::Refuse(_) => 2,
            Self::Challenge(_) => 3,
            Self::Reject(_) => 4,
            Self::Fail(_) => 5,
        }
    }

    /// Every outcome, in a fixed order.
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::Forward)
            .chain(Reason::ALL.into_iter().map(Self::Observe))
            .chain(Reason::ALL.into_iter().map(Self::Refuse))
            .chain(Doubt::ALL.into_iter().map(Self::Challenge))
            .chain(Rejection::ALL.into_iter().map(Self::Reject))
            .chain(Trouble::ALL.into_iter().map(Self::Fail))
    }

    /// The metric label `decision`: `forward`, `observe`, `refuse`, `challenge`, `reject`, `fail`.
    #[must_use]
    pub const fn decision(self) -> &'static str {
        match self {
            Self::Challenge(_) => "challenge",
            Self::Fail(_) => "fail",
            Self::Forward => "forward",
            Self::Observe(_) => "observe",
            Self::Refuse(_) => "refuse",
            Self::Reject(_) => "reject",
        }
    }

    /// The metric label and log field `reason`; `granted` for a plain forward.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Challenge(doubt) => doubt.code(),
            Self::Fail(trouble) => trouble.code(),
            Self::Forward => "granted",
            Self::Observe(reason) | Self::Refuse(reason) => reason.code(),
            Self::Reject(rejection) => rejection.code(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_index_of_an_outcome_is_its_place_in_all() {
        for (place, outcome) in Outcome::all().enumerate() {
            assert_eq!(outcome.index(), place, "{outcome:?}");
        }
        assert_eq!(Outcome::all().count(), Outcome::COUNT);
    }

    #[test]
    fn the_decision_index_names_the_decision() {
        for outcome in Outcome::all() {
            let named = Outcome::DECISIONS[outcome.decision_index()];
            assert_eq!(named, outcome.decision());
        }
    }

    #[test]
    fn no_two_outcomes_share_their_labels() {
        let labels: HashSet<_> = Outcome::all()
            .map(|outcome| (outcome.decision(), outcome.reason()))
            .collect();
        assert_eq!(labels.len(), Outcome::COUNT);
    }
}
