//! The gate before hyper's HTTP/1.1 parser: it lets a head through only whole and only if it has one reading.

use bytes::{Bytes, BytesMut};

use crate::config::Limits;
use crate::decide::Rejection;

use super::chunks::Chunks;
use super::head::{self, Framing};

/// What may go through.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    /// A head is awaited or incomplete.
    Head,
    /// A body of so many more octets.
    Length(u64),
    /// A chunked body.
    Chunked(Chunks),
}

/// The gate of one connection.
pub(super) struct Gate {
    limits: Limits,
    place: Place,
    inbox: BytesMut,
    /// How many octets at the front of `inbox` may go through.
    open: usize,
    /// How many heads were let through.
    heads: u64,
}

/// Why the gate is shut for good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shut {
    /// A head was refused: the caller is told.
    Head(Rejection),
    /// A body broke its framing: whoever reads it sees an error.
    Body,
}

impl Gate {
    /// Awaits the first head; `early` was received already.
    pub(super) fn new(limits: Limits, early: &Bytes) -> Self {
        Self {
            limits,
            place: Place::Head,
            inbox: BytesMut::from(&early[..]),
            open: 0,
            heads: 0,
        }
    }

    /// How many heads were let through so far.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Octets that may be read past the gate, straight into hyper's buffer: inside a body of known length.
    pub(super) fn straight(&self) -> Option<u64> {
        match self.place {
            Place::Length(left) if left > 0 && self.inbox.is_empty() => Some(left),
            Place::Length(_) | Place::Head | Place::Chunked(_) => None,
        }
    }

    /// So many octets went straight through.
    pub(super) fn went_straight(&mut self, octets: u64) {
        if let Place::Length(left) = self.place {
            self.place = Self::after(left.saturating_sub(octets));
        }
    }

    /// More octets have come.
    pub(super) fn receive(&mut self, octets: &[u8]) {
        self.inbox.extend_from_slice(octets);
    }

    /// Gives up the buffer of a connection that is waiting for its next request.
    pub(super) fn rest(&mut self) {
        if self.inbox.is_empty() {
            self.inbox = BytesMut::new();
        }
    }

    /// What may go through now, at most `room` octets; empty when more has to come first.
    ///
    /// # Errors
    /// When nothing will go through any more.
    pub(super) fn pass(&mut self, room: usize) -> Result<Bytes, Shut> {
        while self.open < room && self.open < self.inbox.len() {
            match self.advance() {
                Ok(0) => break,
                Ok(_) => {}
                // What was sound before it goes through first; the next call says what was not.
                Err(_) if self.open > 0 => break,
                Err(shut) => return Err(shut),
            }
        }
        let passing = self.inbox.split_to(self.open.min(room));
        self.open -= passing.len();
        Ok(passing.freeze())
    }

    /// Opens the gate for the next piece that is sound; how many octets that is.
    fn advance(&mut self) -> Result<usize, Shut> {
        let waiting = self.inbox.get(self.open..).unwrap_or_default();
        let (place, octets) = match self.place {
            Place::Head => {
                let Some(end) = head::end_of_head(waiting, &self.limits).map_err(Shut::Head)?
                else {
                    return Ok(0);
                };
                let framing = head::read(waiting.get(..end).unwrap_or_default(), &self.limits)
                    .map_err(Shut::Head)?;
                let place = match framing {
                    Framing::Chunked => Place::Chunked(Chunks::new()),
                    Framing::Length(length) => Self::after(length),
                };
                (place, end)
            }
            Place::Length(left) => {
                let octets = waiting
                    .len()
                    .min(usize::try_from(left).unwrap_or(usize::MAX));
                (Self::after(left - octets as u64), octets)
            }
            Place::Chunked(mut chunks) => {
                let octets = chunks.walk(waiting).map_err(|_| Shut::Body)?;
                (
                    if chunks.is_over() {
                        Place::Head
                    } else {
                        Place::Chunked(chunks)
                    },
                    octets,
                )
            }
        };
        self.heads += u64::from(self.place == Place::Head);
        self.place = place;
        self.open += octets;
        Ok(octets)
    }

    fn after(left: u64) -> Place {
        if left == 0 {
            Place::Head
        } else {
            Place::Length(left)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(gate: &mut Gate) -> Result<Vec<u8>, Shut> {
        let mut out = Vec::new();
        loop {
            let piece = gate.pass(7)?;
            if piece.is_empty() {
                return Ok(out);
            }
            out.extend_from_slice(&piece);
        }
    }

    #[test]
    fn what_is_sound_goes_through_octet_for_octet_however_it_is_cut() {
        let sound = b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: a\r\n\r\n\
            POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n";
        for cut in 0..sound.len() {
            let mut gate = Gate::new(Limits::default(), &Bytes::new());
            gate.receive(&sound[..cut]);
            let mut out = through(&mut gate).expect("sound so far");
            gate.receive(&sound[cut..]);
            out.extend(through(&mut gate).expect("sound"));
            assert_eq!(out, sound, "cut at {cut}");
        }
    }

    #[test]
    fn a_second_request_that_is_not_sound_never_reaches_hyper() {
        let mut gate = Gate::new(Limits::default(), &Bytes::new());
        gate.receive(b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        let first = through(&mut gate).expect("sound");
        gate.receive(b"GET /b HTTP/1.1\nHost: a\n\n");
        assert_eq!(first, b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(
            through(&mut gate),
            Err(Shut::Head(Rejection::FramingAmbiguous))
        );
    }
}
