//! The hygiene of path templates: one spelling of every literal.

use std::collections::HashMap;

use super::Findings;

/// Every literal segment met so far, by its lower-case form: "no two literals that differ in case".
#[derive(Default)]
pub(super) struct Spellings(HashMap<String, (String, String)>);

impl Spellings {
    /// Takes the literals of `template`, which stands at `field`; an error where one was spelt otherwise before.
    pub(super) fn take(&mut self, template: &str, field: &str, findings: &mut Findings<'_>) {
        let literals = template
            .split('/')
            .filter(|segment| !segment.is_empty() && !segment.starts_with('{'));
        for literal in literals {
            let (first, place) = self
                .0
                .entry(literal.to_lowercase())
                .or_insert_with(|| (literal.to_owned(), field.to_owned()));
            if first != literal {
                let message = format!("`{literal}` is spelt `{first}` at `{place}`");
                let help = "paths are compared without regard to case: spell it one way";
                findings.error("KW0505", field, message, help);
            }
        }
    }
}
