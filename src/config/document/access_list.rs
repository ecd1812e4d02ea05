//! One entry of an access list as it may be written: `cidr`, `address` or `network`, or a bare address.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::text::{Name, Text, is_name};
use super::written::optional;

/// An entry of an access list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessListEntry {
    /// The addresses.
    pub origin: EntryOrigin,
    /// A remark.
    pub comment: Option<Text>,
    /// From when on it no longer counts: RFC 3339.
    pub expires: Option<Name>,
}

/// Which addresses an entry names, by the field it was written in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EntryOrigin {
    /// `address: 198.51.100.7`
    Address(Name),
    /// `- 198.51.100.7` or `- 203.0.113.0/24`
    Bare(Name),
    /// `cidr: 203.0.113.0/24`
    Cidr(Name),
    /// `network: build-farm`
    Network(Name),
}

impl EntryOrigin {
    /// The end of the field's path: `.cidr`, `.address`, `.network`, or nothing for a bare entry.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::Address(_) => ".address",
            Self::Bare(_) => "",
            Self::Cidr(_) => ".cidr",
            Self::Network(_) => ".network",
        }
    }
}

/// An entry written as a mapping: exactly one of `cidr`, `address` and `network`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Entry", extend("oneOf" = [{ "required": ["cidr"] }, { "required": ["address"] }, { "required": ["network"] }]))]
struct EntryFields {
    /// A block, such as `203.0.113.0/24`, without host bits.
    #[serde(default, deserialize_with = "optional")]
    cidr: Option<Name>,
    /// One address.
    #[serde(default, deserialize_with = "optional")]
    address: Option<Name>,
    /// The name of a network of this file or of `networks.yaml`.
    #[serde(default, deserialize_with = "optional")]
    network: Option<Name>,
    /// A remark.
    #[serde(default, deserialize_with = "optional")]
    comment: Option<Text>,
    /// From when on the entry no longer counts: RFC 3339, such as `2026-12-31T00:00:00Z`.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("format" = "date-time"))]
    expires: Option<Name>,
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = AccessListEntry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry: `cidr`, `address` or `network`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<AccessListEntry, E> {
        if !is_name(text) {
            return Err(E::custom("an entry must not be empty"));
        }
        let name = Name::deserialize(serde::de::value::StrDeserializer::new(text))?;
        Ok(AccessListEntry {
            origin: EntryOrigin::Bare(name),
            comment: None,
            expires: None,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<AccessListEntry, A::Error> {
        let fields = EntryFields::deserialize(MapAccessDeserializer::new(fields))?;
        let origin = match (fields.cidr, fields.address, fields.network) {
            (Some(cidr), None, None) => EntryOrigin::Cidr(cidr),
            (None, Some(address), None) => EntryOrigin::Address(address),
            (None, None, Some(network)) => EntryOrigin::Network(network),
            (None, None, None)
            | (Some(_), Some(_), _)
            | (Some(_), _, Some(_))
            | (_, Some(_), Some(_)) => {
                return Err(A::Error::custom(
                    "an entry has exactly one of `cidr`, `address` and `network`",
                ));
            }
        };
        Ok(AccessListEntry {
            origin,
            comment: fields.comment,
            expires: fields.expires,
        })
    }
}

impl<'de> Deserialize<'de> for AccessListEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

impl JsonSchema for AccessListEntry {
    fn schema_name() -> Cow<'static, str> {
        "AccessListEntry".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let fields = generator.subschema_for::<EntryFields>();
        let bare = generator.subschema_for::<Name>();
        json_schema!({
            "description": "An entry of an access list: a mapping, or a bare address or block.",
            "anyOf": [fields, bare]
        })
    }
}
