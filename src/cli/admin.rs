//! Asking a running gateway's admin listener: one plain GET, bounded in time and size.

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use super::exit::{Exit, Failure};
use super::folder;
use super::screen::Context;

/// The longest answer that is read, in octets.
const LONGEST: u64 = 256 << 20;
const CONNECT: Duration = Duration::from_secs(2);
const SILENCE: Duration = Duration::from_secs(5);

/// Where a gateway is asked, as told or as `keywarden.yaml` says.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Admin {
    /// The admin listener [default: what keywarden.yaml says]
    #[arg(long, value_name = "ADDR", env = "KEYWARDEN_ADMIN")]
    admin: Option<SocketAddr>,
}

/// An answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Answer {
    /// The status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: Vec<u8>,
}

impl Admin {
    /// The address. A broken `keywarden.yaml` does not hide a gateway that runs on an earlier one: then the default
    /// address is asked.
    pub(super) fn address(&self, context: &Context) -> SocketAddr {
        let told = self.admin.or_else(|| {
            let settings = folder::settings(&context.folder)?;
            Some(settings.admin.address)
        });
        let mut address = told.unwrap_or_else(|| {
            let default = SocketAddr::from((Ipv4Addr::LOCALHOST, 9180));
            context.tell(&format!(
                "note: no readable keywarden.yaml in `{}`; asking {default}",
                context.folder.display()
            ));
            default
        });
        if address.ip().is_unspecified() {
            address.set_ip(match address {
                SocketAddr::V4(_) => IpAddr::from(Ipv4Addr::LOCALHOST),
                SocketAddr::V6(_) => IpAddr::from(Ipv6Addr::LOCALHOST),
            });
        }
        address
    }
}

/// GETs `path` from the admin listener at `address`.
///
/// # Errors
/// When nobody answers there, or no HTTP.
pub(super) fn get(address: SocketAddr, path: &str) -> Result<Answer, Failure> {
    let answer = ask(address, path).map_err(|error| {
        Failure::new(
            Exit::Failed,
            format!("no gateway answers on http://{address}{path}: {error}"),
        )
        .cure("is it running, and is its admin listener there? --admin names another address")
    })?;
    parse(&answer).ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            format!("what answers on http://{address}{path} is no gateway"),
        )
    })
}

fn ask(address: SocketAddr, path: &str) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address, CONNECT)?;
    stream.set_read_timeout(Some(SILENCE))?;
    stream.set_write_timeout(Some(SILENCE))?;
    let question = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(answer)
}

/// Status and body of an answer that ends with its connection.
fn parse(answer: &[u8]) -> Option<Answer> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = answer.split_at_checked(end)?;
    let body = body.strip_prefix(b"\r\n\r\n")?;
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?;
    let status = status.split(' ').next()?.parse().ok()?;
    let chunked = lines
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| {
            name.eq_ignore_ascii_case("transfer-encoding")
                && value.trim().eq_ignore_ascii_case("chunked")
        });
    let body = if chunked {
        unchunk(body)?
    } else {
        body.to_owned()
    };
    Some(Answer { status, body })
}

/// Puts the chunks of a body together.
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let (size, after) = rest.split_at_checked(end)?;
        let size = std::str::from_utf8(size).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let (chunk, after) = after.strip_prefix(b"\r\n")?.split_at_checked(size)?;
        body.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whole_or_in_chunks() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        let chunks =
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{\r\n1;x=y\r\n}\r\n0\r\n\r\n";
        for answer in [&whole[..], &chunks[..]] {
            let answer = parse(answer).unwrap();
            assert_eq!((answer.status, &answer.body[..]), (200, &b"{}"[..]));
        }
    }

    #[test]
    fn what_is_no_http_is_no_answer() {
        for answer in [
            &b""[..],
            b"SSH-2.0-x\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nx\r\n0\r\n\r\n",
        ] {
            assert_eq!(parse(answer), None);
        }
    }

    #[test]
    fn where_nobody_listens_is_said() {
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = free.local_addr().unwrap();
        drop(free);
        let failure = get(address, "/status").err().unwrap();
        assert_eq!(failure.exit, Exit::Failed);
        assert!(failure.message.contains(&address.to_string()));
    }
}
