//! `serve`: runs the gateway until it is told to stop.

use clap::Args;

use crate::gateway::{Gateway, Options, StartError};
use crate::telemetry;

use super::exit::{Exit, Failure};
use super::folder;
use super::screen::Context;
use super::signals::Signals;

/// Runs the gateway
#[derive(Debug, Args)]
#[command(
    after_help = "Signals: SIGTERM and SIGINT stop (a second one at once), SIGHUP reloads, SIGUSR1 opens the access log \
                  anew.\n\nExample:\n  keywarden serve --config /etc/keywarden"
)]
pub(super) struct Serve {
    /// Worker threads [default: what keywarden.yaml says, else one a core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,

    /// Keeps the rights that serving does not need: other programs can then debug it, and it them
    #[arg(long, env = "KEYWARDEN_NO_SANDBOX", value_parser = clap::builder::FalseyValueParser::new())]
    no_sandbox: bool,
}

impl Serve {
    /// Serves; returns when the gateway has stopped.
    ///
    /// # Errors
    /// When it could not start.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        telemetry::init_logs();
        if !context.folder.is_dir() {
            return Err(Failure {
                exit: Exit::ServeConfiguration,
                ..folder::missing(&context.folder)
            });
        }
        let signals = Signals::install()?;
        let gateway = start(&Options {
            folder: context.folder.clone(),
            workers: self.workers.map(usize::from),
            confined: !self.no_sandbox,
        })?;
        announce(&gateway);
        Ok(signals.attend(gateway))
    }
}

/// Starts a gateway.
///
/// # Errors
/// With every problem of the configuration (exit 78), or what the system refused (exit 1).
pub(super) fn start(options: &Options) -> Result<Gateway, Failure> {
    Gateway::start(options).map_err(|error| match error {
        StartError::Configuration(problems) => Failure {
            exit: Exit::ServeConfiguration,
            ..folder::invalid(&problems)
        },
        resource @ StartError::Resource { .. } => Failure::new(Exit::Failed, resource.to_string()),
    })
}

/// Says where it listens, in the operator log, which is on standard error.
fn announce(gateway: &Gateway) {
    for (name, address) in gateway.listeners() {
        tracing::info!(listener = name, %address, "listening");
    }
    tracing::info!(address = %gateway.admin(), "admin listening");
}
