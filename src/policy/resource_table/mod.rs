//! The resource table: which rows a method and a path touch, by every reading an upstream could have.

mod touched;

use super::path_tree::PathTree;
use super::{Method, PathTemplate, RequestTarget, Resource};

pub use touched::{Match, RoleRows};

/// The compiled table.
#[derive(Clone, Debug, Default)]
pub struct ResourceTable {
    resources: Box<[Resource]>,
    operations: Box<[(Method, PathTemplate, usize)]>,
    /// The templates of each method that has any, with their rows.
    trees: Vec<(Method, PathTree<usize>)>,
}

impl ResourceTable {
    /// Compiles rows and their operations; the index says which resource an operation belongs to. An operation of
    /// HEAD is one of GET, as which HEAD is judged.
    #[must_use]
    pub fn new(resources: Vec<Resource>, operations: Vec<(Method, PathTemplate, usize)>) -> Self {
        let mut trees: Vec<(Method, PathTree<usize>)> = Vec::new();
        for method in Method::ALL {
            let mut own = operations
                .iter()
                .filter(|(of, _, _)| of.judged_as() == method)
                .peekable();
            if own.peek().is_none() {
                continue;
            }
            let mut tree = PathTree::default();
            for (_, template, row) in own {
                debug_assert!(*row < resources.len(), "an operation without a row");
                tree.insert(template, *row);
            }
            trees.push((method, tree));
        }
        Self {
            resources: resources.into(),
            operations: operations.into(),
            trees,
        }
    }

    /// What `method` on `target` touches: HEAD counts as GET, every method if the query overrides it; two readings
    /// (split then decode, decode then split); literals compared folded. Allocates nothing.
    #[must_use]
    pub fn find(&self, method: Method, target: &RequestTarget<'_>) -> Match<'_> {
        let mut touched = Match::default();
        let judged = method.judged_as();
        self.collect(target, &mut touched, |of| of == judged);
        if target.overrides_method() {
            self.collect(target, &mut touched, |of| of != judged);
        }
        touched
    }

    fn collect<'t>(
        &'t self,
        target: &RequestTarget<'_>,
        touched: &mut Match<'t>,
        counts: impl Fn(Method) -> bool,
    ) {
        for (_, tree) in self.trees.iter().filter(|(of, _)| counts(*of)) {
            for segments in target.readings() {
                tree.walk(segments, target.is_plain(), &mut |row, fit| {
                    if fit.whole
                        && let Some(resource) = self.resources.get(*row)
                    {
                        touched.add(resource);
                    }
                });
            }
        }
    }

    /// The rows.
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Every operation: method, template, row; for `resources list`, `check` and the widening report.
    pub fn operations(&self) -> impl Iterator<Item = (Method, &PathTemplate, &Resource)> {
        self.operations
            .iter()
            .filter_map(|(method, template, row)| {
                Some((*method, template, self.resources.get(*row)?))
            })
    }
}

#[cfg(test)]
mod tests;
