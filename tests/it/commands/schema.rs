//! `schema`: what editors are told is what the loader takes.

use std::fs;

use serde_json::{Map, Value, json};

use super::{Made, keywarden, shipped};

/// Every kind of file with the examples of it.
const KINDS: [(&str, &[&str]); 5] = [
    ("keywarden", &["keywarden.yaml"]),
    (
        "organization",
        &["organizations/acme.yaml", "organizations/umbrella.yaml"],
    ),
    ("resources", &["resources.yaml"]),
    ("networks", &["networks.yaml"]),
    ("expectations", &["expectations.yaml"]),
];

fn schema(kind: &str) -> Value {
    keywarden(&shipped(), ["schema", kind]).ended(0).json()
}

fn document(name: &str) -> Value {
    let text = fs::read_to_string(shipped().join(name)).expect("read");
    serde_yaml::from_str(&text).expect("YAML")
}

/// What is wrong with `value` by the part of JSON Schema that ours are written in; panics at any other part.
fn wrong(root: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
    let rules = match schema {
        Value::Bool(true) => return None,
        Value::Bool(false) => return Some(format!("{at}: nothing is allowed")),
        Value::Object(rules) => rules,
        other => panic!("no schema: {other}"),
    };
    rules.iter().find_map(|(rule, told)| match rule.as_str() {
        "$schema" | "$id" | "$defs" | "title" | "description" | "default" | "examples"
        | "format" | "then" | "else" => None,
        "$ref" => {
            let pointer = told.as_str()?.strip_prefix('#').expect("a local reference");
            wrong(root, root.pointer(pointer).expect("defined"), value, at)
        }
        "type" => {
            let kinds = told
                .as_array()
                .cloned()
                .unwrap_or_else(|| vec![told.clone()]);
            (!kinds
                .iter()
                .any(|kind| is(kind.as_str().expect("a name"), value)))
            .then(|| format!("{at}: {value} is not {told}"))
        }
        "const" => (value != told).then(|| format!("{at}: not {told}")),
        "enum" => (!told.as_array()?.contains(value)).then(|| format!("{at}: none of {told}")),
        "required" => told.as_array()?.iter().find_map(|name| {
            let fields = value.as_object()?;
            (!fields.contains_key(name.as_str()?)).then(|| format!("{at}: no {name}"))
        }),
        "properties" => value
            .as_object()?
            .iter()
            .find_map(|(name, field)| wrong(root, told.get(name)?, field, &format!("{at}.{name}"))),
        "additionalProperties" => value.as_object()?.iter().find_map(|(name, field)| {
            let known = rules.get("properties").and_then(|known| known.get(name));
            known
                .is_none()
                .then(|| wrong(root, told, field, &format!("{at}.{name}")))?
        }),
        "items" => value
            .as_array()?
            .iter()
            .enumerate()
            .find_map(|(number, item)| wrong(root, told, item, &format!("{at}[{number}]"))),
        "allOf" => told
            .as_array()?
            .iter()
            .find_map(|part| wrong(root, part, value, at)),
        "anyOf" | "oneOf" => {
            let parts = told.as_array().expect("a list");
            let fits = parts
                .iter()
                .filter(|part| wrong(root, part, value, at).is_none())
                .count();
            let fine = fits == 1 || (fits > 1 && rule == "anyOf");
            (!fine).then(|| format!("{at}: {fits} of {} forms fit {value}", parts.len()))
        }
        "not" => wrong(root, told, value, at)
            .is_none()
            .then(|| format!("{at}: forbidden")),
        "minItems" => (value.as_array()?.len() < count(told)).then(|| format!("{at}: too few")),
        "maxItems" => (value.as_array()?.len() > count(told)).then(|| format!("{at}: too many")),
        "minLength" => (value.as_str()?.len() < count(told)).then(|| format!("{at}: too short")),
        "minProperties" => {
            (value.as_object()?.len() < count(told)).then(|| format!("{at}: too few"))
        }
        "maxProperties" => {
            (value.as_object()?.len() > count(told)).then(|| format!("{at}: too many"))
        }
        "minimum" => (value.as_f64()? < told.as_f64()?).then(|| format!("{at}: too small")),
        "maximum" => (value.as_f64()? > told.as_f64()?).then(|| format!("{at}: too large")),
        "uniqueItems" | "pattern" | "propertyNames" => None,
        other => panic!("a rule this test does not know: {other}"),
    })
}

fn count(told: &Value) -> usize {
    usize::try_from(told.as_u64().expect("a count")).expect("small")
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type: {other}"),
    }
}

#[track_caller]
fn fits(kind: &str, document: &Value) {
    let schema = schema(kind);
    assert_eq!(wrong(&schema, &schema, document, kind), None);
}

fn fields(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("an object")
}

#[test]
fn every_kind_of_file_has_a_schema_that_its_examples_obey() {
    for (kind, examples) in KINDS {
        let schema = schema(kind);
        assert!(
            schema["$schema"]
                .as_str()
                .expect("a dialect")
                .contains("json-schema.org")
        );
        for example in examples {
            fits(kind, &document(example));
        }
    }
}

#[test]
fn what_init_writes_obeys_too() {
    let made = Made::new("http://127.0.0.1:9");
    for (kind, file) in [
        ("keywarden", "keywarden.yaml"),
        ("organization", "organizations/example.yaml"),
        ("resources", "resources.yaml"),
        ("networks", "networks.yaml"),
        ("expectations", "expectations.yaml"),
    ] {
        let text = fs::read_to_string(made.folder.join(file)).expect("read");
        fits(kind, &serde_yaml::from_str(&text).expect("YAML"));
    }
}

#[test]
fn an_unknown_field_a_wrong_type_and_a_missing_field_are_seen() {
    for (kind, examples) in KINDS {
        let schema = schema(kind);
        let good = document(examples[0]);
        let mut bad = good.clone();
        fields(&mut bad).insert("colour".to_owned(), json!("red"));
        assert!(
            wrong(&schema, &schema, &bad, kind).is_some(),
            "{kind}: an unknown field"
        );
        let mut bad = good.clone();
        fields(&mut bad).insert("version".to_owned(), json!("one"));
        assert!(
            wrong(&schema, &schema, &bad, kind).is_some(),
            "{kind}: version"
        );
        let mut bad = good.clone();
        fields(&mut bad).remove("version");
        assert!(
            wrong(&schema, &schema, &bad, kind).is_some(),
            "{kind}: no version"
        );
    }
    let schema = schema("organization");
    let good = document("organizations/acme.yaml");
    let mut bad = good.clone();
    fields(&mut bad).remove("require_access_list");
    assert!(
        wrong(&schema, &schema, &bad, "").is_some(),
        "its absence must never widen anything"
    );
    for null in [false, true] {
        let mut bad = good.clone();
        let key = fields(&mut bad["keys"][0]);
        if null {
            key.insert("access_list".to_owned(), Value::Null);
        } else {
            key.remove("access_list");
        }
        assert!(
            wrong(&schema, &schema, &bad, "").is_some(),
            "no list is written `[]`"
        );
    }
}
