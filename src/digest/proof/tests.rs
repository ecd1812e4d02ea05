//! The printed examples of the RFCs (with their errata), and what must never verify.

use super::*;

/// One worked example.
struct Example {
    algorithm: &'static str,
    username: &'static str,
    realm: &'static str,
    password: &'static str,
    nonce: &'static str,
    uri: &'static str,
    cnonce: &'static str,
    response: &'static str,
}

impl Example {
    fn header(&self) -> String {
        let Self {
            algorithm,
            username,
            realm,
            nonce,
            uri,
            cnonce,
            response,
            ..
        } = self;
        format!(
            "Digest username=\"{username}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             algorithm={algorithm}, nc=00000001, cnonce=\"{cnonce}\", qop=auth, response=\"{response}\""
        )
    }

    fn verifier(&self) -> Verifier {
        let name = self.algorithm.trim_end_matches("-sess");
        let algorithm = Algorithm::from_name(name).unwrap();
        Verifier::derive(algorithm, self.username, self.realm, self.password)
    }

    fn proven(&self, method: &str) -> bool {
        let header = self.header();
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        proves(&credentials, method.as_bytes(), &[self.verifier()]).is_some()
    }

    fn rspauth(&self) -> String {
        let header = self.header();
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        String::from_utf8(rspauth(&credentials, &self.verifier()).into_bytes()).unwrap()
    }
}

const RFC2617: Example = Example {
    algorithm: "MD5",
    username: "Mufasa",
    realm: "testrealm@host.com",
    password: "Circle Of Life",
    nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    uri: "/dir/index.html",
    cnonce: "0a4f113b",
    response: "6629fae49393a05397450978507c4ef1",
};

const MD5: Example = Example {
    algorithm: "MD5",
    username: "Mufasa",
    realm: "http-auth@example.org",
    password: "Circle of Life",
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    uri: "/dir/index.html",
    cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    response: "8ca523f5e9506fed4657c9700eebdbec",
};

const SHA256: Example = Example {
    algorithm: "SHA-256",
    response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    ..MD5
};

const SHA512_256: Example = Example {
    algorithm: "SHA-512-256",
    response: "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
    ..MD5
};

const MD5_SESSION: Example = Example {
    algorithm: "MD5-sess",
    response: "e783283f46242139c486a698fec7211d",
    ..MD5
};

const SHA256_SESSION: Example = Example {
    algorithm: "SHA-256-sess",
    response: "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
    ..MD5
};

/// RFC 7616 §3.9.2 as erratum 4897 has it, the name in plain.
const ERRATUM_4897: Example = Example {
    algorithm: "SHA-512-256",
    username: "J\u{e4}s\u{f8}n Doe",
    realm: "api@example.org",
    password: "Secret, or not?",
    nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
    uri: "/doe.json",
    cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    response: "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
};

const EXAMPLES: [Example; 7] = [
    RFC2617,
    MD5,
    SHA256,
    SHA512_256,
    MD5_SESSION,
    SHA256_SESSION,
    ERRATUM_4897,
];

#[test]
fn the_examples_of_the_rfcs_verify_for_get_and_for_no_other_method() {
    for example in EXAMPLES {
        assert!(example.proven("GET"), "{}", example.header());
        assert!(!example.proven("POST") && !example.proven("get"));
    }
}

#[test]
fn the_server_proves_itself_as_in_the_examples() {
    for (example, digits) in [
        (RFC2617, "376602cfd2f4e8e5e78b948a85263e85"),
        (MD5, "9b712497bc9f91499fbcca1dfc5f09a5"),
        (
            SHA256,
            "86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0",
        ),
        (
            ERRATUM_4897,
            "2a14c644cc564038709393846dc914772273b178abe03a2fb02c9684116bbc2d",
        ),
    ] {
        let cnonce = example.cnonce;
        let expected = format!("rspauth=\"{digits}\", qop=auth, cnonce=\"{cnonce}\", nc=00000001");
        assert_eq!(example.rspauth(), expected);
    }
}

#[test]
fn the_truncated_sha_512_that_the_rfc_printed_does_not_verify() {
    let printed = Example {
        response: "ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd",
        ..ERRATUM_4897
    };
    assert!(!printed.proven("GET"));
}

#[test]
fn any_one_digit_of_the_response_matters_and_its_case_does_not() {
    for example in EXAMPLES {
        let (header, verifiers) = (example.header(), [example.verifier()]);
        let proven = |header: &str| {
            let credentials = Credentials::parse(header.as_bytes()).unwrap();
            proves(&credentials, b"GET", &verifiers).is_some()
        };
        let response = example.response;
        assert!(proven(&header.replace(response, &response.to_uppercase())));
        for index in 0..response.len() {
            let mut damaged = response.to_owned();
            let other = if damaged.as_bytes()[index] == b'0' {
                "1"
            } else {
                "0"
            };
            damaged.replace_range(index..=index, other);
            assert!(!proven(&header.replace(response, &damaged)), "{index}");
        }
    }
}

