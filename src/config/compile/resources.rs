//! The resource table and its scopes, compiled from `resources.yaml`.

use std::sync::Arc;

use crate::config::document::{
    Name, Requirement, ResourceDocument, ResourcesDocument, ScopeDocument,
};
use crate::policy::{
    Method, MethodError, PathTemplate, Resource, ResourceTable, Role, Roles, Scope, Scopes,
};

use super::identifier::{Once, check_id};
use super::spelling::Spellings;
use super::{Findings, did_you_mean};

/// What `resources.yaml` means.
#[derive(Clone, Debug)]
pub(in crate::config) struct Table {
    /// The rows.
    pub(in crate::config) resources: Arc<ResourceTable>,
    /// Where paths name organizations and projects.
    pub(in crate::config) scopes: Arc<Scopes>,
}

/// An operation of the table: method, template, which row.
type Operation = (Method, PathTemplate, usize);

/// Compiles `resources.yaml`; `None` if there was an error.
pub(in crate::config) fn resources(
    document: &ResourcesDocument,
    findings: &mut Findings<'_>,
) -> Option<Table> {
    let mut spellings = Spellings::default();
    let bases = bases(document, &mut spellings, findings);
    let scopes = Scopes {
        organization: scope(
            "organization",
            document.scopes.organization.as_ref(),
            &bases,
            &mut spellings,
            findings,
        ),
        project: scope(
            "project",
            document.scopes.project.as_ref(),
            &bases,
            &mut spellings,
            findings,
        ),
    };
    if document.resources.is_empty() {
        let message = "the table has no row: no resource requires an access list or a role";
        let help = "write the rows, or take those of the shipped table";
        findings.warning("KW0510", "resources", message.to_owned(), help);
    }
    let mut ids = Once::default();
    let mut rows = Vec::with_capacity(document.resources.len());
    let mut operations = Vec::new();
    for (item, written) in document.resources.iter().enumerate() {
        let field = format!("resources[{item}]");
        check_id(&written.id, &format!("{field}.id"), findings);
        ids.take(&written.id, "the row", ("resources", item), "id", findings);
        rows.push(row(written, item, &field, findings));
        let mark = findings.len();
        operate(
            written,
            item,
            &bases,
            &mut spellings,
            findings,
            &mut operations,
        );
        findings.note_since(mark, || format!("row `{}`", written.id));
    }
    (!findings.failed()).then(|| Table {
        resources: Arc::new(ResourceTable::new(rows, operations)),
        scopes: Arc::new(scopes),
    })
}

/// The bases; the root alone if none is written.
fn bases<'d>(
    document: &'d ResourcesDocument,
    spellings: &mut Spellings,
    findings: &mut Findings<'_>,
) -> Vec<&'d str> {
    if document.bases.is_empty() {
        return vec![""];
    }
    let mut once = Once::default();
    let mut bases = Vec::with_capacity(document.bases.len());
    for (item, base) in document.bases.iter().enumerate() {
        let field = format!("bases[{item}]");
        let before = findings.len();
        once.take(base, "the base", ("bases", item), "", findings);
        if base.ends_with('/') {
            let message = format!("the base `{}` ends in `/`", base.escape_debug());
            let help = "leave it out; write `\"\"` for the root";
            findings.error("KW0501", &field, message, help);
        } else if base.contains(['{', '}']) {
            let message = format!("the base `{}` holds a parameter", base.escape_debug());
            let help = "a base is a fixed prefix, such as `/api/atlas/v2`";
            findings.error("KW0501", &field, message, help);
        } else if !base.is_empty()
            && let Err(error) = PathTemplate::parse("", base)
        {
            let message = format!("`{}` is no base: {error}", base.escape_debug());
            findings.error(
                "KW0501",
                &field,
                message,
                "expected a path such as `/api/atlas/v2`",
            );
        }
        if findings.len() == before {
            spellings.take(base, &field, findings);
            bases.push(&**base);
        }
    }
    bases
}

fn scope(
    name: &str,
    written: Option<&ScopeDocument>,
    bases: &[&str],
    spellings: &mut Spellings,
    findings: &mut Findings<'_>,
) -> Scope {
    let Some(written) = written else {
        let message = format!("no scope says where a path names {}", with_article(name));
        let help = "without it a key is not kept to what it was given; leave it out only if no path names one";
        findings.warning("KW0509", "scopes", message, help);
        return Scope::default();
    };
    let field = format!("scopes.{name}.path");
    let templates = templates(&written.path, &field, bases, spellings, findings);
    if templates
        .iter()
        .any(|t| t.parameter_count() != 1 || t.is_greedy())
    {
        let message = format!(
            "`{}` has not exactly one parameter of one segment",
            written.path.escape_debug()
        );
        let help = "expected a prefix with one `{id}`, such as `/groups/{id}`";
        findings.error("KW0508", &field, message, help);
    }
    let except = written
        .except
        .iter()
        .map(|name| Box::from(&**name))
        .collect();
    Scope::new(templates, except)
}

