//! The smaller sections: digest, admin, access log, reload, throttle, limits, timers, shutdown.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::listener::{collide, is_loopback};
use super::reading::{DAY, Reading};
use crate::config::document::{
    AccessLogDocument, AdminDocument, DigestDocument, LimitsDocument, LogFormatWord, Name,
    ReloadDocument, ShutdownDocument, ThrottleDocument, TimeoutsDocument, WideningWord,
};
use crate::config::{
    AccessLogSettings, AdminSettings, DigestSettings, Limits, ListenerSettings, LogFormat, LogSink,
    ReloadSettings, Shutdown, ThrottleSettings, Timeouts, Widening,
};
use crate::digest::Algorithm;

/// The realm where none is written.
const REALM: &str = "keywarden";
/// The admin listener's port where none is written.
const ADMIN_PORT: u16 = 9180;
const SECOND: Duration = Duration::from_secs(1);
const NONCE_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The admin listener: loopback only, since whoever reaches it reads the state of every key.
pub(super) fn admin(
    document: Option<&AdminDocument>,
    listeners: &[ListenerSettings],
    reading: &mut Reading<'_>,
) -> AdminSettings {
    const FIELD: &str = "admin.address";
    let standard = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), ADMIN_PORT);
    let address = document
        .and_then(|document| reading.socket(FIELD, &document.address))
        .unwrap_or(standard);
    if !is_loopback(address.ip()) {
        let message = format!("`{address}` can be reached from other machines");
        let help = "this version serves the admin listener on loopback only: write `127.0.0.1:9180` or \"[::1]:9180\"";
        reading.findings.error("KW0211", FIELD, message, help);
    }
    if let Some(other) = listeners
        .iter()
        .find(|listener| collide(listener.address, address))
    {
        let message = format!(
            "the admin listener's address `{address}` collides with listener `{}`",
            other.name
        );
        reading.findings.error(
            "KW0203",
            FIELD,
            message,
            "give each an address or a port of its own",
        );
    }
    AdminSettings { address }
}

/// HTTP Digest.
pub(super) fn digest(
    document: Option<&DigestDocument>,
    reading: &mut Reading<'_>,
) -> DigestSettings {
    let nothing = DigestDocument::default();
    let document = document.unwrap_or(&nothing);
    let realm = document.realm.as_deref().unwrap_or(REALM);
    let usable = |octet: u8| matches!(octet, b' '..=b'~') && !b",\"\\:".contains(&octet);
    if !realm.bytes().all(usable) || realm.trim() != realm {
        let message = format!("`{realm}` is not a usable realm");
        let help = "write printable ASCII without comma, quote, backslash and colon, and without blanks at its ends";
        reading
            .findings
            .error("KW0207", "digest.realm", message, help);
    }
    DigestSettings {
        realm: realm.to_owned(),
        algorithms: algorithms(document.algorithms.as_deref(), reading),
        nonce_lifetime: reading.duration(
            "digest.nonce_lifetime",
            document.nonce_lifetime.as_ref(),
            NONCE_LIFETIME,
            SECOND..=SECOND * 60 * 60,
        ),
        authentication_info: document.authentication_info.unwrap_or(true),
    }
}

fn algorithms(written: Option<&[Name]>, reading: &mut Reading<'_>) -> Vec<Algorithm> {
    const FIELD: &str = "digest.algorithms";
    let Some(written) = written else {
        return vec![Algorithm::Md5, Algorithm::Sha256];
    };
    let known = Algorithm::ALL
        .map(|algorithm| format!("`{}`", algorithm.name()))
        .join(", ");
    if written.is_empty() {
        let help = format!("write at least one of {known}, or take the field out");
        reading.findings.error(
            "KW0208",
            FIELD,
            "no algorithm: nobody could authenticate".to_owned(),
            &help,
        );
    }
    let mut algorithms = Vec::new();
    for (index, name) in written.iter().enumerate() {
        let field = format!("{FIELD}[{index}]");
        match Algorithm::from_name(name) {
            Some(algorithm) if algorithms.contains(&algorithm) => {
                let message = format!("`{name}` stands twice");
                reading
                    .findings
                    .error("KW0208", &field, message, "keep one of them");
            }
            Some(algorithm) => algorithms.push(algorithm),
            None => {
                let message = format!("`{name}` is not a digest algorithm");
                reading
                    .findings
                    .error("KW0208", &field, message, &format!("write one of {known}"));
            }
        }
    }
    algorithms
}

/// The access log.
pub(super) fn access_log(document: &AccessLogDocument, reading: &Reading<'_>) -> AccessLogSettings {
    AccessLogSettings {
        format: match document.format {
            Some(LogFormatWord::Combined) => LogFormat::Combined,
            Some(LogFormatWord::Json) | None => LogFormat::Json,
            Some(LogFormatWord::Logfmt) => LogFormat::Logfmt,
        },
        sink: match document.path.as_deref() {
            None | Some("stdout") => LogSink::Stdout,
            Some(path) => LogSink::File(reading.path(path)),
        },
    }
}

