//! What replay protection needs to know of a proof: which nonce, issued when, used for the how-manieth time.

use super::Timestamp;

/// One use of one nonce. A ticket is spent once.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Ticket {
    /// The nonce's own random part; under the MAC, so a caller cannot choose it.
    pub nonce: u64,
    /// When the nonce was issued.
    pub issued: Timestamp,
    /// `nc`, the count the caller signed.
    pub count: u32,
}
