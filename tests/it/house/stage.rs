//! An upstream whose every octet the test itself plays.

use std::net::{SocketAddr, TcpListener};

use super::{Connection, PATIENCE};

/// A listener that waits for the gateway; the test answers.
pub struct Stage(TcpListener);

impl Stage {
    /// Opens it on a port of its own.
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        socket2::SockRef::from(&listener)
            .set_read_timeout(Some(PATIENCE))
            .expect("set");
        Self(listener)
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The next connection of the gateway.
    pub fn enter(&self) -> Connection {
        Connection::over(self.0.accept().expect("the gateway connects").0)
    }

    /// Whether the gateway has opened another connection by now.
    pub fn is_called(&self) -> bool {
        self.0.set_nonblocking(true).expect("set");
        let called = self.0.accept().is_ok();
        self.0.set_nonblocking(false).expect("set");
        called
    }
}
