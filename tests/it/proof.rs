//! HTTP Digest from the challenge to the proof: who is who, and nothing is told to anybody who is not.

use crate::house::{
    Answer, Caller, House, PATIENCE, PRIVATE_KEY, Plan, Proof, REALM, key_yaml, organization_yaml,
    usual_keys,
};

/// A target with a query and an escape, so that both are signed.
const TARGET: &str = "/api/atlas/v2/clusters/a%2Fb?pretty=true&x=%7E";

/// Another way to write a field value.
type Spelling = fn(String) -> String;
/// Another field value for a proof.
type Change = fn(&mut Proof) -> String;

/// A proof for `GET` [`TARGET`] by the key `open`, changed by `change`, and what comes of it.
fn with_proof(house: &House, change: impl FnOnce(&mut Proof)) -> Answer {
    with_header(house, |proof| {
        change(proof);
        proof.header()
    })
}

/// The same with the whole field value in hand.
fn with_header(house: &House, write: impl FnOnce(&mut Proof) -> String) -> Answer {
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let mut proof = caller.proof(&mut connection, "GET", TARGET);
    let header = write(&mut proof);
    connection.send(&caller.request("GET", TARGET, &header, b""));
    connection.answer()
}

/// H(`text`) in the proof's algorithm.
fn hash(sha256: bool, text: &str) -> String {
    use std::fmt::Write as _;

    use md5::{Digest as _, Md5};
    let octets = if sha256 {
        sha2::Sha256::digest(text).to_vec()
    } else {
        Md5::digest(text).to_vec()
    };
    octets.iter().fold(String::new(), |mut out, octet| {
        let _ = write!(out, "{octet:02x}");
        out
    })
}

/// A `-sess` field value (RFC 7616 §3.4.2).
fn session_header(proof: &Proof) -> String {
    let name = if proof.sha256 { "SHA-256" } else { "MD5" };
    let h = |text: String| hash(proof.sha256, &text);
    let inner = h(format!("{}:{REALM}:{}", proof.username, proof.password));
    let a1 = h(format!("{inner}:{}:{}", proof.nonce, proof.cnonce));
    let a2 = h(format!("{}:{}", proof.method, proof.uri));
    let response = h(format!(
        "{a1}:{}:{}:{}:auth:{a2}",
        proof.nonce, proof.count, proof.cnonce
    ));
    proof
        .header()
        .replace(
            &format!("algorithm={name}"),
            &format!("algorithm={name}-sess"),
        )
        .split_once("response=")
        .map(|(start, _)| format!("{start}response=\"{response}\""))
        .expect("a response")
}

#[test]
fn a_challenge_has_exactly_the_form_of_the_contract() {
    let house = House::new();
    let mut connection = house.caller("open").connect();
    connection.send(
        format!(
            "GET / HTTP/1.1\r\nHost: {}\r\n\r\n",
            house.caller("open").host()
        )
        .as_bytes(),
    );
    let answer = connection.answer();
    let nonce = answer.challenge("nonce").expect("a nonce");
    assert_eq!(nonce.len(), 40);
    assert!(
        nonce
            .bytes()
            .all(|o| o.is_ascii_alphanumeric() || o == b'-' || o == b'_'),
        "{nonce}"
    );
    let expected = ["MD5", "SHA-256"].map(|algorithm| {
        format!(
            "Digest realm=\"keywarden\", domain=\"\", nonce=\"{nonce}\", algorithm={algorithm}, qop=\"auth\", stale=false"
        )
    });
    assert_eq!(answer.all("www-authenticate"), expected);
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.text(),
        r#"{"detail":"You are not authorized for this resource.","error":401,"errorCode":"UNAUTHORIZED","parameters":[],"reason":"Unauthorized"}"#
    );
    assert_eq!(answer.field("content-type"), Some("application/json"));
    assert!(answer.field("x-request-id").is_some());
}

#[test]
fn the_configured_algorithms_are_challenged_with_in_their_order() {
    let plan = Plan::new();
    let url = format!("http://{}", plan.upstream().address());
    let text = crate::house::keywarden_yaml(&url, "");
    let digest = format!("digest: {{ realm: {REALM}, algorithms: [SHA-256, MD5] }}");
    plan.write(
        "keywarden.yaml",
        &text.replace(&format!("digest: {{ realm: {REALM} }}"), &digest),
    );
    let house = plan.build();
    let answer = unproven(&house);
    let lines = answer.all("www-authenticate");
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].contains("algorithm=SHA-256,") && lines[1].contains("algorithm=MD5,"),
        "{lines:?}"
    );
}