/// How changes are noticed and put in force.
pub(super) fn reload(
    document: Option<&ReloadDocument>,
    reading: &mut Reading<'_>,
) -> ReloadSettings {
    let standard = ReloadSettings::default();
    let poll = document.and_then(|document| document.poll.as_ref());
    ReloadSettings {
        poll: reading.duration("reload.poll", poll, standard.poll, SECOND..=DAY),
        widening: match document.and_then(|document| document.widening) {
            Some(WideningWord::Refuse) => Widening::Refuse,
            Some(WideningWord::Warn) => Widening::Warn,
            None => standard.widening,
        },
    }
}

/// The brake on failed digests.
pub(super) fn throttle(
    document: Option<&ThrottleDocument>,
    reading: &mut Reading<'_>,
) -> ThrottleSettings {
    let standard = ThrottleSettings::default();
    let Some(document) = document else {
        return standard;
    };
    let burst = document.burst.unwrap_or(standard.burst);
    let per_second = document.per_second.unwrap_or(standard.per_second);
    ThrottleSettings {
        burst: reading.count("throttle.burst", burst, 1..=1_000_000),
        per_second: reading.count("throttle.per_second", per_second, 0.001..=1_000_000.0),
        exempt: reading.networks(
            "throttle.exempt",
            document.exempt.as_deref().unwrap_or_default(),
        ),
    }
}

/// Sizes and counts.
pub(super) fn limits(document: Option<&LimitsDocument>, reading: &mut Reading<'_>) -> Limits {
    const MOST: u32 = 100_000_000;
    let standard = Limits::default();
    let Some(document) = document else {
        return standard;
    };
    let mut size = |field: &str, written: Option<u32>, otherwise: usize, least: u32, most: u32| {
        written
            .map(|written| reading.count(field, written, least..=most))
            .map_or(otherwise, |written| {
                usize::try_from(written).unwrap_or(otherwise)
            })
    };
    Limits {
        connections: size(
            "limits.connections",
            document.connections,
            standard.connections,
            1,
            MOST,
        ),
        connections_per_source: size(
            "limits.connections_per_source",
            document.connections_per_source,
            standard.connections_per_source,
            1,
            MOST,
        ),
        head: size(
            "limits.head",
            document.head,
            standard.head,
            1024,
            16 * 1024 * 1024,
        ),
        headers: size(
            "limits.headers",
            document.headers,
            standard.headers,
            8,
            10_000,
        ),
        requests_per_connection: document
            .requests_per_connection
            .map_or(standard.requests_per_connection, |written| {
                reading.count("limits.requests_per_connection", written, 1..=u32::MAX)
            }),
        body: document.body.unwrap_or(standard.body),
        in_flight_per_key: document
            .in_flight_per_key
            .map_or(standard.in_flight_per_key, |written| {
                reading.count("limits.in_flight_per_key", written, 1..=u32::MAX)
            }),
    }
}

/// Timers; none can be turned off.
pub(super) fn timeouts(document: Option<&TimeoutsDocument>, reading: &mut Reading<'_>) -> Timeouts {
    let standard = Timeouts::default();
    let Some(written) = document else {
        return standard;
    };
    let mut timer = |name: &str, written: Option<&Name>, otherwise: Duration| {
        reading.duration(
            &format!("timeouts.{name}"),
            written,
            otherwise,
            Duration::from_millis(1)..=DAY,
        )
    };
    Timeouts {
        first_byte: timer(
            "first_byte",
            written.first_byte.as_ref(),
            standard.first_byte,
        ),
        handshake: timer("handshake", written.handshake.as_ref(), standard.handshake),
        head: timer("head", written.head.as_ref(), standard.head),
        idle: timer("idle", written.idle.as_ref(), standard.idle),
        body_idle: timer("body_idle", written.body_idle.as_ref(), standard.body_idle),
        write_stall: timer(
            "write_stall",
            written.write_stall.as_ref(),
            standard.write_stall,
        ),
        upstream_connect: timer(
            "upstream_connect",
            written.upstream_connect.as_ref(),
            standard.upstream_connect,
        ),
        upstream_head: timer(
            "upstream_head",
            written.upstream_head.as_ref(),
            standard.upstream_head,
        ),
        upstream_idle: timer(
            "upstream_idle",
            written.upstream_idle.as_ref(),
            standard.upstream_idle,
        ),
        request: timer("request", written.request.as_ref(), standard.request),
        connection_age: timer(
            "connection_age",
            written.connection_age.as_ref(),
            standard.connection_age,
        ),
    }
}

/// The end of the process.
pub(super) fn shutdown(document: Option<&ShutdownDocument>, reading: &mut Reading<'_>) -> Shutdown {
    let standard = Shutdown::default();
    let (linger, grace) = document.map_or((None, None), |document| {
        (document.linger.as_ref(), document.grace.as_ref())
    });
    Shutdown {
        linger: reading.duration(
            "shutdown.linger",
            linger,
            standard.linger,
            Duration::ZERO..=DAY,
        ),
        grace: reading.duration(
            "shutdown.grace",
            grace,
            standard.grace,
            Duration::ZERO..=DAY,
        ),
    }
}
