//! What verifying one request costs: parsing, proving, the nonce, and spending the proof.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use divan::{Bencher, black_box};
use keywarden::digest::{
    Algorithm, Challenges, Credentials, NonceKeys, NonceText, Ticket, Timestamp, Verifier, proves,
    rspauth,
};
use keywarden::replay::Memory;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_123);
const LIFETIME: Duration = Duration::from_secs(300);
const ALGORITHMS: [Algorithm; 2] = [Algorithm::Md5, Algorithm::Sha256];

fn main() {
    divan::main();
}

fn keys() -> NonceKeys {
    NonceKeys::new(vec![[7; 32]])
}

fn nonce() -> NonceText {
    keys().mint(NOW, 0, [1; 8])
}

fn verifier(algorithm: Algorithm) -> Verifier {
    Verifier::derive(algorithm, "mvzkrtop", "keywarden", "s3cret")
}

/// Credentials of the length that clients send; the response is wrong, which costs as much as a right one.
fn header(algorithm: Algorithm) -> String {
    format!(
        "Digest username=\"mvzkrtop\", realm=\"keywarden\", nonce=\"{}\", \
         uri=\"/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73/clusters?pretty=true\", algorithm={}, \
         qop=auth, nc=00000001, cnonce=\"f2wE4q74E6zIJEtW\", response=\"{}\"",
        nonce().as_str(),
        algorithm.name(),
        "0".repeat(algorithm.hex_digits())
    )
}

#[divan::bench(args = ALGORITHMS)]
fn parse(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let header = header(algorithm);
    bencher.bench(|| Credentials::parse(black_box(header.as_bytes())).is_ok());
}

#[divan::bench(args = ALGORITHMS)]
fn prove(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let (header, verifiers) = (header(algorithm), [verifier(algorithm)]);
    let Ok(credentials) = Credentials::parse(header.as_bytes()) else {
        return;
    };
    bencher.bench(|| proves(black_box(&credentials), b"GET", &verifiers).is_some());
}

#[divan::bench(args = ALGORITHMS)]
fn prove_nobody(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let header = header(algorithm);
    let Ok(credentials) = Credentials::parse(header.as_bytes()) else {
        return;
    };
    bencher.bench(|| proves(black_box(&credentials), b"GET", &[]).is_some());
}

#[divan::bench(args = ALGORITHMS)]
fn answer(bencher: Bencher<'_, '_>, algorithm: Algorithm) {
    let (header, verifier) = (header(algorithm), verifier(algorithm));
    let Ok(credentials) = Credentials::parse(header.as_bytes()) else {
        return;
    };
    bencher.bench(|| rspauth(black_box(&credentials), &verifier).into_bytes());
}

#[divan::bench]
fn mint(bencher: Bencher<'_, '_>) {
    let keys = keys();
    bencher.bench(|| keys.mint(black_box(NOW), 0, [1; 8]));
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let (keys, nonce) = (keys(), nonce());
    bencher.bench(|| keys.open(black_box(nonce.as_str().as_bytes()), NOW, LIFETIME));
}

#[divan::bench]
fn challenge(bencher: Bencher<'_, '_>) {
    let (challenges, nonce) = (Challenges::new("keywarden", &ALGORITHMS), nonce());
    bencher.bench(|| {
        challenges
            .render(black_box(&nonce), false)
            .map(|value| value.len())
            .sum::<usize>()
    });
}

/// Spends tickets, each a fresh one: `count` counts on one nonce, then on the next.
#[divan::bench(args = [1, 1_000])]
fn spend(bencher: Bencher<'_, '_>, counts: u64) {
    let memory = Memory::new(100_000_000, LIFETIME);
    let used = AtomicU64::new(0);
    bencher.bench(|| {
        let index = used.fetch_add(1, Ordering::Relaxed);
        let ticket = Ticket {
            nonce: (index / counts).wrapping_mul(0x9e37_79b9_7f4a_7c15),
            issued: NOW,
            count: u32::try_from(index % counts + 1).unwrap_or(1),
        };
        memory.spend(black_box(ticket), NOW).is_ok()
    });
}
