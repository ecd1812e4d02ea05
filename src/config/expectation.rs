//! The policy's own tests: each expectation is decided by the same function that decides requests.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::decide::{Decision, Doubt, Identity, Question, Reason, Rejection, authorize};
use crate::digest::Timestamp;
use crate::peer::CallerAddress;
use crate::policy::{KeyInForce, Method, RequestTarget, Snapshot};

use super::Problem;
use super::compile::{Findings, did_you_mean, moment};
use super::document::{ExpectationDocument, ExpectationsDocument};

/// The word for a request that is let through.
const FORWARD: &str = "forward";

/// What can become of a request besides [`FORWARD`] and a [`Reason`]; what no policy decides is not among them.
const OTHERS: [&str; 6] = [
    Doubt::ProofWrong.code(),
    Rejection::MethodForbidden.code(),
    Rejection::MethodMalformed.code(),
    Rejection::MethodUnknown.code(),
    Rejection::TargetAmbiguous.code(),
    Rejection::TargetTooLong.code(),
];

/// What became of an expectation's request.
struct Outcome {
    word: &'static str,
    why: String,
}

/// What one expectation says, as far as no policy is needed to read it.
struct Asked {
    from: CallerAddress,
    at: Option<Timestamp>,
}

/// Finds what is wrong with expectations whatever the policy.
pub(super) fn read(document: &ExpectationsDocument, findings: &mut Findings<'_>) {
    for (field, expectation) in fields(document) {
        let mark = findings.len();
        asked(expectation, &field, findings);
        named(expectation, mark, findings);
    }
}

/// Decides every expectation that can be read against `snapshot` at `now`; each problem is one that is not met.
/// With `missing`, an organization's file was left out: then keys that nobody knows are not asked about.
pub(super) fn failures(
    document: &ExpectationsDocument,
    file: &str,
    snapshot: &Snapshot,
    now: Timestamp,
    missing: bool,
) -> Vec<Problem> {
    let mut findings = Findings::new(file);
    let mut unasked: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (field, expectation) in fields(document) {
        let Some(asked) = asked(expectation, &field, &mut Findings::new(file)) else {
            continue;
        };
        let key = snapshot.find_key(expectation.key.as_bytes());
        if key.is_none() && missing {
            unasked.entry(&expectation.key).or_default().push(field);
            continue;
        }
        let mark = findings.len();
        let at = asked.at.unwrap_or(now);
        let outcome = outcome(expectation, key, snapshot, asked.from, at);
        let expected = &*expectation.expect;
        if let Some(outcome) = outcome.filter(|outcome| outcome.word != expected) {
            let message = format!(
                "expected `{expected}`, got `{}`: key `{}` from {}, {}",
                outcome.word, expectation.key, expectation.from, expectation.request
            );
            findings.error("KW0701", &field, message, &outcome.why);
        }
        named(expectation, mark, &mut findings);
    }
    for (key, fields) in unasked {
        not_asked(key, &fields, &mut findings);
    }
    findings.into_problems()
}

fn fields(document: &ExpectationsDocument) -> impl Iterator<Item = (String, &ExpectationDocument)> {
    let items = document.expectations.iter().enumerate();
    items.map(|(item, expectation)| (format!("expectations[{item}]"), expectation))
}

/// Says which expectation the problems since `mark` are of.
fn named(expectation: &ExpectationDocument, mark: usize, findings: &mut Findings<'_>) {
    if let Some(name) = &expectation.name {
        findings.note_since(mark, || format!("expectation: {name}"));
    }
}

/// One warning a key, however many expectations name it.
fn not_asked(key: &str, fields: &[String], findings: &mut Findings<'_>) {
    let Some(first) = fields.first() else {
        return;
    };
    let count = match fields.len() {
        1 => "not asked".to_owned(),
        count => format!("this and {} more are not asked", count - 1),
    };
    let message = format!("{count}: no organization in force has a key `{key}`");
    let help = "an organization's file was left out: mend it first";
    findings.warning("KW0705", &format!("{first}.key"), message, help);
}

