//! The judgement on one request: throttle, decision and rule 10, in that order.

use crate::decide::{Decision, Doubt, Grant, Question, Refusal, Request, decide};
use crate::digest::{Credentials, NonceState, Ticket, Timestamp};
use crate::replay::Pass;

use super::connection::Connection;
use super::in_force::InForce;
use super::inspect::Inspected;
use super::throttle::Verdict;

/// A request with one reading, before its judges.
pub(super) struct Judgement<'r> {
    /// Where it came in.
    pub(super) connection: &'r Connection,
    /// What it is judged by.
    pub(super) in_force: &'r InForce,
    /// Its one reading.
    pub(super) inspected: &'r Inspected<'r>,
    /// Its credentials.
    pub(super) credentials: Result<&'r Credentials<'r>, Doubt>,
    /// When, by the time of day, for what expires at a date.
    pub(super) at: Timestamp,
    /// When, by the clock that nobody sets, for nonces and spent proofs.
    pub(super) steady: Timestamp,
}

/// What the judges say.
pub(super) enum Ruling<'s> {
    /// Who is calling is in doubt.
    Challenge(Doubt),
    /// It may be forwarded, now.
    Pass(Pass<'s>),
    /// The caller is known and may not.
    Refuse(Refusal<'s>),
    /// Too many failures from here: not before this many seconds.
    Wait(u64),
}

impl<'r> Judgement<'r> {
    /// Asks every judge. A failed proof is noted by the throttle, whose word then counts.
    pub(super) fn ruling(&self) -> Ruling<'r> {
        if let Some(seconds) = self.throttled() {
            return Ruling::Wait(seconds);
        }
        let nonce = self.nonce();
        match decide(&self.in_force.snapshot, &self.request(nonce)) {
            Decision::Challenge(Doubt::ProofWrong) => self
                .failed()
                .map_or(Ruling::Challenge(Doubt::ProofWrong), Ruling::Wait),
            Decision::Challenge(doubt) => Ruling::Challenge(doubt),
            Decision::Refuse(refusal) => Ruling::Refuse(refusal),
            Decision::Forward(grant) => self
                .spend(grant, nonce)
                .map_or_else(Ruling::Challenge, Ruling::Pass),
        }
    }

    fn request(&self, nonce: NonceState) -> Request<'r> {
        let question = Question {
            at: self.at,
            caller: self.inspected.caller.address,
            method: self.inspected.method,
            target: &self.inspected.target,
        };
        let authority = self.inspected.authority.as_bytes();
        Request {
            question,
            credentials: self.credentials,
            nonce,
            authority,
        }
    }

    fn nonce(&self) -> NonceState {
        let lifetime = self.in_force.snapshot.nonce_lifetime;
        let nonces = &self.connection.worker.shared.nonces;
        self.credentials.map_or(NonceState::Foreign, |sent| {
            nonces.open(sent.nonce(), self.steady, lifetime)
        })
    }

    /// Rule 10: each proof once.
    fn spend(&self, grant: Grant<'r>, nonce: NonceState) -> Result<Pass<'r>, Doubt> {
        let NonceState::Live { id, issued } = nonce else {
            return Err(Doubt::NonceForeign);
        };
        let ticket = Ticket {
            nonce: id,
            issued,
            count: self.credentials?.count(),
        };
        self.connection
            .worker
            .shared
            .memory
            .admit(grant, ticket, self.steady)
    }

    /// Whether this key, from this source, has failed too often to be looked at now.
    fn throttled(&self) -> Option<u64> {
        let (source, name) = self.attempt()?;
        let settings = &self.in_force.settings.throttle;
        seconds(
            self.connection
                .worker
                .shared
                .throttle
                .ask(settings, source, name, self.steady),
        )
    }

    /// Notes a failed proof.
    fn failed(&self) -> Option<u64> {
        let (source, name) = self.attempt()?;
        let settings = &self.in_force.settings.throttle;
        seconds(
            self.connection
                .worker
                .shared
                .throttle
                .failed(settings, source, name, self.steady),
        )
    }

    /// Who tries, from where.
    fn attempt(&self) -> Option<(std::net::IpAddr, &'r [u8])> {
        let caller = &self.inspected.caller;
        let source = caller.address.unwrap_or(caller.peer).ip();
        Some((source, self.credentials.ok()?.username()))
    }
}

fn seconds(verdict: Verdict) -> Option<u64> {
    match verdict {
        Verdict::Go => None,
        Verdict::Wait(seconds) => Some(seconds),
    }
}
