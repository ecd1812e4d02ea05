//! The smaller sections of `keywarden.yaml`: digest, admin, access log, reload, throttle, limits, timers, shutdown.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::Name;
use super::written::optional;

/// HTTP Digest.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DigestDocument {
    /// The realm, which credential lines name as well: printable ASCII without comma, quote, backslash and colon;
    /// default `keywarden`.
    #[serde(default, deserialize_with = "optional")]
    pub realm: Option<Name>,
    /// `MD5`, `SHA-256`, `SHA-512-256`, in the order offered; default `[MD5, SHA-256]`.
    #[serde(default, deserialize_with = "optional")]
    pub algorithms: Option<Vec<Name>>,
    /// How long a nonce lives: 1s to 1h; default `5m`.
    #[serde(default, deserialize_with = "optional")]
    pub nonce_lifetime: Option<Name>,
    /// Whether `Authentication-Info` is sent; default true.
    #[serde(default, deserialize_with = "optional")]
    pub authentication_info: Option<bool>,
}

/// The admin listener.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AdminDocument {
    /// A loopback address and port; default `127.0.0.1:9180`.
    pub address: Name,
}

/// The access log.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AccessLogDocument {
    /// `json` (default), `logfmt` or `combined`.
    #[serde(default, deserialize_with = "optional")]
    pub format: Option<LogFormatWord>,
    /// `stdout` (default) or a file.
    #[serde(default, deserialize_with = "optional")]
    pub path: Option<Name>,
}

/// The shape of an access log line.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum LogFormatWord {
    /// NCSA combined.
    Combined,
    /// One JSON object a line.
    Json,
    /// `key=value` pairs.
    Logfmt,
}

/// How changes are noticed and put in force.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReloadDocument {
    /// Time between two looks at the folder, at least 1s; default `5s`.
    #[serde(default, deserialize_with = "optional")]
    pub poll: Option<Name>,
    /// What a change that lets more through is met with: `warn` (default) or `refuse`.
    #[serde(default, deserialize_with = "optional")]
    pub widening: Option<WideningWord>,
}

/// What a widening change is met with.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum WideningWord {
    /// It is not put in force until accepted.
    Refuse,
    /// It is put in force, with a warning that names it.
    Warn,
}

/// Token buckets on failed digests.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThrottleDocument {
    /// Failures let through at once; default 10.
    #[serde(default, deserialize_with = "optional")]
    pub burst: Option<u32>,
    /// Failures regained per second; default 1.
    #[serde(default, deserialize_with = "optional")]
    pub per_second: Option<f64>,
    /// Addresses and CIDR blocks never throttled.
    #[serde(default, deserialize_with = "optional")]
    pub exempt: Option<Vec<Name>>,
}

/// Sizes in octets, counts in pieces.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsDocument {
    /// Connections of a listener; default 10000.
    #[serde(default, deserialize_with = "optional")]
    pub connections: Option<u32>,
    /// Connections of one source (/32, /64); default 256.
    #[serde(default, deserialize_with = "optional")]
    pub connections_per_source: Option<u32>,
    /// Requests on one connection; default 1000.
    #[serde(default, deserialize_with = "optional")]
    pub requests_per_connection: Option<u32>,
    /// Octets of a request head; default 32768.
    #[serde(default, deserialize_with = "optional")]
    pub head: Option<u32>,
    /// Header lines; default 100.
    #[serde(default, deserialize_with = "optional")]
    pub headers: Option<u32>,
    /// Octets of a request body; default 16777216.
    #[serde(default, deserialize_with = "optional")]
    pub body: Option<u64>,
    /// Requests in flight of one key; default 256.
    #[serde(default, deserialize_with = "optional")]
    pub in_flight_per_key: Option<u32>,
}

/// Timers.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeoutsDocument {
    /// The first octet after accepting; default `10s`.
    #[serde(default, deserialize_with = "optional")]
    pub first_byte: Option<Name>,
    /// The TLS handshake; default `10s`.
    #[serde(default, deserialize_with = "optional")]
    pub handshake: Option<Name>,
    /// A request head; default `10s`.
    #[serde(default, deserialize_with = "optional")]
    pub head: Option<Name>,
    /// A kept connection without a request; default `60s`.
    #[serde(default, deserialize_with = "optional")]
    pub idle: Option<Name>,
    /// Silence inside a request body; default `30s`.
    #[serde(default, deserialize_with = "optional")]
    pub body_idle: Option<Name>,
    /// A stalled write to the caller; default `30s`.
    #[serde(default, deserialize_with = "optional")]
    pub write_stall: Option<Name>,
    /// Connecting to the upstream, its TLS handshake included; default `5s`.
    #[serde(default, deserialize_with = "optional")]
    pub upstream_connect: Option<Name>,
    /// Waiting for the head of the upstream's answer; default `60s`.
    #[serde(default, deserialize_with = "optional")]
    pub upstream_head: Option<Name>,
    /// Silence inside the upstream's body; default `60s`.
    #[serde(default, deserialize_with = "optional")]
    pub upstream_idle: Option<Name>,
    /// A request from its head to the end of its answer; default `300s`.
    #[serde(default, deserialize_with = "optional")]
    pub request: Option<Name>,
    /// The age at which a connection is closed after its current request; default `1h`.
    #[serde(default, deserialize_with = "optional")]
    pub connection_age: Option<Name>,
}

/// The end of the process.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShutdownDocument {
    /// Readiness fails and connections are told to close for this long; default `5s`.
    #[serde(default, deserialize_with = "optional")]
    pub linger: Option<Name>,
    /// What is in flight may then take this long; default `30s`.
    #[serde(default, deserialize_with = "optional")]
    pub grace: Option<Name>,
}
