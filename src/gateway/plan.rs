//! From the settings to the upstream's plan: its files are read here, once a reload.

use std::io;
use std::path::{Path, PathBuf};

use http::HeaderValue;
use rustls_pki_types::ServerName;

use crate::config::{UpstreamAddress, UpstreamAuthentication, UpstreamSettings};

use super::dial::{Plan, Target};
use super::{references, tls};

/// Reads what the settings name and makes the plan.
///
/// # Errors
/// When a file cannot be read, or an address cannot be a name.
pub(super) fn plan(upstream: &UpstreamSettings) -> io::Result<Plan> {
    Ok(Plan {
        targets: upstream
            .addresses
            .iter()
            .map(target)
            .collect::<io::Result<_>>()?,
        tls: tls::connector(upstream)?,
        authorization: authorization(&upstream.authentication)?,
        http2: upstream.http2,
        idle_connections: upstream.idle_connections,
        idle_timeout: upstream.idle_timeout,
    })
}

/// The files that a plan is made of besides the settings.
pub(super) fn files(upstream: &UpstreamSettings) -> Vec<PathBuf> {
    upstream.files().cloned().collect()
}

fn target(address: &UpstreamAddress) -> io::Result<Target> {
    let bracketed = if address.host.contains(':') {
        format!("[{}]", address.host)
    } else {
        address.host.clone()
    };
    let usual = if address.tls { 443 } else { 80 };
    let authority = if address.port == usual {
        bracketed
    } else {
        format!("{bracketed}:{}", address.port)
    };
    let server_name = address
        .tls
        .then(|| ServerName::try_from(address.host.clone()))
        .transpose();
    Ok(Target {
        host: address.host.clone(),
        port: address.port,
        authority: HeaderValue::from_str(&authority).map_err(io::Error::other)?,
        server_name: server_name.map_err(io::Error::other)?,
    })
}

/// An upstream as its URL, for `/status`.
pub(super) fn url(address: &UpstreamAddress) -> String {
    let scheme = if address.tls { "https" } else { "http" };
    let host = if address.host.contains(':') {
        format!("[{}]", address.host)
    } else {
        address.host.clone()
    };
    format!("{scheme}://{host}:{}", address.port)
}

fn authorization(authentication: &UpstreamAuthentication) -> io::Result<Option<HeaderValue>> {
    use base64ct::{Base64, Encoding as _};
    let text = match authentication {
        UpstreamAuthentication::None => return Ok(None),
        UpstreamAuthentication::BearerFile(file) => format!("Bearer {}", secret(file)?),
        UpstreamAuthentication::BasicFile(file) => {
            format!("Basic {}", Base64::encode_string(secret(file)?.as_bytes()))
        }
    };
    let mut value = HeaderValue::from_str(&text).map_err(io::Error::other)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

fn secret(file: &Path) -> io::Result<String> {
    let named =
        |why: &dyn std::fmt::Display| io::Error::other(format!("{}: {why}", file.display()));
    let octets = references::read(file).map_err(|why| named(&why))?;
    let text = String::from_utf8(octets).map_err(|_| named(&"is not text"))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.is_empty() || line.contains('\n') {
        Err(named(&"expected one line"))
    } else {
        Ok(line.to_owned())
    }
}
