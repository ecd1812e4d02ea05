//! `init`: a new configuration folder with one organization, one project and one key.

mod new_folder;
pub(super) mod scaffold;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::config::{Loader, Severity};

use super::exit::{Exit, Failure};
use super::screen::{Context, Output};
use super::{folder, fresh, moment};

use new_folder::NewFolder;
use scaffold::{KeyDraft, NewFile, OrganizationDraft, Process};

/// Writes a new configuration folder with one organization, one project and one key
#[derive(Debug, Args)]
#[command(
    after_help = "The private key is printed once, on standard output, and kept nowhere.\n\nExample:\n  \
                  keywarden init config --organization Acme --upstream https://ops-manager.internal:8443"
)]
pub(super) struct Init {
    /// The folder: a new one, or an empty one
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// The organization's name
    #[arg(long, value_name = "NAME", default_value = "Example")]
    organization: String,

    /// Where requests are forwarded: scheme, host and port
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
    upstream: String,

    /// Where callers connect
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
}

impl Init {
    /// Writes the folder and prints the key.
    ///
    /// # Errors
    /// When the folder is not empty, what was asked does not compile, or it cannot be written.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let process = Process {
            listen: self.listen.to_string(),
            admin: "127.0.0.1:9180".to_owned(),
            upstream: self.upstream,
            access_log: "stdout".to_owned(),
            poll: "5s",
            shutdown: ["5s", "30s"],
        };
        let mut organization = OrganizationDraft::new(&self.organization, false)?;
        let project = fresh::id()?;
        organization
            .projects
            .push((project.clone(), "first-project"));
        let key = KeyDraft::new("First key", "ORG_OWNER")?;
        organization.keys.push(key.clone());
        let files = scaffold::files(&process, std::slice::from_ref(&organization));
        create(&self.folder, &files)?;

        let shown = self.folder.display();
        match context.output {
            Output::Json => context.print_json(&json!({
                "folder": self.folder,
                "organization": { "id": organization.id, "name": organization.name },
                "project": { "id": project, "name": "first-project" },
                "key": { "id": key.id, "public_key": key.pair.public, "private_key": key.pair.private },
            }))?,
            Output::Text => context.print(&format!(
                "public key   {}\nprivate key  {}\n",
                key.pair.public, key.pair.private
            ))?,
        }
        context.tell(&format!(
            "The private key is shown this once; `{shown}` holds only what verifies it.\n\
             Next:  keywarden --config {shown} serve\n\
             then:  curl --digest -u {}:PRIVATE_KEY http://{}/api/atlas/v2/groups/{project}/clusters",
            key.pair.public,
            reachable(self.listen),
        ));
        Ok(Exit::Ok)
    }
}

/// Writes a folder that compiles, or none.
///
/// # Errors
/// When something is there, the files do not compile, or they cannot be written.
pub(super) fn create(target: &Path, files: &[NewFile]) -> Result<(), Failure> {
    let new = NewFolder::write(target, files)?;
    let mut problems = Loader::new(&new.path()).load(moment::now()).problems;
    problems.retain(|problem| problem.severity == Severity::Error);
    if problems.is_empty() {
        new.settle()
    } else {
        Err(folder::invalid(&problems).cure("other values; nothing was written"))
    }
}

/// An address one can connect to: loopback where it listens on all.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let mut address = listen;
    if listen.ip().is_unspecified() {
        address.set_ip(match listen {
            SocketAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
