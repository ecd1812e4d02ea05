//! The watchmen of one worker: coarse deadlines for every connection, looked at by one tick instead of a timer each.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use super::clock;

/// What a connection is waiting for, and so what its deadline means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Phase {
    /// A request is being served; its own timers count.
    Busy,
    /// The answer is out; what the caller still sends is read and thrown away.
    Closing,
    /// Nothing was received yet.
    Fresh,
    /// Some octets of a request head are there.
    Head,
    /// Kept alive, between requests.
    Idle,
}

/// One connection's deadline. Milliseconds count from the start of the worker.
pub(super) struct Watch {
    phase: Cell<Phase>,
    deadline: Cell<u64>,
    write_deadline: Cell<u64>,
    expired: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    slot: usize,
    roster: Rc<Watchmen>,
}

impl Watch {
    /// What the connection waits for.
    pub(super) fn phase(&self) -> Phase {
        self.phase.get()
    }

    /// The connection now waits for this, at most that long.
    pub(super) fn enter(&self, phase: Phase, at_most: Duration) {
        self.phase.set(phase);
        self.deadline.set(self.roster.after(at_most));
    }

    /// A deadline has passed, and the connection is given another one to say goodbye.
    pub(super) fn rearm(&self, phase: Phase, at_most: Duration) {
        self.expired.set(false);
        self.write_deadline.set(NEVER);
        self.enter(phase, at_most);
    }

    /// A write is stalled since now (the first time), and may be so for `at_most`.
    pub(super) fn write_stalls(&self, at_most: Duration) {
        if self.write_deadline.get() == NEVER {
            self.write_deadline.set(self.roster.after(at_most));
        }
    }

    /// A write went through.
    pub(super) fn write_moves(&self) {
        self.write_deadline.set(NEVER);
    }

    /// Resolves when a deadline has passed.
    pub(super) async fn expired(&self) {
        poll_fn(|context| {
            if self.expired.get() {
                return Poll::Ready(());
            }
            let mut waker = self.waker.borrow_mut();
            if !waker
                .as_ref()
                .is_some_and(|known| known.will_wake(context.waker()))
            {
                *waker = Some(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }

    fn look(&self, now: u64) {
        if now >= self.deadline.get().min(self.write_deadline.get())
            && !self.expired.replace(true)
            && let Some(waker) = self.waker.borrow_mut().take()
        {
            waker.wake();
        }
    }
}

/// Every watch of one worker, and the worker's coarse clock.
pub(super) struct Watchmen {
    began: Instant,
    now: Cell<u64>,
    slots: RefCell<Vec<Option<Rc<Watch>>>>,
    free: RefCell<Vec<usize>>,
}

impl Watchmen {
    /// Nobody is watched yet.
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self {
            began: clock::instant(),
            now: Cell::new(0),
            slots: RefCell::default(),
            free: RefCell::default(),
        })
    }

    /// Watches a new connection, which has to say something within `first_byte`.
    pub(super) fn enrol(self: &Rc<Self>, first_byte: Duration) -> Enrolled {
        let slot = self.free.borrow_mut().pop().unwrap_or_else(|| {
            let mut slots = self.slots.borrow_mut();
            slots.push(None);
            slots.len() - 1
        });
        let watch = Rc::new(Watch {
            phase: Cell::new(Phase::Fresh),
            deadline: Cell::new(self.after(first_byte)),
            write_deadline: Cell::new(NEVER),
            expired: Cell::new(false),
            waker: RefCell::new(None),
            slot,
            roster: Rc::clone(self),
        });
        if let Some(place) = self.slots.borrow_mut().get_mut(slot) {
            *place = Some(Rc::clone(&watch));
        }
        Enrolled(watch)
    }

    /// One tick: the coarse clock moves and every deadline is looked at.
    pub(super) fn tick(&self) {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(NEVER - 1);
        self.now.set(now);
        for watch in self.slots.borrow().iter().flatten() {
            watch.look(now);
        }
    }

    /// Milliseconds since the worker began, as of the last tick.
    pub(super) fn now(&self) -> u64 {
        self.now.get()
    }

    fn after(&self, span: Duration) -> u64 {
        // One tick is added, because the coarse clock may be a whole tick behind: no deadline comes early.
        let span = u64::try_from((span + TICK).as_millis()).unwrap_or(NEVER);
        self.now.get().saturating_add(span)
    }
}

/// A connection under watch, until dropped.
pub(super) struct Enrolled(Rc<Watch>);

impl Enrolled {
    /// The watch.
    pub(super) fn watch(&self) -> &Rc<Watch> {
        &self.0
    }
}

impl Drop for Enrolled {
    fn drop(&mut self) {
        let roster = &self.0.roster;
        if let Some(place) = roster.slots.borrow_mut().get_mut(self.0.slot) {
            *place = None;
        }
        roster.free.borrow_mut().push(self.0.slot);
    }
}

/// How often deadlines are looked at.
pub(super) const TICK: Duration = Duration::from_millis(250);
const NEVER: u64 = u64::MAX;
