//! `resources`: the resource table, and what it says about one request or many.

mod batch;

use std::io;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::config::place;
use crate::policy::{Match, Resource, ResourceTable, Roles};

use super::exit::{Exit, Failure};
use super::screen::{Context, Output, columns};
use super::{folder, moment};

use batch::Answer;

/// The resource table: which operations require an access list, and which name roles
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  keywarden resources list")]
pub(super) struct Resources {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Prints every operation of the table
    #[command(after_help = "Example:\n  keywarden resources list --output json")]
    List,
    Test(Test),
}

/// Says which rows a request touches: protected, forward or reject
#[derive(Debug, Args)]
#[command(
    after_help = "With --batch, each line of standard input is `METHOD TARGET`, octets outside 0x21-0x7e written \\xHH and a \
                  backslash \\\\; empty lines and lines that begin with # are skipped. Each is answered with one line: \
                  protected, forward or reject.\n\nExample:\n  keywarden resources test DELETE \
                  /api/atlas/v2/orgs/32b6e34b3d91647abb20e7b8/apiKeys/5d1d143c87d9d63e6d694746/accessList/192.0.2.0%2F24"
)]
struct Test {
    /// The method
    #[arg(required_unless_present = "batch")]
    method: Option<String>,

    /// The path and query
    #[arg(required_unless_present = "batch")]
    target: Option<String>,

    /// Reads `METHOD TARGET` lines from standard input
    #[arg(long, conflicts_with_all = ["method", "target"])]
    batch: bool,
}

impl Resources {
    /// Prints the table, or what it says.
    ///
    /// # Errors
    /// When there is no folder, or its `resources.yaml` is invalid.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let table = &*folder::table(context, moment::now())?;
        match self.verb {
            Verb::List => list(context, table)?,
            Verb::Test(Test { batch: true, .. }) => {
                batch::answer(table, &mut io::stdin().lock(), &mut io::stdout().lock())?;
            }
            Verb::Test(Test { method, target, .. }) => {
                let method = method.unwrap_or_default();
                let target = target.unwrap_or_default();
                test(context, table, &method, &target)?;
            }
        }
        Ok(Exit::Ok)
    }
}

fn list(context: &Context, table: &ResourceTable) -> Result<(), Failure> {
    if context.output == Output::Json {
        let rows: Vec<Value> = table
            .operations()
            .map(|(method, path, row)| {
                told(row, &[("method", method.as_str()), ("path", path.as_str())])
            })
            .collect();
        return context.print_json(&rows);
    }
    let head = ["ID", "METHOD", "PATH", "REQUIRES", "ROLES"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(table.operations().map(|(method, path, row)| {
        vec![
            row.id.to_string(),
            method.as_str().to_owned(),
            path.as_str().to_owned(),
            requires(row).unwrap_or("-").to_owned(),
            joined(&row.roles),
        ]
    }));
    context.print(&columns(&rows))
}

fn test(
    context: &Context,
    table: &ResourceTable,
    method: &str,
    target: &str,
) -> Result<(), Failure> {
    let answer = Answer::to(table, method.as_bytes(), target.as_bytes());
    let rows = answer.touched().map(rows).unwrap_or_default();
    let at = |row: &Resource| {
        let field = format!("resources[{}]", row.item);
        let line = place(&context.folder, "resources.yaml", &field).map(|place| place.line);
        line.map_or("resources.yaml".to_owned(), |line| {
            format!("resources.yaml:{line}")
        })
    };
    if context.output == Output::Json {
        let rows: Vec<Value> = rows
            .iter()
            .map(|row| told(row, &[("at", &at(row))]))
            .collect();
        return context.print_json(&json!({
            "answer": answer.word(),
            "why": answer.why(),
            "rows": rows,
        }));
    }
    let mut text = format!("{}  {}\n", answer.word(), answer.why());
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let requires = requires(row).map(|what| format!("requires {what}"));
            let roles = (!row.roles.is_empty()).then(|| format!("roles {}", joined(&row.roles)));
            let demands: Vec<String> = requires.into_iter().chain(roles).collect();
            vec![
                format!("  {}", row.id),
                row.title.to_string(),
                demands.join(", "),
                at(row),
            ]
        })
        .collect();
    text.push_str(&columns(&rows));
    context.print(&text)
}

/// The rows a request touches, each once, in the order of the table.
fn rows<'t>(touched: &Match<'t>) -> Vec<&'t Resource> {
    let mut rows: Vec<&Resource> = touched
        .resource
        .into_iter()
        .chain(touched.requiring)
        .chain(touched.role_rows.iter())
        .collect();
    rows.sort_by_key(|row| row.item);
    rows.dedup_by_key(|row| row.item);
    rows
}

/// A row as JSON, with further fields.
fn told(row: &Resource, further: &[(&str, &str)]) -> Value {
    let mut told = json!({
        "id": &*row.id,
        "section": &*row.section,
        "title": &*row.title,
        "require": requires(row),
        "roles": row.roles.iter().collect::<Vec<_>>(),
    });
    if let Some(fields) = told.as_object_mut() {
        let further = further.iter();
        fields.extend(further.map(|(name, text)| ((*name).to_owned(), Value::from(*text))));
    }
    told
}

fn requires(row: &Resource) -> Option<&'static str> {
    row.requires_access_list.then_some("access_list")
}

fn joined(roles: &Roles) -> String {
    let roles: Vec<&str> = roles.iter().collect();
    roles.join(", ")
}
