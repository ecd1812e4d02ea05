//! The golden lines of every format.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use crate::decide::{Doubt, Reason};

use super::*;

fn full() -> Record<'static> {
    Record {
        at: Timestamp::from_millis(1_785_456_000_007),
        listener: "public",
        request_id: "0190f5c2a7e07c3e",
        trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
        method: "POST",
        path: "/api/atlas/v2/groups/5f24/clusters",
        version: "1.1",
        status: 201,
        caller: Some(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9))),
        peer: IpAddr::V6(Ipv6Addr::LOCALHOST),
        address_source: "x_forwarded_for",
        address_doubt: None,
        outcome: Outcome::Observe(Reason::RoleMissing),
        organization: Some("32b6e34b3d91647abb20e7b8"),
        key: Some("zmmrboas"),
        resource: Some("cloud-backup-snapshot-take"),
        matched_entry: Some("203.0.113.0/24"),
        generation: "0123456789ab",
        user_agent: Some("curl/8.0 \"x\""),
        bytes_in: 12,
        bytes_out: 3_456,
        upstream: Some(Duration::from_micros(1_500)),
        total: Duration::from_nanos(2_000_001),
    }
}

fn sparse() -> Record<'static> {
    Record {
        caller: None,
        address_doubt: Some("entry_unreadable"),
        outcome: Outcome::Challenge(Doubt::CredentialsMissing),
        organization: None,
        key: None,
        resource: None,
        matched_entry: None,
        user_agent: None,
        upstream: None,
        trace_id: "",
        version: "2",
        ..full()
    }
}

fn line(format: LineFormat, record: &Record<'_>) -> String {
    let mut buffer = Vec::new();
    append(&mut buffer, format, record);
    String::from_utf8(buffer).unwrap()
}

#[test]
fn the_keys_of_a_json_line_and_their_order_are_the_contract() {
    let expected = concat!(
        r#"{"time":"2026-07-31T00:00:00.007Z","http.request.method":"POST","#,
        r#""url.path":"/api/atlas/v2/groups/5f24/clusters","http.response.status_code":201,"#,
        r#""network.protocol.version":"1.1","client.address":"203.0.113.9","#,
        r#""network.peer.address":"::1","user_agent.original":"curl/8.0 \"x\"","#,
        r#""event.duration":2000001,"http.request.body.size":12,"http.response.body.size":3456,"#,
        r#""trace.id":"4bf92f3577b34da6a3ce929d0e0e4736","keywarden.request_id":"0190f5c2a7e07c3e","#,
        r#""keywarden.listener":"public","keywarden.decision":"observe","#,
        r#""keywarden.reason":"role_missing","keywarden.organization":"32b6e34b3d91647abb20e7b8","#,
        r#""keywarden.key":"zmmrboas","keywarden.resource":"cloud-backup-snapshot-take","#,
        r#""keywarden.matched_entry":"203.0.113.0/24","keywarden.address_source":"x_forwarded_for","#,
        r#""keywarden.generation":"0123456789ab","keywarden.would":"refuse","#,
        r#""keywarden.upstream.duration":1500000}"#,
        "\n",
    );
    assert_eq!(line(LineFormat::Json, &full()), expected);
}

#[test]
fn absent_values_are_left_out_of_a_json_line() {
    let expected = concat!(
        r#"{"time":"2026-07-31T00:00:00.007Z","http.request.method":"POST","#,
        r#""url.path":"/api/atlas/v2/groups/5f24/clusters","http.response.status_code":201,"#,
        r#""network.protocol.version":"2","network.peer.address":"::1","event.duration":2000001,"#,
        r#""http.request.body.size":12,"http.response.body.size":3456,"#,
        r#""keywarden.request_id":"0190f5c2a7e07c3e","keywarden.listener":"public","#,
        r#""keywarden.decision":"challenge","keywarden.reason":"credentials_missing","#,
        r#""keywarden.address_source":"x_forwarded_for","keywarden.address_doubt":"entry_unreadable","#,
        r#""keywarden.generation":"0123456789ab"}"#,
        "\n",
    );
    assert_eq!(line(LineFormat::Json, &sparse()), expected);
}

