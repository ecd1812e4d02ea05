//! An address or a CIDR block, as an access list or a trusted proxy names it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
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
    /// An IPv4-mapped block that holds more than IPv4 addresses.
    #[error(
        "`{0}` is an IPv4-mapped block wider than /96: write the IPv4 block, or an IPv6 block outside `::ffff:0:0/96`"
    )]
    MappedTooWide(String),
    /// Neither an address nor a block.
    #[error("`{0}` is not an IPv4 or IPv6 address or CIDR block")]
    NotANetwork(String),
    /// A prefix length with a sign, a leading zero, or anything else that is no plain number.
    #[error(
        "the prefix length of `{0}` is not a plain number: write `/24`, without sign, leading zero or netmask"
    )]
    PrefixMalformed(String),
    /// A prefix length beyond what the address family has.
    #[error("the prefix length of `{text}` is over {longest}")]
    PrefixTooLong {
        /// As written.
        text: String,
        /// 32 or 128.
        longest: u8,
    },
    /// `fe80::1%eth0`: a zone means something on one machine only.
    #[error("`{0}` has a zone id, which means nothing here: leave out the `%` and what follows")]
    ZoneId(String),
}

impl Network {
    /// The block of one address.
    #[must_use]
    pub fn host(address: IpAddr) -> Self {
        let first = address.to_canonical();
        Self {
            first,
            prefix: width(first),
        }
    }

    /// The first address.
    #[must_use]
    pub fn first(self) -> IpAddr {
        self.first
    }

    /// The last address.
    #[must_use]
    pub fn last(self) -> IpAddr {
        match self.first {
            IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() | host_bits_v4(self.prefix)).into(),
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() | host_bits_v6(self.prefix)).into(),
        }
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
        match self.first {
            IpAddr::V4(_) => self.prefix < 8,
            IpAddr::V6(_) => self.prefix < 32,
        }
    }

    /// Whether `address` is in the block; an IPv4-mapped address is its IPv4 address.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        masked(address.to_canonical(), self.prefix) == self.first
    }
}

/// Bits of an address of this family.
fn width(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn host_bits_v4(prefix: u8) -> u32 {
    u32::MAX.checked_shr(prefix.into()).unwrap_or(0)
}

fn host_bits_v6(prefix: u8) -> u128 {
    u128::MAX.checked_shr(prefix.into()).unwrap_or(0)
}

/// The address without its host bits.
fn masked(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => Ipv4Addr::from_bits(v4.to_bits() & !host_bits_v4(prefix)).into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !host_bits_v6(prefix)).into(),
    }
}

/// Reads a prefix length by hand: `ipnet` and `u8::from_str` take `+8` and `08`.
fn prefix_length(digits: &str, longest: u8, text: &str) -> Result<u8, NetworkError> {
    let plain = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    if !plain || (digits.len() > 1 && digits.starts_with('0')) {
        return Err(NetworkError::PrefixMalformed(text.to_owned()));
    }
    digits
        .parse()
        .ok()
        .filter(|length| *length <= longest)
        .ok_or_else(|| NetworkError::PrefixTooLong {
            text: text.to_owned(),
            longest,
        })
}

impl FromStr for Network {
    type Err = NetworkError;

    /// Reads an address by std (no octal, hexadecimal or short spellings) and a prefix length by hand. A bare
    /// address is /32 or /128; an IPv4-mapped block from /96 on is the IPv4 block.
    fn from_str(text: &str) -> Result<Self, NetworkError> {
        let (address, digits) = match text.split_once('/') {
            Some((address, digits)) => (address, Some(digits)),
            None => (text, None),
        };
        let written: IpAddr = match address.parse() {
            Ok(written) => written,
            Err(_) if address.contains('%') => return Err(NetworkError::ZoneId(text.to_owned())),
            Err(_) => return Err(NetworkError::NotANetwork(text.to_owned())),
        };
        let Some(digits) = digits else {
            return Ok(Self::host(written));
        };
        let length = prefix_length(digits, width(written), text)?;
        let address = written.to_canonical();
        // 96 where std unwrapped `::ffff:a.b.c.d`, otherwise 0
        let unwrapped = width(written) - width(address);
        let prefix = length
            .checked_sub(unwrapped)
            .ok_or_else(|| NetworkError::MappedTooWide(text.to_owned()))?;
        let network = Self {
            first: masked(address, prefix),
            prefix,
        };
        if network.first == address {
            return Ok(network);
        }
        Err(NetworkError::HostBits {
            text: text.to_owned(),
            network,
            address,
        })
    }
}

impl fmt::Display for Network {
    /// A single address without its prefix, a block with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.prefix == width(self.first) {
            self.first.fmt(f)
        } else {
            write!(f, "{}/{}", self.first, self.prefix)
        }
    }
}

#[cfg(test)]
mod tests;
