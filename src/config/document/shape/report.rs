//! Reporting what the inspection found: where it stands, and whose it is.

use super::wording::{kind_name, type_help};
use super::{Inspection, Spot};
use crate::config::Problem;
use crate::config::document::loose::Loose;

/// What to write instead of a missing access list.
pub(super) const LIST_HELP: &str =
    "write `access_list: []` for no list, or entries such as `- cidr: 203.0.113.0/24`";

impl Inspection<'_> {
    pub(super) fn wrong_type(&mut self, expected: &[&str], value: &Loose, spot: &Spot) {
        let wanted: Vec<&str> = expected.iter().map(|kind| kind_name(kind)).collect();
        let name = spot.name();
        let written = spot
            .node
            .and_then(|node| self.places.written(node))
            .unwrap_or_default();
        let (code, message, help) = if *value == Loose::Null {
            let what = if spot.field.is_empty() {
                "the document is empty".to_owned()
            } else {
                format!("`{name}` has no value")
            };
            match expected {
                ["array"] if name == "access_list" => ("KW0112", what, LIST_HELP.to_owned()),
                ["array"] => ("KW0109", what, "write `[]` or items".to_owned()),
                _ if spot.field.is_empty() => {
                    ("KW0109", what, "write at least `version: 1`".to_owned())
                }
                _ => (
                    "KW0109",
                    what,
                    format!("write {}, or take the field out", wanted.join(" or ")),
                ),
            }
        } else {
            (
                "KW0103",
                format!("{} where {} is expected", value.kind(), wanted.join(" or ")),
                type_help(expected, value, written),
            )
        };
        self.report(code, spot, |problem| problem.message(message).help(help));
    }

    /// Reports a problem with a value.
    pub(super) fn report(
        &mut self,
        code: &'static str,
        spot: &Spot,
        tell: impl FnOnce(Problem) -> Problem,
    ) {
        self.report_at(code, spot, spot.node, tell);
    }

    /// Reports a problem with a field's name.
    pub(super) fn report_name(
        &mut self,
        code: &'static str,
        spot: &Spot,
        tell: impl FnOnce(Problem) -> Problem,
    ) {
        self.report_at(code, spot, spot.key, tell);
    }

    fn report_at(
        &mut self,
        code: &'static str,
        spot: &Spot,
        node: Option<usize>,
        tell: impl FnOnce(Problem) -> Problem,
    ) {
        let mut problem = tell(Problem::error(code, self.file, spot.field.as_str()));
        let place = node.and_then(|node| self.places.place_of(node, spot.key));
        if let Some(place) = place.or_else(|| self.places.nearest(&spot.field)) {
            problem = problem.at(place);
            problem.source = self.places.source(place.line);
        }
        problem.notes.extend(whose(self.document, &spot.field));
        self.found.push(problem);
    }
}

/// Which key, and which entry of its access list, a field of an organization's file belongs to.
fn whose(document: &Loose, field: &str) -> Option<String> {
    let (index, rest) = field.strip_prefix("keys[")?.split_once(']')?;
    let key = document.field("keys")?.item(index.parse().ok()?)?;
    let mut note = format!("key `{}`", key.field("public_key")?.text()?);
    if let Some(description) = key.field("description").and_then(Loose::text) {
        note = format!("{note} ({description})");
    }
    let entry = rest
        .strip_prefix(".access_list[")
        .and_then(|rest| rest.split_once(']'));
    if let Some(number) = entry.and_then(|(index, _)| index.parse::<usize>().ok()) {
        note = format!("{note}, access list entry {}", number + 1);
    }
    Some(note)
}
