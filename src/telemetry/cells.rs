//! One worker's counters: flat arrays of relaxed atomics, summed when somebody looks.

use std::array;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::Outcome;
use super::histogram::{DECISION_BOUNDS, Histogram, REQUEST_BOUNDS};

/// The statuses HTTP knows: 100 to 599.
const FIRST_STATUS: u16 = 100;
const STATUSES: usize = 500;

/// What is counted for one listener.
// A line of its own (two, as prefetchers fetch pairs), so that no worker's counting slows another's.
#[derive(Debug)]
#[repr(align(128))]
struct ListenerCells {
    requests: [AtomicU64; Outcome::COUNT],
    in_flight: AtomicI64,
    connections: AtomicU64,
    open: AtomicI64,
    active: AtomicI64,
}

/// One worker's counters. Counting takes no lock and no memory, and a scrape only reads.
#[derive(Debug)]
#[repr(align(128))]
pub struct Cells {
    listeners: Box<[ListenerCells]>,
    request_duration: [Histogram<18>; Outcome::DECISIONS.len()],
    decision_duration: Histogram<13>,
    upstream_duration: Histogram<18>,
    upstream_statuses: [AtomicU64; STATUSES],
    upstream_errors: AtomicU64,
    nonces_issued: AtomicU64,
    panics_caught: AtomicU64,
}

impl ListenerCells {
    fn new() -> Self {
        Self {
            requests: zeros(),
            in_flight: AtomicI64::new(0),
            connections: AtomicU64::new(0),
            open: AtomicI64::new(0),
            active: AtomicI64::new(0),
        }
    }
}

impl Cells {
    /// Cells for so many listeners, all at 0.
    pub(super) fn new(listeners: usize) -> Self {
        Self {
            listeners: (0..listeners).map(|_| ListenerCells::new()).collect(),
            request_duration: array::from_fn(|_| Histogram::new(&REQUEST_BOUNDS)),
            decision_duration: Histogram::new(&DECISION_BOUNDS),
            upstream_duration: Histogram::new(&REQUEST_BOUNDS),
            upstream_statuses: zeros(),
            upstream_errors: AtomicU64::new(0),
            nonces_issued: AtomicU64::new(0),
            panics_caught: AtomicU64::new(0),
        }
    }

    /// Counts a finished request. `listener` is an index into the names given to [`super::Metrics::new`].
    pub fn request(&self, listener: usize, outcome: Outcome, duration: Duration) {
        if let Some(count) = self
            .listeners
            .get(listener)
            .and_then(|cells| cells.requests.get(outcome.index()))
        {
            count.fetch_add(1, Relaxed);
        }
        if let Some(histogram) = self.request_duration.get(outcome.decision_index()) {
            histogram.observe(duration);
        }
    }

    /// Counts the gateway's own time for one decision.
    pub fn decision(&self, duration: Duration) {
        self.decision_duration.observe(duration);
    }

    /// Counts an answer of the upstream: its status (`None` = error) and the time to its head. A status outside
    /// 100…599 is not HTTP and counts as an error.
    pub fn upstream(&self, status: Option<u16>, duration: Duration) {
        status
            .and_then(|status| status.checked_sub(FIRST_STATUS))
            .and_then(|place| self.upstream_statuses.get(usize::from(place)))
            .unwrap_or(&self.upstream_errors)
            .fetch_add(1, Relaxed);
        self.upstream_duration.observe(duration);
    }

    /// A request begins (`1`) or ends (`-1`).
    pub fn in_flight(&self, listener: usize, change: i64) {
        if let Some(cells) = self.listeners.get(listener) {
            cells.in_flight.fetch_add(change, Relaxed);
        }
    }

    /// A connection was accepted (`1`, also counted in the total) or closed (`-1`).
    pub fn connection(&self, listener: usize, change: i64) {
        if let Some(cells) = self.listeners.get(listener) {
            cells.open.fetch_add(change, Relaxed);
            if let Ok(accepted) = u64::try_from(change) {
                cells.connections.fetch_add(accepted, Relaxed);
            }
        }
    }

    /// An open connection took up its first request in flight (`1`) or finished its last (`-1`): open connections
    /// are shown as `active` or `idle`.
    pub fn connection_active(&self, listener: usize, change: i64) {
        if let Some(cells) = self.listeners.get(listener) {
            cells.active.fetch_add(change, Relaxed);
        }
    }

