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

/// What stood in the way of a forwarded address. Where a trusted chain could not be read, the caller is on no list.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum CallerDoubt {
    /// The trusted peer sent no chain at all.
    ChainMissing,
    /// An entry is not an address: `unknown`, `_obfuscated`, empty, or garbage.
    EntryUnreadable,
    /// The peer is none of the trusted proxies: the header it sent was ignored, and the peer is the caller.
    PeerUntrusted,
}

impl CallerDoubt {
    /// The word used in logs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::ChainMissing => "chain_missing",
            Self::EntryUnreadable => "entry_unreadable",
            Self::PeerUntrusted => "peer_untrusted",
        }
    }
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
    /// Why `address` is unknown, or why it is the peer's though a header names another.
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

    /// A caller whom a PROXY header announced: `source` where it named one, the `peer` itself for `LOCAL` and
    /// `UNKNOWN`.
    #[must_use]
    pub fn announced(peer: IpAddr, source: Option<IpAddr>) -> Self {
        Self {
            address: Some(CallerAddress::from(source.unwrap_or(peer))),
            source: AddressSource::ProxyProtocol,
            ..Self::peer(peer)
        }
    }

    /// A caller whose `address` was read in the header `source`, or who cannot be known for `doubt`.
    pub(super) fn read(
        peer: IpAddr,
        source: AddressSource,
        address: Result<IpAddr, CallerDoubt>,
    ) -> Self {
        Self {
            address: address.ok().map(CallerAddress::from),
            peer: CallerAddress::from(peer),
            source,
            doubt: address.err(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_its_ipv4_address_and_a_compatible_one_is_not() {
        let read = |text: &str| CallerAddress::from(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(read("::ffff:203.0.113.5"), "203.0.113.5");
        assert_eq!(read("::203.0.113.5"), "::cb00:7105");
        assert_eq!(read("64:ff9b::203.0.113.5"), "64:ff9b::cb00:7105");
    }

    #[test]
    fn a_proxy_header_without_a_source_leaves_the_peer() {
        let peer = IpAddr::from([10, 0, 0, 1]);
        let source = IpAddr::from([203, 0, 113, 5]);
        let address = |caller: Caller| caller.address.map(CallerAddress::ip);
        assert_eq!(address(Caller::announced(peer, None)), Some(peer));
        assert_eq!(address(Caller::announced(peer, Some(source))), Some(source));
        assert_eq!(Caller::announced(peer, Some(source)).peer.ip(), peer);
    }
}
