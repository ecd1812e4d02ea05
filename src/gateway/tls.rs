//! TLS on both sides: certificates that are read again when they change, and trust toward the upstream.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::config::{Http, TlsFiles, UpstreamSettings};

use super::references;

/// The certificate of one listener: replaced as a whole, never mixed.
#[derive(Clone)]
pub(super) struct Certificate(Arc<ArcSwap<CertifiedKey>>);

impl Certificate {
    /// Reads chain and key.
    ///
    /// # Errors
    /// When a file cannot be read, holds no PEM, or the key is not the certificate's.
    pub(super) fn read(files: &TlsFiles) -> io::Result<Self> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(certified(files)?))))
    }

    /// Reads both again; on error the old pair stays.
    ///
    /// # Errors
    /// As [`Certificate::read`].
    pub(super) fn renew(&self, files: &TlsFiles) -> io::Result<()> {
        self.0.store(Arc::new(certified(files)?));
        Ok(())
    }

    /// When it ends, in seconds since the Unix epoch.
    pub(super) fn not_after(&self) -> Option<i64> {
        let pair = self.0.load();
        let (_, certificate) =
            x509_parser::parse_x509_certificate(pair.cert.first()?.as_ref()).ok()?;
        Some(certificate.validity().not_after.timestamp())
    }

    /// The server's side of TLS 1.2 and 1.3 with this certificate.
    ///
    /// # Errors
    /// When the provider lacks a protocol version, which it does not.
    pub(super) fn acceptor(&self, http: Http) -> io::Result<TlsAcceptor> {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = match http {
            Http::Negotiated | Http::PriorKnowledge => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Http::Http1 => vec![b"http/1.1".to_vec()],
        };
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate([redacted])")
    }
}

/// The client's side toward the upstream: a private CA or the system's, and a client certificate if there is one.
///
/// # Errors
/// When a file cannot be read or holds nothing of use.
pub(super) fn connector(upstream: &UpstreamSettings) -> io::Result<TlsConnector> {
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots(upstream)?);
    let mut config = match &upstream.tls.identity {
        None => builder.with_no_client_auth(),
        Some(files) => builder
            .with_client_auth_cert(chain(&files.certificate)?, key(&files.private_key)?)
            .map_err(io::Error::other)?,
    };
    config.alpn_protocols = if upstream.http2 {
        vec![b"h2".to_vec(), b"http/1.1".to_vec()]
    } else {
        vec![b"http/1.1".to_vec()]
    };
    Ok(TlsConnector::from(Arc::new(config)))
}

fn roots(upstream: &UpstreamSettings) -> io::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    match &upstream.tls.ca {
        Some(file) => {
            for certificate in chain(file)? {
                roots.add(certificate).map_err(|why| named(file, &why))?;
            }
        }
        // Only asked for where it is needed: a plain upstream must start on a machine without any.
        None if upstream.addresses.iter().any(|address| address.tls) => {
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            if roots.is_empty() {
                return Err(io::Error::other(
                    "the system has no CA certificates; set upstream.tls.ca",
                ));
            }
        }
        None => {}
    }
    Ok(roots)
}

fn certified(files: &TlsFiles) -> io::Result<CertifiedKey> {
    let provider = provider();
    let key = key(&files.private_key)?;
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|why| named(&files.private_key, &why))?;
    let pair = CertifiedKey::new(chain(&files.certificate)?, key);
    match pair.keys_match() {
        Ok(()) | Err(rustls::Error::InconsistentKeys(rustls::InconsistentKeys::Unknown)) => {
            Ok(pair)
        }
        Err(why) => Err(named(&files.private_key, &why)),
    }
}

fn chain(file: &Path) -> io::Result<Vec<CertificateDer<'static>>> {
    let octets = references::read(file).map_err(|why| named(file, &why))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    let chain = chain.map_err(|why| named(file, &why))?;
    if chain.is_empty() {
        Err(named(file, &"no certificate in it"))
    } else {
        Ok(chain)
    }
}

fn key(file: &Path) -> io::Result<PrivateKeyDer<'static>> {
    let octets = references::read(file).map_err(|why| named(file, &why))?;
    PrivateKeyDer::from_pem_slice(&octets).map_err(|why| named(file, &why))
}

fn named(file: &Path, why: &dyn fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {why}", file.display()))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}
