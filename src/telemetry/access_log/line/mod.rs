//! One line of the access log, written into a buffer that is used again and again.

use std::io::Write as _;
use std::net::IpAddr;
use std::time::Duration;

use time::OffsetDateTime;

use crate::digest::Timestamp;
use crate::telemetry::Outcome;

use super::escape;
use super::{LineFormat, Record};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Appends the line of `record`, its line feed included.
pub(super) fn append(buffer: &mut Vec<u8>, format: LineFormat, record: &Record<'_>) {
    match format {
        LineFormat::Combined => combined(buffer, record),
        LineFormat::Json => {
            let mut pairs = Pairs::begin(buffer, &JSON);
            every_field(&mut pairs, record);
            pairs.end();
        }
        LineFormat::Logfmt => {
            let mut pairs = Pairs::begin(buffer, &LOGFMT);
            every_field(&mut pairs, record);
            pairs.end();
        }
    }
}

/// The fields in their order: OpenTelemetry's names, then our own.
fn every_field(line: &mut Pairs<'_>, record: &Record<'_>) {
    line.time("time", record.at);
    line.text("http.request.method", record.method);
    line.text("url.path", record.path);
    line.number("http.response.status_code", u64::from(record.status));
    line.text("network.protocol.version", record.version);
    if let Some(caller) = record.caller {
        line.address("client.address", caller);
    }
    line.address("network.peer.address", record.peer);
    line.optional("user_agent.original", record.user_agent);
    line.duration("event.duration", record.total);
    line.number("http.request.body.size", record.bytes_in);
    line.number("http.response.body.size", record.bytes_out);
    line.present("trace.id", record.trace_id);
    line.present("keywarden.request_id", record.request_id);
    line.text("keywarden.listener", record.listener);
    line.text("keywarden.decision", record.outcome.decision());
    line.text("keywarden.reason", record.outcome.reason());
    line.optional("keywarden.organization", record.organization);
    line.optional("keywarden.key", record.key);
    line.optional("keywarden.resource", record.resource);
    line.optional("keywarden.matched_entry", record.matched_entry);
    line.present("keywarden.address_source", record.address_source);
    line.optional("keywarden.address_doubt", record.address_doubt);
    line.present("keywarden.generation", record.generation);
    line.optional("keywarden.would", would(record.outcome));
    if let Some(upstream) = record.upstream {
        line.duration("keywarden.upstream.duration", upstream);
    }
}

/// What would have been decided were it not for observe mode.
const fn would(outcome: Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Observe(_) => Some("refuse"),
        Outcome::Challenge(_)
        | Outcome::Fail(_)
        | Outcome::Forward
        | Outcome::Refuse(_)
        | Outcome::Reject(_) => None,
    }
}

/// The punctuation of a format of names and values.
struct Punctuation {
    open: &'static str,
    before_name: &'static str,
    after_name: &'static str,
    between: &'static str,
    close: &'static str,
    text: fn(&mut Vec<u8>, &str),
}

const JSON: Punctuation = Punctuation {
    open: "{",
    before_name: "\"",
    after_name: "\":",
    between: ",",
    close: "}\n",
    text: escape::json,
};

const LOGFMT: Punctuation = Punctuation {
    open: "",
    before_name: "",
    after_name: "=",
    between: " ",
    close: "\n",
    text: escape::logfmt,
};

/// A line of names and values in the making.
struct Pairs<'b> {
    buffer: &'b mut Vec<u8>,
    punctuation: &'static Punctuation,
    separator: &'static str,
}

impl<'b> Pairs<'b> {
    fn begin(buffer: &'b mut Vec<u8>, punctuation: &'static Punctuation) -> Self {
        Self {
            buffer,
            punctuation,
            separator: punctuation.open,
        }
    }

    fn end(self) {
        self.buffer
            .extend_from_slice(self.punctuation.close.as_bytes());
    }

    fn name(&mut self, name: &str) {
        let separator = std::mem::replace(&mut self.separator, self.punctuation.between);
        for part in [
            separator,
            self.punctuation.before_name,
            name,
            self.punctuation.after_name,
        ] {
            self.buffer.extend_from_slice(part.as_bytes());
        }
    }

    fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        (self.punctuation.text)(self.buffer, escape::cut(value));
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    fn present(&mut self, name: &str, value: &str) {
        self.optional(name, Some(value).filter(|value| !value.is_empty()));
    }

    fn number(&mut self, name: &str, value: u64) {
        self.name(name);
        number(self.buffer, value);
    }

    fn duration(&mut self, name: &str, value: Duration) {
        self.number(name, u64::try_from(value.as_nanos()).unwrap_or(u64::MAX));
    }

    fn address(&mut self, name: &str, value: IpAddr) {
        self.quoted(name, |buffer| address(buffer, value));
    }

    fn time(&mut self, name: &str, value: Timestamp) {
        self.quoted(name, |buffer| {
            let moment = moment(value);
            padded(buffer, 4, u32::try_from(moment.year()).unwrap_or(0));
            for (mark, part) in [
                (b'-', u8::from(moment.month())),
                (b'-', moment.day()),
                (b'T', moment.hour()),
                (b':', moment.minute()),
                (b':', moment.second()),
            ] {
                buffer.push(mark);
                padded(buffer, 2, u32::from(part));
            }
            buffer.push(b'.');
            padded(buffer, 3, u32::from(moment.millisecond()));
            buffer.push(b'Z');
        });
    }

    // For values that need no escaping: around a name in quotes, the value is in quotes as well.
    fn quoted(&mut self, name: &str, write: impl FnOnce(&mut Vec<u8>)) {
        self.name(name);
        let quote = self.punctuation.before_name.as_bytes();
        self.buffer.extend_from_slice(quote);
        write(self.buffer);
        self.buffer.extend_from_slice(quote);
    }
}

/// NCSA combined, as nginx and Apache write it; the user is the proven public key.
fn combined(buffer: &mut Vec<u8>, record: &Record<'_>) {
    address(buffer, record.caller.unwrap_or(record.peer));
    buffer.extend_from_slice(b" - ");
    escape::combined_word(buffer, escape::cut(record.key.unwrap_or("-")));
    let at = moment(record.at);
    buffer.extend_from_slice(b" [");
    padded(buffer, 2, u32::from(at.day()));
    buffer.push(b'/');
    let month = usize::from(u8::from(at.month())).saturating_sub(1);
    buffer.extend_from_slice(MONTHS.get(month).copied().unwrap_or_default().as_bytes());
    buffer.push(b'/');
    padded(buffer, 4, u32::try_from(at.year()).unwrap_or(0));
    for part in [at.hour(), at.minute(), at.second()] {
        buffer.push(b':');
        padded(buffer, 2, u32::from(part));
    }
    buffer.extend_from_slice(b" +0000] \"");
    escape::combined_word(buffer, escape::cut(record.method));
    buffer.push(b' ');
    escape::combined_word(buffer, escape::cut(record.path));
    buffer.extend_from_slice(b" HTTP/");
    let version = match record.version {
        "2" => "2.0",
        other => other,
    };
    escape::combined_word(buffer, escape::cut(version));
    buffer.extend_from_slice(b"\" ");
    number(buffer, u64::from(record.status));
    buffer.push(b' ');
    number(buffer, record.bytes_out);
    buffer.extend_from_slice(b" \"-\" \"");
    escape::combined(buffer, escape::cut(record.user_agent.unwrap_or("-")));
    buffer.extend_from_slice(b"\"\n");
}

/// Past the year 9999 (which no clock here tells) it is 1970.
fn moment(at: Timestamp) -> OffsetDateTime {
    let nanoseconds = i128::from(at.as_millis()) * 1_000_000;
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn number(buffer: &mut Vec<u8>, value: u64) {
    buffer.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

fn padded(buffer: &mut Vec<u8>, width: usize, value: u32) {
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(value);
    buffer.extend(std::iter::repeat_n(
        b'0',
        width.saturating_sub(digits.len()),
    ));
    buffer.extend_from_slice(digits.as_bytes());
}

fn address(buffer: &mut Vec<u8>, value: IpAddr) {
    // A vector takes everything.
    let _ = write!(buffer, "{value}");
}

#[cfg(test)]
mod tests;
