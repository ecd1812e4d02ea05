//! The wire under one connection: tells the watch what moves, and closes so that the last answer can still be read.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::watch::{Phase, Watch};

/// What the connection's service tells its wire.
#[derive(Default)]
pub(super) struct Wishes {
    /// Read and throw away what still comes before closing: the caller is sending a body nobody will read, and a
    /// reset would destroy the answer (RFC 9112 §9.6).
    pub(super) linger: Cell<bool>,
}

/// How long the phases of a wire may last.
#[derive(Clone, Copy)]
pub(super) struct WireTimes {
    /// From the first octet of a head to its end; `None` where HTTP/2 frames its own.
    pub(super) head: Option<Duration>,
    /// A write that makes no progress.
    pub(super) write_stall: Duration,
}

/// A byte stream under watch.
pub(super) struct Wire<S> {
    stream: S,
    prefix: Bytes,
    watch: Rc<Watch>,
    wishes: Rc<Wishes>,
    times: WireTimes,
    drained: usize,
    closing: bool,
}

impl<S> Wire<S> {
    /// Puts `stream` under watch; `prefix` was read from it already.
    pub(super) fn new(stream: S, prefix: Bytes, watch: Rc<Watch>, wishes: Rc<Wishes>, times: WireTimes) -> Self {
        Self { stream, prefix, watch, wishes, times, drained: 0, closing: false }
    }

    fn received(&self) {
        match (self.watch.phase(), self.times.head) {
            (Phase::Fresh | Phase::Idle, Some(head)) => self.watch.enter(Phase::Head, Some(head)),
            (Phase::Fresh, None) => self.watch.enter(Phase::Idle, Some(PREFACE_TO_STREAM)),
            (Phase::Busy | Phase::Closing | Phase::Head, Some(_) | None) | (Phase::Idle, None) => {}
        }
    }

    fn wrote<T>(&self, outcome: &Poll<io::Result<T>>) {
        match outcome {
            Poll::Pending => self.watch.write_stalls(self.times.write_stall),
            Poll::Ready(_) => self.watch.write_moves(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
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
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
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
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
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
            ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
            self.closing = true;
            if self.wishes.linger.get() {
                self.watch.enter(Phase::Closing, Some(LINGER));
            }
        }
        if self.wishes.linger.get() { self.poll_linger(cx) } else { Poll::Ready(Ok(())) }
    }
}

/// How long a lingering close may take.
const LINGER: Duration = Duration::from_secs(5);
/// How much a lingering close reads and throws away.
const LINGER_OCTETS: usize = 64 * 1024 * 1024;
/// HTTP/2: from the preface to the first stream, and between streams until the exchange says otherwise.
const PREFACE_TO_STREAM: Duration = Duration::from_secs(10);