    /// A nonce was issued.
    pub fn nonce_issued(&self) {
        self.nonces_issued.fetch_add(1, Relaxed);
    }

    /// A panic was caught in a connection.
    pub fn panic_caught(&self) {
        self.panics_caught.fetch_add(1, Relaxed);
    }

    /// Adds what was counted here to `total`, which has as many listeners.
    pub(super) fn add_to(&self, total: &Self) {
        for (from, to) in self.listeners.iter().zip(&total.listeners) {
            add_all(&from.requests, &to.requests);
            add_signed(&from.in_flight, &to.in_flight);
            add(&from.connections, &to.connections);
            add_signed(&from.open, &to.open);
            add_signed(&from.active, &to.active);
        }
        for (from, to) in self.request_duration.iter().zip(&total.request_duration) {
            from.add_to(to);
        }
        self.decision_duration.add_to(&total.decision_duration);
        self.upstream_duration.add_to(&total.upstream_duration);
        add_all(&self.upstream_statuses, &total.upstream_statuses);
        add(&self.upstream_errors, &total.upstream_errors);
        add(&self.nonces_issued, &total.nonces_issued);
        add(&self.panics_caught, &total.panics_caught);
    }
}

/// What was counted; a gauge that two racing reads saw below zero is zero.
impl Cells {
    /// Requests of a listener that ended so.
    pub(super) fn requests(&self, listener: usize, outcome: Outcome) -> u64 {
        self.listeners
            .get(listener)
            .and_then(|cells| cells.requests.get(outcome.index()))
            .map_or(0, |count| count.load(Relaxed))
    }

    /// Requests of all listeners that ended so.
    pub(super) fn requests_everywhere(&self, outcome: Outcome) -> u64 {
        (0..self.listeners.len())
            .map(|listener| self.requests(listener, outcome))
            .sum()
    }

    /// Requests in flight.
    pub(super) fn requests_in_flight(&self, listener: usize) -> u64 {
        self.gauge(listener, |cells| &cells.in_flight)
    }

    /// Connections ever accepted.
    pub(super) fn connections_accepted(&self, listener: usize) -> u64 {
        self.listeners
            .get(listener)
            .map_or(0, |cells| cells.connections.load(Relaxed))
    }

    /// Open connections: those with a request in flight, and those without.
    pub(super) fn connections_open(&self, listener: usize) -> (u64, u64) {
        let open = self.gauge(listener, |cells| &cells.open);
        let active = self.gauge(listener, |cells| &cells.active).min(open);
        (active, open - active)
    }

    /// How long requests took, in the order of [`Outcome::DECISIONS`].
    pub(super) fn request_durations(&self) -> &[Histogram<18>] {
        &self.request_duration
    }

    /// How long decisions took.
    pub(super) fn decision_durations(&self) -> &Histogram<13> {
        &self.decision_duration
    }

    /// How long the upstream took to the head of its answer.
    pub(super) fn upstream_durations(&self) -> &Histogram<18> {
        &self.upstream_duration
    }

    /// Every status from 100 to 599 with the upstream's answers of that status.
    pub(super) fn upstream_answers(&self) -> impl Iterator<Item = (u16, u64)> {
        (FIRST_STATUS..).zip(
            self.upstream_statuses
                .iter()
                .map(|count| count.load(Relaxed)),
        )
    }

    /// Requests the upstream did not answer.
    pub(super) fn upstream_failures(&self) -> u64 {
        self.upstream_errors.load(Relaxed)
    }

    /// Nonces issued.
    pub(super) fn nonces(&self) -> u64 {
        self.nonces_issued.load(Relaxed)
    }

    /// Panics caught.
    pub(super) fn panics(&self) -> u64 {
        self.panics_caught.load(Relaxed)
    }

    fn gauge(&self, listener: usize, of: impl Fn(&ListenerCells) -> &AtomicI64) -> u64 {
        self.listeners
            .get(listener)
            .map_or(0, |cells| of(cells).load(Relaxed))
            .try_into()
            .unwrap_or(0)
    }
}

fn zeros<const N: usize>() -> [AtomicU64; N] {
    array::from_fn(|_| AtomicU64::new(0))
}

