//! The words in which problems of shape are told.

use crate::config::document::loose::Loose;

pub(super) fn type_help(expected: &[&str], value: &Loose, written: &str) -> String {
    match (expected, value) {
        (
            ["string", ..] | [_, "string"],
            Loose::Integer(_) | Loose::Fraction(_) | Loose::Truth(_),
        ) => {
            format!("put it in quotes: \"{written}\"")
        }
        (["boolean"], _) => "write `true` or `false`".to_owned(),
        (["integer" | "number"], Loose::Text(_)) => {
            "write a number, without quotes and without a unit".to_owned()
        }
        (["integer"], Loose::Fraction(_)) => "write a whole number".to_owned(),
        (["array"], Loose::Text(_) | Loose::Integer(_) | Loose::Fraction(_) | Loose::Truth(_)) => {
            format!("write a list: `[{written}]`")
        }
        (["array"], Loose::Fields(_)) => "write a list: begin every item with `- `".to_owned(),
        (["object"], Loose::List(_)) => "write `field: value` lines without `- `".to_owned(),
        (["object"], _) => "write `field: value` lines".to_owned(),
        (_, _) => format!(
            "write {}",
            expected
                .iter()
                .map(|kind| kind_name(kind))
                .collect::<Vec<_>>()
                .join(" or ")
        ),
    }
}

pub(super) fn kind_name(kind: &str) -> &'static str {
    match kind {
        "array" => "a list",
        "boolean" => "`true` or `false`",
        "integer" => "a whole number",
        "number" => "a number",
        "object" => "a mapping",
        _ => "text",
    }
}

/// `KeyDocument` as `a key`.
pub(super) fn noun(definition: &str) -> String {
    let mut words = String::new();
    for c in definition.trim_end_matches("Document").chars() {
        if c.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(c.to_ascii_lowercase());
    }
    let article = if words.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    format!("{article} {words}")
}

pub(super) fn did_you_mean(word: &str, known: &[&str], all: &str) -> String {
    match nearest(word, known) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("{all}: {}", list(known, "and")),
    }
}

/// The known word that is most like `word`, if any is like it.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let likeness = |candidate: &str| strsim::jaro_winkler(&word.to_lowercase(), candidate);
    known
        .iter()
        .copied()
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
        .filter(|nearest| likeness(nearest) >= 0.8)
}

/// `a`, `b` and `c`.
pub(super) fn list(words: &[&str], last: &str) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push_str(if index + 1 == words.len() { " " } else { ", " });
            if index + 1 == words.len() {
                text.push_str(last);
                text.push(' ');
            }
        }
        text.push('`');
        text.push_str(word);
        text.push('`');
    }
    text
}
