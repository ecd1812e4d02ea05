//! What can still be read of a document whose shape is wrong, so that the problems of its values are told in the same run.

use serde_json::{Map, Value};

use super::wording::nearest;
use super::{accepts, integer_range, resolve, words};
use crate::config::Problem;
use crate::config::document::loose::Loose;
use crate::config::document::text::is_name;

/// A document with stand-ins in place of what was missing or misshapen: good for finding problems, and for nothing else.
#[derive(Clone, Debug)]
pub struct Salvage<T> {
    /// The document.
    pub document: T,
    /// The fields that a stand-in fills.
    lost: Vec<String>,
}

impl<T> Salvage<T> {
    /// Whether a problem found in the document is one of the file, and not one of a stand-in.
    #[must_use]
    pub fn is_real(&self, problem: &Problem) -> bool {
        let in_doubt = match problem.code {
            "KW0411" => self.has_lost("networks"),
            "KW0416" => self.has_lost("projects"),
            _ => false,
        };
        let within = |lost: &String| {
            let rest = problem.field.strip_prefix(lost.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        !in_doubt && !self.lost.iter().any(within)
    }

    /// Whether something of a field at the top was lost.
    fn has_lost(&self, top: &str) -> bool {
        let of_it = |lost: &String| lost.split(['.', '[']).next() == Some(top);
        self.lost.iter().any(of_it)
    }
}

/// Salvages a document by its schema; `None` if it is of another version, or too little is left.
pub(in crate::config::document) fn salvage<T: serde::de::DeserializeOwned>(
    schema: &Value,
    document: &Loose,
) -> Option<Salvage<T>> {
    let mut rescue = Rescue {
        schema,
        lost: Vec::new(),
        other_version: false,
    };
    let value = rescue.value(schema, document, "");
    if rescue.other_version || rescue.lost.iter().any(String::is_empty) {
        return None;
    }
    let document = serde_json::from_value(value).ok()?;
    Some(Salvage {
        document,
        lost: rescue.lost,
    })
}

struct Rescue<'d> {
    schema: &'d Value,
    lost: Vec<String>,
    other_version: bool,
}

impl<'d> Rescue<'d> {
    fn value(&mut self, schema: &'d Value, value: &Loose, field: &str) -> Value {
        let schema = resolve(self.schema, schema);
        if let Some(branches) = schema.get("anyOf").and_then(Value::as_array) {
            let fitting = |branch: &&Value| accepts(resolve(self.schema, branch), value);
            return match branches.iter().find(fitting) {
                Some(branch) => self.value(branch, value, field),
                None => self.stand_in(schema, field),
            };
        }
        if let Some(version) = schema.get("const").and_then(Value::as_i64) {
            self.other_version |=
                matches!(value, Loose::Integer(number) if *number != i128::from(version));
            return version.into();
        }
        if let Some(words) = words(schema) {
            return match value.text().filter(|text| words.contains(text)) {
                Some(word) => word.into(),
                None => self.stand_in(schema, field),
            };
        }
        match (schema.get("type").and_then(Value::as_str), value) {
            (Some("object"), Loose::Fields(fields)) => self.fields(schema, fields, field),
            (Some("array"), Loose::List(items)) => self.items(schema, items, field),
            (Some("string"), Loose::Text(text))
                if schema.get("minLength").is_none() || is_name(text) =>
            {
                text.as_str().into()
            }
            (Some("integer"), Loose::Integer(number)) if integer_range(schema).contains(number) => {
                u64::try_from(*number).unwrap_or(u64::MAX).into()
            }
            (Some("number"), Loose::Integer(number)) => {
                i64::try_from(*number).unwrap_or(i64::MAX).into()
            }
            (Some("number"), Loose::Fraction(number)) => (*number).into(),
            (Some("boolean"), Loose::Truth(truth)) => (*truth).into(),
            (_, _) => self.stand_in(schema, field),
        }
    }

    fn fields(&mut self, schema: &'d Value, fields: &[(String, Loose)], field: &str) -> Value {
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema
            .get("additionalProperties")
            .filter(|others| others.is_object());
        let mut map = Map::new();
        for (name, value) in fields {
            let known = properties.and_then(|properties| properties.get(name));
            match known.or(others) {
                // of a field that stands twice, the first
                Some(inner) if !map.contains_key(name) => {
                    let value = self.value(inner, value, &within(field, name));
                    map.insert(name.clone(), value);
                }
                Some(_) => {}
                None => self.meant(properties, fields, field, name),
            }
        }
        self.required(schema, &mut map, field);
        map.into()
    }

    /// An unknown field is not read; the one it probably meant is lost.
    fn meant(
        &mut self,
        properties: Option<&Map<String, Value>>,
        fields: &[(String, Loose)],
        field: &str,
        name: &str,
    ) {
        let free: Vec<&str> = properties
            .into_iter()
            .flat_map(Map::keys)
            .map(String::as_str)
            .filter(|known| !fields.iter().any(|(written, _)| written == known))
            .collect();
        self.lost
            .extend(nearest(name, &free).map(|meant| within(field, meant)));
    }

    /// Stand-ins for the fields that are missing, and for one of several where not exactly one is written.
    fn required(&mut self, schema: &'d Value, map: &mut Map<String, Value>, field: &str) {
        let names = |value: &'d Value| {
            let names = value.get("required").and_then(Value::as_array);
            names.into_iter().flatten().filter_map(Value::as_str)
        };
        let branches = schema.get("oneOf").and_then(Value::as_array);
        let one_of: Vec<&str> = branches.into_iter().flatten().flat_map(names).collect();
        let mut missing: Vec<&str> = names(schema)
            .filter(|name| !map.contains_key(*name))
            .collect();
        if !one_of.is_empty()
            && one_of
                .iter()
                .filter(|name| map.contains_key(**name))
                .count()
                != 1
        {
            self.lost
                .extend(one_of.iter().map(|name| within(field, name)));
            map.retain(|name, _| !one_of.contains(&name.as_str()));
            missing.extend(one_of.first());
        }
        for name in missing {
            if let Some(inner) = schema.get("properties").and_then(|all| all.get(name)) {
                let value = self.stand_in(inner, &within(field, name));
                map.insert(name.to_owned(), value);
            }
        }
    }

    fn items(&mut self, schema: &'d Value, items: &[Loose], field: &str) -> Value {
        let Some(inner) = schema.get("items") else {
            return Value::Array(Vec::new());
        };
        let items = items.iter().enumerate();
        items
            .map(|(index, item)| self.value(inner, item, &format!("{field}[{index}]")))
            .collect()
    }

    /// Something of the right shape, and like nothing else in the document.
    fn stand_in(&mut self, schema: &'d Value, field: &str) -> Value {
        self.lost.push(field.to_owned());
        let schema = resolve(self.schema, schema);
        let first = schema.get("anyOf").and_then(|branches| branches.get(0));
        if let Some(branch) = first {
            return self.stand_in(branch, field);
        }
        if let Some(version) = schema.get("const").and_then(Value::as_i64) {
            return version.into();
        }
        if let Some(word) = words(schema).and_then(|words| words.first().copied()) {
            return word.into();
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => self.fields(schema, &[], field),
            Some("array") => Value::Array(Vec::new()),
            Some("integer" | "number") => 1.into(),
            Some("boolean") => false.into(),
            _ => format!("stand-in-{}", self.lost.len()).into(),
        }
    }
}

fn within(field: &str, name: &str) -> String {
    let dot = if field.is_empty() { "" } else { "." };
    format!("{field}{dot}{name}")
}
