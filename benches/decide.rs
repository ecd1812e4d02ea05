//! What a decision costs with 1 000 keys of 200 entries each: all of it, and rules 4–9 with the look-up of the key.

#![expect(clippy::unwrap_used, reason = "a benchmark of its own fixed input")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use keywarden::decide::{Decision, Identity, Question, Request, authorize, decide};
use keywarden::digest::{Algorithm, Credentials, NonceKeys, Timestamp, Verifier};
use keywarden::policy::{
    AccessList, Assignment, Enforcement, Entry, Generation, Key, Method, Network, Organization,
    PathTemplate, Project, Reach, RequestTarget, Resource, ResourceTable, Role, Scope, Scopes,
    Snapshot, SnapshotParts, Verifiers,
};
use md5::Digest as _;

const ALGORITHMS: [Algorithm; 2] = [Algorithm::Md5, Algorithm::Sha256];
const KEYS: u32 = 1_000;
const ENTRIES: u32 = 200;
const BASES: [&str; 3] = ["/api/atlas/v1.0", "/api/atlas/v2", "/api/public/v1.0"];
const PROJECT: &str = "5f24084d8dbffa3ad3f25b73";
const ROWS: [&str; 8] = [
    "POST /orgs/{o}/apiKeys/{k}/accessList",
    "DELETE /orgs/{o}/apiKeys/{k}/accessList/{ip...}",
    "GET /groups/{g}/clusters/{c}/backup/restoreJobs",
    "POST /groups/{g}/clusters/{c}/backup/restoreJobs",
    "POST /groups/{g}/clusters/{c}/backup/snapshots",
    "DELETE /groups/{g}/clusters/{c}/backup/snapshots/{s}",
    "PATCH /groups/{g}/clusters/{c}/backup/schedule",
    "POST /groups/{g}/apiKeys",
];

fn resources() -> ResourceTable {
    let (mut resources, mut operations) = (Vec::new(), Vec::new());
    for (row, operation) in ROWS.into_iter().enumerate() {
        let (method, path) = operation.split_once(' ').unwrap();
        for base in BASES {
            let template = PathTemplate::parse(base, path).unwrap();
            operations.push((Method::parse(method).unwrap(), template, row));
        }
        resources.push(Resource {
            id: Arc::from(operation),
            section: Arc::from(""),
            title: Arc::from(""),
            requires_access_list: true,
            roles: [Role::from("GROUP_OWNER")].into_iter().collect(),
            item: 0,
        });
    }
    ResourceTable::new(resources, operations)
}

fn scope(path: &str) -> Scope {
    let template = |base| PathTemplate::parse(base, path).unwrap();
    Scope::new(BASES.map(template).to_vec(), Vec::new())
}

/// The `n`th key's address on its `entry`th block, out of 16 million.
fn address(n: u32, entry: u32) -> IpAddr {
    Ipv4Addr::from_bits((10 << 24) + n * 16_384 + entry * 64).into()
}

fn key(n: u32) -> Key {
    let entries = (0..ENTRIES)
        .map(|entry| Entry {
            network: Network::host(address(n, entry)),
            named: None,
            comment: None,
            expires: None,
            item: entry,
        })
        .collect();
    Key {
        id: Arc::from(format!("{n:024x}")),
        public_key: Arc::from(public_key(n)),
        description: None,
        roles: [Role::from("ORG_MEMBER")].into_iter().collect(),
        projects: Box::new([Assignment {
            project: Arc::from(PROJECT),
            roles: [Role::from("GROUP_OWNER")].into_iter().collect(),
        }]),
        reach: Reach::new(AccessList::new(entries), false),
        enabled: true,
        expires: None,
        enforcement: Enforcement::Enforce,
        item: n,
    }
}

fn public_key(n: u32) -> String {
    format!("key{n:05}")
}

fn snapshot() -> Snapshot {
    let organization = Organization {
        id: Arc::from("32b6e34b3d91647abb20e7b8"),
        name: Arc::from("Acme"),
        require_access_list: false,
        enforcement: Enforcement::Enforce,
        projects: Box::new([Project {
            id: Arc::from(PROJECT),
            name: Arc::from("payments"),
        }]),
        keys: (0..KEYS).map(key).collect(),
        file: Arc::from("organizations/acme.yaml"),
    };
    Snapshot::new(SnapshotParts {
        generation: Generation::default(),
        realm: Arc::from("keywarden"),
        algorithms: ALGORITHMS.to_vec(),
        advertised: ALGORITHMS.to_vec(),
        nonce_lifetime: Duration::from_secs(300),
        resources: Arc::new(resources()),
        scopes: Arc::new(Scopes {
            organization: scope("/orgs/{id}"),
            project: scope("/groups/{id}"),
        }),
        organizations: vec![Arc::new(organization)],
        verifiers: Arc::new(verifiers()),
    })
}

