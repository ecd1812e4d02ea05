//! `keywarden.yaml`: the process.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::process::{
    AccessLogDocument, AdminDocument, DigestDocument, LimitsDocument, ReloadDocument,
    ShutdownDocument, ThrottleDocument, TimeoutsDocument,
};
use super::text::Name;
use super::version::Version;
use super::written::{optional, written};

/// The process: listeners, upstream, digest, limits, admin, logs. Relative paths start at the configuration folder;
/// durations are written `500ms`, `30s`, `5m`, `1h`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeywardenDocument {
    /// The format: 1.
    #[serde(deserialize_with = "written")]
    pub version: Version,
    /// Where callers connect; at least one.
    #[serde(deserialize_with = "written")]
    pub listeners: Vec<ListenerDocument>,
    /// Where requests are forwarded.
    #[serde(deserialize_with = "written")]
    pub upstream: UpstreamDocument,
    /// HTTP Digest.
    #[serde(default, deserialize_with = "optional")]
    pub digest: Option<DigestDocument>,
    /// The admin listener: metrics, health, status.
    #[serde(default, deserialize_with = "optional")]
    pub admin: Option<AdminDocument>,
    /// The access log; absent = off.
    #[serde(default, deserialize_with = "optional")]
    pub access_log: Option<AccessLogDocument>,
    /// How changes are noticed and put in force.
    #[serde(default, deserialize_with = "optional")]
    pub reload: Option<ReloadDocument>,
    /// The brake on failed digests, per source and key.
    #[serde(default, deserialize_with = "optional")]
    pub throttle: Option<ThrottleDocument>,
    /// Sizes in octets, counts in pieces.
    #[serde(default, deserialize_with = "optional")]
    pub limits: Option<LimitsDocument>,
    /// Timers.
    #[serde(default, deserialize_with = "optional")]
    pub timeouts: Option<TimeoutsDocument>,
    /// The end of the process.
    #[serde(default, deserialize_with = "optional")]
    pub shutdown: Option<ShutdownDocument>,
    /// Worker threads; absent = one a core.
    #[serde(default, deserialize_with = "optional")]
    pub workers: Option<u32>,
}

/// One listener.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenerDocument {
    /// Its name in logs and metrics; unique.
    pub name: Name,
    /// Address and port, such as `127.0.0.1:8080` or `"[::]:8443"`.
    pub address: Name,
    /// The names it answers for; other names get 421; absent = any.
    #[serde(default, deserialize_with = "optional")]
    pub server_names: Option<Vec<Name>>,
    /// TLS; absent = plain HTTP.
    #[serde(default, deserialize_with = "optional")]
    pub tls: Option<TlsDocument>,
    /// `prior_knowledge` = HTTP/2 without TLS, beside HTTP/1.1; `off` = HTTP/1.1 only; absent = HTTP/2 where TLS negotiates it.
    #[serde(default, deserialize_with = "optional")]
    pub http2: Option<Http2Word>,
    /// Where the caller's address is read; absent = the socket.
    #[serde(default, deserialize_with = "optional")]
    pub client_address: Option<ClientAddressDocument>,
}

/// A certificate chain and its private key, PEM.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TlsDocument {
    /// The chain's file.
    pub certificate: Name,
    /// The private key's file.
    pub private_key: Name,
}

/// HTTP/2 on a listener.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Http2Word {
    /// HTTP/1.1 only.
    Off,
    /// HTTP/2 without TLS.
    PriorKnowledge,
}

/// Where the caller's address is read.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientAddressDocument {
    /// `peer`, `x_forwarded_for`, `forwarded`, `proxy_protocol`, or `{ header: X-Client-IP }`.
    #[serde(deserialize_with = "written")]
    pub source: ClientAddressSource,
    /// The proxies that are believed: addresses and CIDR blocks.
    #[serde(default, deserialize_with = "optional")]
    pub trusted_proxies: Option<Vec<Name>>,
}

