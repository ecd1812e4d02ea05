//! A door for the fuzz targets: what stands before hyper's parser, built only with `--cfg fuzzing`.

use bytes::Bytes;

use crate::config::Limits;
use crate::decide::Rejection;

use super::chunks::Chunks;
use super::gate::{Gate, Shut};
use super::head::{self, Framing};

/// How many octets the head at the beginning of `octets` takes, and the length of its body, `None` if it is chunked;
/// nothing while it is incomplete.
///
/// # Errors
/// With what is refused.
pub fn head(octets: &[u8]) -> Result<Option<(usize, Option<u64>)>, Rejection> {
    let limits = Limits::default();
    let Some(end) = head::end_of_head(octets, &limits)? else {
        return Ok(None);
    };
    let head = octets.get(..end).unwrap_or_default();
    Ok(Some(match head::read(head, &limits)? {
        Framing::Chunked => (end, None),
        Framing::Length(length) => (end, Some(length)),
    }))
}

/// How a gate stands when all was received.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stand {
    /// It is shut: a body broke its framing.
    Body,
    /// It is shut: a head was refused.
    Head(Rejection),
    /// It would let more through.
    Open,
}

/// What goes through the gate of a connection that receives `pieces`, taken out `room` octets at a time; how many
/// heads those are; and how the gate stands then.
#[must_use]
pub fn gate(pieces: &[&[u8]], room: usize) -> (Vec<u8>, u64, Stand) {
    let mut gate = Gate::new(Limits::default(), &Bytes::new());
    let mut passed = Vec::new();
    for piece in pieces {
        let mut piece = *piece;
        // as the wire does: inside a body of known length octets go past the gate
        if let Some(left) = gate.straight() {
            let take = usize::try_from(left).map_or(piece.len(), |left| left.min(piece.len()));
            let (straight, rest) = piece.split_at_checked(take).unwrap_or((piece, &[]));
            gate.went_straight(take as u64);
            passed.extend_from_slice(straight);
            piece = rest;
        }
        gate.receive(piece);
        loop {
            match gate.pass(room) {
                Ok(sound) if sound.is_empty() => break,
                Ok(sound) => passed.extend_from_slice(&sound),
                Err(Shut::Head(why)) => return (passed, gate.heads(), Stand::Head(why)),
                Err(Shut::Body) => return (passed, gate.heads(), Stand::Body),
            }
        }
        gate.rest();
    }
    (passed, gate.heads(), Stand::Open)
}

/// How many octets of `pieces` belong to the chunked body that they begin with, and whether it ended; `None` if it is
/// broken.
#[must_use]
pub fn chunked(pieces: &[&[u8]]) -> Option<(usize, bool)> {
    let (mut chunks, mut walked) = (Chunks::new(), 0);
    for piece in pieces.iter().filter(|piece| !piece.is_empty()) {
        if chunks.is_over() {
            break;
        }
        walked += chunks.walk(piece).ok()?;
    }
    Some((walked, chunks.is_over()))
}
