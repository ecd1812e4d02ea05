//! `explain`: decides one request offline and tells rule by rule why, where it is written, and what would mend it.

mod account;
mod case;
mod cure;
mod obstacle;
mod show;
mod telling;

use std::net::IpAddr;

use clap::Args;

use crate::decide::{Identity, Question, Rejection, explain};
use crate::digest::Timestamp;
use crate::peer::CallerAddress;
use crate::policy::{Method, MethodError, RequestTarget, TargetError};

use super::exit::{Exit, Failure};
use super::screen::{Context, Output};
use super::{folder, key_handle, moment};

use account::Account;
use case::Case;

/// Decides one request offline, rule by rule, and says what would mend a refusal
#[derive(Debug, Args)]
#[command(
    after_help = "The key counts as proven. Ends with 0 if the request would be forwarded, 4 if not, 1 if there is no such \
                  key.\n\nExample:\n  keywarden explain --key zmmrboas --from 203.0.113.9 \
                  POST /api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters/c0/backup/snapshots"
)]
pub(super) struct Explain {
    /// The key: its public key, or its id
    #[arg(long, value_name = "KEY")]
    key: String,

    /// The caller's address
    #[arg(long, value_name = "ADDRESS")]
    from: IpAddr,

    /// The method
    method: String,

    /// The path and query, as they would be sent
    target: String,

    /// When [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = moment::parse)]
    at: Option<Timestamp>,
}

impl Explain {
    /// Decides and tells.
    ///
    /// # Errors
    /// When the configuration is invalid, or there is no such key.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let at = self.at.unwrap_or_else(moment::now);
        let compiled = folder::compile(context, at)?;
        let snapshot = &compiled.snapshot;
        let key = key_handle::resolve(snapshot, &self.key).map_err(|failure| {
            if compiled.errors.is_empty() {
                return failure;
            }
            let message = format!(
                "{}, or it stands in a file that is left out",
                failure.message
            );
            Failure {
                exit: Exit::Configuration,
                message,
                ..failure
            }
        })?;
        let case = Case {
            folder: &context.folder,
            snapshot,
            identity: Identity::assumed(key),
            at,
            caller: CallerAddress::from(self.from),
            method: &self.method,
            target: &self.target,
        };
        let account = self.account(&case);
        match context.output {
            Output::Json => context.print_json(&account)?,
            Output::Text => context.print(&show::text(&account))?,
        }
        Ok(account.exit())
    }

    fn account(&self, case: &Case<'_>) -> Account {
        let method = match Method::parse(&self.method) {
            Ok(method) => method,
            Err(error) => {
                let status = match error {
                    MethodError::Forbidden => 405,
                    MethodError::Malformed => 400,
                    MethodError::Unknown => 501,
                };
                return Account::rejected(case, Rejection::from(error), status, &error.to_string());
            }
        };
        match RequestTarget::parse(self.target.as_bytes()) {
            Ok(target) => {
                let question = Question {
                    at: case.at,
                    caller: Some(case.caller),
                    method,
                    target: &target,
                };
                Account::decided(case, &explain(case.snapshot, case.identity, &question))
            }
            Err(error) => {
                let too_long = error == TargetError::TooLong;
                let status = if too_long { 414 } else { 400 };
                Account::rejected(case, Rejection::from(error), status, &error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests;