fn with_article(name: &str) -> &str {
    if name == "organization" {
        "an organization"
    } else {
        "a project"
    }
}

/// The template under every base; its own mistakes are told once.
fn templates(
    path: &str,
    field: &str,
    bases: &[&str],
    spellings: &mut Spellings,
    findings: &mut Findings<'_>,
) -> Vec<PathTemplate> {
    if let Err(error) = PathTemplate::parse("", path) {
        let message = format!("`{}` is no path template: {error}", path.escape_debug());
        let help = "expected segments of plain text, `{name}` for one segment, `{name...}` for all \
                    that is left";
        findings.error("KW0502", field, message, help);
        return Vec::new();
    }
    spellings.take(path, field, findings);
    bases
        .iter()
        .filter_map(|base| PathTemplate::parse(base, path).ok())
        .collect()
}

fn row(
    written: &ResourceDocument,
    item: usize,
    field: &str,
    findings: &mut Findings<'_>,
) -> Resource {
    let roles = written.roles.as_deref();
    if roles.is_some_and(<[Name]>::is_empty) {
        let message = "`roles` names no role".to_owned();
        let help = "name the roles of which a key needs one, or remove the field";
        findings.error("KW0507", &format!("{field}.roles"), message, help);
    } else if written.require.is_none() && roles.is_none() {
        let message = format!("the row `{}` requires nothing", written.id);
        let help = "write `require: access_list` or `roles: [ … ]`";
        findings.error("KW0506", field, message, help);
    }
    let text = |text: Option<&str>| Arc::from(text.unwrap_or_default());
    Resource {
        id: Arc::from(&*written.id),
        section: text(written.section.as_deref()),
        title: text(written.title.as_deref()),
        requires_access_list: matches!(written.require, Some(Requirement::AccessList)),
        roles: roles
            .unwrap_or_default()
            .iter()
            .map(|role| Role::from(&**role))
            .collect::<Roles>(),
        item: u32::try_from(item).unwrap_or(u32::MAX),
    }
}

fn operate(
    written: &ResourceDocument,
    item: usize,
    bases: &[&str],
    spellings: &mut Spellings,
    findings: &mut Findings<'_>,
    operations: &mut Vec<Operation>,
) {
    let field = format!("resources[{item}].operations");
    if written.operations.is_empty() {
        let message = "the row names no operation".to_owned();
        findings.error("KW0503", &field, message, "write `METHOD /path` lines");
    }
    let mut seen: Vec<&str> = Vec::new();
    for (number, operation) in written.operations.iter().enumerate() {
        let field = format!("{field}[{number}]");
        if seen.contains(&&**operation) {
            let message = format!("`{operation}` stands twice in this row");
            findings.warning("KW0511", &field, message, "one is enough");
        }
        seen.push(operation);
        let Some((method, path)) = operation.split_once(' ') else {
            let message = format!("`{}` is no operation", operation.escape_debug());
            findings.error("KW0503", &field, message, "expected `METHOD /path`");
            continue;
        };
        let method = method_of(method, &field, findings);
        let templates = templates(path, &field, bases, spellings, findings);
        if let Some(method) = method {
            operations.extend(templates.into_iter().map(|path| (method, path, item)));
        }
    }
}

fn method_of(token: &str, field: &str, findings: &mut Findings<'_>) -> Option<Method> {
    let error = match Method::parse(token) {
        Ok(method) => return Some(method),
        Err(error) => error,
    };
    let upper = token.to_ascii_uppercase();
    let served = || Method::ALL.map(Method::as_str);
    let help = match error {
        MethodError::Malformed if Method::parse(&upper).is_ok() => {
            format!("did you mean `{upper}`?")
        }
        MethodError::Forbidden | MethodError::Malformed | MethodError::Unknown => {
            did_you_mean(&upper, served())
                .unwrap_or_else(|| format!("expected one of {}", served().join(", ")))
        }
    };
    let message = format!("`{}` is not a method served here", token.escape_debug());
    findings.error("KW0504", field, message, &help);
    None
}
