//! Named networks: those of `networks.yaml`, shared by all organizations, and those of one organization's file.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::document::{Name, NamedNetworks, NetworksDocument};
use crate::policy::{Network, NetworkError};

use super::Findings;

/// Networks by name.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(in crate::config) struct SharedNetworks(BTreeMap<Arc<str>, Arc<[Network]>>);

impl SharedNetworks {
    /// The addresses of that name.
    pub(in crate::config) fn find(&self, name: &str) -> Option<(&Arc<str>, &Arc<[Network]>)> {
        self.0.get_key_value(name)
    }

    /// Every name with its addresses.
    pub(in crate::config) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<[Network]>)> {
        self.0.iter()
    }

    /// Every name.
    pub(in crate::config) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|name| &**name)
    }
}

/// Compiles `networks.yaml`; `None` if there was an error.
pub(in crate::config) fn shared_networks(
    document: &NetworksDocument,
    findings: &mut Findings<'_>,
) -> Option<SharedNetworks> {
    let networks = named(&document.networks, findings);
    (!findings.failed()).then_some(networks)
}

/// Compiles the field `networks` of any file.
pub(super) fn named(networks: &NamedNetworks, findings: &mut Findings<'_>) -> SharedNetworks {
    let compile = |(name, blocks): (&Name, &[Name])| {
        let field = format!("networks.{name}");
        if blocks.is_empty() {
            let message = format!("the network `{name}` holds no address");
            let help = "write its addresses, or remove the name where it is used";
            findings.error("KW0406", &field, message, help);
        }
        let blocks = blocks
            .iter()
            .enumerate()
            .filter_map(|(item, block)| network(block, || format!("{field}[{item}]"), findings))
            .collect();
        (Arc::from(&**name), blocks)
    };
    SharedNetworks(networks.iter().map(compile).collect())
}

/// Reads one address or block, and warns of those that are probably not meant.
pub(in crate::config) fn network(
    text: &str,
    field: impl Fn() -> String,
    findings: &mut Findings<'_>,
) -> Option<Network> {
    match text.parse::<Network>() {
        Ok(network) => {
            if network.covers_everyone() {
                let message = format!("`{network}` covers everyone");
                let help = "name the addresses that are really used";
                findings.warning("KW0407", &field(), message, help);
            } else if network.first().is_unspecified() && network.first() == network.last() {
                let everyone = if network.first().is_ipv4() {
                    "0.0.0.0/0"
                } else {
                    "::/0"
                };
                let message = format!("`{text}` is one address that nobody calls from");
                let help = format!("`{everyone}` would be every address");
                findings.warning("KW0408", &field(), message, &help);
            }
            Some(network)
        }
        Err(error) => {
            let (code, message, help) = told(&error, text);
            findings.error(code, &field(), message, &help);
            None
        }
    }
}

/// An error's code, what is wrong, and what would be right.
fn told(error: &NetworkError, text: &str) -> (&'static str, String, String) {
    match error {
        NetworkError::HostBits {
            network, address, ..
        } => (
            "KW0107",
            format!("`{text}` has host bits set"),
            format!("did you mean the network `{network}` or the single address `{address}`?"),
        ),
        other => (
            "KW0106",
            other.to_string(),
            "expected an address such as `198.51.100.7` or `2001:db8::7`, or a block such as \
             `203.0.113.0/24`"
                .to_owned(),
        ),
    }
}
