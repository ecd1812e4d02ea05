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
        Value::Bool(false) => return Some(format!("{at}: not allowed")),
        Value::Object(rules) => rules,
        other => panic!("no schema: {other}"),
    };
    rules.iter().find_map(|(rule, told)| match rule.as_str() {
        "$ref" => {
            let pointer = told.as_str()?.strip_prefix('#').expect("a local reference");
            wrong(root, root.pointer(pointer).expect("defined"), value, at)
        }
        "properties" => value
            .as_object()?
            .iter()
            .find_map(|(name, field)| wrong(root, told.get(name)?, field, &format!("{at}.{name}"))),
        "additionalProperties" => value.as_object()?.iter().find_map(|(name, field)| {
            let known = rules.get("properties").and_then(|known| known.get(name));
            let unknown = known.is_none();
            unknown.then(|| wrong(root, told, field, &format!("{at}.{name}")))?
        }),
        "items" => {
            let items = value.as_array()?.iter().enumerate();
            let mut items = items.map(|(n, item)| (format!("{at}[{n}]"), item));
            items.find_map(|(at, item)| wrong(root, told, item, &at))
        }
        "anyOf" | "oneOf" => {
            let parts = told.as_array().expect("a list").iter();
            let fits = parts
                .filter(|part| wrong(root, part, value, at).is_none())
                .count();
            let fine = fits == 1 || (fits > 1 && rule == "anyOf");
            (!fine).then(|| format!("{at}: {fits} forms fit {value}"))
        }
        rule => {
            wrong_alone(rule, told, value).then(|| format!("{at}: {value} breaks {rule} {told}"))
        }
    })
}

/// Whether `value` breaks a rule that asks about nothing below it.
fn wrong_alone(rule: &str, told: &Value, value: &Value) -> bool {
    match rule {
        // What a text must look like is the loader's to judge.
        "$schema" | "$defs" | "title" | "description" | "format" | "pattern" => false,
        "type" => match told.as_array() {
            Some(kinds) => !kinds.iter().any(|kind| is(kind, value)),
            None => !is(told, value),
        },
        "const" => value != told,
        "required" => value.as_object().is_some_and(|fields| {
            let mut names = told.as_array().expect("a list").iter();
            names.any(|name| !fields.contains_key(name.as_str().expect("a name")))
        }),
        "minLength" => value.as_str().is_some_and(|text| text.len() < count(told)),
        "minimum" => {
            let (value, least) = (value.as_f64(), told.as_f64());
            value.is_some() && value < least
        }
        other => panic!("a rule this test does not know: {other}"),
    }
}

fn count(told: &Value) -> usize {
    usize::try_from(told.as_u64().expect("a count")).expect("small")
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a name") {
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
