//! The nouns of the documentation page: organization, project, API key, access list, resource table (pure).

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
