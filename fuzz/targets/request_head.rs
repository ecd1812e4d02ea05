//! What a caller sends on one connection: whatever goes through the gate, httparse reads as the same requests.

#![no_main]

use httparse::{Request, Status};
use keywarden::gateway::fuzzing::{Stand, gate, head};
use keywarden_fuzz::chunked::{self, Body};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let (passed, requests, stand) = gate(&[octets], usize::MAX);
    assert!(octets.starts_with(&passed), "something else went through");
    let (read, broken) = requests_in(&passed, octets);
    assert_eq!(requests, read);
    if stand == Stand::Body {
        assert!(broken);
    } else {
        assert!(!broken);
    }

    let half = octets.len() / 2;
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    for (pieces, room) in [(vec![&octets[..half], &octets[half..]], 7), (single, 3)] {
        let (again, count, end) = gate(&pieces, room);
        assert_eq!(count, requests, "another number of requests in pieces");
        assert_eq!(std::mem::discriminant(&end), std::mem::discriminant(&stand));
        match end {
            // how much of a broken body comes before the break is the pieces' affair
            Stand::Body => assert!(octets.starts_with(&again)),
            Stand::Head(_) | Stand::Open => assert_eq!(again, passed),
        }
    }
});

/// How many requests begin in what `passed`, by httparse's and our own reading; and whether the last body is broken in
/// what was `sent`.
fn requests_in(passed: &[u8], sent: &[u8]) -> (u64, bool) {
    let (mut at, mut begun) = (0, 0);
    while at < passed.len() {
        let rest = &passed[at..];
        let (end, body) = head(rest).expect("it went through").expect("and whole");
        let length = framing(&rest[..end], rest);
        assert_eq!(length, body, "framed in another way");
        at += end;
        begun += 1;
        match length {
            Some(length) => {
                let left = (passed.len() - at) as u64;
                if left < length {
                    return (begun, false);
                }
                at += length as usize;
            }
            None => match chunked::read(&passed[at..]) {
                Body::Ended(length) => at += length,
                Body::Unended => return (begun, chunked::read(&sent[at..]) == Body::Broken),
                Body::Broken => panic!("a broken body went through"),
            },
        }
    }
    (begun, false)
}

/// The length of the body after a head, `None` if it is chunked; httparse and the lines themselves say the same.
fn framing(head: &[u8], rest: &[u8]) -> Option<u64> {
    let mut fields = [httparse::EMPTY_HEADER; 100];
    let mut request = Request::new(&mut fields);
    assert_eq!(
        request.parse(rest),
        Ok(Status::Complete(head.len())),
        "httparse reads no such head"
    );
    assert_eq!(request.version, Some(1));

    let text = head.strip_suffix(b"\r\n\r\n").unwrap();
    assert!(
        !text.windows(2).any(
            |pair| pair[0] == b'\r' && pair[1] != b'\n' || pair[0] != b'\r' && pair[1] == b'\n'
        )
    );
    let mut lines = text
        .split(|octet| *octet == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let words: Vec<&[u8]> = lines
        .next()
        .unwrap()
        .split(|octet| *octet == b' ')
        .collect();
    assert_eq!(
        words,
        [
            request.method.unwrap().as_bytes(),
            request.path.unwrap().as_bytes(),
            b"HTTP/1.1"
        ]
    );
    let lines: Vec<&[u8]> = lines.collect();
    assert_eq!(
        lines.len(),
        request.headers.len(),
        "another number of headers"
    );
    let (mut hosts, mut codings, mut lengths) = (0, Vec::new(), Vec::new());
    for (line, field) in lines.into_iter().zip(&*request.headers) {
        let (name, value) = line.split_at(line.iter().position(|octet| *octet == b':').unwrap());
        assert_eq!(
            (name, value[1..].trim_ascii()),
            (field.name.as_bytes(), field.value.trim_ascii())
        );
        match field.name.to_ascii_lowercase().as_str() {
            "host" => hosts += 1,
            "content-length" => lengths.push(std::str::from_utf8(field.value).unwrap()),
            "transfer-encoding" => codings.push(field.value.to_ascii_lowercase()),
            _ => {}
        }
    }
    assert_eq!(hosts, 1);
    match (&codings[..], &lengths[..]) {
        ([], []) => Some(0),
        ([], [length]) => Some(length.parse().unwrap()),
        ([coding], []) => {
            assert_eq!(coding, b"chunked");
            None
        }
        _ => panic!("{codings:?} and {lengths:?} went through"),
    }
}
