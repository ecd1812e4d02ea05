//! From the socket's peer to the caller: the one address that access lists are asked about.

mod caller_address;

pub use caller_address::{AddressSource, Caller, CallerAddress, CallerDoubt};
