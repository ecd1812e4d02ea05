//! Stateless nonces: 30 octets under a keyed MAC, so that nothing is stored when challenging.

use std::fmt;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::nonce::LENGTH;
use super::{NonceState, NonceText, Timestamp};

const VERSION: u8 = 1;
/// Octets under the MAC: version, key epoch, issued in milliseconds (6), node (2), random (8).
const SIGNED: usize = 18;
const OCTETS: usize = SIGNED + 12;
const MILLISECONDS_A_DAY: u64 = 24 * 60 * 60 * 1000;
const CONTEXT: &str = "keywarden 2026-11 nonce key of one epoch";

/// The keys nonces are made under, newest first; zeroed on drop, never printed.
pub struct NonceKeys {
    masters: Vec<EpochKeys>,
}

impl NonceKeys {
    /// How far ahead of ours the clock of another node that makes nonces may be.
    pub const SKEW: Duration = Duration::from_secs(30);

    /// Keys, newest first: the first makes nonces, all of them open nonces. Without any, no nonce can be opened.
    #[must_use]
    pub fn new(mut masters: Vec<[u8; 32]>) -> Self {
        let derived = masters.iter().map(EpochKeys::derive).collect();
        masters.zeroize();
        Self { masters: derived }
    }

    /// Makes a nonce: `version | key epoch | issued ms | node | random | tag`. `random` must never repeat.
    #[must_use]
    pub fn mint(&self, now: Timestamp, node: u16, random: [u8; 8]) -> NonceText {
        let epoch = epoch(now);
        let [_, _, issued @ ..] = now.as_millis().to_be_bytes();
        let mut octets = [0; OCTETS];
        let signed = [&[VERSION, epoch][..], &issued, &node.to_be_bytes(), &random];
        copy(&mut octets, &signed);
        if let (Some(newest), Some((signed, tag))) = (
            self.masters.first(),
            octets.split_first_chunk_mut::<SIGNED>(),
        ) {
            copy(tag, &[&newest.tag(epoch, signed)]);
        }
        let mut text = [0; LENGTH];
        // 30 octets are 40 characters exactly, so there is nothing that can fail.
        let _ = Base64UrlUnpadded::encode(&octets, &mut text);
        NonceText(text)
    }

    /// Opens a nonce that came back, at `now`. It lives for `lifetime` from its issue.
    #[must_use]
    pub fn open(&self, text: &[u8], now: Timestamp, lifetime: Duration) -> NonceState {
        let Some((id, issued)) = self.authentic(text) else {
            return NonceState::Foreign;
        };
        if now.since(issued) > lifetime || issued.since(now) > Self::SKEW {
            return NonceState::Expired;
        }
        NonceState::Live { id, issued }
    }

    /// The random part and the time of issue of a nonce that one of our keys made.
    fn authentic(&self, text: &[u8]) -> Option<(u64, Timestamp)> {
        let mut octets = [0; OCTETS];
        if text.len() != LENGTH || Base64UrlUnpadded::decode(text, &mut octets).is_err() {
            return None;
        }
        let (signed, tag) = octets.split_first_chunk::<SIGNED>()?;
        let [version, epoch, issued @ .., _, _, _, _, _, _, _, _, _, _] = *signed;
        let made_with = |keys: &EpochKeys| bool::from(keys.tag(epoch, signed).ct_eq(tag));
        if version != VERSION || !self.masters.iter().any(made_with) {
            return None;
        }
        let issued = issued
            .iter()
            .fold(0, |number, octet| number << 8 | u64::from(*octet));
        let id = u64::from_be_bytes(*signed.last_chunk()?);
        Some((id, Timestamp::from_millis(issued)))
    }
}

impl fmt::Debug for NonceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NonceKeys({}, [redacted])", self.masters.len())
    }
}

/// The keys derived from one master, one an epoch: a day, counted modulo 256.
#[derive(Zeroize, ZeroizeOnDrop)]
struct EpochKeys(Box<[[u8; 32]]>);

impl EpochKeys {
    fn derive(master: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(master);
        let key = |epoch: u8| *hasher.clone().update(&[epoch]).finalize().as_bytes();
        Self((0..=u8::MAX).map(key).collect())
    }

    fn tag(&self, epoch: u8, signed: &[u8; SIGNED]) -> [u8; OCTETS - SIGNED] {
        let mut tag = [0; OCTETS - SIGNED];
        if let Some(key) = self.0.get(usize::from(epoch)) {
            copy(&mut tag, &[blake3::keyed_hash(key, signed).as_bytes()]);
        }
        tag
    }
}

/// The epoch of a moment.
fn epoch(moment: Timestamp) -> u8 {
    let [.., epoch] = (moment.as_millis() / MILLISECONDS_A_DAY).to_be_bytes();
    epoch
}

/// Fills `room` with `parts`, one after the other, as far as it goes.
fn copy(room: &mut [u8], parts: &[&[u8]]) {
    for (room, octet) in room.iter_mut().zip(parts.iter().copied().flatten()) {
        *room = *octet;
    }
}

#[cfg(test)]
mod tests;
