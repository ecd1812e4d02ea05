//! The files that the whole policy stands on, and the tests that it must pass.

use std::sync::Arc;

use crate::config::compile::{Findings, SharedNetworks, Table, resources, shared_networks};
use crate::config::document::{
    Document, ExpectationsDocument, KeywardenDocument, NetworksDocument, ResourcesDocument,
};
use crate::config::folder::FolderFile;
use crate::config::{Problem, Settings, compile_settings, cut, expectation};

use super::choice::Choice;
use super::pass::Pass;
use super::reading::{Reading, Version, parse, read};
use super::{EXPECTATIONS, FileKind, FileState, KEYWARDEN, NETWORKS, RESOURCES};

/// The files that the whole policy stands on, all of them good.
pub(super) struct Core {
    pub(super) keywarden: Version<Arc<Settings>>,
    pub(super) resources: Version<Table>,
    pub(super) networks: Option<Version<Arc<SharedNetworks>>>,
}

impl Pass<'_> {
    /// The settings.
    pub(super) fn keywarden(&mut self) -> Choice<Arc<Settings>> {
        let root = self.folder.root().to_owned();
        let parse = |text: &[u8], problems: &mut Vec<Problem>| {
            parse(
                KEYWARDEN,
                text,
                problems,
                |document: &KeywardenDocument, findings| {
                    let (settings, found) = compile_settings(&root, KEYWARDEN, document);
                    findings.extend(found);
                    settings.map(Arc::new)
                },
            )
        };
        let file = self.folder.files().get(KEYWARDEN);
        let reading = reread(
            self.known.keywarden.take(),
            KEYWARDEN,
            file,
            &mut self.parsed,
            parse,
        );
        let last = self.in_force.map(|in_force| &in_force.keywarden);
        let choice = Choice::of(KEYWARDEN, &reading, last, |old, new| {
            cut::settings_open(old, new)
        });
        self.known.keywarden = Some(reading);
        self.report.file(KEYWARDEN, FileKind::Keywarden, &choice);
        choice
    }

    /// The resource table.
    pub(super) fn resources(&mut self) -> Choice<Table> {
        let file = self.folder.files().get(RESOURCES);
        let parse = whole(
            RESOURCES,
            |document: &ResourcesDocument, findings: &mut Findings<'_>| {
                resources(document, findings)
            },
        );
        let reading = reread(
            self.known.resources.take(),
            RESOURCES,
            file,
            &mut self.parsed,
            parse,
        );
        let last = self.in_force.map(|in_force| &in_force.resources);
        let choice = Choice::of(RESOURCES, &reading, last, cut::table_opens);
        self.known.resources = Some(reading);
        self.report.file(RESOURCES, FileKind::Resources, &choice);
        choice
    }

    /// `None` if there is no such file: it may be left out.
    pub(super) fn networks(&mut self) -> Option<Choice<Arc<SharedNetworks>>> {
        let known = self.known.networks.take();
        let file = self.folder.files().get(NETWORKS)?;
        let parse = whole(
            NETWORKS,
            |document: &NetworksDocument, findings: &mut Findings<'_>| {
                shared_networks(document, findings).map(Arc::new)
            },
        );
        let reading = reread(known, NETWORKS, Some(file), &mut self.parsed, parse);
        let last = self
            .in_force
            .and_then(|in_force| in_force.networks.as_ref());
        let choice = Choice::of(NETWORKS, &reading, last, |old, new| {
            cut::networks_open(old, new)
        });
        self.known.networks = Some(reading);
        self.report.file(NETWORKS, FileKind::Networks, &choice);
        Some(choice)
    }

    /// `None` if there is no such file: it may be left out.
    pub(super) fn expectations(&mut self) -> Option<Choice<Arc<ExpectationsDocument>>> {
        let known = self.known.expectations.take();
        let file = self.folder.files().get(EXPECTATIONS)?;
        let parse = |text: &[u8], problems: &mut Vec<Problem>| {
            parse(
                EXPECTATIONS,
                text,
                problems,
                |document: &ExpectationsDocument, findings| {
                    expectation::read(document, findings);
                    Some(Arc::new(document.clone()))
                },
            )
        };
        let reading = reread(known, EXPECTATIONS, Some(file), &mut self.parsed, parse);
        let last = self
            .in_force
            .and_then(|in_force| in_force.expectations.as_ref());
        let choice = Choice::of(EXPECTATIONS, &reading, last, |_, _| false);
        self.known.expectations = Some(reading);
        self.report
            .file(EXPECTATIONS, FileKind::Expectations, &choice);
        Some(choice)
    }
}

/// The core, if nothing of it is bad.
pub(super) fn core(
    keywarden: Choice<Arc<Settings>>,
    resources: Choice<Table>,
    networks: Option<Choice<Arc<SharedNetworks>>>,
) -> Option<Core> {
    let networks = match networks {
        None => None,
        Some(choice) => Some(active(choice)?),
    };
    Some(Core {
        keywarden: active(keywarden)?,
        resources: active(resources)?,
        networks,
    })
}

fn active<T>(choice: Choice<T>) -> Option<Version<T>> {
    match choice.state {
        FileState::Active => choice.version,
        FileState::LastGood | FileState::Rejected => None,
    }
}

/// Reads a file unless it is what it was.
fn reread<T>(
    known: Option<Reading<T>>,
    path: &str,
    file: Option<&FolderFile>,
    parsed: &mut usize,
    parse: impl FnOnce(&[u8], &mut Vec<Problem>) -> Option<T>,
) -> Reading<T> {
    let Some(file) = file else {
        let problem = Problem::error("KW0603", path, "")
            .message(format!("{path} is missing"))
            .help("write it, or make a folder with `keywarden init`");
        return Reading::absent(problem);
    };
    match known {
        Some(reading) if reading.is_of(file) => reading,
        Some(_) | None => {
            *parsed += usize::from(file.content.is_ok());
            read(path, file, parse)
        }
    }
}

/// A parser of a document that must not end in the middle of a line.
fn whole<D: Document, T>(
    path: &'static str,
    compile: impl FnOnce(&D, &mut Findings<'_>) -> Option<T>,
) -> impl FnOnce(&[u8], &mut Vec<Problem>) -> Option<T> {
    move |text, problems| {
        problems.extend(cut::unended(path, text));
        parse(path, text, problems, compile)
    }
}
