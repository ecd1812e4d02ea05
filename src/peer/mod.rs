//! From the socket's peer to the caller: the one address that access lists are asked about.
//!
//! A listener names one source: the socket itself, a header that [`derive_caller`] walks from the right while its
//! entries are [`TrustedProxies`], or a [`ProxyHeader`] before the first octet of HTTP. What comes out is a [`Caller`]:
//! its [`CallerAddress`], canonical and never IPv4 inside IPv6, with the [`AddressSource`] it was read from – or a
//! [`CallerDoubt`], and a caller in doubt is on no list.

mod caller_address;
mod forwarded;
mod proxy_protocol;
mod trusted_proxies;

pub use caller_address::{AddressSource, Caller, CallerAddress, CallerDoubt};
pub use forwarded::{ChainTooLong, MAX_CHAIN, derive_caller};
pub use proxy_protocol::{ProxyHeader, ProxyHeaderError};
pub use trusted_proxies::TrustedProxies;
