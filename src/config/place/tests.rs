//! Where fields stand, in every way of writing them, and that the tree is the parser's.

use proptest::prelude::*;

use super::*;

fn at(file: &str, text: &str, field: &str) -> Option<(usize, usize, usize)> {
    Places::read(file, text)
        .find(field)
        .map(|place| (place.line, place.column, place.width))
}

const ORGANIZATION: &str = "\
# a comment
version: 1
id: acme
\"name\": 'Ac''me'
keys:
  # first
  - id: a1
    public_key: abcdefgh   # remark
    roles: [ORG_OWNER, 'X Y']
    access_list:
    - cidr: 10.0.0.0/8
      comment: |
        two
        lines
    - 10.1.2.3
    - { address: \"2001:db8::1\", expires: x }
  -
    id: b2
    access_list: []
    description:
networks: {office: [1.2.3.4, \"::1\"], build.farm: []}
";

#[test]
fn fields_are_found_in_block_and_flow_style() {
    for (field, place) in [
        ("version", (2, 10, 1)),
        ("name", (4, 9, 8)),
        ("keys", (5, 1, 4)),
        ("keys[0]", (7, 5, 2)),
        ("keys[0].id", (7, 9, 2)),
        ("keys[0].public_key", (8, 17, 8)),
        ("keys[0].roles", (9, 12, 18)),
        ("keys[0].roles[1]", (9, 24, 5)),
        ("keys[0].access_list", (10, 5, 11)),
        ("keys[0].access_list[0].cidr", (11, 13, 10)),
        ("keys[0].access_list[0].comment", (12, 16, 1)),
        ("keys[0].access_list[1]", (15, 7, 8)),
        ("keys[0].access_list[2].address", (16, 18, 13)),
        ("keys[0].access_list[2].expires", (16, 42, 1)),
        ("keys[1]", (18, 5, 2)),
        ("keys[1].access_list", (19, 18, 2)),
        ("keys[1].description", (20, 5, 11)),
        ("networks.office[1]", (21, 30, 5)),
        ("networks.build.farm", (21, 50, 2)),
    ] {
        assert_eq!(at("o.yaml", ORGANIZATION, field), Some(place), "{field}");
    }
    assert_eq!(at("o.yaml", ORGANIZATION, "keys[2]"), None);
    assert_eq!(at("o.yaml", ORGANIZATION, "keys[0].nothing"), None);
}

#[test]
fn what_was_not_written_is_placed_at_what_is_around_it() {
    let places = Places::read("o.yaml", ORGANIZATION);
    let nearest = |field: &str| {
        places
            .nearest(field)
            .map(|place| (place.line, place.column))
    };
    assert_eq!(nearest("keys[1].access_list[0].cidr"), Some((19, 18)));
    assert_eq!(nearest("keys[1].public_key"), Some((18, 5)));
    assert_eq!(nearest("nothing.at.all"), Some((2, 1)));
    assert_eq!(places.line(7), Some("  - id: a1"));
    assert_eq!(places.line(0), None);
}

#[test]
fn json_has_places_too() {
    let text = "{\n\t\"id\" : \"x\",\r\n\t\"keys\":[{\"access_list\" :[ {\"cidr\":\"10.0.0.0/8\"} ]}],\n \"\\u0061\":1}";
    for (field, place) in [
        ("id", (2, 9, 3)),
        ("keys[0].access_list[0].cidr", (3, 36, 12)),
        ("a", (4, 11, 1)),
    ] {
        assert_eq!(at("o.JSON", text, field), Some(place), "{field}");
    }
}

#[test]
fn windows_line_ends_and_wide_characters_count_as_one() {
    let text = "\u{feff}name: \u{e4}\u{f6}\u{fc}\r\nkeys:\r\n- {\u{e9}: x, id: b}\r\n";
    assert_eq!(at("o.yaml", text, "name"), Some((1, 7, 3)));
    assert_eq!(at("o.yaml", text, "keys[0].id"), Some((3, 14, 1)));
}

/// A value with its shape alone: what both the tree and the parser must agree upon.
fn shape_of_tree(places: &Places<'_>, id: usize) -> String {
    match &places.node(id).unwrap().kind {
        NodeKind::Nothing | NodeKind::Scalar(_) => ".".to_owned(),
        NodeKind::Sequence { items, .. } => {
            let items: Vec<String> = items
                .iter()
                .map(|item| shape_of_tree(places, *item))
                .collect();
            format!("[{}]", items.join(","))
        }
        NodeKind::Mapping { fields, .. } => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(_, value)| shape_of_tree(places, *value))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
    }
}

fn shape_of_value(value: &serde_yaml::Value) -> String {
    match value {
        serde_yaml::Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(shape_of_value).collect();
            format!("[{}]", items.join(","))
        }
        serde_yaml::Value::Mapping(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(_, value)| shape_of_value(value))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        _ => ".".to_owned(),
    }
}

fn document() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a: ", "b: ", "c:", "\n", "\n  ", "\n    ", "- ", "-", "1", "x y", "[", "]", "{", "}",
        ", ", "'q'", "\"r\"", "|\n", ">-\n", ": ", " ", "\n- ", "\na: ", "\n  b: ", "\n  - ",
        "[a, b]", "{a: b}", "# c", "[a: b]", "d:\n",
    ]);
    prop::collection::vec(pieces, 0..16).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8192, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_is_the_one_the_parser_sees(text in document()) {
        let scanned = crate::config::document::scan::scan(text.as_bytes(), Notation::Yaml);
        if let (Ok(_), Ok(value)) = (scanned, serde_yaml::from_str::<serde_yaml::Value>(&text)) {
            let places = Places::read("x.yaml", &text);
            let shape = places.root().map_or(".".to_owned(), |root| shape_of_tree(&places, root));
            prop_assert_eq!(shape, shape_of_value(&value));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,60}", field in "[a-c.\\[\\]0-9]{0,12}") {
        for file in ["x.yaml", "x.json"] {
            let places = Places::read(file, &text);
            let _ = (places.find(&field), places.nearest(&field));
        }
    }
}