#[test]
fn an_algorithm_is_offered_only_if_every_enabled_key_has_it() {
    let plan = Plan::new();
    let file = plan.folder().join("credentials/keys.htdigest");
    let text = std::fs::read_to_string(&file).expect("read");
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !(line.starts_with("open:") && line.len() > 64))
        .collect();
    plan.write(
        "credentials/keys.htdigest",
        &format!("{}\n", without.join("\n")),
    );
    let house = plan.build();
    let lines = unproven(&house);
    let lines = lines.all("www-authenticate");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("algorithm=MD5,"), "{lines:?}");
    // A key that is disabled does not count.
    house.reload(
        "organizations/acme.yaml",
        &organization_yaml(
            &usual_keys().replace("public_key: open,", "public_key: open, enabled: false,"),
        ),
    );
    assert_eq!(unproven(&house).all("www-authenticate").len(), 2);
}

fn unproven(house: &House) -> Answer {
    let caller = house.caller("open");
    let mut connection = caller.connect();
    connection.send(&caller.request("GET", "/", "", b""));
    connection.answer()
}

#[test]
fn every_algorithm_and_its_session_form_prove_the_key() {
    let house = House::new();
    for sha256 in [false, true] {
        assert_eq!(
            with_proof(&house, |proof| proof.sha256 = sha256).status,
            200,
            "{sha256}"
        );
        let session = with_header(&house, |proof| {
            proof.sha256 = sha256;
            session_header(proof)
        });
        assert_eq!(session.status, 200, "-sess {sha256}");
    }
}

#[test]
fn the_gateway_proves_that_it_knows_the_key_too() {
    let house = House::new();
    for sha256 in [false, true] {
        let mut expected = String::new();
        let answer = with_proof(&house, |proof| {
            proof.sha256 = sha256;
            let a1 = hash(sha256, &format!("open:{REALM}:{PRIVATE_KEY}"));
            let a2 = hash(sha256, &format!(":{TARGET}"));
            let signed = format!("{a1}:{}:00000001:{}:auth:{a2}", proof.nonce, proof.cnonce);
            let rspauth = hash(sha256, &signed);
            expected = format!(
                "rspauth=\"{rspauth}\", qop=auth, cnonce=\"{}\", nc=00000001",
                proof.cnonce
            );
        });
        assert_eq!(answer.all("authentication-info"), [expected.as_str()]);
    }
}

#[test]
fn however_clients_spell_it_a_right_proof_is_right() {
    let house = House::new();
    let spellings: [(&str, Spelling); 10] = [
        ("quoted qop", |h| h.replace("qop=auth", "qop=\"auth\"")),
        ("quoted nc", |h| h.replace("nc=00000001", "nc=\"00000001\"")),
        ("quoted algorithm", |h| {
            h.replace("algorithm=MD5", "algorithm=\"MD5\"")
        }),
        ("no algorithm", |h| h.replace("algorithm=MD5, ", "")),
        ("another case", |h| {
            h.replace("Digest ", "DIGEST ")
                .replace("realm=", "REALM=")
                .replace("MD5", "md5")
        }),
        ("blanks and empty elements", |h| {
            h.replace("Digest ", "Digest   , ")
                .replace(", ", " ,, \t")
                .replace("nc=", "nc = ")
        }),
        ("an escaped name", |h| {
            h.replace("username=\"open\"", "username=\"o\\pen\"")
        }),
        ("an encoded name", |h| {
            h.replace("username=\"open\"", "username*=UTF-8''op%65n")
        }),
        ("an unknown parameter", |h| {
            format!("{h}, opaque=\"\", future=\"a, b=c\"")
        }),
        ("an upper-case response", |h| {
            let (start, response) = h.split_once("response=\"").expect("a response");
            format!("{start}response=\"{}", response.to_ascii_uppercase())
        }),
    ];
    for (name, spelling) in spellings {
        let answer = with_header(&house, |proof| {
            let plain = proof.header();
            let spelled = spelling(plain.clone());
            assert_ne!(plain, spelled, "{name}");
            spelled
        });
        assert_eq!(answer.status, 200, "{name}");
    }
}

