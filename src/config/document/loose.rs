//! A document read without any expectation: to name everything that is wrong with its shape at once.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// What was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Loose {
    /// Fields in the order written, repeated ones included.
    Fields(Vec<(String, Loose)>),
    /// A number with a fraction or an exponent.
    Fraction(f64),
    /// A whole number.
    Integer(i128),
    /// Items.
    List(Vec<Loose>),
    /// Nothing.
    Null,
    /// Text.
    Text(String),
    /// `true` or `false`.
    Truth(bool),
}

impl Loose {
    /// What it is, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Fields(_) => "a mapping",
            Self::Fraction(_) | Self::Integer(_) => "a number",
            Self::List(_) => "a list",
            Self::Null => "nothing",
            Self::Text(_) => "text",
            Self::Truth(_) => "a truth value",
        }
    }

    /// The (first) field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Fields(fields) => fields
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value),
            Self::Fraction(_)
            | Self::Integer(_)
            | Self::List(_)
            | Self::Null
            | Self::Text(_)
            | Self::Truth(_) => None,
        }
    }

    /// The item of that index.
    pub(super) fn item(&self, index: usize) -> Option<&Self> {
        match self {
            Self::List(items) => items.get(index),
            Self::Fields(_)
            | Self::Fraction(_)
            | Self::Integer(_)
            | Self::Null
            | Self::Text(_)
            | Self::Truth(_) => None,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Fields(_)
            | Self::Fraction(_)
            | Self::Integer(_)
            | Self::List(_)
            | Self::Null
            | Self::Truth(_) => None,
        }
    }

    /// As the name of a field.
    fn into_name(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Integer(number) => number.to_string(),
            Self::Fraction(number) => number.to_string(),
            Self::Truth(truth) => truth.to_string(),
            Self::Null => "null".to_owned(),
            Self::Fields(_) | Self::List(_) => "?".to_owned(),
        }
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Loose, E> {
        Ok(Loose::Truth(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Loose, E> {
        Ok(Loose::Integer(number.into()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Loose, E> {
        Ok(Loose::Integer(number.into()))
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Loose, E> {
        Ok(Loose::Integer(number))
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Loose, E> {
        Ok(Loose::Integer(i128::try_from(number).unwrap_or(i128::MAX)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Loose, E> {
        Ok(Loose::Fraction(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose::Text(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Loose, E> {
        Ok(Loose::Text(text))
    }

    fn visit_unit<E: Error>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_none<E: Error>(self) -> Result<Loose, E> {
        Ok(Loose::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Loose, D::Error> {
        Loose::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Loose, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Loose, A::Error> {
        let mut list = Vec::new();
        while let Some((name, value)) = fields.next_entry::<Loose, Loose>()? {
            list.push((name.into_name(), value));
        }
        Ok(Loose::Fields(list))
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}
