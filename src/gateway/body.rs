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
    idle: Stall,
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
                idle: Stall::new(idle),
                state: Rc::clone(&state),
            },
            state,
        )
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
            match frame {
                Poll::Pending if self.idle.poll_stalled(cx) => {
                    return self.fail(BodyFailure::Stalled);
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => {
                    self.state.complete.set(true);
                    return Poll::Ready(None);
                }
                Poll::Ready(Some(Err(_))) => return self.fail(BodyFailure::BrokenOff),
                Poll::Ready(Some(Ok(frame))) => {
                    self.idle.moved();
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
        idle: Stall,
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
                idle: Stall::new(idle),
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
        let (body, idle, lease) = match &mut this.source {
            Source::Own(text) if text.is_empty() => return Poll::Ready(None),
            Source::Own(text) => return Poll::Ready(Some(Ok(Frame::data(std::mem::take(text))))),
            Source::Upstream { body, idle, lease } => (body, idle, lease),
        };
        loop {
            match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending if idle.poll_stalled(cx) => {
                    this.story.broken_off(Trouble::UpstreamTimeout);
                    return Poll::Ready(Some(Err(BodyFailure::Stalled)));
                }
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Err(_))) => {
                    this.story.broken_off(Trouble::UpstreamProtocol);
                    return Poll::Ready(Some(Err(BodyFailure::BrokenOff)));
                }
                Poll::Ready(frame) => {
                    idle.moved();
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
struct Stall {
    at_most: Duration,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Stall {
    fn new(at_most: Duration) -> Self {
        Self {
            at_most,
            timer: None,
        }
    }

    /// Whether the wait has lasted too long; otherwise the task is woken when it has.
    fn poll_stalled(&mut self, cx: &mut Context<'_>) -> bool {
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(self.at_most)));
        timer.as_mut().poll(cx).is_ready()
    }

    fn moved(&mut self) {
        self.timer = None;
    }
}