#[test]
fn the_uri_that_is_signed_designates_the_target() {
    let house = House::new();
    let host = house.caller("open").host();
    for (uri, status) in [
        (TARGET.to_owned(), 200),
        (TARGET.replace("%2F", "%2f"), 200),
        (TARGET.replace("%7E", "~"), 200),
        (format!("http://{host}{TARGET}"), 200),
        (format!("http://evil.test{TARGET}"), 400),
        (TARGET.replace("%2F", "/"), 400),
        (TARGET.replace("pretty", "Pretty"), 400),
        (TARGET.split('?').next().expect("a path").to_owned(), 400),
        ("/".to_owned(), 400),
        (format!("{TARGET}&"), 400),
    ] {
        let answer = with_proof(&house, |proof| proof.uri.clone_from(&uri));
        assert_eq!(answer.status, status, "{uri}");
        if status == 400 {
            assert_eq!(answer.error_code(), "MALFORMED_CREDENTIALS");
            assert!(answer.all("www-authenticate").is_empty());
        }
    }
}

#[test]
fn malformed_credentials_are_answered_without_a_challenge() {
    let house = House::new();
    let broken: [(&str, Spelling); 12] = [
        ("no nonce", |h| {
            h.replace("nonce=", "n0nce=").replace("cn0nce", "cnonce")
        }),
        ("a repeated name", |h| format!("{h}, username=\"listed\"")),
        ("two names", |h| format!("{h}, username*=UTF-8''open")),
        ("nine digits", |h| h.replace("nc=00000001", "nc=000000001")),
        ("a signed count", |h| h.replace("nc=00000001", "nc=+1")),
        ("no qop", |h| h.replace("qop=auth, ", "")),
        ("auth-int", |h| h.replace("qop=auth,", "qop=auth-int,")),
        ("a short response", |h| format!("{}\"", &h[..h.len() - 2])),
        ("no cnonce", |h| {
            h.replace("cnonce=\"f2wE4q74E6zIJEtW\", ", "")
        }),
        ("an unended string", |h| h[..h.len() - 1].to_owned()),
        ("an unquoted uri", |h| {
            h.replace(&format!("uri=\"{TARGET}\""), &format!("uri={TARGET}"))
        }),
        ("a name in Latin-1", |h| {
            h.replace("username=\"open\"", "username*=ISO-8859-1''open")
        }),
    ];
    for (name, breakage) in broken {
        let answer = with_header(&house, |proof| breakage(proof.header()));
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (400, "MALFORMED_CREDENTIALS"),
            "{name}"
        );
        assert!(answer.all("www-authenticate").is_empty(), "{name}");
    }
    let caller = house.caller("open");
    let mut connection = caller.connect();
    let header = caller.proof(&mut connection, "GET", TARGET).header();
    let twice = caller
        .clone()
        .with_field(&format!("Authorization: {header}"));
    connection.send(&twice.request("GET", TARGET, &header, b""));
    assert_eq!(connection.answer().status, 400, "two fields");
}

#[test]
fn what_a_client_can_do_better_next_time_is_challenged_anew() {
    let house = House::new();
    let changes: [(&str, Change); 5] = [
        ("a foreign realm", |proof| {
            "elsewhere".clone_into(&mut proof.realm);
            proof.header()
        }),
        ("an unknown algorithm", |proof| {
            proof.header().replace("=MD5", "=MD6")
        }),
        ("an algorithm that is not enabled", |proof| {
            let header = proof.header().replace("=MD5", "=SHA-512-256");
            let (start, _) = header.split_once("response=").expect("a response");
            format!("{start}response=\"{}\"", "0".repeat(64))
        }),
        ("another scheme", |_| "Basic b3BlbjpvcGVu".to_owned()),
        ("a wrong key", |proof| {
            "wrong".clone_into(&mut proof.password);
            proof.header()
        }),
    ];
    for (name, change) in changes {
        let answer = with_header(&house, change);
        assert_eq!(
            (answer.status, answer.error_code().as_str()),
            (401, "UNAUTHORIZED"),
            "{name}"
        );
        assert_eq!(answer.all("www-authenticate").len(), 2, "{name}");
        assert!(!answer.is_stale(), "{name}");
    }
}

