//! Which targets have one reading, and which misbehaviour the others show.

use proptest::prelude::*;

use super::*;

fn wrong(target: &str) -> Option<TargetError> {
    RequestTarget::parse(target.as_bytes()).err()
}

#[test]
fn what_honest_callers_send_is_accepted_as_it_is() {
    for (target, path, query) in [
        ("/", "/", None),
        ("/a", "/a", None),
        ("/a/", "/a/", None),
        ("/?x", "/", Some("x")),
        ("/a?", "/a", Some("")),
        ("/a?x=/../&y=?;\\\"<>", "/a", Some("x=/../&y=?;\\\"<>")),
        (
            "/api/atlas/v2/orgs/o/apiKeys/k/accessList/192.0.2.0%2F24",
            "",
            None,
        ),
        (
            "/api/atlas/v2/orgs/o/apiKeys/k/accessList/192.0.2.0%2f24",
            "",
            None,
        ),
        ("/accessList/2001%3Adb8%3A%3A%2F32", "", None),
        ("/accessList/2001:db8::", "", None),
        (
            "/databaseUsers/admin/arn%3Aaws%3Aiam%3A%3A1%3Arole%2Freader",
            "",
            None,
        ),
        ("/clusters/my~cluster%7Ex", "", None),
        ("/processes/host:27017", "", None),
        ("/groups/5f24:migrate", "", None),
        ("/a/..b/.c/d../.well-known", "", None),
        ("/a%20b/c+d", "", None),
        ("/!$&'()*+,=:@-._~", "", None),
        ("/%21%24%26%27%28%29%2a%2B%2C%3D%3a%40%2Fx", "", None),
    ] {
        let read =
            RequestTarget::parse(target.as_bytes()).unwrap_or_else(|e| panic!("{target}: {e}"));
        assert_eq!(read.as_str(), target);
        if !path.is_empty() {
            assert_eq!(
                (read.path().as_str(), read.query()),
                (path, query),
                "{target}"
            );
        }
    }
}

#[test]
fn a_target_is_in_origin_form() {
    for target in ["", "a", "*", "http://h/a", "h:80", "?x", "%2Fa", "\\a"] {
        assert_eq!(wrong(target), Some(TargetError::NotOriginForm), "{target}");
    }
}

#[test]
fn octets_that_no_encoder_leaves_in_a_path_are_refused() {
    for octet in 0..=255_u8 {
        let target = [b"/a/b".as_slice(), &[octet], b"c"].concat();
        let allowed = octet.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@/?".contains(&octet);
        let outcome = RequestTarget::parse(&target).err();
        match octet {
            b'%' => assert_eq!(outcome, Some(TargetError::BadEscape)),
            _ if allowed => assert_eq!(outcome, None, "{octet:#04x}"),
            _ => assert_eq!(outcome, Some(TargetError::OctetInPath), "{octet:#04x}"),
        }
    }
}

#[test]
fn an_escape_stands_only_for_what_may_be_escaped() {
    for octet in 0..=255_u8 {
        for target in [format!("/a/b%{octet:02x}c"), format!("/a/b%{octet:02X}c")] {
            let outcome = if b"!$&'()*+,=:@/~ ".contains(&octet) {
                None
            } else {
                Some(TargetError::EncodedOctet)
            };
            assert_eq!(wrong(&target), outcome, "{target}");
        }
    }
    for target in [
        "/a%", "/a%2", "/a%2/b", "/a%zz", "/a%2g", "/a%u002f", "/%%2F", "/a% 20",
    ] {
        assert_eq!(wrong(target), Some(TargetError::BadEscape), "{target}");
    }
}

#[test]
fn no_segment_is_empty_in_any_reading() {
    for target in [
        "//",
        "//a",
        "/a//b",
        "/a//",
        "/a///",
        "/%2F",
        "/%2Fa",
        "/a%2F",
        "/a%2F%2Fb",
        "/a/%2Fb",
        "/a%2F/b",
        "/a/%2F",
        "/a/b%2F?x",
        "/a%2F/",
    ] {
        assert_eq!(wrong(target), Some(TargetError::EmptySegment), "{target}");
    }
}

#[test]
fn no_segment_is_only_dots_and_blanks_in_any_reading() {
    for target in [
        "/.",
        "/..",
        "/...",
        "/./a",
        "/a/../b",
        "/a/..",
        "/a/../",
        "/a/..%20/b",
        "/a/%20",
        "/a/+/b",
        "/a/.+.",
        "/a/..%2Fb",
        "/a%2F..%2Fb",
        "/a%2F.",
        "/a%2F../b",
        "/%2B",
        "/a/%20.%2F./b",
    ] {
        assert_eq!(wrong(target), Some(TargetError::DotSegment), "{target}");
    }
}

#[test]
fn a_query_is_visible_ascii_without_a_fragment() {
    for octet in 0..=255_u8 {
        let target = [b"/a?b".as_slice(), &[octet], b"c"].concat();
        let outcome = RequestTarget::parse(&target).err();
        let allowed = (0x21..0x7f).contains(&octet) && octet != b'#';
        assert_eq!(
            outcome,
            (!allowed).then_some(TargetError::OctetInQuery),
            "{octet:#04x}"
        );
    }
}

#[test]
fn eight_kibibytes_are_enough() {
    let target = |length: usize| format!("/{}?{}", "a".repeat(100), "b".repeat(length - 102));
    assert_eq!(wrong(&target(8192)), None);
    assert_eq!(wrong(&target(8193)), Some(TargetError::TooLong));
}

fn segments(target: &str) -> Vec<Vec<&str>> {
    let target = RequestTarget::parse(target.as_bytes()).unwrap();
    target.readings().map(Iterator::collect).collect()
}

#[test]
fn a_path_has_one_reading_unless_a_slash_is_escaped() {
    let none: [&str; 0] = [];
    assert_eq!(segments("/"), [none]);
    assert_eq!(segments("/a/b+c/d%20e/"), [["a", "b+c", "d%20e"]]);
    assert_eq!(
        segments("/a%2Fb/c%2fd"),
        [vec!["a%2Fb", "c%2fd"], vec!["a", "b", "c", "d"]]
    );
}

/// Texts near what is allowed, so that a good part of them is.
fn near_target() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => "[a-z]{1,3}",
        4 => Just("/".to_owned()),
        1 => "%2[F0f]|%7E|%[0-9a-f]{2}",
        1 => "[.+:;?#% ]",
        1 => "\\PC",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #[test]
    fn no_octets_make_the_parser_panic(octets: Vec<u8>) {
        let with_slash = [b"/".as_slice(), &octets].concat();
        for text in [&octets, &with_slash] {
            if let Ok(target) = RequestTarget::parse(text) {
                prop_assert_eq!(target.as_str().as_bytes(), text.as_slice());
            }
        }
    }

    #[test]
    fn what_is_accepted_is_kept_and_read_without_empty_or_dot_segments(text in near_target()) {
        if let Ok(target) = RequestTarget::parse(text.as_bytes()) {
            prop_assert_eq!(target.as_str(), &text);
            prop_assert_eq!(RequestTarget::parse(target.as_str().as_bytes()), Ok(target));
            let whole = match target.query() {
                Some(query) => format!("{}?{query}", target.path().as_str()),
                None => target.path().as_str().to_owned(),
            };
            prop_assert_eq!(&whole, &text);
            for reading in target.readings() {
                for segment in reading {
                    let plain = segment.replace("%20", " ").replace("%2B", "+").replace("%2b", "+");
                    prop_assert!(!plain.trim_matches(['.', ' ', '+']).is_empty(), "{:?}", segment);
                }
            }
        }
    }
}
