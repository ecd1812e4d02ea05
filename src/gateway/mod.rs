//! Sockets on the outside, one decision on the inside.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Problem;

/// How a gateway is started.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration folder.
    pub folder: PathBuf,
    /// Worker threads; `None` = what `keywarden.yaml` says, else one a core.
    pub workers: Option<usize>,
}

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration cannot be put in force (exit 78).
    #[error("the configuration cannot be put in force")]
    Configuration(Vec<Problem>),
    /// A socket, a certificate or a log file.
    #[error("{what}: {source}")]
    Resource {
        /// What was tried, with its name.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// A running gateway: its threads serve until [`Gateway::stop`].
pub struct Gateway {
    listeners: Vec<(String, SocketAddr)>,
    admin: SocketAddr,
}

impl Gateway {
    /// Loads the folder, opens the sockets and starts the workers.
    ///
    /// # Errors
    /// See [`StartError`]; then nothing is left running.
    pub fn start(options: Options) -> Result<Self, StartError> {
        let _ = options;
        todo!()
    }

    /// Where it listens: name and address.
    #[must_use]
    pub fn listeners(&self) -> &[(String, SocketAddr)] {
        &self.listeners
    }

    /// Where its admin listener is.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Looks at the configuration now instead of at the next event or poll (what SIGHUP does).
    pub fn reload(&self) {}

    /// Opens the access log anew (what SIGUSR1 does).
    pub fn reopen_logs(&self) {}

    /// Begins the shutdown: readiness fails, `linger`, then `grace`.
    pub fn stop(&self) {}

    /// Waits for the end of a shutdown.
    pub fn wait(self) {}
}
