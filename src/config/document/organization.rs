//! `organizations/*.yaml` and `*.json`: one organization with its projects, its keys and their access lists.

use schemars::JsonSchema;
use serde::Deserialize;

use super::access_list::AccessListEntry;
use super::networks::NamedNetworks;
use super::text::{Name, Text};
use super::version::Version;
use super::written::{optional, written};
use crate::policy::Enforcement;

/// One organization: its projects, its API keys and from where they may call.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrganizationDocument {
    /// The format: 1.
    #[serde(deserialize_with = "written")]
    pub version: Version,
    /// The organization's id (24 hex digits in Atlas); unique in the folder.
    pub id: Name,
    /// Its name.
    pub name: Name,
    /// Whether every key needs an access list. Mandatory to write: its absence must never widen anything.
    #[serde(deserialize_with = "written")]
    pub require_access_list: bool,
    /// `enforce` (default), or `observe`: what rules 4–9 refuse is forwarded, logged and counted.
    #[serde(default, deserialize_with = "optional")]
    pub enforcement: Option<EnforcementWord>,
    /// Named networks of this organization alone.
    #[serde(default, deserialize_with = "written")]
    pub networks: NamedNetworks,
    /// Its projects.
    #[serde(default, deserialize_with = "written")]
    pub projects: Vec<ProjectDocument>,
    /// Its API keys.
    #[serde(default, deserialize_with = "written")]
    pub keys: Vec<KeyDocument>,
}

/// A project (a "group" in paths).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectDocument {
    /// The project's id (24 hex digits in Atlas).
    pub id: Name,
    /// Its name.
    pub name: Name,
}

/// An organization API key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyDocument {
    /// The key's id (24 hex digits in Atlas).
    pub id: Name,
    /// The public key: the user name of HTTP Digest. Any text without `:` and control characters.
    pub public_key: Name,
    /// What the key is for.
    #[serde(default, deserialize_with = "optional")]
    pub description: Option<Text>,
    /// The key's roles in the organization.
    #[serde(default, deserialize_with = "written")]
    pub roles: Vec<Name>,
    /// The projects it was given.
    #[serde(default, deserialize_with = "written")]
    pub projects: Vec<AssignmentDocument>,
    /// From where it may call. Mandatory to write: `[]` is "no list", an emptied field is an error.
    #[serde(deserialize_with = "written")]
    pub access_list: Vec<AccessListEntry>,
    /// Whether it may authenticate; default true.
    #[serde(default, deserialize_with = "optional")]
    pub enabled: Option<bool>,
    /// `enforce` (default), or `observe`.
    #[serde(default, deserialize_with = "optional")]
    pub enforcement: Option<EnforcementWord>,
    /// From when on it no longer authenticates: RFC 3339, such as `2026-12-31T00:00:00Z`.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("format" = "date-time"))]
    pub expires: Option<Name>,
}

/// A project a key was given.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignmentDocument {
    /// The project's id or name.
    pub project: Name,
    /// The key's roles there.
    #[serde(default, deserialize_with = "written")]
    pub roles: Vec<Name>,
}

/// Whether refusals bind.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum EnforcementWord {
    /// They do.
    Enforce,
    /// They are only watched.
    Observe,
}

impl From<EnforcementWord> for Enforcement {
    fn from(word: EnforcementWord) -> Self {
        match word {
            EnforcementWord::Enforce => Self::Enforce,
            EnforcementWord::Observe => Self::Observe,
        }
    }
}
