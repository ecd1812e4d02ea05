//! Path templates merged at their common beginnings, so that one walk finds all that fit a path.

use super::literal::Literal;
use super::path_template::{Part, PathTemplate};
use super::segments::Segments;

/// Templates, each with a value. A node is reached by one way only, so a walk visits each at most once, however
/// hostile the path.
#[derive(Clone, Debug)]
pub(super) struct PathTree<T> {
    /// Longer literals come first, so that `v1.0` is met before `v1`, which fits it, too.
    literals: Vec<(Literal, PathTree<T>)>,
    parameter: Option<Box<PathTree<T>>>,
    /// Values of the templates that end here.
    ends: Vec<T>,
    /// Values of the templates that take all that is left from here.
    rests: Vec<T>,
}

/// How a template fits a path.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit<'r> {
    /// Whether the path ends where the template does; otherwise it goes on.
    pub(super) whole: bool,
    /// The raw segment that the template's first parameter took.
    pub(super) parameter: Option<&'r str>,
}

impl<T> Default for PathTree<T> {
    fn default() -> Self {
        Self {
            literals: Vec::new(),
            parameter: None,
            ends: Vec::new(),
            rests: Vec::new(),
        }
    }
}

impl<T> PathTree<T> {
    /// Adds a template.
    pub(super) fn insert(&mut self, template: &PathTemplate, value: T) {
        self.insert_parts(template.parts(), value);
    }

    fn insert_parts(&mut self, parts: &[Part], value: T) {
        match parts {
            [] => self.ends.push(value),
            [Part::Rest, ..] => self.rests.push(value),
            [Part::Parameter, tail @ ..] => {
                let node = self.parameter.get_or_insert_default();
                node.insert_parts(tail, value);
            }
            [Part::Literal(literal), tail @ ..] => {
                let known = self.literals.iter_mut().find(|(other, _)| other == literal);
                if let Some((_, node)) = known {
                    return node.insert_parts(tail, value);
                }
                let mut node = Self::default();
                node.insert_parts(tail, value);
                let longer = |(other, _): &(Literal, Self)| other.len() >= literal.len();
                let at = self.literals.partition_point(longer);
                self.literals.insert(at, (literal.clone(), node));
            }
        }
    }

    /// Tells `visit` of every template that fits the beginning of a path, literals before parameters, these before
    /// the greedy ones. `plain` as in [`Literal::fits`]. Allocates nothing.
    pub(super) fn walk<'t, 'r>(
        &'t self,
        segments: Segments<'r>,
        plain: bool,
        visit: &mut impl FnMut(&'t T, Fit<'r>),
    ) {
        self.step(segments, plain, None, visit);
    }

    fn step<'t, 'r>(
        &'t self,
        mut segments: Segments<'r>,
        plain: bool,
        parameter: Option<&'r str>,
        visit: &mut impl FnMut(&'t T, Fit<'r>),
    ) {
        let next = segments.next();
        let whole = next.is_none();
        for value in &self.ends {
            visit(value, Fit { whole, parameter });
        }
        let Some(segment) = next else { return };
        for (literal, node) in &self.literals {
            if literal.fits(segment, plain) {
                node.step(segments.clone(), plain, parameter, visit);
            }
        }
        let taken = parameter.or(Some(segment));
        if let Some(node) = &self.parameter {
            node.step(segments.clone(), plain, taken, visit);
        }
        for value in &self.rests {
            visit(
                value,
                Fit {
                    whole: true,
                    parameter: taken,
                },
            );
        }
    }
}