fn add(from: &AtomicU64, to: &AtomicU64) {
    to.fetch_add(from.load(Relaxed), Relaxed);
}

fn add_signed(from: &AtomicI64, to: &AtomicI64) {
    to.fetch_add(from.load(Relaxed), Relaxed);
}

fn add_all(from: &[AtomicU64], to: &[AtomicU64]) {
    for (from, to) in from.iter().zip(to) {
        add(from, to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::{Doubt, Reason};

    #[test]
    fn a_request_is_counted_under_its_listener_and_outcome_alone() {
        let cells = Cells::new(2);
        let outcome = Outcome::Refuse(Reason::RoleMissing);
        cells.request(1, outcome, Duration::from_millis(3));
        for other in Outcome::all() {
            assert_eq!(cells.requests(0, other), 0);
            assert_eq!(cells.requests(1, other), u64::from(other == outcome));
        }
        let counts: Vec<_> = cells
            .request_durations()
            .iter()
            .map(Histogram::count)
            .collect();
        assert_eq!(counts, [0, 0, 1, 0, 0, 0]);
    }

    #[test]
    fn an_unknown_listener_is_passed_over() {
        let cells = Cells::new(1);
        cells.request(7, Outcome::Forward, Duration::ZERO);
        cells.in_flight(7, 1);
        cells.connection(7, 1);
        cells.connection_active(7, 1);
        assert_eq!(cells.requests_everywhere(Outcome::Forward), 0);
    }

    #[test]
    fn no_status_outside_http_makes_a_series() {
        let cells = Cells::new(1);
        for status in [0, 99, 600, 999, u16::MAX] {
            cells.upstream(Some(status), Duration::ZERO);
        }
        cells.upstream(None, Duration::ZERO);
        cells.upstream(Some(100), Duration::ZERO);
        cells.upstream(Some(599), Duration::ZERO);
        assert_eq!(cells.upstream_failures(), 6);
        let answers: Vec<_> = cells.upstream_answers().filter(|(_, n)| *n > 0).collect();
        assert_eq!(answers, [(100, 1), (599, 1)]);
    }

    #[test]
    fn connections_are_active_or_idle_and_the_total_only_rises() {
        let cells = Cells::new(1);
        for _ in 0..3 {
            cells.connection(0, 1);
        }
        cells.connection_active(0, 1);
        cells.connection(0, -1);
        assert_eq!(cells.connections_open(0), (1, 1));
        assert_eq!(cells.connections_accepted(0), 3);
    }

    #[test]
    fn a_gauge_never_shows_less_than_nothing() {
        let cells = Cells::new(1);
        cells.in_flight(0, -1);
        cells.connection(0, -1);
        assert_eq!(cells.requests_in_flight(0), 0);
        assert_eq!(cells.connections_open(0), (0, 0));
    }

    #[test]
    fn the_sum_of_workers_is_what_they_counted_together() {
        let total = Cells::new(1);
        let outcome = Outcome::Challenge(Doubt::CredentialsMissing);
        for _ in 0..3 {
            let cells = Cells::new(1);
            cells.request(0, outcome, Duration::from_secs(1));
            cells.upstream(Some(204), Duration::ZERO);
            cells.nonce_issued();
            cells.panic_caught();
            cells.in_flight(0, 1);
            cells.connection(0, 1);
            cells.connection_active(0, 1);
            cells.decision(Duration::ZERO);
            cells.add_to(&total);
        }
        assert_eq!(total.requests_everywhere(outcome), 3);
        assert_eq!(total.upstream_answers().nth(104), Some((204, 3)));
        assert_eq!((total.nonces(), total.panics()), (3, 3));
        assert_eq!(total.requests_in_flight(0), 3);
        assert_eq!(total.connections_open(0), (3, 0));
        assert_eq!(total.connections_accepted(0), 3);
        assert_eq!(total.decision_durations().count(), 3);
        assert_eq!(total.upstream_durations().count(), 3);
    }

    #[test]
    fn counting_allocates_nothing() {
        let cells = Cells::new(1);
        let used = allocation_counter::measure(|| {
            for outcome in Outcome::all() {
                cells.request(0, outcome, Duration::from_micros(80));
            }
            cells.decision(Duration::from_micros(2));
            cells.upstream(Some(200), Duration::from_micros(50));
        });
        assert_eq!(used.count_total, 0);
    }
}