#[test]
fn a_logfmt_line_has_the_same_names_in_the_same_order() {
    let expected = concat!(
        "time=2026-07-31T00:00:00.007Z http.request.method=POST ",
        "url.path=/api/atlas/v2/groups/5f24/clusters http.response.status_code=201 ",
        "network.protocol.version=1.1 client.address=203.0.113.9 network.peer.address=::1 ",
        "user_agent.original=\"curl/8.0 \\\"x\\\"\" event.duration=2000001 ",
        "http.request.body.size=12 http.response.body.size=3456 ",
        "trace.id=4bf92f3577b34da6a3ce929d0e0e4736 keywarden.request_id=0190f5c2a7e07c3e ",
        "keywarden.listener=public keywarden.decision=observe keywarden.reason=role_missing ",
        "keywarden.organization=32b6e34b3d91647abb20e7b8 keywarden.key=zmmrboas ",
        "keywarden.resource=cloud-backup-snapshot-take keywarden.matched_entry=203.0.113.0/24 ",
        "keywarden.address_source=x_forwarded_for keywarden.generation=0123456789ab ",
        "keywarden.would=refuse keywarden.upstream.duration=1500000\n",
    );
    assert_eq!(line(LineFormat::Logfmt, &full()), expected);
}

#[test]
fn a_combined_line_is_read_by_the_tools_of_thirty_years() {
    assert_eq!(
        line(LineFormat::Combined, &full()),
        "203.0.113.9 - zmmrboas [31/Jul/2026:00:00:00 +0000] \
         \"POST /api/atlas/v2/groups/5f24/clusters HTTP/1.1\" 201 3456 \"-\" \"curl/8.0 \\x22x\\x22\"\n"
    );
    assert_eq!(
        line(LineFormat::Combined, &sparse()),
        "::1 - - [31/Jul/2026:00:00:00 +0000] \
         \"POST /api/atlas/v2/groups/5f24/clusters HTTP/2.0\" 201 3456 \"-\" \"-\"\n"
    );
}

#[test]
fn time_is_rfc_3339_in_utc_with_milliseconds() {
    for (millis, shown) in [
        (0, "1970-01-01T00:00:00.000Z"),
        (951_782_399_999, "2000-02-28T23:59:59.999Z"),
        (951_827_696_050, "2000-02-29T12:34:56.050Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (u64::MAX, "1970-01-01T00:00:00.000Z"),
    ] {
        let record = Record {
            at: Timestamp::from_millis(millis),
            ..full()
        };
        let json: serde_json::Value =
            serde_json::from_str(&line(LineFormat::Json, &record)).unwrap();
        assert_eq!(json["time"], shown);
    }
}

#[test]
fn a_line_allocates_nothing_once_the_buffer_has_grown() {
    for format in [LineFormat::Combined, LineFormat::Json, LineFormat::Logfmt] {
        let mut buffer = Vec::with_capacity(4_096);
        let used = allocation_counter::measure(|| append(&mut buffer, format, &full()));
        assert_eq!(used.count_total, 0, "{format:?}");
    }
}

proptest! {
    #[test]
    fn whatever_a_caller_sends_stays_one_line_and_one_object(
        method in any::<String>(), path in any::<String>(), agent in any::<String>(),
    ) {
        let record = Record {
            method: &method,
            path: &path,
            user_agent: Some(&agent),
            key: Some(&agent),
            ..full()
        };
        for format in [LineFormat::Combined, LineFormat::Json, LineFormat::Logfmt] {
            let line = line(format, &record);
            prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
            prop_assert!(!line.trim_end_matches('\n').chars().any(char::is_control));
        }
        let json = line(LineFormat::Json, &record);
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json).unwrap();
        prop_assert_eq!(object.len(), 24);
        prop_assert_eq!(object["url.path"].as_str(), Some(escape::cut(&path)));
        prop_assert_eq!(object["keywarden.decision"].as_str(), Some("observe"));
    }
}