/// What an expectation asks; `None` if it cannot be read.
fn asked(
    expectation: &ExpectationDocument,
    field: &str,
    findings: &mut Findings<'_>,
) -> Option<Asked> {
    let mark = findings.len();
    let words = || {
        std::iter::once(FORWARD)
            .chain(Reason::ALL.map(Reason::code))
            .chain(OTHERS)
    };
    let expected = &*expectation.expect;
    if !words().any(|word| word == expected) {
        let message = format!(
            "`{}` is nothing that can become of a request",
            expected.escape_debug()
        );
        let help = did_you_mean(expected, words()).unwrap_or_else(|| {
            "expected `forward` or a reason code such as `address_not_on_access_list`".to_owned()
        });
        findings.error("KW0702", &format!("{field}.expect"), message, &help);
    }
    let from = expectation.from.parse::<IpAddr>();
    if from.is_err() {
        let message = format!("`{}` is not an address", expectation.from.escape_debug());
        let help = "expected one address, such as `198.51.100.7` or `2001:db8::7`";
        findings.error("KW0703", &format!("{field}.from"), message, help);
    }
    let at = expectation
        .at
        .as_ref()
        .and_then(|text| moment(text, &format!("{field}.at"), findings));
    if !expectation.request.contains(' ') {
        let message = format!("`{}` is no request", expectation.request.escape_debug());
        let help = "expected `METHOD TARGET`, such as `GET /api/atlas/v2/groups`";
        findings.error("KW0704", &format!("{field}.request"), message, help);
    }
    let from = from.ok().filter(|_| findings.len() == mark)?.into();
    Some(Asked { from, at })
}

/// `None` if the request has not the form `METHOD TARGET`.
fn outcome(
    expectation: &ExpectationDocument,
    key: Option<KeyInForce<'_>>,
    snapshot: &Snapshot,
    from: CallerAddress,
    at: Timestamp,
) -> Option<Outcome> {
    let (method, target) = expectation.request.split_once(' ')?;
    let method = match Method::parse(method) {
        Ok(method) => method,
        Err(error) => return Some(rejected(error.into(), &error)),
    };
    let target = match RequestTarget::parse(target.as_bytes()) {
        Ok(target) => target,
        Err(error) => return Some(rejected(error.into(), &error)),
    };
    let Some(key) = key.filter(|key| key.key.is_in_force(at)) else {
        return Some(Outcome {
            word: Doubt::ProofWrong.code(),
            why: not_in_force(key, &expectation.key, snapshot),
        });
    };
    let question = Question {
        at,
        caller: Some(from),
        method,
        target: &target,
    };
    Some(told(&authorize(
        snapshot,
        Identity::assumed(key),
        &question,
    )))
}

fn rejected(rejection: Rejection, why: &dyn std::error::Error) -> Outcome {
    Outcome {
        word: rejection.code(),
        why: why.to_string(),
    }
}

/// Why nobody can prove this key.
fn not_in_force(key: Option<KeyInForce<'_>>, name: &str, snapshot: &Snapshot) -> String {
    if key.is_some() {
        return "the key is disabled or expired".to_owned();
    }
    let keys = || {
        snapshot
            .organizations()
            .iter()
            .flat_map(|organization| &organization.keys)
    };
    if let Some(key) = keys().find(|key| &*key.id == name) {
        return format!(
            "this is the id of key `{}`: write its public key",
            key.public_key
        );
    }
    let near = did_you_mean(name, keys().map(|key| &*key.public_key));
    near.unwrap_or_else(|| "no organization has this key".to_owned())
}

fn told(decision: &Decision<'_>) -> Outcome {
    match decision {
        Decision::Challenge(doubt) => Outcome {
            word: doubt.code(),
            why: doubt.rule().sentence().to_owned(),
        },
        Decision::Forward(grant) => Outcome {
            word: FORWARD,
            why: match (grant.observed(), grant.entry()) {
                (Some(reason), _) => {
                    format!("only observed: enforced it would be `{}`", reason.code())
                }
                (None, Some(entry)) => {
                    format!("entry {} (`{}`) lets it in", entry.item + 1, entry.network)
                }
                (None, None) => match grant.resource() {
                    Some(row) => format!("nothing in row `{}` or in the rules forbids it", row.id),
                    None => "no row of resources.yaml names it, and no rule forbids it".to_owned(),
                },
            },
        },
        Decision::Refuse(refusal) => {
            let rule = refusal.reason.rule();
            let row = refusal
                .resource
                .map_or(String::new(), |row| format!(" (row `{}`)", row.id));
            Outcome {
                word: refusal.reason.code(),
                why: format!("rule {}: {}{row}", rule.number(), rule.sentence()),
            }
        }
    }
}
