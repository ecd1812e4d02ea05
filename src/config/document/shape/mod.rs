//! Everything that is wrong with a document's shape, measured against its JSON Schema.

mod report;
mod salvage;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value;

use super::loose::Loose;
use super::text::is_name;
use crate::config::Problem;
use crate::config::place::{NodeKind, Places};
use report::LIST_HELP;
pub use salvage::Salvage;
pub(super) use salvage::salvage;
use wording::{did_you_mean, list, noun};

/// Every problem of shape of the document `file`, placed.
pub(super) fn problems(
    file: &str,
    schema: &Value,
    document: &Loose,
    places: &Places<'_>,
) -> Vec<Problem> {
    let mut inspection = Inspection {
        file,
        schema,
        document,
        places,
        found: Vec::new(),
    };
    inspection.value(
        schema,
        document,
        &Spot {
            field: String::new(),
            node: places.root(),
            key: None,
        },
    );
    inspection.found
}

/// Where the inspection stands.
struct Spot {
    field: String,
    node: Option<usize>,
    /// The node of the field's name.
    key: Option<usize>,
}

impl Spot {
    fn name(&self) -> &str {
        self.field.rsplit('.').next().unwrap_or_default()
    }
}

struct Inspection<'d> {
    file: &'d str,
    schema: &'d Value,
    document: &'d Loose,
    places: &'d Places<'d>,
    found: Vec<Problem>,
}

impl<'d> Inspection<'d> {
    fn value(&mut self, schema: &'d Value, value: &'d Loose, spot: &Spot) {
        let (schema, noun) = self.resolve(schema);
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            self.one_of(branches, value, spot);
        } else if let Some(expected) = schema.get("const").and_then(Value::as_i64) {
            self.version(expected, value, spot);
        } else if let Some(words) = words(schema) {
            self.word(&words, value, spot);
        } else {
            match (schema.get("type").and_then(Value::as_str), value) {
                (Some("object"), Loose::Fields(fields)) => self.fields(schema, noun, fields, spot),
                (Some("array"), Loose::List(items)) => self.items(schema, items, spot),
                (Some("string"), Loose::Text(text)) => self.text(schema, text, spot),
                (Some("integer"), Loose::Integer(number)) => self.integer(schema, *number, spot),
                (Some("boolean"), Loose::Truth(_))
                | (Some("number"), Loose::Integer(_) | Loose::Fraction(_))
                | (None, _) => {}
                (Some(kind), _) => self.wrong_type(&[kind], value, spot),
            }
        }
    }

    /// Follows `$ref`; the noun is what the definition describes.
    fn resolve(&self, schema: &'d Value) -> (&'d Value, String) {
        let noun = definition(schema).map_or_else(|| "the document".to_owned(), noun);
        (resolve(self.schema, schema), noun)
    }

    fn one_of(&mut self, branches: &'d [Value], value: &'d Loose, spot: &Spot) {
        let fitting = branches.iter().find(|branch| {
            let (branch, _) = self.resolve(branch);
            accepts(branch, value)
        });
        if let Some(branch) = fitting {
            self.value(branch, value, spot);
        } else {
            let kinds: Vec<&str> = branches
                .iter()
                .filter_map(|branch| kind_of(self.resolve(branch).0))
                .collect();
            self.wrong_type(&kinds, value, spot);
        }
    }

    fn version(&mut self, expected: i64, value: &Loose, spot: &Spot) {
        match value {
            Loose::Integer(number) if *number == i128::from(expected) => {}
            Loose::Integer(number) => self.report("KW0113", spot, |problem| {
                problem
                    .message(format!("version {number} of this document is unknown"))
                    .help(format!("this keywarden reads version {expected}"))
            }),
            Loose::Fields(_)
            | Loose::Fraction(_)
            | Loose::List(_)
            | Loose::Null
            | Loose::Text(_)
            | Loose::Truth(_) => {
                self.wrong_type(&["integer"], value, spot);
            }
        }
    }

    fn word(&mut self, words: &[&str], value: &Loose, spot: &Spot) {
        match value {
            Loose::Text(text) if words.contains(&text.as_str()) => {}
            Loose::Text(text) => self.report("KW0104", spot, |problem| {
                problem
                    .message(format!("`{}` does not know the word `{text}`", spot.name()))
                    .help(did_you_mean(text, words, "known words"))
            }),
            Loose::Truth(_)
            | Loose::Integer(_)
            | Loose::Fraction(_)
            | Loose::List(_)
            | Loose::Fields(_) => {
                self.report("KW0103", spot, |problem| {
                    problem
                        .message(format!("{} where a word is expected", value.kind()))
                        .help(format!("write {}", list(words, "or")))
                });
            }
            Loose::Null => self.wrong_type(&["string"], value, spot),
        }
    }

    fn fields(
        &mut self,
        schema: &'d Value,
        noun: String,
        fields: &'d [(String, Loose)],
        spot: &Spot,
    ) {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema
            .get("additionalProperties")
            .filter(|others| others.is_object());
        let noun = if spot.field.is_empty() {
            "this document".to_owned()
        } else {
            noun
        };
        let mut seen = HashSet::new();
        for (index, (name, value)) in fields.iter().enumerate() {
            let inner = self.inner_field(spot, index, name);
            if !seen.insert(name.as_str()) {
                self.report_name("KW0105", &inner, |problem| {
                    problem
                        .message(format!("the field `{name}` stands twice"))
                        .help("keep one of them")
                });
                continue;
            }
            let schema = properties
                .and_then(|properties| properties.get(name))
                .or(others);
            if let Some(schema) = schema {
                self.value(schema, value, &inner);
            } else {
                let known: Vec<&str> = properties
                    .map(|properties| properties.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                self.report_name("KW0101", &inner, |problem| {
                    problem
                        .message(format!("unknown field `{name}` in {noun}"))
                        .help(did_you_mean(name, &known, "known fields"))
                });
            }
        }
        self.missing(schema, &noun, &seen, spot);
        self.exclusive(schema, &noun, &seen, spot);
    }

    fn missing(&mut self, schema: &Value, noun: &str, seen: &HashSet<&str>, spot: &Spot) {
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if seen.contains(name) {
                continue;
            }
            let (code, help) = match name {
                "access_list" => ("KW0112", LIST_HELP.to_owned()),
                "require_access_list" => (
                    "KW0102",
                    "write `require_access_list: true` or `require_access_list: false`".to_owned(),
                ),
                "version" => ("KW0102", "write `version: 1`".to_owned()),
                _ => ("KW0102", format!("write `{name}:`")),
            };
            self.report(code, spot, |problem| {
                problem
                    .message(format!("`{name}` is missing in {noun}"))
                    .help(help)
            });
        }
    }

    /// `oneOf` over `required`: exactly one of several fields.
    fn exclusive(&mut self, schema: &Value, noun: &str, seen: &HashSet<&str>, spot: &Spot) {
        let names: Vec<&str> = schema
            .get("oneOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|branch| branch.get("required")?.get(0)?.as_str())
            .collect();
        let written: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| seen.contains(name))
            .collect();
        if names.is_empty() || written.len() == 1 {
            return;
        }
        let message = if written.is_empty() {
            format!("{noun} without {}", list(&names, "or"))
        } else {
            format!("{noun} with {} at once", list(&written, "and"))
        };
        self.report("KW0111", spot, |problem| {
            problem
                .message(message)
                .help(format!("write exactly one of {}", list(&names, "and")))
        });
    }

    fn items(&mut self, schema: &'d Value, items: &'d [Loose], spot: &Spot) {
        let Some(inner) = schema.get("items") else {
            return;
        };
        for (index, item) in items.iter().enumerate() {
            let node = spot
                .node
                .and_then(|node| match &self.places.node(node)?.kind {
                    NodeKind::Sequence { items, .. } => items.get(index).copied(),
                    NodeKind::Mapping { .. } | NodeKind::Nothing | NodeKind::Scalar(_) => None,
                });
            let spot = Spot {
                field: format!("{}[{index}]", spot.field),
                node,
                key: None,
            };
            self.value(inner, item, &spot);
        }
    }

    fn text(&mut self, schema: &Value, text: &str, spot: &Spot) {
        if schema.get("minLength").is_none() || is_name(text) {
            return;
        }
        let what = if text.is_empty() {
            "empty text"
        } else {
            "text with control characters"
        };
        self.report("KW0110", spot, |problem| {
            problem
                .message(format!("{what} where something must be said"))
                .help("write it on one line, without control characters")
        });
    }

    fn integer(&mut self, schema: &Value, number: i128, spot: &Spot) {
        let range = integer_range(schema);
        if !range.contains(&number) {
            self.report("KW0108", spot, |problem| {
                problem
                    .message(format!("{number} is out of range"))
                    .help(format!("write a number from 0 to {}", range.end()))
            });
        }
    }

    fn inner_field(&self, spot: &Spot, index: usize, name: &str) -> Spot {
        let nodes = spot
            .node
            .and_then(|node| match &self.places.node(node)?.kind {
                NodeKind::Mapping { fields, .. } => fields.get(index).copied(),
                NodeKind::Sequence { .. } | NodeKind::Nothing | NodeKind::Scalar(_) => None,
            });
        let dot = if spot.field.is_empty() { "" } else { "." };
        Spot {
            field: format!("{}{dot}{name}", spot.field),
            node: nodes.map(|(_, value)| value),
            key: nodes.map(|(key, _)| key),
        }
    }
}

