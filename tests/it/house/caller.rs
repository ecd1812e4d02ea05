//! A caller on a raw socket, who computes HTTP Digest by itself and can be made to do anything wrong.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::{PATIENCE, PRIVATE_KEY};

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The fields, names in lower case.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The values of a field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.fields
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// The first value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("a JSON body")
    }

    /// The `errorCode` of the body.
    pub fn error_code(&self) -> String {
        self.json()["errorCode"]
            .as_str()
            .expect("an errorCode")
            .to_owned()
    }

    /// Whether the challenge says `stale=true`.
    pub fn is_stale(&self) -> bool {
        self.all("www-authenticate")
            .iter()
            .any(|line| line.ends_with("stale=true"))
    }

    /// A parameter of the challenge.
    pub fn challenge(&self, name: &str) -> Option<String> {
        let line = self.field("www-authenticate")?;
        let value = line.split_once(&format!("{name}=\""))?.1;
        Some(value.split('"').next()?.to_owned())
    }
}

/// One connection.
pub struct Connection {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Connection {
    /// Opens one from 127.0.0.1.
    pub fn open(address: SocketAddr) -> Self {
        Self::open_from(address, Ipv4Addr::LOCALHOST.into())
    }

    /// Opens one from a loopback address: Linux lets every 127.x.y.z call.
    pub fn open_from(address: SocketAddr, from: IpAddr) -> Self {
        let socket = socket2::Socket::new(
            socket2::Domain::for_address(address),
            socket2::Type::STREAM,
            None,
        )
        .expect("a socket");
        socket
            .bind(&SocketAddr::new(from, 0).into())
            .expect("bound");
        socket.connect(&address.into()).expect("connected");
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.set_nodelay(true).expect("set");
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    /// One that somebody else opened.
    pub fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("set");
        stream.set_nodelay(true).expect("set");
        Self {
            stream,
            rest: Vec::new(),
        }
    }

    /// Sends octets.
    pub fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).expect("sent");
    }

    /// Sends octets, unless the other side has closed.
    pub fn try_send(&mut self, octets: &[u8]) -> bool {
        self.stream.write_all(octets).is_ok()
    }

    /// Says that nothing more is sent.
    pub fn finish(&self) {
        self.stream
            .shutdown(std::net::Shutdown::Write)
            .expect("shut");
    }

    /// The next answer; panics if there is none.
    pub fn answer(&mut self) -> Answer {
        self.try_answer(false).expect("an answer")
    }

    /// The next answer to a HEAD request.
    pub fn answer_to_head(&mut self) -> Answer {
        self.try_answer(true).expect("an answer")
    }

    /// The next answer that is no interim one; `None` when the connection ends first.
    pub fn try_answer(&mut self, to_head: bool) -> Option<Answer> {
        let end = loop {
            if let Some(end) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            self.more()?;
        };
        let head: Vec<u8> = self.rest.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("a head in UTF-8");
        let mut lines = head.trim_end().split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let fields: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        if status == 100 {
            return self.try_answer(to_head);
        }
        let mut answer = Answer {
            status,
            fields,
            body: Vec::new(),
        };
        if !to_head && status != 204 && status != 304 {
            answer.body = self.body(&answer)?;
        }
        Some(answer)
    }

    fn body(&mut self, answer: &Answer) -> Option<Vec<u8>> {
        if let Some(length) = answer.field("content-length") {
            let length: usize = length.parse().ok()?;
            while self.rest.len() < length {
                self.more()?;
            }
            return Some(self.rest.drain(..length).collect());
        }
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).ok()?;
            while self.rest.len() < size + 2 {
                self.more()?;
            }
            body.extend(self.rest.drain(..size));
            self.rest.drain(..2);
            if size == 0 {
                return Some(body);
            }
        }
    }

    fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|two| two == b"\r\n") {
                let line: Vec<u8> = self.rest.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.more()?;
        }
    }

    /// Exactly so many octets.
    pub fn octets(&mut self, count: usize) -> Vec<u8> {
        while self.rest.len() < count {
            self.more().expect("more octets");
        }
        self.rest.drain(..count).collect()
    }

    /// A head, as text, up to and with its empty line.
    pub fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.rest.drain(..end + 4).collect();
                return String::from_utf8(head).expect("a head in UTF-8");
            }
            self.more().expect("a whole head");
        }
    }

    /// The data of the next chunk.
    pub fn chunk(&mut self) -> Vec<u8> {
        let size = self.line().expect("the size of a chunk");
        let size = usize::from_str_radix(&size, 16).expect("a size in hex");
        let mut data = self.octets(size + 2);
        data.truncate(size);
        data
    }

    /// What still comes before the other side ends the connection; panics if it does not.
    pub fn end(&mut self) -> Vec<u8> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(octets) => self.rest.extend_from_slice(&buffer[..octets]),
                Err(why) if why.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(why) => panic!("the connection is still open: {why}"),
            }
        }
        std::mem::take(&mut self.rest)
    }

    /// Whether nothing comes for this long, the end included.
    pub fn is_silent_for(&mut self, time: std::time::Duration) -> bool {
        self.stream.set_read_timeout(Some(time)).expect("set");
        let silent = self.rest.is_empty()
            && matches!(self.stream.read(&mut [0; 1]), Err(why) if why.kind() == std::io::ErrorKind::WouldBlock);
        self.stream.set_read_timeout(Some(PATIENCE)).expect("set");
        silent
    }

    /// Reads until the other side closes; what came.
    pub fn until_closed(&mut self) -> Vec<u8> {
        while self.more().is_some() {}
        std::mem::take(&mut self.rest)
    }

    fn more(&mut self) -> Option<()> {
        let mut buffer = [0; 16 * 1024];
        let octets = self
            .stream
            .read(&mut buffer)
            .ok()
            .filter(|octets| *octets > 0)?;
        self.rest.extend_from_slice(&buffer[..octets]);
        Some(())
    }
}

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
