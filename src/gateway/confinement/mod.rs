//! What a gateway keeps of its rights once it serves: to read its configuration, to append to its log, little else.
//!
//! Landlock binds the calling thread and the threads it starts from then on, so a gateway confines itself after its
//! sockets are open and before it starts the first thread. Best effort: a kernel without Landlock confines nothing.

mod ways;

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::path::Path;

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, PathBeneath, PathFd, Ruleset,
    RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus, Scope,
};
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::thread::set_no_new_privs;

use crate::config::{AccessLogSettings, FileState, Load, LogSink, Settings, UpstreamSettings};

use super::references::references;
use ways::Ways;

/// What was kept; without Landlock, everything.
#[derive(Debug, Default)]
pub(super) struct Confinement(Option<Kept>);

/// What Landlock lets through, so that a reload can say why it does not get further.
#[derive(Debug)]
struct Kept {
    readable: Ways,
    writable: Ways,
    /// Whether names can be looked up.
    names: bool,
    /// `/proc/self`, for the process's own metrics: held open, because the rule is on this very inode and the system
    /// would make another one after it has forgotten it.
    _own: Option<File>,
}

/// Gives up what nobody needs: no program started from here gains rights, and nobody of the same user reads this
/// process's memory or gets it as a core.
pub(super) fn harden() {
    if let Err(why) = set_no_new_privs(true) {
        tracing::warn!(%why, "PR_SET_NO_NEW_PRIVS is refused");
    }
    if let Err(why) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%why, "PR_SET_DUMPABLE is refused");
    }
}

impl Confinement {
    /// Confines the calling thread and all it starts from now on, as far as this kernel can, and says how far.
    pub(super) fn enter(folder: &Path, load: &Load, settings: &Settings) -> Self {
        let kept = Kept::of(folder, load, settings);
        if kept.writable.lead_to(folder) {
            tracing::warn!(
                "the access log lies in the configuration folder, which can therefore be written"
            );
        }
        match kept.enforce() {
            Ok(status) => {
                let landlock = match status.landlock {
                    LandlockStatus::Available { effective_abi, .. } => {
                        format!("{effective_abi:?}").to_lowercase()
                    }
                    LandlockStatus::NotEnabled => "not enabled".to_owned(),
                    LandlockStatus::NotImplemented => "not in this kernel".to_owned(),
                };
                let enforced = match status.ruleset {
                    RulesetStatus::FullyEnforced => "fully",
                    RulesetStatus::PartiallyEnforced => "partially",
                    RulesetStatus::NotEnforced => "not",
                };
                tracing::info!(
                    landlock,
                    enforced,
                    readable = %kept.readable,
                    writable = %kept.writable,
                    "confined"
                );
                Self((status.ruleset != RulesetStatus::NotEnforced).then_some(kept))
            }
            Err(why) => {
                tracing::warn!(%why, "not confined: Landlock refuses");
                Self::default()
            }
        }
    }

