//! A caller who computes HTTP Digest by itself and can be made to do anything wrong.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::{Answer, Connection, PRIVATE_KEY};

/// What is put into an `Authorization` field; every part can be changed.
#[derive(Clone, Debug)]
pub struct Proof {
    pub username: String,
    pub password: String,
    pub realm: String,
    pub nonce: String,
    pub method: String,
    pub uri: String,
    pub count: String,
    pub cnonce: String,
    pub sha256: bool,
}

impl Proof {
    /// The value of the field.
    pub fn header(&self) -> String {
        let ha1 = self.hash(&format!(
            "{}:{}:{}",
            self.username, self.realm, self.password
        ));
        let ha2 = self.hash(&format!("{}:{}", self.method, self.uri));
        let response = self.hash(&format!(
            "{ha1}:{}:{}:{}:auth:{ha2}",
            self.nonce, self.count, self.cnonce
        ));
        format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{}\", algorithm={}, qop=auth, nc={}, \
             cnonce=\"{}\", response=\"{response}\"",
            self.username,
            self.realm,
            self.nonce,
            self.uri,
            if self.sha256 { "SHA-256" } else { "MD5" },
            self.count,
            self.cnonce,
        )
    }

    fn hash(&self, text: &str) -> String {
        let octets = if self.sha256 {
            Sha256::digest(text).to_vec()
        } else {
            Md5::digest(text).to_vec()
        };
        octets.iter().fold(String::new(), |mut out, octet| {
            let _ = write!(out, "{octet:02x}");
            out
        })
    }
}

/// A caller with a key, from an address.
#[derive(Clone, Debug)]
pub struct Caller {
    gateway: SocketAddr,
    public_key: String,
    private_key: String,
    from: IpAddr,
    fields: String,
}

impl Caller {
    /// A caller with this key and the house's private key, from 127.0.0.1.
    pub fn new(gateway: SocketAddr, public_key: &str) -> Self {
        Self {
            gateway,
            public_key: public_key.to_owned(),
            private_key: PRIVATE_KEY.to_owned(),
            from: Ipv4Addr::LOCALHOST.into(),
            fields: String::new(),
        }
    }

    /// The same from 127.0.0.`last`.
    #[allow(
        clippy::wrong_self_convention,
        reason = "it reads as it is said: a caller from an address"
    )]
    pub fn from_address(mut self, last: u8) -> Self {
        self.from = Ipv4Addr::new(127, 0, 0, last).into();
        self
    }

    /// The same with another private key.
    pub fn with_private_key(mut self, private_key: &str) -> Self {
        private_key.clone_into(&mut self.private_key);
        self
    }

    /// The same, sending this field (`Name: value`) too.
    pub fn with_field(mut self, field: &str) -> Self {
        self.fields.push_str(field);
        self.fields.push_str("\r\n");
        self
    }

    /// A connection of this caller's.
    pub fn connect(&self) -> Connection {
        Connection::open_from(self.gateway, self.from)
    }

    /// The `Host` to send.
    pub fn host(&self) -> String {
        self.gateway.to_string()
    }

    /// A proof for a request, with a nonce fetched on `connection`.
    pub fn proof(&self, connection: &mut Connection, method: &str, target: &str) -> Proof {
        connection
            .send(format!("GET /challenge HTTP/1.1\r\nHost: {}\r\n\r\n", self.host()).as_bytes());
        let nonce = connection.answer().challenge("nonce").expect("a challenge");
        Proof {
            username: self.public_key.clone(),
            password: self.private_key.clone(),
            realm: super::REALM.to_owned(),
            nonce,
            method: method.to_owned(),
            uri: target.to_owned(),
            count: "00000001".to_owned(),
            cnonce: "f2wE4q74E6zIJEtW".to_owned(),
            sha256: false,
        }
    }

    /// A whole request, its head and body, with this value of `Authorization`.
    pub fn request(&self, method: &str, target: &str, authorization: &str, body: &[u8]) -> Vec<u8> {
        let mut head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\n{}",
            self.host(),
            self.fields
        );
        if !authorization.is_empty() {
            let _ = write!(head, "Authorization: {authorization}\r\n");
        }
        if !body.is_empty() || method == "POST" {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        head.push_str("\r\n");
        [head.as_bytes(), body].concat()
    }

    /// Calls with a fresh challenge and a proof, on one connection.
    pub fn call(&self, method: &str, target: &str, body: &[u8]) -> Answer {
        let mut connection = self.connect();
        let proof = self.proof(&mut connection, method, target);
        connection.send(&self.request(method, target, &proof.header(), body));
        if method == "HEAD" {
            connection.answer_to_head()
        } else {
            connection.answer()
        }
    }

    /// GETs a target.
    pub fn get(&self, target: &str) -> Answer {
        self.call("GET", target, b"")
    }

    /// POSTs an empty JSON object.
    pub fn post(&self, target: &str) -> Answer {
        self.call("POST", target, b"{}")
    }
}
