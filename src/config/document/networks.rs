//! `networks.yaml`: networks that several access lists refer to by name.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use super::text::Name;
use super::version::Version;
use super::written::written;

/// `networks.yaml`: named networks shared by all organizations.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworksDocument {
    /// The format: 1.
    #[serde(deserialize_with = "written")]
    pub version: Version,
    /// From a name to its addresses and CIDR blocks.
    #[serde(deserialize_with = "written")]
    pub networks: NamedNetworks,
}

/// Names with their addresses and CIDR blocks, in the order written; no name stands twice.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct NamedNetworks(Vec<(Name, Vec<Name>)>);

impl NamedNetworks {
    /// Every name with its addresses and blocks.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &[Name])> {
        self.0
            .iter()
            .map(|(name, blocks)| (name, blocks.as_slice()))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

struct Blocks(Vec<Name>);

impl<'de> Deserialize<'de> for Blocks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        written(deserializer).map(Self)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = NamedNetworks;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping from names to lists of addresses")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<NamedNetworks, A::Error> {
        let mut seen = HashSet::new();
        let mut networks = Vec::new();
        while let Some((name, Blocks(blocks))) = fields.next_entry::<Name, Blocks>()? {
            if !seen.insert(name.clone()) {
                return Err(A::Error::custom(format!(
                    "the network `{name}` stands twice"
                )));
            }
            networks.push((name, blocks));
        }
        Ok(NamedNetworks(networks))
    }
}

impl<'de> Deserialize<'de> for NamedNetworks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

impl JsonSchema for NamedNetworks {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "NamedNetworks".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let blocks = generator.subschema_for::<Vec<Name>>();
        json_schema!({ "type": "object", "additionalProperties": blocks })
    }
}
