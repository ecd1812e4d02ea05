//! A caller who stays: many proofs under one nonce on one connection, each checked to be answered on it.

use super::{Answer, Caller, Connection, Proof};

/// One kept connection with one nonce.
pub struct Session {
    /// The connection.
    pub connection: Connection,
    caller: Caller,
    proof: Proof,
    count: u32,
}

impl Session {
    /// Opens the connection and fetches a nonce on it.
    pub fn open(caller: Caller) -> Self {
        let mut connection = caller.connect();
        let proof = caller.proof(&mut connection, "GET", "/");
        Self {
            connection,
            caller,
            proof,
            count: 0,
        }
    }

    /// The next request of this session; panics if the connection does not answer it.
    pub fn ask(&mut self, method: &str, target: &str) -> Answer {
        self.count += 1;
        self.ask_again(method, target)
    }

    /// A request with the count of the last one.
    pub fn ask_again(&mut self, method: &str, target: &str) -> Answer {
        let proof = self.proof(method, target);
        self.send(&proof.header(), method, target)
    }

    /// The proof of a request with the count of the last one.
    pub fn proof(&self, method: &str, target: &str) -> Proof {
        Proof {
            method: method.to_owned(),
            uri: target.to_owned(),
            count: format!("{:08x}", self.count),
            ..self.proof.clone()
        }
    }

    /// A request with this value of `Authorization`.
    pub fn send(&mut self, authorization: &str, method: &str, target: &str) -> Answer {
        let octets = self.caller.request(method, target, authorization, b"");
        self.connection.send(&octets);
        self.connection.answer()
    }
}
