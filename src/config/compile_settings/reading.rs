//! Reading the small values of `keywarden.yaml`: durations, counts, addresses, paths; what is wrong is kept.

use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::config::compile::{Findings, network};
use crate::config::document::Name;
use crate::policy::Network;

/// A day: no timer of a gateway is longer.
pub(super) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One reading of a document.
pub(super) struct Reading<'r> {
    folder: PathBuf,
    /// What was wrong.
    pub(super) findings: Findings<'r>,
}

impl<'r> Reading<'r> {
    pub(super) fn new(folder: &Path, file: &'r str) -> Self {
        Self {
            folder: std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned()),
            findings: Findings::new(file),
        }
    }

    /// A path; a relative one starts at the configuration folder.
    pub(super) fn path(&self, written: &str) -> PathBuf {
        self.folder.join(written)
    }

    /// A duration in `range`; `otherwise` if none is written or what is written is wrong.
    pub(super) fn duration(
        &mut self,
        field: &str,
        written: Option<&Name>,
        otherwise: Duration,
        range: RangeInclusive<Duration>,
    ) -> Duration {
        let Some(written) = written else {
            return otherwise;
        };
        match parse_duration(written) {
            Some(duration) if range.contains(&duration) => duration,
            Some(_) => {
                let message = format!("`{written}` is out of range");
                let help = format!(
                    "write a duration from {} to {}",
                    shown(*range.start()),
                    shown(*range.end())
                );
                self.findings.error("KW0108", field, message, &help);
                otherwise
            }
            None => {
                let message = format!("`{written}` is not a duration");
                let help =
                    "write a whole number and its unit, such as `500ms`, `30s`, `5m` or `1h`";
                self.findings.error("KW0201", field, message, help);
                otherwise
            }
        }
    }

    /// A number in `range`.
    pub(super) fn count<N: Copy + Display + PartialOrd>(
        &mut self,
        field: &str,
        written: N,
        range: RangeInclusive<N>,
    ) -> N {
        if !range.contains(&written) {
            let help = format!("write a number from {} to {}", range.start(), range.end());
            self.findings
                .error("KW0108", field, format!("{written} is out of range"), &help);
        }
        written
    }

    /// An IP address with its port.
    pub(super) fn socket(&mut self, field: &str, written: &str) -> Option<SocketAddr> {
        if let Ok(address) = written.parse::<SocketAddr>()
            && !written.contains('%')
        {
            return Some(address);
        }
        let port = written.rsplit_once(':').map_or("", |(_, port)| port);
        let help = if written.contains('%') {
            "take the zone id out".to_owned()
        } else if written.parse::<Ipv4Addr>().is_ok() {
            format!("add a port: `{written}:8080`")
        } else if written
            .trim_matches(['[', ']'])
            .parse::<std::net::Ipv6Addr>()
            .is_ok()
        {
            format!(
                "add a port: \"[{}]:8080\"",
                written.trim_matches(['[', ']'])
            )
        } else if written.starts_with(':') && port.parse::<u16>().is_ok() {
            format!("for every address write `0.0.0.0:{port}` or \"[::]:{port}\"")
        } else {
            "write an IP address and a port: `127.0.0.1:8080` or \"[::1]:8080\"".to_owned()
        };
        let message = format!("`{written}` is not an IP address with a port");
        self.findings.error("KW0202", field, message, &help);
        None
    }

    /// Addresses and blocks; those that are wrong are left out and reported.
    pub(super) fn networks(&mut self, field: &str, written: &[Name]) -> Vec<Network> {
        let findings = &mut self.findings;
        let read = |(index, block): (usize, &Name)| {
            network(block, || format!("{field}[{index}]"), findings)
        };
        written.iter().enumerate().filter_map(read).collect()
    }
}

/// `500ms`, `30s`, `5m`, `1h`.
fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(60 * 60).map(Duration::from_secs),
        _ => None,
    }
}

fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        _ if duration.subsec_millis() > 0 => format!("{}ms", duration.as_millis()),
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}
