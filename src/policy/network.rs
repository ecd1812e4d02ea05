//! An address or a CIDR block, as an access list or a trusted proxy names it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A block of addresses in canonical form (no host bits, no IPv4-mapped IPv6).
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Network {
    first: IpAddr,
    prefix: u8,
}

/// Why a text is no network; the messages say what would be right.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// `10.0.0.5/24`: carries both corrections.
    #[error(
        "`{text}` has host bits set: did you mean the network `{network}` or the single address `{address}`?"
    )]
    HostBits {
        /// As written.
        text: String,
        /// The block with the host bits cut.
        network: Network,
        /// The address as a block of one.
        address: IpAddr,
    },
    /// Neither an address nor a block.
    #[error("`{0}` is not an IPv4 or IPv6 address or CIDR block")]
    NotANetwork(String),
    // the owner adds: PrefixTooLong, PrefixMalformed (sign, leading zero), ZoneId, MappedTooWide
}

impl Network {
    /// The block of one address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        let _ = address;
        todo!()
    }

    /// The first address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        self.first
    }

    /// The last address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        todo!()
    }

    /// The prefix length: 0–32 or 0–128.
    #[must_use]
    pub fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether the block holds every address of its family.
    #[must_use]
    pub fn covers_everyone(self) -> bool {
        self.prefix == 0
    }

    /// Whether the block is wider than a careful person writes: shorter than /8 (IPv4) or /32 (IPv6).
    #[must_use]
    pub fn is_wide(self) -> bool {
        todo!()
    }

    /// Whether `address` (canonical) is in the block.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        let _ = address;
        todo!()
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, NetworkError> {
        Err(NetworkError::NotANetwork(text.to_owned()))
    }
}

impl fmt::Display for Network {
    /// A single address without its prefix, a block with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}
