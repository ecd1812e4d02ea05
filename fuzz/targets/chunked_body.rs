//! A chunked body: it ends where a reader of lines sees its end, however it is cut.

#![no_main]

use keywarden::gateway::fuzzing::chunked;
use keywarden_fuzz::chunked::{Body, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let wanted = match read(octets) {
        Body::Broken => None,
        Body::Ended(length) => Some((length, true)),
        Body::Unended => Some((octets.len(), false)),
    };
    assert_eq!(chunked(&[octets]), wanted);
    let single: Vec<&[u8]> = octets.chunks(1).collect();
    assert_eq!(chunked(&single), wanted);
    let (head, tail) = octets.split_at(octets.len() / 2);
    assert_eq!(chunked(&[head, tail]), wanted);
});