#[test]
fn every_signed_parameter_matters_as_it_was_sent() {
    let verifiers = [MD5.verifier()];
    let proven = |from: &str, to: &str| {
        let header = MD5.header();
        assert!(header.contains(from), "{from}");
        let header = header.replacen(from, to, 1);
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        proves(&credentials, b"GET", &verifiers).is_some()
    };
    assert!(proven("qop=auth", "qop=\"auth\""));
    assert!(proven("cnonce=\"f2/", r#"cnonce="\f2\/"#));
    assert!(proven("nonce=\"7ypf/", r#"nonce="7\ypf\/"#));
    for (from, to) in [
        ("nc=00000001", "nc=1"),
        ("nc=00000001", "nc=00000002"),
        ("qop=auth", "qop=AUTH"),
        ("cnonce=\"f2", "cnonce=\"f3"),
        ("nonce=\"7y", "nonce=\"7Y"),
        ("uri=\"/dir", "uri=\"/DIR"),
        ("algorithm=MD5", "algorithm=MD5-sess"),
    ] {
        assert!(!proven(from, to), "{to}");
    }
}

/// The credentials whose response follows from `digits` in place of HA1.
fn forged(digits: &str) -> String {
    let header = MD5.header();
    let credentials = Credentials::parse(header.as_bytes()).unwrap();
    let a2 = hashed_request::<md5::Md5>(b"GET", credentials.uri());
    let hash = response::<md5::Md5>(&credentials, false, digits.as_bytes(), &a2);
    let hex = String::from_utf8(Hex::of(&hash).as_slice().to_vec()).unwrap();
    header.replace(MD5.response, &hex)
}

#[test]
fn an_unknown_user_never_verifies_whatever_its_ha1_is_guessed_to_be() {
    for digits in [
        "",
        &"0".repeat(32),
        "d41d8cd98f00b204e9800998ecf8427e",
        "null",
    ] {
        let header = forged(digits);
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        assert!(proves(&credentials, b"GET", &[]).is_none());
        let other = [SHA256.verifier()];
        assert!(proves(&credentials, b"GET", &other).is_none());
        assert!(proves(&credentials, b"GET", &[MD5.verifier()]).is_none());
    }
}

#[test]
fn an_unknown_algorithm_and_a_hashed_name_never_verify() {
    for (from, to) in [
        ("algorithm=MD5", "algorithm=SHA-1"),
        ("algorithm=MD5", "algorithm=MD5, userhash=true"),
    ] {
        let header = MD5.header().replace(from, to);
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        assert!(proves(&credentials, b"GET", &[MD5.verifier()]).is_none());
    }
}

#[test]
fn while_a_key_is_rotated_the_verifier_that_fits_is_returned() {
    let rotated = Verifier::derive(Algorithm::Md5, MD5.username, MD5.realm, "new");
    let verifiers = [SHA256.verifier(), rotated, MD5.verifier()];
    let header = MD5.header();
    let credentials = Credentials::parse(header.as_bytes()).unwrap();
    let proven = proves(&credentials, b"GET", &verifiers).unwrap();
    assert!(std::ptr::eq(proven, &raw const verifiers[2]));
    let header = SHA256.header();
    let credentials = Credentials::parse(header.as_bytes()).unwrap();
    let proven = proves(&credentials, b"GET", &verifiers).unwrap();
    assert!(std::ptr::eq(proven, &raw const verifiers[0]));
}

#[test]
fn verifying_allocates_nothing_and_the_servers_proof_once() {
    for example in EXAMPLES {
        let (header, verifiers) = (example.header(), [example.verifier()]);
        let verified = allocation_counter::measure(|| {
            let credentials = Credentials::parse(header.as_bytes()).unwrap();
            assert!(proves(&credentials, b"GET", &verifiers).is_some());
            assert!(proves(&credentials, b"GET", &[]).is_none());
        });
        assert_eq!(verified.count_total, 0);
        let credentials = Credentials::parse(header.as_bytes()).unwrap();
        let answered = allocation_counter::measure(|| {
            let _ = std::hint::black_box(rspauth(&credentials, &verifiers[0]));
        });
        assert_eq!(answered.count_total, 1);
    }
}

#[test]
fn a_cnonce_is_given_back_as_it_was_quoted() {
    let header = MD5.header().replace(MD5.cnonce, r#"a\"b, c"#);
    let credentials = Credentials::parse(header.as_bytes()).unwrap();
    let field = rspauth(&credentials, &MD5.verifier()).into_bytes();
    let text = String::from_utf8(field).unwrap();
    assert!(
        text.contains(r#", cnonce="a\"b, c", nc=00000001"#),
        "{text}"
    );
}
