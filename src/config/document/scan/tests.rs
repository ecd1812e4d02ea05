//! What the scan refuses, what it lets pass, and that it agrees with the parser behind it.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;

fn refusal(text: &str) -> Option<(&'static str, usize, usize)> {
    scan(text.as_bytes(), Notation::Yaml)
        .err()
        .map(|refusal| (refusal.code, refusal.place.line, refusal.place.column))
}

#[test]
fn what_could_surprise_is_refused_where_it_stands() {
    for (text, code, line, column) in [
        ("a: &x 1\n", "KW0006", 1, 4),
        ("a: 1\nb: *x\n", "KW0006", 2, 4),
        ("- *x\n", "KW0006", 1, 3),
        ("? a\n: b\n", "KW0006", 1, 1),
        ("[? a : b]\n", "KW0006", 1, 2),
        (": b\n", "KW0005", 1, 1),
        ("*x : b\n", "KW0006", 1, 1),
        ("&x a: b\n", "KW0006", 1, 1),
        ("a: !!str 1\n", "KW0006", 1, 4),
        ("a: !x\n", "KW0006", 1, 4),
        ("a: [1, &x 2]\n", "KW0006", 1, 8),
        ("a: {b: *x}\n", "KW0006", 1, 8),
        ("a: [!t x]\n", "KW0006", 1, 5),
        ("<<: {a: 1}\n", "KW0006", 1, 1),
        ("a:\n  <<: [b]\n", "KW0006", 2, 3),
        ("{<<: {a: 1}}\n", "KW0006", 1, 2),
        ("é: &x 1\n", "KW0006", 1, 4),
        ("\"é\": &x 1\n", "KW0006", 1, 6),
        ("a: |\n  &x\nb: &y 1\n", "KW0006", 3, 4),
        ("a: 'it''s'\nb: &y 1\n", "KW0006", 2, 4),
        ("a: \"\\\"\"\nb: &y 1\n", "KW0006", 2, 4),
        ("a: x # it's\nb: &y 1\n", "KW0006", 2, 4),
        ("a: x\n  y\n&z b: 1\n", "KW0006", 3, 1),
        ("a: >2\n    text\nb: &y 1\n", "KW0006", 3, 4),
        ("a: |\n\n   \n  x\n\nb: *y\n", "KW0006", 6, 4),
        ("%YAML 1.2\n---\na: 1\n", "KW0006", 1, 1),
        ("a: 1\n---\nb: 2\n", "KW0008", 2, 1),
        ("a: 1\n...\nb: 2\n", "KW0008", 3, 1),
        ("---\n---\na: 1\n", "KW0008", 2, 1),
        ("a:\n\tb: 1\n", "KW0009", 2, 1),
        ("a:\n  b: 1\n  \tc: 1\n", "KW0009", 3, 3),
        ("a: b: c\n", "KW0005", 1, 5),
        ("a: @x\n", "KW0005", 1, 4),
        ("a: `x`\n", "KW0005", 1, 4),
        ("a: %x\n", "KW0005", 1, 4),
        ("a: - b\n", "KW0005", 1, 4),
        ("a: b\u{0}\n", "KW0004", 1, 5),
        ("a: b\r\n# \u{1b}[0m\r\n", "KW0004", 2, 3),
        ("a: b\u{202e}c\n", "KW0004", 1, 5),
        ("a: b\u{2028}c\n", "KW0004", 1, 5),
        ("a: b\u{feff}\n", "KW0004", 1, 5),
        ("a: \u{85}\n", "KW0004", 1, 4),
    ] {
        assert_eq!(refusal(text), Some((code, line, column)), "{text:?}");
    }
}

#[test]
fn signs_inside_of_text_are_no_anchors_aliases_or_tags() {
    for text in [
        "a: R&D\n",
        "a: a * b\n",
        "a: wow!\n",
        "a: a &b *c !d\n",
        "a: x\n  &y\n  *z\n  !t\nb: 1\n",
        "a: '&x'\nb: \"*y\"\nc: '!z'\n",
        "a: \"x\n  &y\n  *z\"\n",
        "a: |\n  &x\n  *y\n  !z\n",
        "a: >-\n\n  &x\n\n   *y\nb: 1\n",
        "a: |2\n   *x\n  &y\n",
        "- |\n *x\n- 1\n",
        "# &x *y !z\na: 1 # &x\n",
        "a: [R&D, x*y, 'a, &b', \"&\"]\n",
        "a: {b: c &d}\n",
        "a&b: 1\nc*d: 2\ne!: 3\n",
        "a: http://x/*?y=&z\n",
        "a: x#y&z\n",
        "---\na: 1\n...\n# end\n",
        "\u{feff}a: 1\n",
        "a: <<\u{20}x\n",
        "a: '<<'\n",
        "a:\tb\n",
        "a: b\t# c\n",
        "a: [\n\tb,\n\tc]\n",
        "a: ünïcödé ☃\n",
        "- - - a\n",
        "",
        "# nothing\n",
    ] {
        assert_eq!(refusal(text), None, "{text:?}");
    }
}

#[test]
fn all_anchors_aliases_tags_and_merge_keys_are_told_at_once() {
    let text = "a: &x [1, &y 2, *z]\n<<: *x\nb: {c: !t d, e: *x}\n*k : 1\n";
    let places: Vec<_> = refusals(text.as_bytes(), Notation::Yaml)
        .into_iter()
        .map(|refusal| (refusal.code, refusal.place.line, refusal.place.column))
        .collect();
    let expected = [
        (1, 4),
        (1, 11),
        (1, 17),
        (2, 1),
        (2, 5),
        (3, 8),
        (3, 17),
        (4, 1),
    ];
    assert_eq!(
        places,
        expected.map(|(line, column)| ("KW0006", line, column))
    );
}

