//! Scopes: where in a path an organization or a project is named.

use super::{PathTemplate, RequestTarget};

/// A place in paths that names an organization or a project: a prefix template with one parameter under every base.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    templates: Vec<PathTemplate>,
    except: Vec<Box<str>>,
}

/// The ids a path names: one for each reading and template that fits, all of which must be the key's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Named<'r> {
    /// The path names none.
    None,
    /// The path names this one in every reading (any `:verb` suffix cut off).
    One(&'r str),
    /// Readings disagree, or the id holds an escape: it can be nobody's own.
    Ambiguous,
}

impl Scope {
    /// A scope of these prefix templates; segments equal to one of `except`, octet for octet, are no ids.
    #[must_use]
    pub fn new(templates: Vec<PathTemplate>, except: Vec<Box<str>>) -> Self {
        Self { templates, except }
    }

    /// The prefix templates, as written.
    #[must_use]
    pub fn templates(&self) -> &[PathTemplate] {
        &self.templates
    }

    /// Segments that are no ids.
    #[must_use]
    pub fn exceptions(&self) -> &[Box<str>] {
        &self.except
    }

    /// What `target` names.
    #[must_use]
    pub fn named<'r>(&self, target: &RequestTarget<'r>) -> Named<'r> {
        let _ = (target, &self.templates, &self.except);
        todo!()
    }
}

/// The scopes of a resource table.
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    /// Where an organization is named.
    pub organization: Scope,
    /// Where a project is named.
    pub project: Scope,
}
