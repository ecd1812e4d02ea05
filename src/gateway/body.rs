//! Bodies in both directions: streamed, counted, bounded, timed, and never carrying trailers.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Sleep;

use crate::telemetry::Trouble;

use super::clock;
use super::story::Story;
use super::upstream::Lease;

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub(super) enum BodyFailure {
    /// The sender broke off or broke the framing.
    #[error("the body was broken off")]
    BrokenOff,
    /// Nothing moved for too long.
    #[error("the body stalled")]
    Stalled,
    /// It is longer than allowed.
    #[error("the body is longer than allowed")]
    TooLarge,
}

/// What became of a request body, shared between the upstream connection that reads it and the exchange.
#[derive(Default)]
pub(super) struct UploadState {
    /// Octets passed on.
    pub(super) octets: Cell<u64>,
    /// Whether the whole body was passed on.
    pub(super) complete: Cell<bool>,
    /// Why it was not.
    pub(super) failure: Cell<Option<BodyFailure>>,
    /// Whether the upstream waits for the caller.
    awaited: Cell<bool>,
    /// When the upstream last took something.
    moved: Cell<Option<Instant>>,
}

impl UploadState {
    /// How much longer the upstream may be silent, if it may be so for `at_most` after the last octet it took.
    pub(super) fn patience(&self, at_most: Duration) -> Duration {
        if self.awaited.get() {
            return at_most;
        }
        self.moved.get().map_or(Duration::ZERO, |moved| {
            at_most.saturating_sub(moved.elapsed())
        })
    }
}

/// A request body on its way to the upstream. Trailers are dropped (`facts/security.md` §3.3 rule 1).
pub(super) struct Upload {
    body: Incoming,
    left: u64,
    at_most: Duration,
    stall: Stall,
    waited: Duration,
    state: Rc<UploadState>,
}

impl Upload {
    /// Passes `body` on, at most `limit` octets, silent for at most `idle`.
    pub(super) fn new(body: Incoming, limit: u64, idle: Duration) -> (Self, Rc<UploadState>) {
        let state = Rc::new(UploadState::default());
        state.complete.set(body.is_end_stream());
        (
            Self {
                body,
                left: limit,
                at_most: idle,
                stall: Stall::default(),
                waited: Duration::ZERO,
                state: Rc::clone(&state),
            },
            state,
        )
    }

    /// How long the caller may now be silent: as long as any, unless it trickles.
    fn patience(&self) -> Duration {
        let left = allowance(self.state.octets.get()).saturating_sub(self.waited);
        self.at_most.min(left)
    }