#[test]
fn octets_that_are_no_text_are_refused() {
    let refusal = scan(b"a: 1\nb: \xff\n", Notation::Yaml).unwrap_err();
    assert_eq!(
        (refusal.code, refusal.place.line, refusal.place.column),
        ("KW0002", 2, 4)
    );
    let refusal = scan(b"\xff\xfea\0", Notation::Yaml).unwrap_err();
    assert!(refusal.help.contains("UTF-16"));
    let refusal = scan(&vec![b' '; LIMIT + 1], Notation::Yaml).unwrap_err();
    assert_eq!(refusal.code, "KW0003");
}

#[test]
fn sixty_four_levels_pass_and_sixty_five_do_not() {
    for notation in [Notation::Json, Notation::Yaml] {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(scan(nested(64).as_bytes(), notation).is_ok());
        let refusal = scan(nested(65).as_bytes(), notation).unwrap_err();
        assert_eq!((refusal.code, refusal.place.column), ("KW0007", 65));
        let mixed = format!("{}{}", "[{\"a\":".repeat(33), "1");
        assert_eq!(scan(mixed.as_bytes(), notation).unwrap_err().code, "KW0007");
    }
    let mut block = String::new();
    for depth in 0..65 {
        let _ = writeln!(block, "{}a:", " ".repeat(depth));
    }
    assert_eq!(refusal(&block), Some(("KW0007", 65, 66)));
    assert_eq!(refusal(&"- ".repeat(65)), Some(("KW0007", 1, 129)));
    assert_eq!(refusal(&"- ".repeat(64)), None);
}

#[test]
fn a_long_run_of_brackets_is_refused_at_once() {
    let brackets = "[".repeat(200_000);
    assert_eq!(refusal(&brackets), Some(("KW0007", 1, 65)));
    // Were the scan quadratic, these would not end within the patience of anybody.
    for unit in [
        "[]",
        "{}",
        "- ",
        "a: ",
        "'",
        "\"\\",
        "| ",
        "? ",
        ": ",
        "#",
        "a\n",
        "\r",
        "a: |\n x\n",
        "a\n \n",
    ] {
        let _ = scan(unit.repeat(400_000 / unit.len()).as_bytes(), Notation::Yaml);
    }
}

#[test]
fn json_is_looked_at_for_its_depth_and_characters_only() {
    for text in [
        "{\"a\": [1,\n\t2]}",
        "\t{\"a\"\n:1}",
        "{\"a\":\"&x\",\"b\":\"*\"}",
        "---",
        "%",
    ] {
        let _ = scan(text.as_bytes(), Notation::Json);
    }
    assert!(scan(b"\t{\"a\"\n:\"*x\",\"\\u0000\":\"\\\"&\"}", Notation::Json).is_ok());
}

/// Text in which every sign that matters to YAML is likely.
fn yaml_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "a",
        "b: ",
        "- ",
        "? ",
        ": ",
        ":",
        "-",
        "\n",
        "\n  ",
        "\n    ",
        "\n",
        " ",
        "\t",
        "[",
        "]",
        "{",
        "}",
        ", ",
        ",",
        "'",
        "\"",
        "|",
        ">",
        "|-\n",
        ">2\n",
        "#",
        " #",
        "&x ",
        "*x",
        "!t ",
        "<<",
        "\\",
        "é",
        "1",
        "---\n",
        "...\n",
        "\r\n",
        "key: value\n",
        "list:\n- 1\n",
        "?",
        "%",
        "@",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

    #[test]
    fn no_octets_make_it_panic(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = scan(&octets, Notation::Yaml);
        let _ = scan(&octets, Notation::Json);
    }

    #[test]
    fn what_is_refused_is_the_first_of_the_refusals(text in yaml_like()) {
        let first = scan(text.as_bytes(), Notation::Yaml).err();
        let refusals = refusals(text.as_bytes(), Notation::Yaml);
        prop_assert_eq!(first.as_ref(), refusals.first());
    }

    /// Whatever passes the scan holds no alias, anchor, tag or second document in the parser's eyes either, and what
    /// the scan calls malformed is malformed.
    #[test]
    fn the_scan_and_the_parser_agree(text in yaml_like()) {
        let parsed = serde_yaml::from_str::<serde_yaml::Value>(&text);
        match scan(text.as_bytes(), Notation::Yaml) {
            Err(refusal) if refusal.code == "KW0005" => prop_assert!(parsed.is_err(), "{:?}", refusal),
            Err(_) => {}
            Ok(text) => if let Ok(value) = parsed {
                prop_assert!(!has_tag(&value), "{:?} in {:?}", value, text);
            } else if let Err(error) = parsed {
                let error = error.to_string();
                for word in ["anchor", "alias", "tag"] {
                    prop_assert!(!error.contains(word), "{}: {:?}", error, text);
                }
            }
        }
    }
}

fn has_tag(value: &serde_yaml::Value) -> bool {
    match value {
        serde_yaml::Value::Tagged(_) => true,
        serde_yaml::Value::Sequence(items) => items.iter().any(has_tag),
        serde_yaml::Value::Mapping(fields) => fields
            .iter()
            .any(|(name, value)| has_tag(name) || has_tag(value)),
        serde_yaml::Value::Bool(_)
        | serde_yaml::Value::Null
        | serde_yaml::Value::Number(_)
        | serde_yaml::Value::String(_) => false,
    }
}
