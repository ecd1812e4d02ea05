//! An account as people read it: the headline, who and what, every rule, the cure.

use std::fmt::Write as _;

use crate::cli::screen::columns;

use super::account::{Account, State, Verdict, Written};
use super::case::Spot;

/// The account as text.
pub(super) fn text(account: &Account) -> String {
    let mut text = format!("{}\n", headline(&account.verdict));
    if let Some(otherwise) = &account.otherwise {
        let _ = writeln!(text, "could the key authenticate: {}", headline(otherwise));
    }
    if let Some(note) = &account.note {
        let _ = writeln!(text, "note: {note}");
    }
    text.push('\n');
    text.push_str(&columns(&subject(account)));
    text.push('\n');
    text.push_str(&columns(&rules(account)));
    if let Some(cure) = &account.cure {
        let place = cure
            .at
            .as_ref()
            .map_or(String::new(), |at| format!(" ({})", spot(at)));
        let _ = writeln!(text, "\ncure: {}{place}", cure.text);
        for line in cure.yaml.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

fn headline(verdict: &Verdict) -> String {
    let mut line = verdict.decision.to_uppercase();
    if let Some(status) = verdict.status {
        let _ = write!(line, "  {status}");
    }
    if let Some(code) = verdict.error_code {
        let _ = write!(line, " {code}");
    }
    let _ = write!(line, "  (reason: {})", verdict.reason);
    if verdict.decision == "observe" {
        line.push_str("  forwarded, because `enforcement: observe` only watches");
    }
    line
}

fn subject(account: &Account) -> Vec<Vec<String>> {
    let subject = &account.subject;
    let description = subject
        .description
        .as_ref()
        .map_or(String::new(), |text| format!(" \"{text}\""));
    let row = |name: &str, fact: String, at: Option<&Spot>| {
        vec![format!("  {name}"), fact, at.map(spot).unwrap_or_default()]
    };
    let mut rows = vec![
        row(
            "key",
            format!(
                "{}{description}, id {}, organization {}",
                subject.public_key, subject.key_id, subject.organization
            ),
            Some(&subject.key_at),
        ),
        row(
            "request",
            format!("{} {}", subject.method, subject.target),
            None,
        ),
        row("from", format!("{} at {}", subject.from, subject.at), None),
    ];
    let mut written = |name: &str, written: &Option<Written>| {
        if let Some(Written { text, at }) = written {
            rows.push(row(name, text.clone(), Some(at)));
        }
    };
    written("resource", &subject.resource);
    written("entry", &account.entry);
    written("nearest", &account.nearest);
    rows
}

fn rules(account: &Account) -> Vec<Vec<String>> {
    account
        .rules
        .iter()
        .map(|step| {
            let state = match step.state {
                State::Broken => "broken",
                State::Kept => "kept",
                State::NotAsked => "not asked",
            };
            vec![
                format!("{:>2}", step.rule),
                state.to_owned(),
                step.fact.clone(),
                step.at.as_ref().map(spot).unwrap_or_default(),
            ]
        })
        .collect()
}

/// `organizations/acme.yaml:19`.
fn spot(at: &Spot) -> String {
    match at.line {
        Some(line) => format!("{}:{line}", at.file),
        None => at.file.clone(),
    }
}
