//! `demo`: a gateway with an upstream of its own, in a folder of its own, and a request to try for every rule.

mod echo;
mod follow;
mod tour;

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use clap::Args;
use serde_json::json;

use crate::gateway::{Gateway, Options};
use crate::telemetry;

use super::exit::{Exit, Failure};
use super::init;
use super::init::scaffold::{self, Process};
use super::screen::{Context, Output};
use super::serve;
use super::signals::Signals;

use echo::Echo;
use follow::Follower;
use tour::Cast;

/// Runs a gateway to try: a temporary folder, an upstream that echoes, fresh keys, and curl lines for every rule
#[derive(Debug, Args)]
#[command(
    after_help = "Ctrl-C stops it and removes the folder.\n\nExample:\n  keywarden demo --port 8081"
)]
pub(super) struct Demo {
    /// The port callers connect to, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,

    /// The port of the admin listener, on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 9180)]
    admin_port: u16,
}

impl Demo {
    /// Runs the demo until it is interrupted.
    ///
    /// # Errors
    /// When a port is taken, or it cannot start.
    pub(super) fn run(self, context: &Context) -> Result<Exit, Failure> {
        let port = free(self.port, "--port")?;
        let admin_port = free(self.admin_port, "--admin-port")?;
        telemetry::init_logs();
        let signals = Signals::install()?;
        let home = tempfile::Builder::new()
            .prefix("keywarden-demo-")
            .tempdir()
            .map_err(|error| failed("make a temporary folder", &error))?;
        let echo = Echo::start().map_err(|error| failed("start the upstream", &error))?;
        let folder = home.path().join("config");
        let log = home.path().join("access.log");
        let cast = Cast::new()?;
        let process = Process {
            listen: loopback(port).to_string(),
            admin: loopback(admin_port).to_string(),
            upstream: format!("http://{}", echo.address),
            access_log: log.display().to_string(),
            poll: "1s",
            shutdown: ["0s", "2s"],
        };
        let organizations = [cast.demo.clone(), cast.strict.clone()];
        init::create(&folder, &scaffold::files(&process, &organizations))?;
        let gateway = serve::start(&Options {
            folder: folder.clone(),
            workers: None,
            confined: false,
        })?;
        present(context, &gateway, &cast, &folder)?;
        let follower = Follower::start(log).map_err(|error| failed("read the log", &error))?;
        let exit = signals.attend(gateway);
        follower.stop();
        home.close()
            .map_err(|error| failed("remove the temporary folder", &error))?;
        Ok(exit)
    }
}

/// Says what there is to see.
fn present(
    context: &Context,
    gateway: &Gateway,
    cast: &Cast,
    folder: &Path,
) -> Result<(), Failure> {
    let address = gateway
        .listeners()
        .first()
        .map_or(loopback(0), |(_, address)| *address);
    let steps = cast.steps(address);
    if context.output == Output::Json {
        let keys: Vec<_> = cast
            .keys()
            .map(|(organization, key)| {
                json!({
                    "organization": organization,
                    "description": key.description,
                    "public_key": key.pair.public,
                    "private_key": key.pair.private,
                })
            })
            .collect();
        return context.print_json(&json!({
            "folder": folder,
            "address": address,
            "admin": gateway.admin(),
            "keys": keys,
            "requests": steps,
        }));
    }
    let mut text = format!(
        "keywarden demo on http://{address}, admin on http://{}\n\nKeys (public:private)\n",
        gateway.admin()
    );
    for (organization, key) in cast.keys() {
        let (public, private) = (&key.pair.public, &key.pair.private);
        let _ = writeln!(
            text,
            "  {public}:{private}  {organization}, {}",
            key.description
        );
    }
    text.push_str("\nPaste these into another window\n");
    for step in &steps {
        let _ = writeln!(
            text,
            "\n# {}  ->  {} ({})\n{}",
            step.sentence, step.status, step.reason, step.command
        );
    }
    let _ = write!(
        text,
        "\nThen edit a file below {}\nand try again: a saved change is in force at once. \
         For example, in organizations/demo.yaml, put\n127.0.0.1 on the third key's list, or change \
         `require_access_list`.\n\nRequests as they arrive; Ctrl-C ends the demo and removes the folder\n",
        folder.display()
    );
    context.print(&text)
}

/// The port, if it is free; for 0 a free one, so that keywarden.yaml can name it. The gateway shares its port among workers, and would share it with a stranger too.
fn free(port: u16, option: &str) -> Result<u16, Failure> {
    let bound = TcpListener::bind(loopback(port)).and_then(|socket| socket.local_addr());
    match bound {
        Ok(address) => Ok(address.port()),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Failure::new(
            Exit::Failed,
            format!("port {port} of 127.0.0.1 is taken by another program"),
        )
        .cure(format!("keywarden demo {option} 0"))),
        Err(error) => Err(failed(&format!("listen on 127.0.0.1:{port}"), &error)),
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

fn failed(what: &str, error: &io::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_with_what_to_do() {
        let taken = TcpListener::bind(loopback(0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let failure = free(port, "--port").err().unwrap();
        assert_eq!(failure.exit, Exit::Failed);
        assert_eq!(failure.cure.as_deref(), Some("keywarden demo --port 0"));
        assert!(free(0, "--port").is_ok_and(|port| port > 0));
    }
}
