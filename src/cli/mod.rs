//! The commands, one a file; this page is the parser and says which is which.
//!
//! Results go to standard output, talk to standard error; how a command ended is its [`Exit`], which people script
//! against. Commands decide nothing: `explain`, `check` and `resources` ask the floors below what the gateway would.

mod admin;
mod check;
mod demo;
mod exit;
mod explain;
mod folder;
mod fresh;
mod init;
mod key_handle;
mod moment;
mod reload;
mod resources;
mod schema;
mod screen;
mod serve;
mod signals;
mod status;
mod supervisor;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::Exit;
use exit::Failure;
use screen::{Context, Output};

/// An enforcement gateway for admin APIs: digest keys, access lists, one decision a request.
#[derive(Debug, Parser)]
#[command(
    name = "keywarden",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 yes or done, 1 failed, 2 usage, 3 configuration invalid (78 from serve), 4 refused, \
                  5 expectations failed, 6 in the way or managed elsewhere.\n\nExample:\n  keywarden demo"
)]
struct CommandLine {
    /// The configuration folder
    #[arg(
        long,
        short = 'C',
        global = true,
        env = "KEYWARDEN_CONFIG",
        default_value = "config",
        value_name = "DIR",
        help_heading = "Options of every command"
    )]
    config: PathBuf,

    /// The shape of results on standard output
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "SHAPE",
        help_heading = "Options of every command"
    )]
    output: Output,

    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Check(check::Check),
    Demo(demo::Demo),
    Explain(explain::Explain),
    Init(init::Init),
    Reload(reload::Reload),
    Resources(resources::Resources),
    Schema(schema::Schema),
    Serve(serve::Serve),
    Status(status::Status),
}

/// Runs the command line of this process and says how it went.
#[must_use]
pub fn run() -> ExitCode {
    run_from(std::env::args_os()).into()
}

/// Runs a command line, its first word being the program's name.
pub fn run_from(words: impl IntoIterator<Item = OsString>) -> Exit {
    let line = match CommandLine::try_parse_from(words) {
        Ok(line) => line,
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Ok
            };
        }
    };
    let context = Context {
        folder: line.config,
        output: line.output,
    };
    line.verb.run(&context).unwrap_or_else(|failure| {
        tell(&failure);
        failure.exit
    })
}

impl Verb {
    fn run(self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Check(check) => check.run(context),
            Self::Demo(demo) => demo.run(context),
            Self::Explain(explain) => explain.run(context),
            Self::Init(init) => init.run(context),
            Self::Reload(reload) => reload.run(context),
            Self::Resources(resources) => resources.run(context),
            Self::Schema(schema) => schema.run(context),
            Self::Serve(serve) => serve.run(context),
            Self::Status(status) => status.run(context),
        }
    }
}

/// Says what went wrong, and what to do about it.
fn tell(failure: &Failure) {
    screen::tell(&format!("error: {}", failure.message));
    if let Some(rendered) = &failure.rendered {
        screen::tell_rendered(rendered);
    }
    if let Some(cure) = &failure.cure {
        screen::tell(&format!("  help: {cure}"));
    }
}

#[cfg(test)]
mod tests;
