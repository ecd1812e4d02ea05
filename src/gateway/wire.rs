//! The wire under one connection: tells the watch what moves, and closes so that the last answer can still be read.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::decide::Rejection;

use super::gate::{Gate, Shut};
use super::watch::{Phase, Watch};

/// What the connection and its wire tell each other.
#[derive(Default)]
pub(super) struct Wishes {
    /// Read and throw away what still comes before closing: the caller is sending a body nobody will read, and a
    /// reset would destroy the answer (RFC 9112 §9.6).
    pub(super) linger: Cell<bool>,
    /// Read nothing more, so that hyper ends when it has answered what it has.
    pub(super) hang_up: Cell<bool>,
    /// How many requests have had their answer.
    answered: Cell<u64>,
    /// Who waits for the next one to have it.
    behind: Cell<Option<Waker>>,
    /// The last words, written before closing: an answer to a head that hyper never saw.
    pub(super) farewell: Cell<Bytes>,
}

impl Wishes {
    /// A request has had its answer: what came behind it is looked at.
    pub(super) fn answered(&self) {
        self.answered.set(self.answered.get() + 1);
        if let Some(reader) = self.behind.take() {
            reader.wake();
        }
    }

    /// Says these last words and closes.
    pub(super) fn say_farewell(&self, words: Bytes) {
        self.farewell.set(words);
        self.linger.set(true);
        self.hang_up.set(true);
    }
}

/// How long the phases of a wire may last.
#[derive(Clone, Copy)]
pub(super) struct WireTimes {
    /// From the first octet of a head to its end; HTTP/2 frames its own.
    pub(super) head: Duration,
    /// A write that makes no progress.
    pub(super) write_stall: Duration,
}

/// Makes the answer to a head that was refused at the gate.
pub(super) type Refuse = Box<dyn Fn(Rejection) -> Bytes>;

/// A byte stream under watch; for HTTP/1.1 with a gate before hyper's parser.
pub(super) struct Wire<S> {
    stream: S,
    gate: Option<(Gate, Refuse)>,
    prefix: Bytes,
    watch: Rc<Watch>,
    wishes: Rc<Wishes>,
    times: WireTimes,
    drained: usize,
    closing: bool,
}

impl<S> Wire<S> {
    /// HTTP/1.1: puts `stream` under watch and behind a gate.
    pub(super) fn gated(
        stream: S,
        (gate, refuse): (Gate, Refuse),
        watch: Rc<Watch>,
        wishes: Rc<Wishes>,
        times: WireTimes,
    ) -> Self {
        let gate = Some((gate, refuse));
        Self {
            stream,
            gate,
            prefix: Bytes::new(),
            watch,
            wishes,
            times,
            drained: 0,
            closing: false,
        }
    }

    /// HTTP/2: puts `stream` under watch; `prefix` was read from it already.
    pub(super) fn framed(
        stream: S,
        prefix: Bytes,
        watch: Rc<Watch>,
        wishes: Rc<Wishes>,
        times: WireTimes,
    ) -> Self {
        Self {
            stream,
            gate: None,
            prefix,
            watch,
            wishes,
            times,
            drained: 0,
            closing: false,
        }
    }

    fn received(&self) {
        match (self.watch.phase(), self.gate.is_some()) {
            (Phase::Fresh | Phase::Idle, true) => self.watch.enter(Phase::Head, self.times.head),
            (Phase::Fresh, false) => self.watch.enter(Phase::Idle, self.times.head),
            (Phase::Busy | Phase::Closing | Phase::Head, true | false) | (Phase::Idle, false) => {}
        }
    }