    /// Whether a file can be opened for reading, as far as this confinement goes.
    ///
    /// # Errors
    /// With words for the operator, if it cannot.
    pub(super) fn check(&self, file: &Path) -> io::Result<()> {
        match &self.0 {
            Some(kept) if !kept.readable.lead_to(file) => Err(outside(&file.display().to_string())),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether this access log can be opened.
    ///
    /// # Errors
    /// As [`Confinement::check`].
    pub(super) fn check_log(&self, log: Option<&AccessLogSettings>) -> io::Result<()> {
        match (&self.0, log.map(|log| &log.sink)) {
            (Some(kept), Some(LogSink::File(path))) if !kept.writable.lead_to(path) => {
                Err(outside(&path.display().to_string()))
            }
            (Some(_) | None, Some(LogSink::File(_) | LogSink::Stdout) | None) => Ok(()),
        }
    }

    /// Whether this upstream's files can be read and its names looked up.
    ///
    /// # Errors
    /// As [`Confinement::check`].
    pub(super) fn check_upstream(&self, upstream: &UpstreamSettings) -> io::Result<()> {
        super::plan::files(upstream)
            .iter()
            .try_for_each(|file| self.check(file))?;
        match (&self.0, named(upstream)) {
            (Some(kept), Some(host)) if !kept.names => {
                Err(outside(&format!("looking up the name {host}")))
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// The files of the folder that are not in force because they are links to somewhere that cannot be read.
    pub(super) fn check_files(&self, folder: &Path, load: &Load) -> Vec<io::Error> {
        load.files
            .iter()
            .filter(|file| file.state != FileState::Active)
            .filter_map(|file| self.check(&folder.join(&file.path)).err())
            .collect()
    }
}

impl Kept {
    fn of(folder: &Path, load: &Load, settings: &Settings) -> Self {
        let mut readable = Ways::default();
        readable.add_folder(folder);
        for file in &load.files {
            readable.add_file(&folder.join(&file.path));
        }
        for file in references(load, settings) {
            readable.add_file(&file);
        }
        for place in AUTHORITIES.iter().chain(&SYSTEM) {
            readable.add_exactly(Path::new(place));
        }
        if let Some(file) = std::env::var_os("SSL_CERT_FILE") {
            readable.add_file(Path::new(&file));
        }
        if let Some(folders) = std::env::var_os("SSL_CERT_DIR") {
            for folder in std::env::split_paths(&folders) {
                readable.add_folder(&folder);
            }
        }
        let names = named(&settings.upstream).is_some();
        if names {
            for place in NAMES {
                readable.add_exactly(Path::new(place));
            }
            readable.add_file(Path::new("/etc/resolv.conf"));
        }
        let mut writable = Ways::default();
        if let Some(LogSink::File(path)) = settings.access_log.as_ref().map(|log| &log.sink) {
            writable.add_file(path);
        }
        Self {
            readable,
            writable,
            names,
            _own: File::open(OWN).ok(),
        }
    }

    fn enforce(&self) -> Result<landlock::RestrictionStatus, RulesetError> {
        let read = AccessFs::ReadFile | AccessFs::ReadDir;
        let append = AccessFs::WriteFile | AccessFs::MakeReg;
        Ruleset::default()
            .handle_access(AccessFs::from_all(VETTED))?
            // What listens, listens already.
            .handle_access(AccessNet::BindTcp)?
            .scope(Scope::Signal)?
            .create()?
            .add_rules(rules(&self.readable, read))?
            .add_rules(rules(&self.writable, append))?
            .restrict_self()
    }
}

/// The rules that let through; a place that went away meanwhile needs none.
fn rules(
    ways: &Ways,
    access: BitFlags<AccessFs>,
) -> impl Iterator<Item = Result<PathBeneath<PathFd>, RulesetError>> {
    ways.places().filter_map(move |place| {
        let rights = if place.is_dir() {
            access
        } else {
            access & AccessFs::from_file(VETTED)
        };
        Some(Ok(PathBeneath::new(PathFd::new(place).ok()?, rights)))
    })
}

/// The first host of an upstream that is a name and no address.
fn named(upstream: &UpstreamSettings) -> Option<&str> {
    let mut hosts = upstream.addresses.iter().map(|address| &*address.host);
    hosts.find(|host| host.parse::<IpAddr>().is_err())
}

fn outside(what: &str) -> io::Error {
    io::Error::other(format!(
        "{what} is outside of what this process has confined itself to; restart keywarden to let it in"
    ))
}

/// The rights that are asked for: newer kernels know more of them, which nobody has tried here.
const VETTED: ABI = ABI::V6;
/// The process's own figures.
const OWN: &str = "/proc/self";
/// The system's certificate authorities, wherever distributions keep them; public.
const AUTHORITIES: [&str; 7] = [
    "/etc/pki/ca-trust",
    "/etc/pki/tls/certs",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/share/pki",
];
/// The process's own figures, the time the machine started, and random octets where the system call is not enough.
const SYSTEM: [&str; 4] = [OWN, "/proc/stat", "/dev/urandom", "/dev/sysgenid"];
/// What looking up a name reads: `/etc` as a whole, because `resolv.conf` is replaced by rename, and the libraries of
/// `nsswitch.conf`.
const NAMES: [&str; 7] = [
    "/etc",
    "/lib",
    "/lib64",
    "/run/resolvconf",
    "/run/systemd/resolve",
    "/usr/lib",
    "/usr/lib64",
];

#[cfg(test)]
mod tests;
