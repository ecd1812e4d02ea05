//! The resource table: which rows a method and a path touch, by every reading an upstream could have.

use super::{Method, PathTemplate, RequestTarget, Resource};

/// The compiled table.
#[derive(Clone, Debug, Default)]
pub struct ResourceTable {
    resources: Box<[Resource]>,
    // the owner adds: a trie or sorted rows of (method set, PathTemplate, resource index)
}

/// The rows that name roles among those a request touches; at most eight, more count as unsatisfiable.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoleRows<'t> {
    rows: [Option<&'t Resource>; 8],
    overflow: bool,
}

impl<'t> RoleRows<'t> {
    /// The rows.
    pub fn iter(&self) -> impl Iterator<Item = &'t Resource> + '_ {
        self.rows.iter().flatten().copied()
    }

    /// Whether more than eight rows matched, so that no key satisfies them all.
    #[must_use]
    pub fn overflow(&self) -> bool {
        self.overflow
    }
}

/// What a request touches in the table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Match<'t> {
    /// The row that names the request in logs and metrics: literal wins over parameter.
    pub resource: Option<&'t Resource>,
    /// A row that requires an access list; *any* reading counts.
    pub requiring: Option<&'t Resource>,
    /// Rows that name roles.
    pub role_rows: RoleRows<'t>,
}

impl ResourceTable {
    /// Compiles rows and their operations; the index says which resource an operation belongs to.
    #[must_use]
    pub fn new(resources: Vec<Resource>, operations: Vec<(Method, PathTemplate, usize)>) -> Self {
        let _ = operations;
        Self {
            resources: resources.into(),
        }
    }

    /// What `method` on `target` touches: HEAD counts as GET, every method if the query overrides it; two readings
    /// (split then decode, decode then split); literals compared folded. Allocates nothing.
    #[must_use]
    pub fn find(&self, method: Method, target: &RequestTarget<'_>) -> Match<'_> {
        let _ = (method, target);
        todo!()
    }

    /// The rows.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Every operation: method, template, row; for `resources list`, `check` and the widening report.
    pub fn operations(&self) -> impl Iterator<Item = (Method, &PathTemplate, &Resource)> {
        std::iter::empty()
    }
}
