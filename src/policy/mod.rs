//! The nouns of the documentation page: organization, project, API key, access list, resource table (pure).
//!
//! An [`Organization`] owns [`Project`]s and [`Key`]s. From where a key may call is its [`Reach`]: the page's three
//! sentences as three arms, of which one holds an [`AccessList`]. Which requests require a list, or a [`Role`], is
//! written in the [`ResourceTable`]; where a path names an organization or a project, in the [`Scopes`]. Both are asked
//! about a [`RequestTarget`], which can be read in one way only. All of it together, as it is in force at one moment and
//! never changed, is a [`Snapshot`].

mod access_list;
mod address_ranges;
mod decoded;
mod key;
mod literal;
mod method;
mod method_override;
mod network;
mod organization;
mod path_template;
mod path_tree;
mod reach;
mod request_target;
mod resource;
mod resource_table;
mod role;
#[cfg(test)]
pub(crate) mod sample;
mod scope;
mod segments;
mod snapshot;

pub use access_list::{AccessList, Entry};
pub use key::{Assignment, Enforcement, Key};
pub use method::{Method, MethodError};
pub use network::{Network, NetworkError};
pub use organization::{Organization, Project};
pub use path_template::{PathTemplate, TemplateError};
pub use reach::Reach;
pub use request_target::{RequestPath, RequestTarget, TargetError};
pub use resource::Resource;
pub use resource_table::{Match, ResourceTable, RoleRows};
pub use role::{Role, Roles};
pub use scope::{Named, Scope, Scopes};
pub use snapshot::{Generation, KeyInForce, Snapshot, SnapshotParts, Verifiers};
