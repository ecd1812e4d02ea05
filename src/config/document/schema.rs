//! The JSON Schema of every document: for editors, and for naming what is wrong with a file's shape.

use schemars::JsonSchema;
use serde_json::{Map, Value};

use super::{
    ExpectationsDocument, KeywardenDocument, NetworksDocument, OrganizationDocument,
    ResourcesDocument,
};

/// The JSON Schema of `keywarden`, `organization`, `resources`, `networks` or `expectations`, indented; `None` for
/// any other name. `keywarden schema` prints it.
#[must_use]
pub fn schema(name: &str) -> Option<String> {
    let schema = match name {
        "expectations" => schema_of::<ExpectationsDocument>(),
        "keywarden" => schema_of::<KeywardenDocument>(),
        "networks" => schema_of::<NetworksDocument>(),
        "organization" => schema_of::<OrganizationDocument>(),
        "resources" => schema_of::<ResourcesDocument>(),
        _ => return None,
    };
    let mut titled = Map::new();
    if let Value::Object(fields) = schema {
        for (field, value) in fields {
            let title = field == "title";
            titled.insert(
                field,
                if title {
                    format!("keywarden: {name}").into()
                } else {
                    value
                },
            );
        }
    }
    serde_json::to_string_pretty(&titled).ok()
}

/// The schema of one document; null stands nowhere in it, as no document may hold one.
pub(super) fn schema_of<T: JsonSchema>() -> Value {
    let mut schema = schemars::SchemaGenerator::default()
        .into_root_schema_for::<T>()
        .to_value();
    forbid_null(&mut schema);
    schema
}

fn forbid_null(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::Array(types)) = fields.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    fields.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(branches)) = fields.get_mut("anyOf") {
                branches.retain(|branch| branch.get("type").is_none_or(|kind| kind != "null"));
                if let [Value::Object(only)] = branches.as_slice() {
                    let only = only.clone();
                    fields.remove("anyOf");
                    for (field, value) in only {
                        fields.entry(field).or_insert(value);
                    }
                }
            }
            if fields.get("default").is_some_and(Value::is_null) {
                fields.remove("default");
            }
            fields.values_mut().for_each(forbid_null);
        }
        Value::Array(items) => items.iter_mut().for_each(forbid_null),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_has_a_schema_that_describes_its_fields_and_allows_no_null() {
        for name in [
            "expectations",
            "keywarden",
            "networks",
            "organization",
            "resources",
        ] {
            let text = schema(name).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            assert!(value["$schema"].is_string(), "{name}");
            assert_eq!(value["title"], format!("keywarden: {name}"));
            assert_eq!(value["additionalProperties"], false, "{name}");
            assert!(!text.contains("\"null\""), "{name}: {text}");
            for (field, property) in value["properties"].as_object().unwrap() {
                assert!(property["description"].is_string(), "{name}.{field}");
            }
        }
        assert_eq!(schema("credentials"), None);
    }

    #[test]
    fn what_must_never_be_left_out_is_required() {
        let value: Value = serde_json::from_str(&schema("organization").unwrap()).unwrap();
        assert!(
            value["required"]
                .as_array()
                .unwrap()
                .contains(&"require_access_list".into())
        );
        let key = &value["$defs"]["KeyDocument"];
        assert!(
            key["required"]
                .as_array()
                .unwrap()
                .contains(&"access_list".into())
        );
    }
}
