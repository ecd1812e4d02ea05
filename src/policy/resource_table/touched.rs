//! What a request touches in the resource table.

use super::Resource;

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

    fn add(&mut self, resource: &'t Resource) {
        for row in &mut self.rows {
            match row {
                None => return *row = Some(resource),
                Some(known) if std::ptr::eq(*known, resource) => return,
                Some(_) => {}
            }
        }
        self.overflow = true;
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

impl<'t> Match<'t> {
    /// Adds a row that fits. The first one names the request.
    pub(super) fn add(&mut self, resource: &'t Resource) {
        self.resource.get_or_insert(resource);
        if resource.requires_access_list {
            self.requiring.get_or_insert(resource);
        }
        if !resource.roles.is_empty() {
            self.role_rows.add(resource);
        }
    }
}
