//! What a line of the access log can say; the struct is the contract.

use std::net::IpAddr;
use std::time::Duration;

use crate::digest::Timestamp;
use crate::telemetry::Outcome;

/// Everything a line can say; the struct is the contract. Never credentials, nonces, hashes or query values.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    /// When the request's head was read.
    pub at: Timestamp,
    /// The listener's name.
    pub listener: &'r str,
    /// `X-Request-Id`.
    pub request_id: &'r str,
    /// From `traceparent`.
    pub trace_id: &'r str,
    /// The method as sent.
    pub method: &'r str,
    /// The path without the query.
    pub path: &'r str,
    /// HTTP version: `1.1` or `2`.
    pub version: &'r str,
    /// The status sent.
    pub status: u16,
    /// The caller's address, where known.
    pub caller: Option<IpAddr>,
    /// The socket's peer.
    pub peer: IpAddr,
    /// How the caller's address was read.
    pub address_source: &'r str,
    /// What stood in the way of reading it: `peer_untrusted`, `chain_missing`, `entry_unreadable`.
    pub address_doubt: Option<&'r str>,
    /// How it ended.
    pub outcome: Outcome,
    /// Organization id.
    pub organization: Option<&'r str>,
    /// Public key; only of a proven key.
    pub key: Option<&'r str>,
    /// Row of the table.
    pub resource: Option<&'r str>,
    /// Entry of the access list that let the caller in, as CIDR.
    pub matched_entry: Option<&'r str>,
    /// The generation's fingerprint.
    pub generation: &'r str,
    /// The product string the caller sent, `User-Agent`.
    pub user_agent: Option<&'r str>,
    /// Octets of the request body.
    pub bytes_in: u64,
    /// Octets of the answer's body.
    pub bytes_out: u64,
    /// Time to the head of the upstream's answer.
    pub upstream: Option<Duration>,
    /// From head to the end of the answer.
    pub total: Duration,
}

/// The shape of a line.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum LineFormat {
    /// NCSA combined.
    Combined,
    /// One JSON object a line.
    #[default]
    Json,
    /// `key=value` pairs.
    Logfmt,
}
