//! What a change of the resource table and its scopes opens.

use std::collections::BTreeSet;

use crate::policy::{Method, Resource, ResourceTable, Roles, Scope, Scopes};

use super::{Opening, opening};

/// An operation of a table, its template cut into segments.
struct Operation<'s> {
    method: Method,
    text: &'s str,
    segments: Vec<Segment<'s>>,
    row: &'s Resource,
}

/// One segment of a template.
#[derive(Clone, Copy)]
enum Segment<'s> {
    Literal(&'s str),
    One,
    Rest,
}

/// What rows of `old` protected and `new` does not. An operation counts as kept where a template of the new table
/// covers it, whatever its row and its parameters are called.
pub(super) fn of_rows(old: &ResourceTable, new: &ResourceTable, openings: &mut Vec<Opening>) {
    let after = operations(new);
    let rows: BTreeSet<&str> = new.resources().iter().map(|row| &*row.id).collect();
    let mut gone = BTreeSet::new();
    for operation in operations(old) {
        let covering: Vec<&Operation<'_>> = after
            .iter()
            .filter(|candidate| candidate.covers(&operation))
            .collect();
        let row = operation.row;
        let lists_dropped =
            row.requires_access_list && !covering.iter().any(|o| o.row.requires_access_list);
        let roles_dropped = !row.roles.is_empty()
            && !covering
                .iter()
                .any(|o| is_as_strict(&o.row.roles, &row.roles));
        if !lists_dropped && !roles_dropped {
            continue;
        }
        let what = format!("{} {}", operation.method.as_str(), operation.text);
        if !rows.contains(&*row.id) && covering.is_empty() {
            if gone.insert(&*row.id) {
                let message = format!("row `{}` is gone: nothing protects `{what}`", row.id);
                openings.push(opening("row_gone", message));
            }
        } else if covering.is_empty() {
            let message = format!("row `{}` no longer names `{what}`", row.id);
            openings.push(opening("operation_gone", message));
        } else {
            if lists_dropped {
                let message = format!(
                    "`{what}` (row `{}`) requires no access list any more",
                    row.id
                );
                openings.push(opening("row_requirement_dropped", message));
            }
            if roles_dropped {
                let message = format!("`{what}` (row `{}`) asks for other roles or none", row.id);
                openings.push(opening("roles_widened", message));
            }
        }
    }
}

/// Places where paths name organizations and projects that `new` does not look at.
pub(super) fn of_scopes(old: &Scopes, new: &Scopes, openings: &mut Vec<Opening>) {
    let pairs = [
        ("organization", &old.organization, &new.organization),
        ("project", &old.project, &new.project),
    ];
    for (name, old, new) in pairs {
        of_scope(name, old, new, openings);
    }
}

fn of_scope(name: &str, old: &Scope, new: &Scope, openings: &mut Vec<Opening>) {
    for template in old.templates() {
        let wanted = segments(template.as_str());
        let kept = new
            .templates()
            .iter()
            .any(|candidate| covers(&segments(candidate.as_str()), &wanted));
        if !kept {
            let message = format!(
                "scope `{name}` is no longer read at `{}`",
                template.as_str()
            );
            openings.push(opening("scope_gone", message));
        }
    }
    for exception in new.exceptions() {
        if !old.exceptions().contains(exception) && !old.templates().is_empty() {
            let message = format!("scope `{name}` takes `{exception}` for no id any more");
            openings.push(opening("scope_exception", message));
        }
    }
}

/// Whether a row of these roles lets no more keys through than one of `wanted`.
fn is_as_strict(roles: &Roles, wanted: &Roles) -> bool {
    !roles.is_empty() && roles.iter().all(|role| wanted.has(role))
}

fn operations(table: &ResourceTable) -> Vec<Operation<'_>> {
    table
        .operations()
        .map(|(method, template, row)| Operation {
            method,
            text: template.as_str(),
            segments: segments(template.as_str()),
            row,
        })
        .collect()
}

impl Operation<'_> {
    fn covers(&self, other: &Self) -> bool {
        self.method.judged_as() == other.method.judged_as()
            && covers(&self.segments, &other.segments)
    }
}

fn segments(template: &str) -> Vec<Segment<'_>> {
    template
        .split('/')
        .skip(1)
        .map(|segment| match segment.strip_prefix('{') {
            Some(name) if name.ends_with("...}") => Segment::Rest,
            Some(_) => Segment::One,
            None => Segment::Literal(segment),
        })
        .collect()
}

/// Whether every path that fits `narrow` fits `wide`.
fn covers(wide: &[Segment<'_>], narrow: &[Segment<'_>]) -> bool {
    match (wide.split_first(), narrow.split_first()) {
        (None, None) | (Some((Segment::Rest, _)), Some(_)) => true,
        (Some((first, wide)), Some((other, narrow))) => {
            let fits = match (first, other) {
                (Segment::Literal(one), Segment::Literal(two)) => one.eq_ignore_ascii_case(two),
                (Segment::One, Segment::Literal(_) | Segment::One) => true,
                (Segment::Literal(_), Segment::One | Segment::Rest)
                | (Segment::One | Segment::Rest, Segment::Rest)
                | (Segment::Rest, Segment::Literal(_) | Segment::One) => false,
            };
            fits && covers(wide, narrow)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}