/// What names the caller's address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ClientAddressSource {
    /// One header of a vendor.
    Header(Name),
    /// One of the sources with a word of their own.
    Word(SourceWord),
}

/// A source with a word of its own.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum SourceWord {
    /// The RFC 7239 header.
    Forwarded,
    /// The other end of the socket.
    Peer,
    /// PROXY protocol v1 or v2.
    ProxyProtocol,
    /// The `X-Forwarded-For` header.
    XForwardedFor,
}

/// One header of a vendor.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HeaderSource {
    /// The header's name.
    header: Name,
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = ClientAddressSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a source's word or `{ header: NAME }`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<ClientAddressSource, E> {
        SourceWord::deserialize(StrDeserializer::new(word)).map(ClientAddressSource::Word)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<ClientAddressSource, A::Error> {
        HeaderSource::deserialize(MapAccessDeserializer::new(fields))
            .map(|source| ClientAddressSource::Header(source.header))
    }
}

impl<'de> Deserialize<'de> for ClientAddressSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

impl JsonSchema for ClientAddressSource {
    fn schema_name() -> Cow<'static, str> {
        "ClientAddressSource".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<SourceWord>();
        let header = generator.subschema_for::<HeaderSource>();
        json_schema!({
            "description": "What names the caller's address: a word, or one header of a vendor.",
            "anyOf": [word, header]
        })
    }
}

/// Where requests are forwarded: exactly one of `url` and `urls`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["url"] }, { "required": ["urls"] }]))]
pub struct UpstreamDocument {
    /// Scheme, host and port, such as `http://127.0.0.1:9000`.
    #[serde(default, deserialize_with = "optional")]
    pub url: Option<Name>,
    /// Several of them, tried in turn.
    #[serde(default, deserialize_with = "optional")]
    pub urls: Option<Vec<Name>>,
    /// Trust and identity toward https upstreams.
    #[serde(default, deserialize_with = "optional")]
    pub tls: Option<UpstreamTlsDocument>,
    /// The gateway's own credentials; absent = none.
    #[serde(default, deserialize_with = "optional")]
    pub authentication: Option<UpstreamAuthenticationDocument>,
    /// `http/1.1` (default) or `h2`.
    #[serde(default, deserialize_with = "optional")]
    pub protocol: Option<ProtocolWord>,
    /// Idle connections kept per worker; default 64.
    #[serde(default, deserialize_with = "optional")]
    pub idle_connections: Option<u32>,
    /// How long an idle connection is kept; default `30s`. Keep it below the upstream's own keep-alive.
    #[serde(default, deserialize_with = "optional")]
    pub idle_timeout: Option<Name>,
}

/// TLS toward the upstream.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpstreamTlsDocument {
    /// A private CA, PEM; absent = the system's.
    #[serde(default, deserialize_with = "optional")]
    pub ca: Option<Name>,
    /// A client certificate, PEM; only together with `private_key`.
    #[serde(default, deserialize_with = "optional")]
    pub certificate: Option<Name>,
    /// The client certificate's private key, PEM.
    #[serde(default, deserialize_with = "optional")]
    pub private_key: Option<Name>,
}

/// How the gateway authenticates itself to the upstream: exactly one of these.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{ "required": ["bearer_file"] }, { "required": ["basic_file"] }]))]
pub struct UpstreamAuthenticationDocument {
    /// A file that holds a bearer token.
    #[serde(default, deserialize_with = "optional")]
    pub bearer_file: Option<Name>,
    /// A file that holds `user:password`.
    #[serde(default, deserialize_with = "optional")]
    pub basic_file: Option<Name>,
}

/// The protocol toward the upstream.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
pub enum ProtocolWord {
    /// HTTP/2: by ALPN for https, by prior knowledge for http.
    #[serde(rename = "h2")]
    H2,
    /// HTTP/1.1.
    #[serde(rename = "http/1.1")]
    Http11,
}
