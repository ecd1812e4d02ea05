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

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::digest::{Algorithm, Verifier};
    use crate::policy::Snapshot;

    fn organization() -> OrganizationDraft {
        let mut organization = OrganizationDraft::new("Åcme: \"West\" & Sons", false).unwrap();
        organization
            .projects
            .push((fresh::id().unwrap(), "first-project"));
        organization
            .keys
            .push(KeyDraft::new("First key", "ORG_OWNER").unwrap());
        organization
    }

    #[test]
    fn a_new_folder_compiles_without_a_word_and_its_key_can_be_proven() {
        let home = TempDir::new().unwrap();
        let target = home.path().join("config");
        let organization = organization();
        let pair = organization.keys[0].pair.clone();
        create(
            &target,
            &scaffold::files(&scaffold::process(), &[organization]),
        )
        .unwrap();

        let load = Loader::new(&target).load(moment::now());
        assert_eq!(load.problems, []);
        let snapshot = Snapshot::new(load.parts.unwrap());
        let found = snapshot.find_key(pair.public.as_bytes()).unwrap();
        assert_eq!(&*found.organization.name, "Åcme: \"West\" & Sons");
        let derive =
            |algorithm| Verifier::derive(algorithm, &pair.public, scaffold::REALM, &pair.private);
        let derived = [Algorithm::Md5, Algorithm::Sha256].map(derive);
        let kept = snapshot.verifiers(pair.public.as_bytes());
        assert_eq!(kept.len(), 2);
        for verifier in &derived {
            let hex = verifier.expose_hex();
            assert!(kept.iter().any(|kept| kept.expose_hex() == hex));
        }
    }

    #[test]
    fn what_does_not_compile_is_not_written() {
        let home = TempDir::new().unwrap();
        let target = home.path().join("config");
        let process = Process {
            upstream: "http://127.0.0.1:9000/with/a/path".to_owned(),
            ..scaffold::process()
        };
        let failure = create(&target, &scaffold::files(&process, &[organization()]));
        assert_eq!(failure.err().unwrap().exit, Exit::Configuration);
        assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
    }
}