    fn fail(&self, failure: BodyFailure) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        self.state.failure.set(Some(failure));
        Poll::Ready(Some(Err(failure)))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        loop {
            let frame = Pin::new(&mut self.body).poll_frame(cx);
            self.state.awaited.set(frame.is_pending());
            if frame.is_pending() {
                let at_most = self.patience();
                if self.stall.poll_stalled(cx, at_most) {
                    return self.fail(BodyFailure::Stalled);
                }
            }
            match frame {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    self.state.complete.set(true);
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(Err(_))) => return self.fail(BodyFailure::BrokenOff),
                Poll::Ready(Some(Ok(frame))) => {
                    let waited = self.stall.moved();
                    self.waited += waited;
                    let Ok(data) = frame.into_data() else {
                        continue;
                    };
                    let octets = data.len() as u64;
                    let Some(left) = self.left.checked_sub(octets) else {
                        return self.fail(BodyFailure::TooLarge);
                    };
                    self.left = left;
                    self.state.octets.set(self.state.octets.get() + octets);
                    self.state.moved.set(Some(clock::instant()));
                    if self.body.is_end_stream() {
                        self.state.complete.set(true);
                    }
                    return Poll::Ready(Some(Ok(Frame::data(data))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer, with the story that is told when it ends.
pub(super) struct AnswerBody {
    source: Source,
    story: Story,
}

enum Source {
    /// The gateway's own words.
    Own(Bytes),
    /// The upstream's, with the connection to give back when all of it was read.
    Upstream {
        body: Incoming,
        at_most: Duration,
        stall: Stall,
        lease: Option<Lease>,
    },
}

impl AnswerBody {
    /// A body of the gateway's own.
    pub(super) fn own(text: Bytes, mut story: Story) -> Self {
        story.sent(text.len());
        story.complete();
        Self {
            source: Source::Own(text),
            story,
        }
    }

    /// The upstream's body, silent for at most `idle`; the connection goes back to its pool at the end.
    pub(super) fn upstream(body: Incoming, idle: Duration, lease: Lease, mut story: Story) -> Self {
        let mut lease = Some(lease);
        if body.is_end_stream() {
            story.complete();
            if let Some(lease) = lease.take() {
                lease.give_back();
            }
        }
        Self {
            source: Source::Upstream {
                body,
                at_most: idle,
                stall: Stall::default(),
                lease,
            },
            story,
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BodyFailure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFailure>>> {
        let this = &mut *self;
        let (body, at_most, stall, lease) = match &mut this.source {
            Source::Own(text) if text.is_empty() => return Poll::Ready(None),
            Source::Own(text) => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Source::Upstream {
                body,
                at_most,
                stall,
                lease,
            } => (body, *at_most, stall, lease),
        };
        loop {
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending if stall.poll_stalled(cx, at_most) => {
                    this.story.broken_off(Trouble::UpstreamTimeout);
                    return Poll::Ready(Some(Err(BodyFailure::Stalled)));
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(_))) => {
                    this.story.broken_off(Trouble::UpstreamProtocol);
                    return Poll::Ready(Some(Err(BodyFailure::BrokenOff)));
                }
                Poll::Ready(frame) => {
                    stall.moved();
                    let data = match frame.map(|frame| frame.map(Frame::into_data)) {
                        Some(Ok(Ok(data))) => Some(data),
                        // Trailers end the body; they are not passed on.
                        Some(Ok(Err(_)) | Err(_)) => continue,
                        None => None,
                    };
                    this.story.sent(data.as_ref().map_or(0, Bytes::len));
                    if data.is_none() || body.is_end_stream() {
                        this.story.complete();
                        if let Some(lease) = lease.take() {
                            lease.give_back();
                        }
                    }
                    return Poll::Ready(data.map(|data| Ok(Frame::data(data))));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Own(text) => text.is_empty(),
            Source::Upstream { body, .. } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Own(text) => SizeHint::with_exact(text.len() as u64),
            Source::Upstream { body, .. } => body.size_hint(),
        }
    }
}

/// A timer that exists only while a body makes its reader wait.
#[derive(Default)]
struct Stall(Option<(Instant, Pin<Box<Sleep>>)>);

impl Stall {
    /// Whether the wait, which began when this was first asked, has lasted for `at_most`; otherwise the task is woken
    /// when it has.
    fn poll_stalled(&mut self, cx: &mut Context<'_>, at_most: Duration) -> bool {
        let (_, timer) = self
            .0
            .get_or_insert_with(|| (clock::instant(), Box::pin(tokio::time::sleep(at_most))));
        timer.as_mut().poll(cx).is_ready()
    }

    /// The wait is over; how long it was.
    fn moved(&mut self) -> Duration {
        self.0
            .take()
            .map_or(Duration::ZERO, |(since, _)| since.elapsed())
    }
}

/// How long a caller may keep the upstream waiting altogether for a body of which `octets` have come.
fn allowance(octets: u64) -> Duration {
    GRACE.max(Duration::from_millis(octets.saturating_mul(1000) / RATE))
}

/// A body is awaited this long in any case, and then at [`RATE`] octets a second (`facts/security.md` §3.3 rule 7).
const GRACE: Duration = Duration::from_secs(10);
const RATE: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trickle_is_awaited_for_a_while_and_a_stream_as_long_as_it_takes() {
        let seconds = Duration::from_secs;
        assert_eq!(allowance(0), seconds(10));
        assert_eq!(allowance(30), seconds(10), "an octet a second");
        assert_eq!(allowance(100 * 1024), seconds(100), "a kibioctet a second");
    }
}
