//! `resources.yaml`: the resource table, and where paths name organizations and projects.

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Name, Text};
use super::version::Version;
use super::written::{optional, written};

/// The resource table: which operations require an access list, or a role.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcesDocument {
    /// The format: 1.
    #[serde(deserialize_with = "written")]
    pub version: Version,
    /// Path prefixes under which every operation stands; absent or `[]` = the root alone.
    #[serde(default, deserialize_with = "written")]
    pub bases: Vec<Text>,
    /// Where paths name organizations and projects. Mandatory to write; `{}` if they name none.
    #[serde(deserialize_with = "written")]
    pub scopes: ScopesDocument,
    /// The rows.
    #[serde(deserialize_with = "written")]
    pub resources: Vec<ResourceDocument>,
}

/// Where paths name organizations and projects; rules 7 and 8 bind nobody where a scope is absent.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopesDocument {
    /// Where an organization is named, such as `/orgs/{id}`.
    #[serde(default, deserialize_with = "optional")]
    pub organization: Option<ScopeDocument>,
    /// Where a project is named, such as `/groups/{id}`.
    #[serde(default, deserialize_with = "optional")]
    pub project: Option<ScopeDocument>,
}

/// One scope.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScopeDocument {
    /// A path template with one parameter.
    pub path: Name,
    /// Segments in the parameter's place that are no ids, such as `byName`.
    #[serde(default, deserialize_with = "written")]
    pub except: Vec<Name>,
}

/// A row of the resource table.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourceDocument {
    /// The row's id: log field and documentation anchor; unique.
    pub id: Name,
    /// The heading it stands under in the API's documentation.
    #[serde(default, deserialize_with = "optional")]
    pub section: Option<Text>,
    /// What it does, in words.
    #[serde(default, deserialize_with = "optional")]
    pub title: Option<Text>,
    /// `METHOD /path` lines; `{name}` is one segment, `{name...}` all that is left.
    #[serde(deserialize_with = "written")]
    pub operations: Vec<Name>,
    /// What a key needs: `access_list`.
    #[serde(default, deserialize_with = "optional")]
    pub require: Option<Requirement>,
    /// A key needs one of these roles; absent = any key.
    #[serde(default, deserialize_with = "optional")]
    pub roles: Option<Vec<Name>>,
}

/// What a row requires of a key.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// An access list.
    AccessList,
}
