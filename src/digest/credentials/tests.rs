//! Header values that callers and attackers write, and what is read in them.

use proptest::prelude::*;

use super::*;

const RESPONSE: &str = "0123456789abcdef0123456789ABCDEF";

/// Well-formed credentials whose parameters can be replaced, left out (`None`) and added, as text after the name.
#[derive(Clone)]
struct Header(Vec<(String, String)>);

impl Header {
    fn new() -> Self {
        let parameters = [
            ("username", "\"mvzkrtop\""),
            ("realm", "\"keywarden\""),
            ("nonce", "\"Zm9vYmFy\""),
            ("uri", "\"/api?x=1\""),
            ("algorithm", "MD5"),
            ("qop", "auth"),
            ("nc", "0000002a"),
            ("cnonce", "\"a b,c=d\""),
            ("response", "\"0123456789abcdef0123456789ABCDEF\""),
        ];
        Self(
            parameters
                .map(|(n, v)| (n.to_owned(), v.to_owned()))
                .to_vec(),
        )
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        match self.0.iter_mut().find(|(there, _)| there == name) {
            Some(parameter) => parameter.1 = value.to_owned(),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.0.retain(|(there, _)| there != name);
        self
    }

    fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    fn joined(&self, equals: &str, comma: &str) -> String {
        let pairs = self.0.iter().map(|(n, v)| format!("{n}{equals}{v}"));
        format!("Digest {}", pairs.collect::<Vec<_>>().join(comma))
    }

    fn text(&self) -> String {
        self.joined("=", ", ")
    }

    fn error(&self) -> Option<Malformed> {
        Credentials::parse(self.text().as_bytes()).err()
    }

    fn is_read(&self) -> bool {
        self.error().is_none()
    }

    fn username(&self) -> String {
        let text = self.text();
        let credentials = Credentials::parse(text.as_bytes()).unwrap();
        String::from_utf8(credentials.username().to_vec()).unwrap()
    }

    fn scheme(&self) -> Option<Scheme> {
        Credentials::parse(self.text().as_bytes()).unwrap().scheme()
    }
}

fn named(username: &str) -> Header {
    Header::new().without("username").and("username*", username)
}

#[test]
fn the_scheme_is_digest_in_any_case_before_a_blank_or_the_end() {
    for value in ["Digest", "digest x", "DIGEST   x", "Digest ,"] {
        assert!(Credentials::is_digest(value.as_bytes()), "{value}");
    }
    for value in [
        "",
        "Diges",
        "Digestx",
        "Digest=x",
        "Digest\tx",
        " Digest x",
        "Basic Zm9v",
    ] {
        assert!(!Credentials::is_digest(value.as_bytes()), "{value}");
        let error = Credentials::parse(value.as_bytes()).err();
        assert_eq!(error, Some(Malformed::NotDigest));
    }
}

#[test]
fn well_formed_credentials_are_read() {
    let text = Header::new().text();
    let credentials = Credentials::parse(text.as_bytes()).unwrap();
    assert_eq!(credentials.username(), b"mvzkrtop");
    assert!(credentials.realm_is("keywarden") && !credentials.realm_is("Keywarden"));
    assert_eq!(credentials.nonce(), b"Zm9vYmFy");
    assert_eq!(credentials.count(), 42);
    assert_eq!(credentials.scheme(), Some(Scheme::plain(Algorithm::Md5)));
    assert!(credentials.designates(b"/api?x=1", b"host"));
    assert!(!credentials.designates(b"/api", b"host"));
    let octets: Vec<u8> = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef].repeat(2);
    assert_eq!(credentials.response(Algorithm::Md5), octets);
}