fn verifiers() -> Verifiers {
    let of = |name: &str| {
        ALGORITHMS
            .map(|algorithm| verifier(algorithm, name))
            .to_vec()
    };
    (0..KEYS)
        .map(public_key)
        .map(|name| (Box::from(&*name), of(&name)))
        .collect()
}

fn verifier(algorithm: Algorithm, name: &str) -> Verifier {
    Verifier::derive(algorithm, name, "keywarden", "s3cret")
}

/// The credentials of a key for `POST` of `target`, as most clients write them.
fn header(algorithm: Algorithm, name: &str, nonce: &str, target: &str) -> String {
    const CNONCE: &str = "f2wE4q74E6zIJEtW";
    let ha1 = verifier(algorithm, name);
    let hash = |text: String| match algorithm {
        Algorithm::Md5 => hex(&md5::Md5::digest(text)),
        Algorithm::Sha256 => hex(&sha2::Sha256::digest(text)),
        Algorithm::Sha512Trunc256 => hex(&sha2::Sha512_256::digest(text)),
    };
    let ha2 = hash(format!("POST:{target}"));
    let response = hash(format!(
        "{}:{nonce}:00000001:{CNONCE}:auth:{ha2}",
        ha1.expose_hex()
    ));
    format!(
        "Digest username=\"{name}\", realm=\"keywarden\", nonce=\"{nonce}\", uri=\"{target}\", algorithm={}, \
         qop=auth, nc=00000001, cnonce=\"{CNONCE}\", response=\"{response}\"",
        algorithm.name()
    )
}

fn hex(octets: &[u8]) -> String {
    octets.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "{octet:02x}");
        text
    })
}

/// Everything that judges a request before its proof is spent, for another key each time: the target, the
/// credentials, the nonce, rules 1–9. It forwards.
#[divan::bench(args = ALGORITHMS, sample_size = 200)]
fn whole(bencher: Bencher, algorithm: Algorithm) {
    let snapshot = snapshot();
    let text = format!("/api/atlas/v2/groups/{PROJECT}/clusters/Cluster0/backup/snapshots");
    let now = Timestamp::from_millis(1_795_000_000_123);
    let nonces = NonceKeys::new(vec![[7; 32]]);
    let nonce = nonces.mint(now, 0, [1; 8]);
    let headers: Vec<String> = (0..KEYS)
        .map(|n| header(algorithm, &public_key(n), nonce.as_str(), &text))
        .collect();
    let mut turn = 0_u32;
    bencher.bench_local(|| {
        turn = (turn + 7) % KEYS;
        let header = headers.get(usize::try_from(turn).unwrap()).unwrap();
        let target = RequestTarget::parse(black_box(text.as_bytes())).unwrap();
        let credentials = Credentials::parse(black_box(header.as_bytes())).unwrap();
        let request = Request {
            question: Question {
                at: now,
                caller: Some(address(turn, turn % ENTRIES).into()),
                method: Method::Post,
                target: &target,
            },
            credentials: Ok(&credentials),
            nonce: nonces.open(credentials.nonce(), now, snapshot.nonce_lifetime),
            authority: b"api.example.test",
        };
        assert!(matches!(
            black_box(decide(&snapshot, &request)),
            Decision::Forward(_)
        ));
    });
}

/// Rules 4–9 for another key each time, target checked anew: all that a request costs besides its proof.
#[divan::bench(args = [true, false], sample_size = 500)]
fn authorization(bencher: Bencher, on_the_list: bool) {
    let snapshot = snapshot();
    let text = format!("/api/atlas/v2/groups/{PROJECT}/clusters/Cluster0/backup/snapshots");
    let names: Vec<String> = (0..KEYS).map(public_key).collect();
    let mut turn = 0_u32;
    bencher.bench_local(|| {
        turn = (turn + 7) % KEYS;
        let target = RequestTarget::parse(black_box(text.as_bytes())).unwrap();
        let owner = if on_the_list { turn } else { turn + 1 };
        let question = Question {
            at: Timestamp::from_millis(1),
            caller: Some(address(owner, turn % ENTRIES).into()),
            method: Method::Post,
            target: &target,
        };
        let name = names.get(usize::try_from(turn).unwrap()).unwrap();
        let identity = Identity::assumed(snapshot.find_key(name.as_bytes()).unwrap());
        black_box(authorize(&snapshot, identity, &question));
    });
}

/// Rule 4 alone, on one list.
#[divan::bench]
fn access_list(bencher: Bencher) {
    let key = key(3);
    let list = key.reach.list().unwrap();
    let mut turn = 0_u32;
    bencher.bench_local(|| {
        turn = (turn + 7) % ENTRIES;
        black_box(list.find(address(3, turn).into(), Timestamp::default())).is_some()
    });
}

fn main() {
    divan::main();
}
