//! An upstream that records every request octet for octet and answers as the target asks it to.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request as the upstream saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The request line without its line end.
    pub line: String,
    /// The fields, names as sent.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Which connection it came on, counted from 0.
    pub connection: usize,
}

impl Seen {
    /// The values of a field.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let same = self
            .fields
            .iter()
            .filter(|(known, _)| known.eq_ignore_ascii_case(name));
        same.map(|(_, value)| value.as_str()).collect()
    }

    /// The only value of a field; `None` if there is none or more than one.
    pub fn only(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        (all.len() == 1).then(|| all[0])
    }

    /// The request target.
    pub fn target(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or_default()
    }
}

/// A running upstream. What a target asks for in its query: `reply=STATUS`, `octets=N` (body length), `raw=TEXT`
/// (these octets and then the end), `silent` (no answer), `hangup` (close without an answer), `half` (half a body).
#[derive(Clone)]
pub struct Upstream {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Upstream {
    /// Starts it on a port of its own.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Vec::new()));
        let upstream = Self { address, seen };
        let own = upstream.clone();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().flatten().enumerate() {
                let own = own.clone();
                std::thread::spawn(move || own.serve(number, &stream));
            }
        });
        upstream
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it saw so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("not poisoned").clone()
    }

    /// The last request it saw.
    pub fn last(&self) -> Seen {
        self.seen().pop().expect("the upstream saw a request")
    }

    fn serve(&self, connection: usize, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(seen) = read(&mut reader, connection) {
            let target = seen.target().to_owned();
            let head = seen.line.starts_with("HEAD ");
            self.seen.lock().expect("not poisoned").push(seen);
            if !answer(stream, &target, head) {
                return;
            }
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>, connection: usize) -> Option<Seen> {
    let line = text(reader)?;
    let mut fields = Vec::new();
    loop {
        let field = text(reader)?;
        if field.is_empty() {
            break;
        }
        let (name, value) = field.split_once(':')?;
        fields.push((name.to_owned(), value.trim().to_owned()));
    }
    let mut seen = Seen {
        line,
        fields,
        body: Vec::new(),
        connection,
    };
    if let Some(length) = seen
        .only("content-length")
        .and_then(|text| text.parse::<usize>().ok())
    {
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        seen.body = body;
    } else if seen.only("transfer-encoding").is_some() {
        loop {
            let size = usize::from_str_radix(&text(reader)?, 16).ok()?;
            let mut chunk = vec![0; size];
            reader.read_exact(&mut chunk).ok()?;
            seen.body.extend(chunk);
            text(reader)?;
            if size == 0 {
                break;
            }
        }
    }
    Some(seen)
}

fn text(reader: &mut BufReader<&TcpStream>) -> Option<String> {
    let mut line = Vec::new();
    reader
        .read_until(b'\n', &mut line)
        .ok()
        .filter(|octets| *octets > 0)?;
    let line = String::from_utf8_lossy(&line).into_owned();
    Some(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Answers; whether the connection goes on.
fn answer(mut stream: &TcpStream, target: &str, head: bool) -> bool {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let asked = |name: &str| {
        query
            .split('&')
            .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    };
    if query.split('&').any(|word| word == "hangup") {
        return false;
    }
    if query.split('&').any(|word| word == "silent") {
        // Until the other side gives up.
        let _ = stream.read(&mut [0; 1]);
        return false;
    }
    if let Some(raw) = asked("raw") {
        let octets: Vec<u8> = (0..raw.len() / 2)
            .filter_map(|n| u8::from_str_radix(&raw[2 * n..2 * n + 2], 16).ok())
            .collect();
        let _ = stream.write_all(&octets);
        return false;
    }
    let status = asked("reply").unwrap_or("200");
    let length: usize = asked("octets")
        .and_then(|text| text.parse().ok())
        .unwrap_or(2);
    let half = query.split('&').any(|word| word == "half");
    let body = vec![b'o'; if half { length / 2 } else { length }];
    let fields = "WWW-Authenticate: Digest realm=\"upstream\"\r\nAuthentication-Info: nextnonce=\"x\"\r\n\
                  X-Upstream: yes\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\n";
    let headers = format!(
        "HTTP/1.1 {status} Fine\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n{fields}\r\n"
    );
    let sent = stream.write_all(headers.as_bytes()).and_then(|()| {
        if head {
            Ok(())
        } else {
            stream.write_all(&body)
        }
    });
    sent.is_ok() && !half
}
