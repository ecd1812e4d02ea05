//! Between the workers and the writer: one buffer of lines a worker, and the signals that go with them.

use std::collections::VecDeque;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Octets of lines one worker may have waiting; over it lines are dropped.
pub(super) const LIMIT: usize = 4 * 1024 * 1024;

/// How long lines are gathered once the first is there.
const LINGER: Duration = Duration::from_millis(10);

/// How long a sink that failed is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// How long a sink that hangs is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The lines of one worker: locked by it alone but for the moment in which the writer swaps them out.
pub(super) type Outbox = Mutex<Vec<u8>>;

/// All outboxes of one log.
#[derive(Debug, Default)]
pub(super) struct Outboxes {
    open: Mutex<Vec<Arc<Outbox>>>,
    signals: Mutex<Signals>,
    to_writer: Condvar,
    from_writer: Condvar,
    dropped: AtomicU64,
    errors: AtomicU64,
}

#[derive(Debug, Default)]
struct Signals {
    lines: bool,
    reopen: bool,
    life: Life,
    flushes_asked: u64,
    flushes_done: u64,
}

/// How far the writer is from its end.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Life {
    #[default]
    Running,
    Stopping,
    Stopped,
}

impl Signals {
    fn are_urgent(&self) -> bool {
        self.reopen || self.life == Life::Stopping || self.flushes_asked != self.flushes_done
    }
}

/// What the writer was woken for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    /// Open the file anew.
    pub(super) reopen: bool,
    /// This is the last one.
    pub(super) stop: bool,
    flushes: u64,
}

/// The workers' side.
impl Outboxes {
    /// A new outbox; it is forgotten once its other owner is gone and it is empty.
    pub(super) fn open(&self) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::default());
        lock(&self.open).push(Arc::clone(&outbox));
        outbox
    }

    /// Puts one line into an outbox, or counts it as dropped where the outbox is full.
    pub(super) fn put(&self, outbox: &Outbox, write: impl FnOnce(&mut Vec<u8>)) {
        let mut lines = lock(outbox);
        if lines.len() >= LIMIT {
            self.dropped.fetch_add(1, Relaxed);
            return;
        }
        let first = lines.is_empty();
        write(&mut lines);
        drop(lines);
        if first {
            self.signal(|signals| signals.lines = true);
        }
    }

    /// Asks the writer to open its file anew.
    pub(super) fn ask_to_reopen(&self) {
        self.signal(|signals| signals.reopen = true);
    }

    /// Waits until the writer has taken and tried everything that is in the outboxes now.
    pub(super) fn flush(&self) {
        let mut mine = 0;
        self.signal(|signals| {
            signals.flushes_asked += 1;
            mine = signals.flushes_asked;
        });
        self.wait_for_writer(|signals| {
            signals.life == Life::Stopped || signals.flushes_done >= mine
        });
    }

    /// Ends the writer; whether it ended.
    pub(super) fn stop(&self) -> bool {
        self.signal(|signals| signals.life = Life::Stopping);
        self.wait_for_writer(|signals| signals.life == Life::Stopped)
    }

    /// Lines dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Relaxed)
    }

    /// Attempts of the writer that failed.
    pub(super) fn errors(&self) -> u64 {
        self.errors.load(Relaxed)
    }

    fn signal(&self, change: impl FnOnce(&mut Signals)) {
        change(&mut lock(&self.signals));
        self.to_writer.notify_one();
    }

    fn wait_for_writer(&self, done: impl Fn(&Signals) -> bool) -> bool {
        let signals = lock(&self.signals);
        let (signals, waited) = self
            .from_writer
            .wait_timeout_while(signals, PATIENCE, |signals| !done(signals))
            .unwrap_or_else(PoisonError::into_inner);
        drop(signals);
        !waited.timed_out()
    }
}

/// The writer's side.
impl Outboxes {
    /// Waits for lines (and then a little longer, for more of them) or for something urgent; `in_trouble` waits for
    /// the next attempt instead.
    pub(super) fn wait(&self, in_trouble: bool) -> Call {
        let mut signals = lock(&self.signals);
        if !in_trouble {
            signals = self
                .to_writer
                .wait_while(signals, |signals| !signals.lines && !signals.are_urgent())
                .unwrap_or_else(PoisonError::into_inner);
        }
        let pause = if in_trouble { RETRY } else { LINGER };
        (signals, _) = self
            .to_writer
            .wait_timeout_while(signals, pause, |signals| !signals.are_urgent())
            .unwrap_or_else(PoisonError::into_inner);
        signals.lines = false;
        Call {
            reopen: mem::take(&mut signals.reopen),
            stop: signals.life == Life::Stopping,
            flushes: signals.flushes_asked,
        }
    }

    /// Moves all lines to the end of `to`, leaving buffers of `spare` in their place.
    pub(super) fn take(&self, to: &mut VecDeque<Vec<u8>>, spare: &mut Vec<Vec<u8>>) {
        lock(&self.open).retain(|outbox| {
            // Asked before the lines are taken: who is gone by now cannot add to them.
            let in_use = Arc::strong_count(outbox) > 1;
            let mut lines = lock(outbox);
            if !lines.is_empty() {
                let empty = spare.pop().unwrap_or_default();
                to.push_back(mem::replace(&mut *lines, empty));
            }
            in_use
        });
    }

    /// The writer has done what it was called for.
    pub(super) fn answer(&self, call: Call) {
        let mut signals = lock(&self.signals);
        signals.flushes_done = call.flushes;
        if call.stop {
            signals.life = Life::Stopped;
        }
        drop(signals);
        self.from_writer.notify_all();
    }

    /// An attempt of the writer failed.
    pub(super) fn count_error(&self) {
        self.errors.fetch_add(1, Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