    fn wrote<T>(&self, outcome: &Poll<io::Result<T>>) {
        match outcome {
            Poll::Pending => self.watch.write_stalls(self.times.write_stall),
            Poll::Ready(_) => self.watch.write_moves(),
        }
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    fn poll_framed(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        if self.prefix.has_remaining() {
            let take = self.prefix.len().min(buf.remaining());
            buf.put_slice(&self.prefix.split_to(take));
        } else {
            ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        }
        if buf.filled().len() > before {
            self.received();
        }
        Poll::Ready(Ok(()))
    }

    fn poll_gated(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut fresh = [std::mem::MaybeUninit::uninit(); READ];
        loop {
            let Some((gate, refuse)) = &mut self.gate else {
                return Poll::Ready(Ok(()));
            };
            if let Some(left) = gate.straight() {
                let octets = ready!(poll_read_at_most(&mut self.stream, cx, buf, left))?;
                gate.went_straight(octets as u64);
                return Poll::Ready(Ok(()));
            }
            match gate.pass(buf.remaining()) {
                Ok(sound) if !sound.is_empty() => {
                    buf.put_slice(&sound);
                    return Poll::Ready(Ok(()));
                }
                Ok(_) => {}
                // Answers come in the order of the requests: this one is told after those before it.
                Err(Shut::Head(_)) if gate.heads() > self.wishes.answered.get() => {
                    self.wishes.behind.set(Some(cx.waker().clone()));
                    return Poll::Pending;
                }
                Err(Shut::Head(rejection)) => {
                    let words = refuse(rejection);
                    self.wishes.say_farewell(words);
                    return Poll::Ready(Ok(()));
                }
                Err(Shut::Body) => {
                    self.wishes.hang_up.set(true);
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "the chunked body is broken",
                    )));
                }
            }
            let mut more = ReadBuf::uninit(&mut fresh);
            match Pin::new(&mut self.stream).poll_read(cx, &mut more) {
                Poll::Pending => {
                    gate.rest();
                    return Poll::Pending;
                }
                Poll::Ready(outcome) => outcome?,
            }
            if more.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            gate.receive(more.filled());
            self.received();
        }
    }
}

/// Reads at most `left` octets; how many those were.
fn poll_read_at_most<S: AsyncRead + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
    left: u64,
) -> Poll<io::Result<usize>> {
    let before = buf.filled().len();
    match usize::try_from(left) {
        Ok(left) if left < buf.remaining() => {
            // Safe code cannot lend a part of a buffer that was never written to: that part is cleared first, which
            // happens once, at the end of a body.
            let mut part = ReadBuf::new(buf.initialize_unfilled_to(left));
            ready!(Pin::new(stream).poll_read(cx, &mut part))?;
            let octets = part.filled().len();
            buf.advance(octets);
        }
        Ok(_) | Err(_) => ready!(Pin::new(stream).poll_read(cx, buf))?,
    }
    Poll::Ready(Ok(buf.filled().len() - before))
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.wishes.hang_up.get() {
            return Poll::Ready(Ok(()));
        }
        if self.gate.is_some() {
            self.poll_gated(cx, buf)
        } else {
            self.poll_framed(cx, buf)
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Writes the last words, if there are any.
    fn poll_farewell(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut words = self.wishes.farewell.take();
        while words.has_remaining() {
            match Pin::new(&mut self.stream).poll_write(cx, &words) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => words.advance(written),
                Poll::Ready(Err(why)) => return Poll::Ready(Err(why)),
                Poll::Pending => {
                    self.wishes.farewell.set(words);
                    return Poll::Pending;
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads and throws away until the caller closes, too much comes, or the watch ends it.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut waste = [std::mem::MaybeUninit::uninit(); 8 * 1024];
        loop {
            let mut buf = ReadBuf::uninit(&mut waste);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
            self.drained += buf.filled().len();
            if buf.filled().is_empty() || self.drained > LINGER_OCTETS {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.wrote(&outcome);
        outcome
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.wrote(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        self.wrote(&outcome);
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.closing {
            ready!(self.poll_farewell(cx))?;
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.closing = true;
            if self.wishes.linger.get() {
                self.watch.enter(Phase::Closing, LINGER);
            }
        }
        if self.wishes.linger.get() {
            self.poll_linger(cx)
        } else {
            Poll::Ready(Ok(()))
        }
    }
}

/// How long a lingering close may take.
pub(super) const LINGER: Duration = Duration::from_secs(5);
/// How much a lingering close reads and throws away.
const LINGER_OCTETS: usize = 64 * 1024 * 1024;
/// How much is read at once before it has passed the gate.
const READ: usize = 8 * 1024;
