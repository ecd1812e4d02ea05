//! Verifying a request allocates nothing: neither reading its credentials, nor opening its nonce, nor the decision.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use keywarden::config::Loader;
use keywarden::decide::{Decision, Doubt, Question, Reason, Request, decide};
use keywarden::digest::{Algorithm, Credentials, NonceKeys, NonceState, Timestamp, Verifier};
use keywarden::policy::{
    AccessList, Assignment, Enforcement, Entry, Key, Method, Network, Organization, Project, Reach,
    RequestTarget, Snapshot, Verifiers,
};

use crate::house::{ORGANIZATION, PRIVATE_KEY, PROJECT, Proof, REALM};

const KEYS: u32 = 1_000;
const ENTRIES: u32 = 200;
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// A key in the middle of the organization.
const SOME: u32 = 617;

fn public_key(n: u32) -> String {
    format!("key{n:05}")
}

/// The address of the `entry`th entry of the `n`th key's list.
fn address(n: u32, entry: u32) -> IpAddr {
    Ipv4Addr::from_bits((10 << 24) + n * 16_384 + entry * 64).into()
}

fn key(n: u32) -> Key {
    let entries = (0..ENTRIES).map(|entry| Entry {
        network: Network::host(address(n, entry)),
        named: None,
        comment: None,
        expires: None,
        item: entry,
    });
    Key {
        id: Arc::from(format!("{n:024x}")),
        public_key: Arc::from(public_key(n)),
        description: None,
        roles: ["ORG_MEMBER"].into_iter().map(Arc::from).collect(),
        projects: Box::new([Assignment {
            project: Arc::from(PROJECT),
            roles: ["GROUP_OWNER"].into_iter().map(Arc::from).collect(),
        }]),
        reach: Reach::new(AccessList::new(entries.collect()), false),
        enabled: true,
        expires: None,
        enforcement: Enforcement::Enforce,
        item: n,
    }
}

/// The shipped table and settings, over one organization of a thousand keys with two hundred entries each.
fn snapshot() -> Snapshot {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let mut parts = Loader::new(&shipped).load(NOW).parts.expect("a policy");
    parts.organizations = vec![Arc::new(Organization {
        id: Arc::from(ORGANIZATION),
        name: Arc::from("Acme"),
        require_access_list: false,
        enforcement: Enforcement::Enforce,
        projects: Box::new([Project {
            id: Arc::from(PROJECT),
            name: Arc::from("payments"),
        }]),
        keys: (0..KEYS).map(key).collect(),
        file: Arc::from("organizations/acme.yaml"),
    })];
    let mut verifiers = Verifiers::default();
    for n in 0..KEYS {
        let name = public_key(n);
        let of = |algorithm| Verifier::derive(algorithm, &name, REALM, PRIVATE_KEY);
        let both = vec![of(Algorithm::Md5), of(Algorithm::Sha256)];
        verifiers.insert(name.as_str().into(), both);
    }
    parts.verifiers = Arc::new(verifiers);
    Snapshot::new(parts)
}

/// One request as it arrives, everything about it still to be read.
#[derive(Clone)]
struct Arriving {
    header: Option<String>,
    method: Method,
    target: String,
    from: IpAddr,
}

/// What came of it, so far as it can be told without allocating.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Came {
    Forwarded,
    Refused(Reason),
    Challenged(Doubt),
}

/// All that verifying is, from octets to decision.
fn verify(snapshot: &Snapshot, keys: &NonceKeys, arriving: &Arriving) -> Came {
    let target = RequestTarget::parse(arriving.target.as_bytes()).expect("a target");
    let credentials = arriving
        .header
        .as_ref()
        .map(|header| Credentials::parse(header.as_bytes()));
    let credentials = match &credentials {
        Some(Ok(credentials)) => Ok(credentials),
        Some(Err(_)) => Err(Doubt::CredentialsMalformed),
        None => Err(Doubt::CredentialsMissing),
    };
    let nonce = credentials.map_or(NonceState::Foreign, |credentials| {
        keys.open(credentials.nonce(), NOW, snapshot.nonce_lifetime)
    });
    let request = Request {
        question: Question {
            at: NOW,
            caller: Some(arriving.from.into()),
            method: arriving.method,
            target: &target,
        },
        credentials,
        nonce,
        authority: b"api.example.com",
    };
    match decide(snapshot, &request) {
        Decision::Forward(_) => Came::Forwarded,
        Decision::Refuse(refusal) => Came::Refused(refusal.reason),
        Decision::Challenge(doubt) => Came::Challenged(doubt),
    }
}

