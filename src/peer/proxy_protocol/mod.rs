//! The PROXY protocol header, version 1 or 2, that a trusted balancer sends before the first octet of HTTP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

const V1_START: &[u8] = b"PROXY ";
/// Longest version 1 header, its CRLF included.
const V1_LIMIT: usize = 107;
const V2_SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Octets of a version 2 header before its address block.
const V2_FIXED: usize = 16;
/// Longest version 2 address block with its extensions.
const V2_LIMIT: usize = 536;

/// A whole PROXY header at the start of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ProxyHeader {
    /// The address the balancer accepted the connection from; `None` for `LOCAL`, `UNKNOWN` and families that have
    /// no IP address: the peer itself is the caller.
    pub source: Option<IpAddr>,
    /// Octets the header takes; HTTP starts after them.
    pub length: usize,
}

/// Why there is no PROXY header (yet).
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProxyHeaderError {
    /// It can never become one: close the connection.
    #[error("the connection does not start with a PROXY protocol header")]
    Bad,
    /// So far it may become one: read on.
    #[error("the PROXY protocol header is not complete")]
    Incomplete,
}

use ProxyHeaderError::{Bad, Incomplete};

impl ProxyHeader {
    /// Most octets a header can take, which is as many as need be read before [`ProxyHeader::parse`] has an answer.
    pub const MAX_LENGTH: usize = V2_FIXED + V2_LIMIT;

    /// Parses the octets received so far (`proxy-protocol.txt` §2). Parsing is strict and allocates nothing.
    ///
    /// # Errors
    /// [`ProxyHeaderError::Incomplete`] while more octets are needed; [`ProxyHeaderError::Bad`] as soon as no octets
    /// could make it a header.
    pub fn parse(received: &[u8]) -> Result<Self, ProxyHeaderError> {
        if starts_like(received, V1_START) {
            return Self::parse_v1(received);
        }
        if starts_like(received, V2_SIGNATURE) {
            return Self::parse_v2(received);
        }
        Err(Bad)
    }

    fn parse_v1(received: &[u8]) -> Result<Self, ProxyHeaderError> {
        let window = received.get(..V1_LIMIT).unwrap_or(received);
        let Some(end) = window.iter().position(|octet| *octet == b'\n') else {
            let full = window.len() == V1_LIMIT;
            return Err(if full { Bad } else { Incomplete });
        };
        let line = window.get(..end).and_then(|line| line.strip_suffix(b"\r"));
        let line = line
            .and_then(|line| line.strip_prefix(V1_START))
            .ok_or(Bad)?;
        let text = std::str::from_utf8(line).map_err(|_| Bad)?;
        Ok(Self {
            source: source_v1(text)?,
            length: end + 1,
        })
    }

    fn parse_v2(received: &[u8]) -> Result<Self, ProxyHeaderError> {
        let Some((fixed, rest)) = received.split_first_chunk::<V2_FIXED>() else {
            return Err(Incomplete);
        };
        let [.., command, family, high, low] = *fixed;
        let size = usize::from(u16::from_be_bytes([high, low]));
        if size > V2_LIMIT || family >> 4 > 3 || family & 0x0f > 2 {
            return Err(Bad);
        }
        let needed = match (command, family) {
            (0x21, 0x11) => 12,
            (0x21, 0x21) => 36,
            (0x20 | 0x21, _) => 0,
            (_, _) => return Err(Bad),
        };
        if size < needed {
            return Err(Bad);
        }
        let block = rest.get(..size).ok_or(Incomplete)?;
        let source = match needed {
            12 => block.first_chunk::<4>().map(|octets| IpAddr::from(*octets)),
            36 => block
                .first_chunk::<16>()
                .map(|octets| IpAddr::from(*octets)),
            _ => None,
        };
        Ok(Self {
            source: source.map(|address| address.to_canonical()),
            length: V2_FIXED + size,
        })
    }
}

/// Whether `received` starts with `start`, or may yet.
fn starts_like(received: &[u8], start: &[u8]) -> bool {
    received.iter().zip(start).all(|(a, b)| a == b)
}

/// The source of a version 1 line, which is read between `PROXY ` and CRLF.
fn source_v1(text: &str) -> Result<Option<IpAddr>, ProxyHeaderError> {
    if text == "UNKNOWN" || text.starts_with("UNKNOWN ") {
        let printable = text.bytes().all(|octet| matches!(octet, 0x20..=0x7e));
        return if printable { Ok(None) } else { Err(Bad) };
    }
    let mut words = text.split(' ');
    let mut word = || words.next().ok_or(Bad);
    let (family, source, target) = (word()?, word()?, word()?);
    let ports = [word()?, word()?];
    if words.next().is_some() || !ports.into_iter().all(is_port) {
        return Err(Bad);
    }
    match family {
        "TCP4" => addresses::<Ipv4Addr>(source, target),
        "TCP6" => addresses::<Ipv6Addr>(source, target),
        _ => Err(Bad),
    }
}

/// The source, if both ends are addresses of the family.
fn addresses<A>(source: &str, target: &str) -> Result<Option<IpAddr>, ProxyHeaderError>
where
    A: FromStr + Into<IpAddr>,
{
    let read = |text: &str| text.parse::<A>().map_err(|_| Bad);
    read(target)?;
    Ok(Some(read(source)?.into().to_canonical()))
}

/// Whether a text is a port as version 1 spells it: decimal, without leading zeros.
fn is_port(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'))
        && text.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests;
