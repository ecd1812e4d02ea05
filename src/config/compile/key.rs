//! One API key, compiled from its item in an organization's file.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::document::{AssignmentDocument, KeyDocument, Name, ProjectDocument};
use crate::policy::{Assignment, Enforcement, Key, Reach, Role, Roles};

use super::access_list::{Surroundings, access_list};
use super::identifier::{check_id, check_public_key};
use super::{Findings, did_you_mean, moment};

/// What a key's item may refer to.
pub(super) struct Owner<'d> {
    /// Whether the organization requires access lists.
    pub(super) require_access_list: bool,
    /// The organization's projects, found by id and by name.
    pub(super) projects: HashMap<&'d str, &'d ProjectDocument>,
    /// Sets of roles met so far: equal sets are one.
    pub(super) roles: HashMap<&'d [Name], Roles>,
    /// Networks, lists, the time.
    pub(super) around: Surroundings<'d>,
}

impl<'d> Owner<'d> {
    /// Compiles item `item` of `keys`. `None` if it cannot be compiled; the findings say why.
    pub(super) fn key(
        &mut self,
        written: &'d KeyDocument,
        item: u32,
        findings: &mut Findings<'_>,
    ) -> Option<Key> {
        let mark = findings.len();
        let field = format!("keys[{item}]");
        check_id(&written.id, &format!("{field}.id"), findings);
        let public_key = format!("{field}.public_key");
        check_public_key(&written.public_key, &written.id, &public_key, findings);
        let projects = self.assignments(&written.projects, &field, findings);
        let expires = written.expires.as_ref().and_then(|text| {
            let end = moment(text, &format!("{field}.expires"), findings)?;
            if end <= self.around.now {
                let message = format!("the key expired at {text}");
                let help = "it cannot authenticate any more: remove it or set a later moment";
                findings.warning("KW0414", &format!("{field}.expires"), message, help);
            }
            Some(end)
        });
        let reach = self.reach(written, &field, findings);
        findings.note_since(mark, || told(written));
        Some(Key {
            id: Arc::from(&*written.id),
            public_key: Arc::from(&*written.public_key),
            description: written.description.as_deref().map(Arc::from),
            roles: self.roles(&written.roles),
            projects,
            reach: reach?,
            enabled: written.enabled.unwrap_or(true),
            expires,
            enforcement: written.enforcement.map_or(Enforcement::Enforce, Into::into),
            item,
        })
    }

    /// The page's three sentences. A list that was written but holds nothing usable is never "no list".
    fn reach(
        &self,
        written: &KeyDocument,
        field: &str,
        findings: &mut Findings<'_>,
    ) -> Option<Reach> {
        let field = format!("{field}.access_list");
        let list = access_list(&written.access_list, &field, self.around, findings);
        match (list, written.access_list.is_empty()) {
            (Some(list), _) => Some(Reach::Listed(list)),
            (None, false) => None,
            (None, true) if self.require_access_list => {
                let message = "the key has no access list, and its organization requires one";
                let help = "it can make no request until an entry is written";
                findings.warning("KW0415", &field, message.to_owned(), help);
                Some(Reach::Nowhere)
            }
            (None, true) => Some(Reach::Anywhere),
        }
    }

    fn assignments(
        &mut self,
        written: &'d [AssignmentDocument],
        field: &str,
        findings: &mut Findings<'_>,
    ) -> Box<[Assignment]> {
        let mut given: Vec<Assignment> = Vec::with_capacity(written.len());
        for (item, assignment) in written.iter().enumerate() {
            let field = || format!("{field}.projects[{item}].project");
            let name = &*assignment.project;
            let Some(project) = self.projects.get(name) else {
                let message = format!("the organization has no project `{}`", name.escape_debug());
                let help = did_you_mean(name, self.projects.keys().copied())
                    .unwrap_or_else(|| "write its id or name under `projects:`".to_owned());
                findings.error("KW0416", &field(), message, &help);
                continue;
            };
            if given.iter().any(|other| *other.project == *project.id) {
                let message = format!("the project `{}` is given twice", project.name);
                let help = "write all its roles in one item";
                findings.error("KW0417", &field(), message, help);
            }
            given.push(Assignment {
                project: Arc::from(&*project.id),
                roles: self.roles(&assignment.roles),
            });
        }
        given.into()
    }

    fn roles(&mut self, written: &'d [Name]) -> Roles {
        self.roles
            .entry(written)
            .or_insert_with(|| written.iter().map(|role| Role::from(&**role)).collect())
            .clone()
    }
}

/// Which key it is, for people who know it by name.
fn told(written: &KeyDocument) -> String {
    let public_key = written.public_key.escape_debug();
    match written.description.as_deref() {
        Some(description) if !description.is_empty() => {
            format!("key `{public_key}` ({})", description.escape_debug())
        }
        Some(_) | None => format!("key `{public_key}`"),
    }
}
