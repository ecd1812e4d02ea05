//! `schema`: the JSON Schema of a kind of file, for editors.

use clap::{Args, ValueEnum};

use crate::config::document;

use super::exit::{Exit, Failure};
use super::screen::Context;

/// Prints the JSON Schema of a kind of file
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  keywarden schema organization > .vscode/organization.schema.json"
)]
pub(super) struct Schema {
    /// The kind of file
    #[arg(value_enum)]
    name: Name,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Keywarden,
    Organization,
    Resources,
    Networks,
    Expectations,
}

impl Name {
    const fn word(self) -> &'static str {
        match self {
            Self::Keywarden => "keywarden",
            Self::Organization => "organization",
            Self::Resources => "resources",
            Self::Networks => "networks",
            Self::Expectations => "expectations",
        }
    }
}

impl Schema {
    /// Prints it.
    ///
    /// # Errors
    /// When this build has no such schema.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let name = self.name.word();
        let mut text = document::schema(name).ok_or_else(|| {
            Failure::new(Exit::Failed, format!("there is no schema for `{name}`"))
        })?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        context.print(&text)?;
        Ok(Exit::Ok)
    }
}
