//! `expectations.yaml`: the policy's own tests.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Name, Text};
use super::version::Version;
use super::written::{optional, written};

/// The policy's own tests: a policy that fails one is not put in force.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationsDocument {
    /// The format: 1.
    #[serde(deserialize_with = "written")]
    pub version: Version,
    /// The expectations.
    #[serde(deserialize_with = "written")]
    pub expectations: Vec<ExpectationDocument>,
}

/// One request and what must become of it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectationDocument {
    /// What is expected, in words.
    #[serde(default, deserialize_with = "optional")]
    pub name: Option<Text>,
    /// The calling key's public key.
    pub key: Name,
    /// The address it calls from.
    pub from: Name,
    /// `METHOD TARGET`, such as `GET /api/atlas/v2/groups`.
    pub request: Name,
    /// When: RFC 3339; absent = now.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("format" = "date-time"))]
    pub at: Option<Name>,
    /// `forward`, or the reason code of the refusal.
    pub expect: Name,
}
