//! An `Authorization` field value: what is accepted is what another reader reads, and says the same when written anew.

#![no_main]

use std::sync::LazyLock;

use keywarden::digest::{Algorithm, Credentials, Verifier, proves, rspauth};
use libfuzzer_sys::fuzz_target;

/// A parameter: its name in lower case, its value without quotes and escapes, and whether it had quotes.
struct Parameter {
    name: Vec<u8>,
    value: Vec<u8>,
    quoted: bool,
}

static VERIFIERS: LazyLock<Vec<Verifier>> = LazyLock::new(|| {
    Algorithm::ALL
        .map(|algorithm| Verifier::derive(algorithm, "mvzkrtop", "keywarden", "secret"))
        .into()
});

fuzz_target!(|field: &[u8]| {
    let Ok(credentials) = Credentials::parse(field) else {
        return;
    };
    assert!(Credentials::is_digest(field) && field.len() <= 8192);
    let parameters = read(&field[b"Digest".len()..]);
    let value = |name: &str| {
        parameters
            .iter()
            .find(|p| p.name == name.as_bytes())
            .map(|p| &*p.value)
    };
    let realm = value("realm").unwrap();
    let uri = value("uri").unwrap();
    agree(&credentials, realm, uri);
    assert_eq!(credentials.nonce(), value("nonce").unwrap());
    match value("username") {
        Some(name) => assert_eq!(credentials.username(), name),
        None => assert!(value("username*").is_some()),
    }
    let count = std::str::from_utf8(value("nc").unwrap()).unwrap();
    assert_eq!(credentials.count(), u32::from_str_radix(count, 16).unwrap());

    let anew = write(&parameters);
    let again = Credentials::parse(&anew).expect("what was accepted is accepted when written anew");
    agree(&again, realm, uri);
    assert_eq!(again.username(), credentials.username());
    assert_eq!(again.nonce(), credentials.nonce());
    assert_eq!(again.count(), credentials.count());
    assert_eq!(again.scheme(), credentials.scheme());

    let proven = |credentials: &Credentials<'_>| {
        proves(credentials, b"GET", &VERIFIERS).map(Verifier::algorithm)
    };
    assert_eq!(proven(&again), proven(&credentials));
    let info = rspauth(&credentials, &VERIFIERS[0]).into_bytes();
    assert!(
        info.iter()
            .all(|octet| *octet == b'\t' || *octet >= b' ' && *octet != 0x7f),
        "no field value"
    );
});

fn agree(credentials: &Credentials<'_>, realm: &[u8], uri: &[u8]) {
    if let Ok(realm) = std::str::from_utf8(realm) {
        assert!(credentials.realm_is(realm));
        assert!(!credentials.realm_is(&format!("{realm}x")));
    }
    if uri.starts_with(b"/") {
        assert!(credentials.designates(uri, b""));
    }
    let longer = [uri, b"/x"].concat();
    assert!(!credentials.designates(&longer, b""));
    let _ = credentials.designates(b"/", b"api.example.test");
}

/// Reads the parameters of a list that was accepted.
fn read(list: &[u8]) -> Vec<Parameter> {
    let mut found = Vec::new();
    let mut octets = list.iter().copied().peekable();
    loop {
        while octets.next_if(|octet| b" \t,".contains(octet)).is_some() {}
        if octets.peek().is_none() {
            return found;
        }
        let name = std::iter::from_fn(|| octets.next_if(|octet| !b" \t=".contains(octet)));
        let name: Vec<u8> = name.collect::<Vec<u8>>().to_ascii_lowercase();
        while octets.next_if(|octet| b" \t=".contains(octet)).is_some() {}
        let quoted = octets.next_if_eq(&b'"').is_some();
        let mut value = Vec::new();
        if quoted {
            while let Some(octet) = octets.next().filter(|octet| *octet != b'"') {
                value.push(if octet == b'\\' {
                    octets.next().unwrap()
                } else {
                    octet
                });
            }
        } else {
            value.extend(std::iter::from_fn(|| {
                octets.next_if(|octet| !b" \t,".contains(octet))
            }));
        }
        found.push(Parameter {
            name,
            value,
            quoted,
        });
    }
}

/// Writes parameters with as few escapes as there can be.
fn write(parameters: &[Parameter]) -> Vec<u8> {
    let mut field = b"dIGEST ".to_vec();
    for Parameter {
        name,
        value,
        quoted,
    } in parameters
    {
        field.extend_from_slice(name);
        field.push(b'=');
        if *quoted {
            field.push(b'"');
            for octet in value {
                if b"\"\\".contains(octet) {
                    field.push(b'\\');
                }
                field.push(*octet);
            }
            field.push(b'"');
        } else {
            field.extend_from_slice(value);
        }
        field.push(b',');
    }
    field.pop();
    field
}
