//! HTTP Digest access authentication (RFC 7616), the server's side, pure: no clock, no I/O.
//!
//! In the order of one log-in: [`Challenges`] are what a stranger is sent, with a nonce that [`NonceKeys`] sign and
//! nobody stores. What comes back is read as [`Credentials`], strictly, or called [`Malformed`]. [`proves`] asks the
//! [`Verifier`] – all that is kept of a private key – whether the response follows from it, in constant time; the
//! [`NonceState`] says what became of the nonce. A proof that is good leaves a [`Ticket`], which `replay` spends once,
//! and [`rspauth`] is the answer's own proof.

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
