//! The caller as a chain of trusted proxies names it: `X-Forwarded-For`, `Forwarded` (RFC 7239) or a vendor's header.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{AddressSource, Caller, CallerDoubt, TrustedProxies};

/// Most entries a chain may have.
pub const MAX_CHAIN: usize = 32;

/// The chain has more than [`MAX_CHAIN`] entries; such a request is rejected with 400.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the chain of forwarding addresses has more than {MAX_CHAIN} entries")]
pub struct ChainTooLong;

/// Derives the caller from the socket's `peer` and the field values of the one header that `source` names, in the
/// order they were received.
///
/// Headers of an untrusted peer are ignored, which the caller's doubt tells. From a trusted one they are one list, read from right to left: trusted
/// entries are skipped and the first other one is the caller; if all are trusted, it is the leftmost. An entry that
/// cannot be read before that leaves the caller unknown, and so does a trusted peer that sent no chain.
///
/// # Errors
/// When the chain is too long.
pub fn derive_caller<'h>(
    peer: IpAddr,
    trusted: &TrustedProxies,
    source: AddressSource,
    lines: impl IntoIterator<Item = &'h [u8]>,
) -> Result<Caller, ChainTooLong> {
    let mut chain = Chain::default();
    let trusted_peer = trusted.contains(peer);
    match source {
        AddressSource::Peer | AddressSource::ProxyProtocol => return Ok(Caller::peer(peer)),
        AddressSource::Forwarded | AddressSource::Header | AddressSource::XForwardedFor
            if !trusted_peer =>
        {
            let sent = lines.into_iter().next().is_some();
            return Ok(Caller {
                doubt: sent.then_some(CallerDoubt::PeerUntrusted),
                ..Caller::peer(peer)
            });
        }
        AddressSource::XForwardedFor | AddressSource::Header => chain.read_list(lines)?,
        AddressSource::Forwarded => chain.read_elements(lines)?,
    }
    Ok(Caller::read(peer, source, chain.caller(trusted)))
}

/// The entries of a chain from left to right; `None` for one that cannot be read.
#[derive(Default)]
struct Chain {
    entries: [Option<IpAddr>; MAX_CHAIN],
    length: usize,
}

impl Chain {
    fn push(&mut self, entry: Option<IpAddr>) -> Result<(), ChainTooLong> {
        let slot = self.entries.get_mut(self.length).ok_or(ChainTooLong)?;
        *slot = entry.map(|address| address.to_canonical());
        self.length += 1;
        Ok(())
    }

    fn read_list<'h>(
        &mut self,
        lines: impl IntoIterator<Item = &'h [u8]>,
    ) -> Result<(), ChainTooLong> {
        for line in lines {
            for entry in line.split(|octet| *octet == b',') {
                self.push(address(trim(entry)))?;
            }
        }
        Ok(())
    }

    fn read_elements<'h>(
        &mut self,
        lines: impl IntoIterator<Item = &'h [u8]>,
    ) -> Result<(), ChainTooLong> {
        for line in lines {
            let mut rest = Some(line);
            while let Some(text) = rest {
                let Some((element, after)) = split_outside_quotes(text, b',') else {
                    // Lines are one list: an open quote swallows every line after it.
                    return self.push(None);
                };
                self.push(forwarded_for(element))?;
                rest = after;
            }
        }
        Ok(())
    }

    fn caller(&self, trusted: &TrustedProxies) -> Result<IpAddr, CallerDoubt> {
        let mut leftmost = Err(CallerDoubt::ChainMissing);
        for entry in self.entries.iter().take(self.length).rev() {
            let address = entry.ok_or(CallerDoubt::EntryUnreadable)?;
            if !trusted.contains(address) {
                return Ok(address);
            }
            leftmost = Ok(address);
        }
        leftmost
    }
}

/// The address of one `forwarded-element` (RFC 7239 §4): the value of its one `for`.
fn forwarded_for(element: &[u8]) -> Option<IpAddr> {
    let mut found = None;
    let mut rest = Some(element);
    while let Some(text) = rest {
        let (pair, after) = split_outside_quotes(text, b';')?;
        rest = after;
        let pair = trim(pair);
        if pair.is_empty() {
            continue;
        }
        let equals = pair.iter().position(|octet| *octet == b'=')?;
        let (name, value) = (pair.get(..equals)?, pair.get(equals + 1..)?);
        if name.eq_ignore_ascii_case(b"for") && found.replace(value).is_some() {
            return None;
        }
    }
    let value = found?;
    match value.strip_prefix(b"\"") {
        // A node in quotes has no character that would need escaping, so an escape makes it unreadable.
        Some(quoted) => address(quoted.strip_suffix(b"\"")?),
        None => address(value),
    }
}

/// Splits at the first `separator` outside quoted strings; `None` if a quoted string does not end.
fn split_outside_quotes(text: &[u8], separator: u8) -> Option<(&[u8], Option<&[u8]>)> {
    let (mut quoted, mut escaped) = (false, false);
    for (index, octet) in text.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted && *octet == b'\\' {
            escaped = true;
        } else if *octet == b'"' {
            quoted = !quoted;
        } else if *octet == separator && !quoted {
            return Some((text.get(..index)?, text.get(index + 1..)));
        }
    }
    (!quoted).then_some((text, None))
}

/// An address as std reads it, or `v4:port`, `[v6]`, `[v6]:port`; octal, short and integer spellings, zone ids,
/// `unknown` and `_obfuscated` names are none.
fn address(text: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(text).ok()?;
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some(bracketed) = text.strip_prefix('[') {
        let (address, after) = bracketed.split_once(']')?;
        let fits = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return fits
            .then(|| address.parse::<Ipv6Addr>().ok())?
            .map(IpAddr::V6);
    }
    let (address, port) = text.split_once(':')?;
    is_port(port)
        .then(|| address.parse::<Ipv4Addr>().ok())?
        .map(IpAddr::V4)
}

/// Whether a text is the number of a port: 1–5 digits, at most 65535.
fn is_port(text: &str) -> bool {
    text.len() <= 5
        && text.bytes().all(|octet| octet.is_ascii_digit())
        && text.parse::<u16>().is_ok()
}

/// Trims blanks and tabs, and nothing else that anyone might call white space.
fn trim(text: &[u8]) -> &[u8] {
    let blank = |octet: &u8| matches!(octet, b' ' | b'\t');
    let start = text.iter().take_while(|octet| blank(octet)).count();
    let text = text.get(start..).unwrap_or_default();
    let end = text.iter().rev().take_while(|octet| blank(octet)).count();
    text.get(..text.len() - end).unwrap_or_default()
}

#[cfg(test)]
mod tests;
