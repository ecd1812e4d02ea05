//! HTTP Digest access authentication (RFC 7616), the server's side, pure: no clock, no I/O.

mod algorithm;
mod challenge;
mod credentials;
mod designation;
mod hex;
mod malformed;
mod nonce;
mod nonce_keys;
mod parameters;
mod proof;
mod ticket;
mod timestamp;
mod username;
mod value;
mod verifier;

pub use algorithm::{Algorithm, Scheme};
pub use challenge::Challenges;
pub use credentials::Credentials;
pub use malformed::Malformed;
pub use nonce::{NonceState, NonceText};
pub use nonce_keys::NonceKeys;
pub use proof::{Rspauth, proves, rspauth};
pub use ticket::Ticket;
pub use timestamp::Timestamp;
pub use verifier::{Verifier, VerifierError};