#[test]
fn ways_of_writing_that_clients_have_are_tolerated() {
    let header = Header::new;
    let upper = Header(
        header()
            .0
            .into_iter()
            .map(|(n, v)| (n.to_uppercase(), v))
            .collect(),
    );
    let reversed = Header(header().0.into_iter().rev().collect());
    for read in [
        upper,
        reversed,
        header()
            .with("nc", "\"00000001\"")
            .with("qop", "\"auth\"")
            .with("algorithm", "\"MD5\""),
        header().with("qop", "AUTH").with("algorithm", "md5"),
        header().with("nc", "1"),
        header().with("nc", "000001"),
        header().with("nc", "00000000"),
        header().with("nc", "ffffffff"),
        header()
            .with("username", "mvzkrtop")
            .with("realm", "keywarden")
            .with("nonce", "Zm9v"),
        header().with("response", RESPONSE).with("cnonce", "abc"),
        header().with("realm", "\"\""),
        header()
            .and("foo", "\"b,a=r\"")
            .and("opaque", "\"\"")
            .and("charset", "UTF-8"),
        header().and("userhash", "false"),
        header().and("userhash", "FALSE"),
        header().and("userhash", ""),
        header().and("userhash", "\"\""),
        header().with("username", "\"J\u{e4}s\u{f8}n Doe\""),
        header().with("cnonce", "\"a\tb\""),
        header().with("cnonce", r#""a\"b""#),
    ] {
        assert_eq!(read.error(), None, "{}", read.text());
    }
    for (equals, comma) in [("=", ","), (" = ", " , "), ("\t=", ",\t"), ("=", ", ,, ")] {
        let text = header().joined(equals, comma);
        assert!(Credentials::parse(text.as_bytes()).is_ok(), "{text}");
    }
    for text in [
        header().text().replace("Digest ", "dIGEST    "),
        header().text().replace("Digest ", "Digest , ,"),
        header().text() + " , ",
        header().text() + ",userhash=",
    ] {
        assert!(Credentials::parse(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn a_missing_parameter_is_malformed() {
    for (name, error) in [
        ("username", Malformed::UsernameMissing),
        ("realm", Malformed::RealmMissing),
        ("nonce", Malformed::NonceMissing),
        ("uri", Malformed::UriMissing),
        ("qop", Malformed::QopMissing),
        ("nc", Malformed::CountMissing),
        ("cnonce", Malformed::CnonceMissing),
        ("response", Malformed::ResponseMissing),
    ] {
        assert_eq!(Header::new().without(name).error(), Some(error));
    }
    let rfc2069 = Header::new().without("qop").without("nc").without("cnonce");
    assert_eq!(rfc2069.error(), Some(Malformed::QopMissing));
}

#[test]
fn a_repeated_parameter_is_malformed_whatever_it_says() {
    for (name, value) in Header::new().0 {
        let twice = Header::new().and(&name.to_uppercase(), &value);
        assert_eq!(twice.error(), Some(Malformed::Repeated), "{name}");
    }
    let unknown = Header::new()
        .and("foo", "1")
        .and("bar", "2")
        .and("FOO", "3");
    assert_eq!(unknown.error(), Some(Malformed::Repeated));
    let userhash = Header::new().and("userhash", "").and("userhash", "false");
    assert_eq!(userhash.error(), Some(Malformed::Repeated));
}

#[test]
fn values_that_break_the_grammar_are_malformed() {
    for (name, value, error) in [
        ("username", "\"mvz\"krtop", Malformed::TextAfterValue),
        ("username", "\"mvz\" \"krtop\"", Malformed::TextAfterValue),
        ("username", "mvz krtop", Malformed::TextAfterValue),
        ("username", "\"mvz\u{7f}\"", Malformed::ControlCharacter),
        ("username", "\"mvz\\\u{1}\"", Malformed::ControlCharacter),
        ("cnonce", "\"a\u{0}b\"", Malformed::ControlCharacter),
        ("cnonce", "\"a\nb\"", Malformed::ControlCharacter),
        ("username", "J\u{e4}s\u{f8}n", Malformed::TextAfterValue),
        ("username", "", Malformed::Value),
        ("username", "\"\"", Malformed::UsernameEmpty),
        ("nonce", "\"\"", Malformed::NonceEmpty),
        ("nonce", "abc=", Malformed::TextAfterValue),
        ("cnonce", "\"\"", Malformed::CnonceEmpty),
        ("uri", "\"\"", Malformed::UriEmpty),
        ("uri", "/api", Malformed::Value),
        ("uri", "*", Malformed::UriUnquoted),
        ("algorithm", "\"\"", Malformed::AlgorithmEmpty),
        ("algorithm", "", Malformed::Value),
        ("qop", "auth-int", Malformed::QopNotOffered),
        ("qop", "\"auth,auth-int\"", Malformed::QopNotOffered),
        ("qop", "\"\"", Malformed::QopNotOffered),
        ("qop", "\" auth\"", Malformed::QopNotOffered),
        ("nc", "000000001", Malformed::CountMalformed),
        ("nc", "-0000001", Malformed::CountMalformed),
        ("nc", "+1", Malformed::CountMalformed),
        ("nc", "0x1", Malformed::CountMalformed),
        ("nc", "\"\"", Malformed::CountMalformed),
        ("nc", "\" 1\"", Malformed::CountMalformed),
        ("nc", "1g", Malformed::CountMalformed),
        ("response", "\"\"", Malformed::ResponseLength),
        ("response", &RESPONSE[1..], Malformed::ResponseLength),
        ("response", &RESPONSE.repeat(2), Malformed::ResponseLength),
        ("response", &RESPONSE.repeat(200), Malformed::ResponseLength),
        (
            "response",
            &RESPONSE.replace('0', "g"),
            Malformed::ResponseNotHex,
        ),
        (
            "response",
            &RESPONSE.replace('f', "\u{e9}"),
            Malformed::TextAfterValue,
        ),
        ("userhash", "maybe", Malformed::Userhash),
    ] {
        let header = Header::new().with(name, value);
        assert_eq!(header.error(), Some(error), "{}", header.text());
    }
}

#[test]
fn a_list_that_breaks_the_grammar_is_malformed() {
    let text = Header::new().text();
    for (suffix, error) in [
        (", foo", Malformed::EqualsMissing),
        (", foo bar=1", Malformed::EqualsMissing),
        (", =\"x\"", Malformed::Name),
        (", \"x\"", Malformed::Name),
        (", user@name=\"x\"", Malformed::EqualsMissing),
        (", @=x", Malformed::Name),
        (", foo=", Malformed::Value),
        (", foo=\"", Malformed::Unterminated),
        (", foo=\"\\", Malformed::Unterminated),
        (", foo=\"x\\\"", Malformed::Unterminated),
        ("; foo=1", Malformed::TextAfterValue),
        (" foo=1", Malformed::TextAfterValue),
        (", Basic Zm9vOmJhcg==", Malformed::EqualsMissing),
        ("\u{0}", Malformed::TextAfterValue),
    ] {
        let value = format!("{text}{suffix}");
        let error_of = Credentials::parse(value.as_bytes()).err();
        assert_eq!(error_of, Some(error), "{suffix:?}");
    }
    let lone = Header::new().with("uri", "\"");
    assert!(lone.error().is_some());
}

#[test]
fn the_field_and_the_number_of_parameters_are_bounded() {
    let filled = |count: usize| {
        (Header::new().0.len()..count).fold(Header::new(), |header, index| {
            header.and(&format!("p{index}"), "x")
        })
    };
    assert!(filled(MAX_PARAMETERS).is_read());
    let more = filled(MAX_PARAMETERS + 1);
    assert_eq!(more.error(), Some(Malformed::TooManyParameters));
    let room = MAX_FIELD - Header::new().and("p", "").text().len();
    assert!(Header::new().and("p", &"x".repeat(room)).is_read());
    let longer = Header::new().and("p", &"x".repeat(room + 1));
    assert_eq!(longer.error(), Some(Malformed::TooLong));
}

#[test]
fn an_algorithm_is_known_absent_or_unknown() {
    let of = |name: &str| Header::new().with("algorithm", name).scheme();
    assert_eq!(Header::new().without("algorithm").scheme(), of("MD5"));
    for scheme in Scheme::ALL {
        let digits = RESPONSE.repeat(scheme.algorithm.hex_digits() / 32);
        for name in [
            scheme.name().to_lowercase(),
            format!("\"{}\"", scheme.name()),
        ] {
            let header = Header::new()
                .with("algorithm", &name)
                .with("response", &digits);
            assert_eq!(header.scheme(), Some(scheme));
            let short = header.with("response", &digits[..digits.len() - 2]);
            assert_eq!(short.error(), Some(Malformed::ResponseLength));
        }
    }
    for name in [
        "SHA-1",
        "\"MD5, SHA-256\"",
        "MD5-",
        "-sess",
        "MD5-sess-sess",
        "SHA-512",
        "\"MD5 \"",
    ] {
        assert_eq!(of(name), None, "{name}");
        let header = Header::new()
            .with("algorithm", name)
            .with("response", "abc");
        assert_eq!(header.scheme(), None);
        assert!(!header.with("response", "xyz").is_read());
    }
}

#[test]
fn a_hashed_user_name_has_no_scheme_and_a_damaged_response_is_still_malformed() {
    let hashed = Header::new().and("userhash", "true");
    assert_eq!(hashed.scheme(), None);
    assert_eq!(Header::new().and("userhash", "\"TRUE\"").scheme(), None);
    let short = hashed.with("response", "00");
    assert_eq!(short.error(), Some(Malformed::ResponseLength));
}

#[test]
fn a_user_name_is_what_was_meant_and_not_how_it_was_written() {
    assert_eq!(
        Header::new()
            .with("username", r#""we\"ird\\us\er""#)
            .username(),
        r#"we"ird\user"#
    );
    for (written, meant) in [
        ("UTF-8''mvzkrtop", "mvzkrtop"),
        ("utf-8'en'mvz%6brtop", "mvzkrtop"),
        (
            "UTF-8'de-CH-1996'J%C3%A4s%c3%b8n%20Doe",
            "J\u{e4}s\u{f8}n Doe",
        ),
        ("UTF-8''%25%27%2A", "%'*"),
    ] {
        assert_eq!(named(written).username(), meant);
    }
    let long = "k".repeat(4000);
    assert_eq!(Header::new().with("username", &long).username(), long);
}

#[test]
fn a_badly_encoded_user_name_is_malformed() {
    for value in [
        "mvzkrtop",
        "UTF-8'mvzkrtop",
        "''mvzkrtop",
        "ISO-8859-1''mvzkrtop",
        "UTF-8'e_n'mvzkrtop",
        "UTF-8''mvz%zzkrtop",
        "UTF-8''mvz%+1krtop",
        "UTF-8''mvz%6",
        "UTF-8''mvz%",
        "UTF-8''mvz%00",
        "UTF-8''mvz%0A",
        "UTF-8''mvz%7f",
        "UTF-8''%C3",
        "UTF-8''%C0%80",
        "UTF-8''%ED%A0%80",
        "UTF-8''o'brien",
        "UTF-8''a*",
        "\"UTF-8''mvzkrtop\"",
    ] {
        assert_eq!(
            named(value).error(),
            Some(Malformed::UsernameEncoding),
            "{value}"
        );
    }
    assert_eq!(named("UTF-8''").error(), Some(Malformed::UsernameEmpty));
    let long = format!("UTF-8''{}", "k".repeat(257));
    assert_eq!(named(&long).error(), Some(Malformed::EscapedTooLong));
}

#[test]
fn two_user_names_or_an_encoded_hash_are_malformed() {
    let both = Header::new().and("username*", "UTF-8''mvzkrtop");
    assert_eq!(both.error(), Some(Malformed::UsernameBoth));
    let hash = named("UTF-8''mvzkrtop").and("userhash", "true");
    assert_eq!(hash.error(), Some(Malformed::UserhashEncoded));
    assert!(named("UTF-8''mvzkrtop").and("userhash", "false").is_read());
}

#[test]
fn parsing_allocates_nothing() {
    let headers = [
        Header::new(),
        named("UTF-8''J%C3%A4s%C3%B8n"),
        Header::new()
            .with("username", r#""a\"b""#)
            .and("foo", "bar"),
        Header::new().without("nc"),
    ];
    for text in headers.map(|header| header.text()) {
        let count = allocation_counter::measure(|| {
            let _ = std::hint::black_box(Credentials::parse(text.as_bytes()));
        });
        assert_eq!(count.count_total, 0);
    }
}

proptest! {
    #[test]
    fn arbitrary_octets_never_panic(octets in prop::collection::vec(any::<u8>(), 0..400)) {
        let value = [b"Digest ", &octets[..]].concat();
        let _ = Credentials::parse(&value);
        let _ = Credentials::is_digest(&octets);
    }

    #[test]
    fn a_damaged_octet_never_panics_and_never_widens_a_name(index in 0..200_usize, octet in any::<u8>()) {
        let mut value = Header::new().text().into_bytes();
        prop_assume!(index < value.len());
        value[index] = octet;
        if let Ok(credentials) = Credentials::parse(&value) {
            prop_assert!(!credentials.username().is_empty());
            prop_assert!(credentials.username().len() <= value.len());
        }
    }

    #[test]
    fn a_quoted_value_is_read_back(name in "[ -~]{1,60}") {
        let escaped = name.replace('\\', r"\\").replace('"', r#"\""#);
        let header = Header::new().with("username", &format!("\"{escaped}\""));
        prop_assert_eq!(header.username(), name);
    }
}
