//! What may be written: the documents of a configuration folder, and the only place that knows YAML.

mod access_list;
mod expectations;
mod keywarden;
mod loose;
mod networks;
mod organization;
mod process;
mod resources;
pub(super) mod scan;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod version;
mod written;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use super::place::Places;
use super::{Place, Problem};
use loose::Loose;
use scan::{Notation, Refusal};
use schema::schema_of;

pub use access_list::{AccessListEntry, EntryOrigin};
pub use expectations::{ExpectationDocument, ExpectationsDocument};
pub use keywarden::{
    ClientAddressDocument, ClientAddressSource, Http2Word, KeywardenDocument, ListenerDocument,
    ProtocolWord, SourceWord, TlsDocument, UpstreamAuthenticationDocument, UpstreamDocument,
    UpstreamTlsDocument,
};
pub use networks::{NamedNetworks, NetworksDocument};
pub use organization::{
    AssignmentDocument, EnforcementWord, KeyDocument, OrganizationDocument, ProjectDocument,
};
pub use process::{
    AccessLogDocument, AdminDocument, DigestDocument, LimitsDocument, LogFormatWord,
    ReloadDocument, ShutdownDocument, ThrottleDocument, TimeoutsDocument, WideningWord,
};
pub use resources::{
    Requirement, ResourceDocument, ResourcesDocument, ScopeDocument, ScopesDocument,
};
pub use schema::schema;
pub use shape::Salvage;
pub use text::{Name, Text};
pub use version::Version;

/// A document: one of the five kinds of file that are YAML (or, by their name's ending, JSON).
pub trait Document: DeserializeOwned + JsonSchema {}

impl Document for ExpectationsDocument {}
impl Document for KeywardenDocument {}
impl Document for NetworksDocument {}
impl Document for OrganizationDocument {}
impl Document for ResourcesDocument {}

/// Reads the document `file` (relative to the configuration folder; `*.json` is JSON, all else YAML) from its octets.
///
/// # Errors
/// Every problem of shape at once, each with its place and its source line.
pub fn read<T: Document>(file: &str, octets: &[u8]) -> Result<T, Vec<Problem>> {
    let notation = Notation::of(file);
    let text = scan::scan(octets, notation).map_err(|_| refused(file, octets, notation))?;
    parse::<T>(text, notation).map_err(|fault| {
        let places = Places::read(file, text);
        if places.root().is_none() {
            let empty = Problem::error("KW0109", file, "").message("the document is empty");
            return vec![empty.help("write at least `version: 1`")];
        }
        match parse::<Loose>(text, notation) {
            Err(fault) => vec![faulty(file, &places, notation, &fault)],
            Ok(loose) => {
                let problems = shape::problems(file, &schema_of::<T>(), &loose, &places);
                if problems.is_empty() {
                    vec![faulty(file, &places, notation, &fault)]
                } else {
                    problems
                }
            }
        }
    })
}

/// What can still be read of a document that [`read`] refuses for its shape, to find what else is wrong with it; `None`
/// if it is no YAML or JSON, of another version, or holds too little.
#[must_use]
pub fn salvage<T: Document>(file: &str, octets: &[u8]) -> Option<Salvage<T>> {
    let notation = Notation::of(file);
    let text = scan::scan(octets, notation).ok()?;
    let loose = parse::<Loose>(text, notation).ok()?;
    shape::salvage(&schema_of::<T>(), &loose)
}

/// A parser's own complaint.
struct Fault {
    message: String,
    line: usize,
    column: usize,
}

fn parse<T: DeserializeOwned>(text: &str, notation: Notation) -> Result<T, Fault> {
    match notation {
        Notation::Json => serde_json::from_str(text).map_err(|error| Fault {
            message: error.to_string(),
            line: error.line(),
            column: error.column(),
        }),
        Notation::Yaml => serde_yaml::from_str(text).map_err(|error| Fault {
            message: error.to_string(),
            line: error.location().map_or(0, |location| location.line()),
            column: error.location().map_or(0, |location| location.column()),
        }),
    }
}

/// What the scan refuses.
fn refused(file: &str, octets: &[u8], notation: Notation) -> Vec<Problem> {
    let text = String::from_utf8_lossy(octets);
    let mut places = None;
    let mut problem = |refusal: Refusal| {
        let mut problem = Problem::error(refusal.code, file, "")
            .at(refusal.place)
            .message(refusal.message)
            .help(refusal.help);
        if refusal.code != "KW0003" && refusal.code != "KW0002" {
            let places = places.get_or_insert_with(|| Places::read(file, &text));
            problem.source = places.source(refusal.place.line);
        }
        problem
    };
    let refusals = scan::refusals(octets, notation);
    refusals.into_iter().map(&mut problem).collect()
}

/// A fault without a place in the schema: of the notation itself.
fn faulty(file: &str, places: &Places<'_>, notation: Notation, fault: &Fault) -> Problem {
    let line = places.line(fault.line).unwrap_or_default();
    let (code, help) = match notation {
        Notation::Json => (
            "KW0010",
            "look for a missing quote, bracket or comma; JSON has no comments, and no comma behind the last item",
        ),
        Notation::Yaml if holds_bare_ipv6(line) => (
            "KW0005",
            "put IPv6 addresses in quotes between [ ] and { }: \"2001:db8::/32\"",
        ),
        Notation::Yaml => (
            "KW0005",
            "look at the indentation, and for a missing quote or bracket above",
        ),
    };
    let message = match fault.message.split(" at line ").next() {
        // The scan saw no `---`: something follows the end of what stands here.
        Some(message) if message.contains("more than one document") => {
            "text that belongs to no field"
        }
        message => message.unwrap_or_default(),
    };
    let mut problem = Problem::error(code, file, "").message(message).help(help);
    // A parser may name no line, or the one after the last.
    let place = match fault.line {
        0 => places.nearest(""),
        line => Some(Place {
            line: line.min(places.last_line()),
            column: fault.column.max(1),
            width: 1,
        }),
    };
    if let Some(place) = place {
        problem = problem.at(place);
        problem.source = places.source(place.line);
    }
    problem
}

/// Whether a line has an IPv6 address without quotes in a list or mapping on one line.
fn holds_bare_ipv6(line: &str) -> bool {
    line.contains(['[', '{'])
        && line
            .split([' ', ',', '[', ']', '{', '}'])
            .any(|word| word.contains("::") && !word.contains(['"', '\'']))
}

/// The text of a scalar in quotes.
pub(super) fn unquoted(written: &str) -> Option<String> {
    if !written.contains('\\') {
        let inner = |quote| {
            written
                .strip_prefix(quote)
                .and_then(|rest: &str| rest.strip_suffix(quote))
        };
        return match inner('"') {
            Some(text) => Some(text.to_owned()),
            None => inner('\'').map(|text| text.replace("''", "'")),
        };
    }
    serde_json::from_str(written)
        .ok()
        .or_else(|| serde_yaml::from_str(written).ok())
}
