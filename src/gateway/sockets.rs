//! The sockets of a gateway, all opened before anything is served.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::config::{ListenerSettings, Settings};

use super::listener::{Listener, bind};
use super::reload::Renewal;
use super::start::StartError;
use super::status::ListenerStatus;
use super::tls::Certificate;
use super::worker::Door;

/// Every socket and certificate, before they are handed to the workers.
pub(super) struct Sockets {
    openings: Vec<Opening>,
    admin: TcpListener,
}

struct Opening {
    settings: ListenerSettings,
    certificate: Option<Certificate>,
    address: SocketAddr,
    sockets: Vec<TcpListener>,
}

impl Sockets {
    /// Opens the listeners, once for each worker, and the admin listener.
    ///
    /// # Errors
    /// With the listener and what the system, or its certificate, had against it.
    pub(super) fn open(settings: &Settings, workers: usize) -> Result<Self, StartError> {
        let openings = settings
            .listeners
            .iter()
            .map(|listener| Opening::new(listener, workers));
        let openings = openings.collect::<Result<Vec<_>, _>>()?;
        let address = settings.admin.address;
        let admin = admin(address)
            .map_err(|source| StartError::resource(format!("admin listener {address}"), source))?;
        Ok(Self { openings, admin })
    }

    /// Names and addresses, as the system gave them.
    pub(super) fn addresses(&self) -> Vec<(String, SocketAddr)> {
        self.openings
            .iter()
            .map(|opening| (opening.settings.name.clone(), opening.address))
            .collect()
    }

    /// The admin listener's address.
    pub(super) fn admin_address(&self) -> Result<SocketAddr, StartError> {
        self.admin
            .local_addr()
            .map_err(|source| StartError::resource("admin listener".to_owned(), source))
    }

    /// The listeners, for `/status`.
    pub(super) fn status(&self) -> Vec<ListenerStatus> {
        let status = |opening: &Opening| ListenerStatus {
            name: opening.settings.name.clone(),
            address: opening.address,
            tls: opening.certificate.is_some(),
        };
        self.openings.iter().map(status).collect()
    }

    /// The certificates, to be read again when they change.
    pub(super) fn renewals(&self) -> Vec<Renewal> {
        let renewal = |opening: &Opening| {
            Some(Renewal {
                listener: opening.settings.name.clone(),
                files: opening.settings.tls.clone()?,
                certificate: opening.certificate.clone()?,
            })
        };
        self.openings.iter().filter_map(renewal).collect()
    }

    /// One set of doors for each worker, and the admin socket.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub(super) fn into_doors(
        self,
        workers: usize,
    ) -> Result<(Vec<Vec<Door>>, TcpListener), StartError> {
        let mut doors: Vec<Vec<Door>> = (0..workers).map(|_| Vec::new()).collect();
        for (index, opening) in self.openings.into_iter().enumerate() {
            let named = |source| {
                StartError::resource(format!("listener {}", opening.settings.name), source)
            };
            let acceptor = opening
                .certificate
                .as_ref()
                .map(|pair| pair.acceptor(opening.settings.http))
                .transpose();
            let listener = Listener::new(index, &opening.settings, acceptor.map_err(named)?);
            let listener = Arc::new(listener.map_err(named)?);
            for (socket, set) in opening.sockets.into_iter().zip(&mut doors) {
                set.push(Door {
                    socket,
                    listener: Arc::clone(&listener),
                });
            }
        }
        Ok((doors, self.admin))
    }
}

impl Opening {
    fn new(settings: &ListenerSettings, workers: usize) -> Result<Self, StartError> {
        let named = |source| {
            StartError::resource(
                format!("listener {} on {}", settings.name, settings.address),
                source,
            )
        };
        let certificate = settings
            .tls
            .as_ref()
            .map(Certificate::read)
            .transpose()
            .map_err(named)?;
        let sockets = bind(settings.address, workers).map_err(named)?;
        let first = sockets
            .first()
            .ok_or_else(|| named(io::Error::other("no worker")))?;
        let address = first.local_addr().map_err(named)?;
        Ok(Self {
            settings: settings.clone(),
            certificate,
            address,
            sockets,
        })
    }
}

fn admin(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = TcpListener::bind(address)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
