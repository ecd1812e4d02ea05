//! One end of a raw socket, with the answers that come on it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};

use super::PATIENCE;

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
