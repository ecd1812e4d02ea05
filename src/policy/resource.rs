//! A row of the resource table: operations that require an access list, or roles, or both.

use std::sync::Arc;

use super::Roles;

/// One row. A row's operations may be many (each under every base); they share what they require.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Resource {
    /// The row's id: log field and documentation anchor.
    pub id: Arc<str>,
    /// The heading it stands under in the documentation page.
    pub section: Arc<str>,
    /// What it does, in the page's words.
    pub title: Arc<str>,
    /// Whether a key without an access list is refused.
    pub requires_access_list: bool,
    /// A key needs one of these; empty = any key.
    pub roles: Roles,
    /// Which item of `resources` in the file, from 0.
    pub item: u32,
}
