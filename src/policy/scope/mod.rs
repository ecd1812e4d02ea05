//! Scopes: where in a path an organization or a project is named.

use super::path_tree::PathTree;
use super::segments::Segments;
use super::{PathTemplate, RequestTarget};

/// A place in paths that names an organization or a project: a prefix template with one parameter under every base.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    templates: Vec<PathTemplate>,
    places: PathTree<()>,
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
    /// A scope of these prefix templates; segments equal to one of `except`, octet for octet, are no ids. A template
    /// has one parameter ([`PathTemplate::parameter_count`]), which takes the id; of several it is the first.
    #[must_use]
    pub fn new(templates: Vec<PathTemplate>, except: Vec<Box<str>>) -> Self {
        let mut places = PathTree::default();
        for template in &templates {
            places.insert(template, ());
        }
        Self {
            templates,
            places,
            except,
        }
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

    /// What `target` names. Allocates nothing.
    #[must_use]
    pub fn named<'r>(&self, target: &RequestTarget<'r>) -> Named<'r> {
        let mut readings = target
            .readings()
            .map(|segments| self.named_in(segments, target.is_plain()));
        let first = readings.next().unwrap_or(Named::None);
        if readings.all(|other| other == first) {
            first
        } else {
            Named::Ambiguous
        }
    }

    /// What one reading names.
    fn named_in<'r>(&self, segments: Segments<'r>, plain: bool) -> Named<'r> {
        let mut named = Named::None;
        self.places.walk(segments, plain, &mut |(), fit| {
            if let Some(segment) = fit.parameter
                && !self.except.iter().any(|other| **other == *segment)
            {
                named = named.and(id(segment));
            }
        });
        named
    }
}

/// The id that a raw segment names: escapes leave it open which, a `:verb` is no part of it.
fn id(segment: &str) -> Named<'_> {
    if segment.contains('%') {
        return Named::Ambiguous;
    }
    Named::One(segment.split_once(':').map_or(segment, |(id, _)| id))
}

impl Named<'_> {
    /// What a path names that names both.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, named) | (named, Self::None) => named,
            (Self::One(one), Self::One(same)) if one == same => self,
            (Self::One(_) | Self::Ambiguous, Self::One(_) | Self::Ambiguous) => Self::Ambiguous,
        }
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

#[cfg(test)]
mod tests;
