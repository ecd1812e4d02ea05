//! The caller's address, how it was found out, and what stood in the way.

use std::fmt;
use std::net::IpAddr;

/// An address in canonical form: an IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is its IPv4 address.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct CallerAddress(IpAddr);

impl CallerAddress {
    /// The canonical address.
    #[must_use]
    pub fn ip(self) -> IpAddr {
        self.0
    }
}

impl From<IpAddr> for CallerAddress {
    fn from(ip: IpAddr) -> Self {
        Self(ip.to_canonical())
    }
}

impl fmt::Display for CallerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where the caller's address was read.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum AddressSource {
    /// The RFC 7239 `Forwarded` header.
    Forwarded,
    /// One named header of a vendor.
    Header,
    /// The other end of the socket.
    Peer,
    /// The PROXY protocol header before the first octet of HTTP.
    ProxyProtocol,
    /// The `X-Forwarded-For` header.
    XForwardedFor,
}

impl AddressSource {
    /// The word used in logs: `peer`, `x_forwarded_for`, …
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Forwarded => "forwarded",
            Self::Header => "header",
            Self::Peer => "peer",
            Self::ProxyProtocol => "proxy_protocol",
            Self::XForwardedFor => "x_forwarded_for",
        }
    }
}

/// Why a trusted chain of addresses could not be read; such a caller is on no list.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CallerDoubt {
    /// The trusted peer sent no chain at all.
    ChainMissing,
    /// An entry is not an address: `unknown`, `_obfuscated`, empty, or garbage.
    EntryUnreadable,
}

/// Who is calling: the outcome of one request's address derivation.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Caller {
    /// The caller's address; `None` when it cannot be known, and then it is on no list.
    pub address: Option<CallerAddress>,
    /// The other end of the socket.
    pub peer: CallerAddress,
    /// Where `address` was read.
    pub source: AddressSource,
    /// Why `address` is unknown.
    pub doubt: Option<CallerDoubt>,
}

impl Caller {
    /// A caller who is the peer of the socket.
    #[must_use]
    pub fn peer(ip: IpAddr) -> Self {
        let peer = CallerAddress::from(ip);
        Self {
            address: Some(peer),
            peer,
            source: AddressSource::Peer,
            doubt: None,
        }
    }
}