#[test]
fn nobody_learns_which_keys_exist() {
    let house = dormant();
    let plain = |public_key: &str, private_key: &str, sha256: bool| {
        let caller = Caller::new(house.address(), public_key).with_private_key(private_key);
        let mut connection = caller.connect();
        let mut proof = caller.proof(&mut connection, "GET", TARGET);
        proof.sha256 = sha256;
        connection.send(&caller.request("GET", TARGET, &proof.header(), b""));
        same_for_all(&connection.answer())
    };
    for sha256 in [false, true] {
        let unknown = plain("unknown", PRIVATE_KEY, sha256);
        assert_eq!(unknown.status, 401);
        assert!(!unknown.is_stale());
        for (who, public_key, private_key) in [
            ("a wrong key", "open", "wrong"),
            ("an empty key", "open", ""),
            ("a disabled key", "disabled", PRIVATE_KEY),
            ("an expired key", "expired", PRIVATE_KEY),
            ("a key without credentials", "barekey", PRIVATE_KEY),
            ("credentials without a key", "ghost", PRIVATE_KEY),
            ("a key in another case", "OPEN", PRIVATE_KEY),
        ] {
            let answer = plain(public_key, private_key, sha256);
            assert_eq!(answer.fields, unknown.fields, "{who}");
            assert_eq!(answer.body, unknown.body, "{who}");
            assert_eq!(answer.status, 401, "{who}");
        }
        assert_eq!(plain("open", PRIVATE_KEY, sha256).status, 200);
    }
    let wrong = "keywarden_requests_total{listener=\"public\",outcome=\"challenge\",reason=\"proof_wrong\"}";
    let page = house.admin("/metrics").1;
    let counted = page.lines().find(|line| {
        line.contains("reason=\"proof_wrong\"") && line.starts_with("keywarden_requests_total")
    });
    assert!(
        counted.is_some_and(|line| line.ends_with(" 16")),
        "{wrong}: {counted:?}"
    );
}

/// A house with keys that cannot prove themselves, for every reason there is.
fn dormant() -> House {
    let plan = Plan::new();
    let keys = [
        key_yaml(0x10, "disabled", "[]", "    enabled: false\n"),
        key_yaml(0x11, "expired", "[]", "    expires: 2020-01-01T00:00:00Z\n"),
        key_yaml(0x12, "barekey", "[]", ""),
    ];
    plan.write(
        "organizations/acme.yaml",
        &organization_yaml(&(usual_keys() + &keys.concat())),
    );
    for public_key in ["disabled", "expired", "ghost"] {
        plan.credential(public_key);
    }
    plan.build()
}

/// An answer without what differs from one to the next whoever asks.
fn same_for_all(answer: &Answer) -> Answer {
    let mut same = answer.clone();
    let nonce = answer.challenge("nonce").unwrap_or_default();
    for (name, value) in &mut same.fields {
        match name.as_str() {
            "date" | "x-request-id" => value.clear(),
            "www-authenticate" => *value = value.replace(&nonce, "…"),
            _ => {}
        }
    }
    same
}

#[test]
fn a_nonce_of_another_house_is_stale_only_for_who_knows_the_key() {
    let (house, other) = (House::new(), House::new());
    let caller = other.caller("open");
    let foreign = caller.proof(&mut caller.connect(), "GET", TARGET).nonce;
    let unsigned = "A".repeat(40);
    for nonce in [foreign.as_str(), unsigned.as_str(), "x"] {
        let right = with_proof(&house, |proof| nonce.clone_into(&mut proof.nonce));
        assert_eq!((right.status, right.is_stale()), (401, true), "{nonce}");
        let wrong = with_proof(&house, |proof| {
            nonce.clone_into(&mut proof.nonce);
            "wrong".clone_into(&mut proof.password);
        });
        assert_eq!((wrong.status, wrong.is_stale()), (401, false), "{nonce}");
    }
}

#[test]
fn a_nonce_expires_and_is_then_stale() {
    let plan = Plan::new();
    let url = format!("http://{}", plan.upstream().address());
    let text = crate::house::keywarden_yaml(&url, "");
    let digest = format!("digest: {{ realm: {REALM}, nonce_lifetime: 1s }}");
    plan.write(
        "keywarden.yaml",
        &text.replace(&format!("digest: {{ realm: {REALM} }}"), &digest),
    );
    let house = plan.build();
    let mut session = house.session("open");
    let began = std::time::Instant::now();
    let mut accepted = 0;
    let expired = loop {
        let answer = session.ask("GET", TARGET);
        if answer.status != 200 {
            break answer;
        }
        accepted += 1;
        assert!(began.elapsed() < PATIENCE, "it never expires");
    };
    assert!(
        accepted > 0 && began.elapsed().as_millis() >= 1_000,
        "{accepted} in {:?}",
        began.elapsed()
    );
    assert_eq!((expired.status, expired.is_stale()), (401, true));
    let mut wrong = session.proof("GET", TARGET);
    "wrong".clone_into(&mut wrong.password);
    let answer = session.send(&wrong.header(), "GET", TARGET);
    assert_eq!((answer.status, answer.is_stale()), (401, false));
    let fresh = expired.challenge("nonce").expect("a nonce");
    let proof = Proof {
        nonce: fresh,
        ..session.proof("GET", TARGET)
    };
    assert_eq!(session.send(&proof.header(), "GET", TARGET).status, 200);
}
