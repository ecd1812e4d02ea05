//! HTTP Digest access authentication (RFC 7616), the server's side, pure: no clock, no I/O.

mod algorithm;
mod challenge;
mod credentials;
mod nonce;
mod proof;
mod ticket;
mod timestamp;
mod verifier;

pub use algorithm::{Algorithm, Scheme};
pub use challenge::Challenges;
pub use credentials::{Credentials, Malformed};
pub use nonce::{NonceKeys, NonceState, NonceText};
pub use proof::{Rspauth, proves, rspauth};
pub use ticket::Ticket;
pub use timestamp::Timestamp;
pub use verifier::{Verifier, VerifierError};