/// The definition that a `$ref` names.
fn definition(schema: &Value) -> Option<&str> {
    let reference = schema.get("$ref").and_then(Value::as_str)?;
    reference.strip_prefix("#/$defs/")
}

/// What a `$ref` into `root` stands for, or the schema itself.
fn resolve<'d>(root: &'d Value, schema: &'d Value) -> &'d Value {
    definition(schema)
        .and_then(|name| root.get("$defs")?.get(name))
        .unwrap_or(schema)
}

fn integer_range(schema: &Value) -> RangeInclusive<i128> {
    match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => 0..=i128::from(u32::MAX),
        _ => 0..=i128::from(u64::MAX),
    }
}

fn kind_of(schema: &Value) -> Option<&str> {
    match schema.get("type").and_then(Value::as_str) {
        Some(kind) => Some(kind),
        None => words(schema).map(|_| "string"),
    }
}

fn accepts(schema: &Value, value: &Loose) -> bool {
    matches!(
        (kind_of(schema), value),
        (Some("object"), Loose::Fields(_))
            | (Some("array"), Loose::List(_))
            | (Some("string"), Loose::Text(_))
    )
}

/// The words of an enumeration: `enum`, or `oneOf` over constants.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return Some(vec![word]);
    }
    let branches = schema.get("oneOf")?.as_array()?;
    let mut all = Vec::new();
    for branch in branches {
        all.extend(words(branch)?);
    }
    Some(all)
}