fn arriving(keys: &NonceKeys, sha256: bool, change: impl FnOnce(&mut Proof)) -> Arriving {
    let target =
        format!("/api/atlas/v2/groups/{PROJECT}/clusters/Cluster0/backup/snapshots?pretty=true");
    let mut proof = Proof {
        username: public_key(SOME),
        password: PRIVATE_KEY.to_owned(),
        realm: REALM.to_owned(),
        nonce: keys.mint(NOW, 0, [7; 8]).as_str().to_owned(),
        method: "POST".to_owned(),
        uri: target.clone(),
        count: "0000000a".to_owned(),
        cnonce: "f2wE4q74E6zIJEtW".to_owned(),
        sha256,
    };
    change(&mut proof);
    Arriving {
        header: Some(proof.header()),
        method: Method::Post,
        target,
        from: address(SOME, 133),
    }
}

#[test]
fn verifying_a_request_allocates_nothing_however_it_comes_out() {
    let snapshot = snapshot();
    let keys = NonceKeys::new(vec![[3; 32]]);
    let old = NOW.minus(snapshot.nonce_lifetime + Duration::from_secs(1));
    let foreign = NonceKeys::new(vec![[4; 32]]);
    for sha256 in [false, true] {
        let good = arriving(&keys, sha256, |_| {});
        let doubted = |doubt, change: &dyn Fn(&mut Proof)| {
            (
                arriving(&keys, sha256, |proof| change(proof)),
                Came::Challenged(doubt),
            )
        };
        let with = |change: &dyn Fn(&mut Arriving)| {
            let mut arriving = good.clone();
            change(&mut arriving);
            arriving
        };
        let cases = [
            (good.clone(), Came::Forwarded),
            (
                with(&|a| a.from = address(SOME, 133 + ENTRIES)),
                Came::Refused(Reason::AddressNotOnAccessList),
            ),
            doubted(Doubt::ProofWrong, &|p| p.password = "wrong".to_owned()),
            doubted(Doubt::ProofWrong, &|p| p.username = "nobody".to_owned()),
            doubted(Doubt::NonceExpired, &|p| {
                p.nonce = keys.mint(old, 0, [8; 8]).as_str().to_owned();
            }),
            doubted(Doubt::NonceForeign, &|p| {
                p.nonce = foreign.mint(NOW, 0, [8; 8]).as_str().to_owned();
            }),
            doubted(Doubt::RealmForeign, &|p| p.realm = "other".to_owned()),
            doubted(Doubt::CredentialsMalformed, &|p| {
                p.uri = "/other".to_owned();
            }),
            (
                with(&|a| a.header = None),
                Came::Challenged(Doubt::CredentialsMissing),
            ),
            (
                with(&|a| a.header = Some("Digest username=".to_owned())),
                Came::Challenged(Doubt::CredentialsMalformed),
            ),
        ];
        for (arriving, expected) in &cases {
            let mut came = None;
            let info = measure(|| came = Some(verify(&snapshot, &keys, arriving)));
            assert_eq!(came, Some(*expected), "{:?}", arriving.header);
            assert_eq!(
                (info.count_total, info.bytes_total),
                (0, 0),
                "{expected:?}: {info:?}"
            );
        }
    }
}

#[test]
fn rules_that_ask_about_the_path_allocate_nothing_either() {
    let snapshot = snapshot();
    let keys = NonceKeys::new(vec![[3; 32]]);
    for (target, expected) in [
        (
            "/api/atlas/v2/orgs/6543a1f0c2b74d18e9d0a5b7/apiKeys".to_owned(),
            Reason::OrganizationForeign,
        ),
        (
            "/api/atlas/v2/groups/6543a1f0c2b74d18e9d0a5c8".to_owned(),
            Reason::ProjectUnassigned,
        ),
        (
            format!("/api/atlas/v2/orgs/{ORGANIZATION}/apiKeys/"),
            Reason::RoleMissing,
        ),
        (
            format!(
                "/api/atlas/v1.0/orgs/{ORGANIZATION}/apiKeys/5d1d143c87d9d63e6d694747/accessList?x=%2F%41"
            ),
            Reason::RoleMissing,
        ),
    ] {
        let mut arriving = arriving(&keys, false, |proof| proof.uri.clone_from(&target));
        arriving.target = target;
        let mut came = None;
        let info = measure(|| came = Some(verify(&snapshot, &keys, &arriving)));
        assert_eq!(came, Some(Came::Refused(expected)), "{}", arriving.target);
        assert_eq!(info.count_total, 0, "{}: {info:?}", arriving.target);
    }
}

#[test]
fn an_allocation_would_be_counted() {
    let info = measure(|| drop(std::hint::black_box(public_key(1))));
    assert!(info.count_total > 0);
}
