//! From the socket's peer to the caller: the one address that access lists are asked about.

mod caller_address;
mod forwarded;
mod proxy_protocol;
mod trusted_proxies;

pub use caller_address::{AddressSource, Caller, CallerAddress, CallerDoubt};
pub use forwarded::{ChainTooLong, MAX_CHAIN, derive_caller};
pub use proxy_protocol::{ProxyHeader, ProxyHeaderError};
pub use trusted_proxies::TrustedProxies;
