//! The documentation page "Configure Atlas Administration API Access", sentence by sentence, each seen to be obeyed.
//!
//! Every test quotes what it shows. The gateway has the shipped resource table; callers are on real sockets, and on
//! whichever loopback address the sentence wants them.

mod all_requests;
mod observed;
mod resources;
mod roles;

use crate::house::{Answer, House, ORGANIZATION, PROJECT, Plan};

/// A project of the organization that only its owner has.
const OTHER_PROJECT: &str = "60c4fd418ebe251047c50554";
/// Another organization, which requires access lists of every key.
const STRICT: &str = "6543a1f0c2b74d18e9d0a5b7";
/// Its project.
const VAULT: &str = "6543a1f0c2b74d18e9d0a5c8";
/// The table of the repository.
const SHIPPED: &str = include_str!("../../../config/resources.yaml");
/// Where the table stands.
const BASES: [&str; 3] = ["/api/atlas/v1.0", "/api/atlas/v2", "/api/public/v1.0"];

/// The keys of the page's organization: what each may do, and from where.
///
/// `owner` and `owner-listed` are Organization Owners, `member` and `member-listed` Organization Members who read the
/// project, `keeper` a Project Owner. The list of each `-listed` key has 127.0.0.1 and nothing else.
fn acme() -> String {
    let key = |id: u8, name: &str, role: &str, project: &str, list: &str| {
        format!(
            "  - {{ id: 5d1d143c87d9d63e6d6947{id:02x}, public_key: {name}, roles: [{role}], projects: [{project}], \
             access_list: [{list}] }}\n"
        )
    };
    let given = |role: &str| format!("{{ project: payments, roles: [{role}] }}");
    let here = "{ address: 127.0.0.1 }";
    [
        format!(
            "version: 1\nid: {ORGANIZATION}\nname: Acme\nrequire_access_list: false\nprojects:\n  \
             - {{ id: {PROJECT}, name: payments }}\n  - {{ id: {OTHER_PROJECT}, name: reporting }}\nkeys:\n"
        ),
        key(1, "owner", "ORG_OWNER", "", ""),
        key(2, "owner-listed", "ORG_OWNER", "", here),
        key(3, "member", "ORG_MEMBER", &given("GROUP_READ_ONLY"), ""),
        key(
            4,
            "member-listed",
            "ORG_MEMBER",
            &given("GROUP_READ_ONLY"),
            here,
        ),
        key(5, "keeper", "ORG_MEMBER", &given("GROUP_OWNER"), ""),
        key(6, "uninvited", "ORG_MEMBER", "", ""),
    ]
    .concat()
}

/// The other organization; `list` is the access list of its one key `strict`.
fn strict(required: bool, list: &str) -> String {
    format!(
        "version: 1\nid: {STRICT}\nname: Strict\nrequire_access_list: {required}\nprojects:\n  \
         - {{ id: {VAULT}, name: vault }}\nkeys:\n  - {{ id: 6543a2e4c2b74d18e9d0a611, public_key: strict, \
         roles: [ORG_OWNER], access_list: [{list}] }}\n"
    )
}

fn plan() -> Plan {
    let plan = Plan::new();
    plan.write("resources.yaml", SHIPPED);
    plan.write("organizations/acme.yaml", &acme());
    plan.write("organizations/strict.yaml", &strict(true, ""));
    std::fs::remove_file(plan.folder().join("credentials/keys.htdigest")).expect("removed");
    for key in [
        "owner",
        "owner-listed",
        "member",
        "member-listed",
        "keeper",
        "uninvited",
        "strict",
    ] {
        plan.credential(key);
    }
    plan
}

fn house() -> House {
    plan().build()
}

/// What refuses a request, with the words of the Atlas API.
#[derive(Clone, Copy, Debug)]
enum Refusal {
    NotOnList(&'static str),
    OrganizationRequiresList(&'static str),
    ResourceRequiresList(&'static str),
    Organization,
    Project,
    Role,
}

impl Refusal {
    /// The body, octet for octet.
    fn body(self) -> String {
        let (code, detail, address) = match self {
            Self::NotOnList(from) => (
                "IP_ADDRESS_NOT_ON_ACCESS_LIST",
                format!("IP address {from} is not allowed to access this resource."),
                Some(from),
            ),
            Self::OrganizationRequiresList(from) => (
                "ORG_REQUIRES_ACCESS_LIST",
                "This organization requires access through an access list of ip ranges.".to_owned(),
                Some(from),
            ),
            Self::ResourceRequiresList(from) => (
                "RESOURCE_REQUIRES_ACCESS_LIST",
                "This resource requires access through an access list of ip ranges.".to_owned(),
                Some(from),
            ),
            Self::Organization => (
                "USER_CANNOT_ACCESS_ORG",
                "User cannot access this organization.".to_owned(),
                None,
            ),
            Self::Project => (
                "USER_CANNOT_ACCESS_GROUP",
                "User cannot access this group.".to_owned(),
                None,
            ),
            Self::Role => (
                "USER_UNAUTHORIZED",
                "Current user is not authorized to perform this action.".to_owned(),
                None,
            ),
        };
        let parameters = address.map_or(String::new(), |address| format!("\"{address}\""));
        format!(
            r#"{{"detail":"{detail}","error":403,"errorCode":"{code}","parameters":[{parameters}],"reason":"Forbidden"}}"#
        )
    }
}

/// A refusal is 403 with exactly that body, in JSON, small, and with an id to ask about; nothing challenges the caller.
#[track_caller]
fn refused(answer: &Answer, refusal: Refusal) {
    assert_eq!(
        (answer.status, answer.text()),
        (403, refusal.body()),
        "{refusal:?}"
    );
    proper(answer);
    assert_eq!(answer.field("www-authenticate"), None);
    assert_eq!(answer.field("authentication-info"), None);
}

/// A challenge is 401 with a body that does not tell which half of the credentials was wrong.
#[track_caller]
fn challenged(answer: &Answer) {
    let body = r#"{"detail":"You are not authorized for this resource.","error":401,"errorCode":"UNAUTHORIZED","parameters":[],"reason":"Unauthorized"}"#;
    assert_eq!((answer.status, answer.text().as_str()), (401, body));
    proper(answer);
    assert!(answer.challenge("nonce").is_some());
}

/// What every answer of the gateway's own has.
#[track_caller]
fn proper(answer: &Answer) {
    assert_eq!(answer.all("content-type"), ["application/json"]);
    assert!(answer.body.len() <= 1024, "{} octets", answer.body.len());
    let ids = answer.all("x-request-id");
    assert!(
        matches!(ids.as_slice(), [id] if !id.is_empty()),
        "one request id: {ids:?}"
    );
}

#[track_caller]
fn forwarded(answer: &Answer) {
    assert_eq!((answer.status, answer.text().as_str()), (200, "oo"));
}

fn clusters(project: &str) -> String {
    format!("/api/atlas/v2/groups/{project}/clusters")
}

/// "To access the Atlas Administration API, generate an API key for your organization."
#[test]
fn without_a_key_nobody_gets_in_and_with_one_they_do() {
    let house = house();
    let owner = house.caller("owner");
    let mut connection = owner.connect();
    connection.send(&owner.request("GET", &clusters(PROJECT), "", b""));
    challenged(&connection.answer());
    assert!(
        house.upstream.seen().is_empty(),
        "nothing unproven goes through"
    );
    forwarded(&owner.get(&clusters(PROJECT)));
    assert_eq!(
        house.upstream.last().only("x-keywarden-organization"),
        Some(ORGANIZATION)
    );
}

/// "You can't use an API key to log into Atlas through its console": a pair is good for a digest, and for nothing else.
#[test]
fn a_key_pair_is_not_a_user_name_and_a_password() {
    let house = house();
    let owner = house.caller("owner");
    // base64 of owner:8b1f9d6e-4c1a-4f4e-9d57-0d6a6c1f2e3b-90ab12cd
    let basic = "Basic b3duZXI6OGIxZjlkNmUtNGMxYS00ZjRlLTlkNTctMGQ2YTZjMWYyZTNiLTkwYWIxMmNk";
    let mut connection = owner.connect();
    connection.send(&owner.request("GET", &clusters(PROJECT), basic, b""));
    challenged(&connection.answer());
    assert!(house.upstream.seen().is_empty());
}

/// "Organization API keys have two parts: a Public Key and a Private Key."
#[test]
fn a_key_has_two_parts_and_neither_is_enough() {
    let house = house();
    let target = clusters(PROJECT);
    challenged(&house.caller("owner").with_private_key("").get(&target));
    challenged(&house.caller("owner").with_private_key("wrong").get(&target));
    challenged(&house.caller("nobody").get(&target));
    assert!(house.upstream.seen().is_empty());
    forwarded(&house.caller("owner").get(&target));
    assert_eq!(
        house.upstream.last().only("x-keywarden-key"),
        Some("owner"),
        "the upstream learns the public part"
    );
    let seen = format!("{:?}", house.upstream.last());
    assert!(!seen.contains(crate::house::PRIVATE_KEY) && !seen.contains("response="));
}

/// "All API keys belong to the organization."
#[test]
fn a_key_belongs_to_its_organization_and_to_no_other() {
    let house = house();
    for base in BASES {
        let own = format!("{base}/orgs/{ORGANIZATION}/groups");
        let foreign = format!("{base}/orgs/{STRICT}/groups");
        for key in ["owner", "member"] {
            forwarded(&house.caller(key).get(&own));
            refused(&house.caller(key).get(&foreign), Refusal::Organization);
        }
        // Its projects belong to it, too: not even an Organization Owner reaches into another one's.
        refused(
            &house
                .caller("owner")
                .get(&format!("{base}/groups/{VAULT}/clusters")),
            Refusal::Project,
        );
    }
}

/// "You can give an API key access to a project."
#[test]
fn a_key_has_the_projects_it_was_given_and_an_organization_owner_has_all() {
    let house = house();
    forwarded(&house.caller("member").get(&clusters(PROJECT)));
    refused(
        &house.caller("member").get(&clusters(OTHER_PROJECT)),
        Refusal::Project,
    );
    refused(
        &house.caller("uninvited").get(&clusters(PROJECT)),
        Refusal::Project,
    );
    for project in [PROJECT, OTHER_PROJECT] {
        forwarded(&house.caller("owner").get(&clusters(project)));
    }
}

/// "To add the new API key created in an organization, invite the API key to the project."
#[test]
fn an_invited_key_has_the_project_from_the_moment_the_file_says_so() {
    let house = house();
    let uninvited = house.caller("uninvited");
    refused(&uninvited.get(&clusters(PROJECT)), Refusal::Project);
    let before = "public_key: uninvited, roles: [ORG_MEMBER], projects: []";
    let after = "public_key: uninvited, roles: [ORG_MEMBER], projects: [{ project: payments, roles: [GROUP_READ_ONLY] }]";
    assert!(acme().contains(before));
    house.reload("organizations/acme.yaml", &acme().replace(before, after));
    forwarded(&uninvited.get(&clusters(PROJECT)));
    refused(&uninvited.get(&clusters(OTHER_PROJECT)), Refusal::Project);
}

/// "Atlas allows your API key to make requests from any address on the internet."
#[test]
fn a_key_without_a_list_calls_from_any_address_on_the_internet() {
    let plan = plan();
    plan.settings("");
    let file = plan.folder().join("keywarden.yaml");
    let yaml = std::fs::read_to_string(&file).expect("read").replace(
        "address: 127.0.0.1:0 }\nupstream",
        "address: 127.0.0.1:0, client_address: { source: x_forwarded_for, trusted_proxies: [127.0.0.0/8] } }\nupstream",
    );
    assert!(yaml.contains("x_forwarded_for"));
    plan.write("keywarden.yaml", &yaml);
    let house = plan.build();
    for address in [
        "198.51.100.9",
        "8.8.8.8",
        "100.64.0.1",
        "203.0.113.255",
        "2001:db8::7",
        "2606:4700::1111",
    ] {
        let through = format!("X-Forwarded-For: {address}");
        let member = house.caller("member").with_field(&through);
        forwarded(&member.get(&clusters(PROJECT)));
        assert_eq!(
            house.upstream.last().only("x-forwarded-for"),
            Some(address),
            "the address was understood"
        );
        let listed = house.caller("member-listed").with_field(&through);
        let answer = listed.get(&clusters(PROJECT));
        assert_eq!(
            answer.error_code(),
            "IP_ADDRESS_NOT_ON_ACCESS_LIST",
            "{address}"
        );
        assert_eq!(answer.json()["parameters"][0], address);
    }
}

/// "To add these location-based limits to your API key, create an API Access List. This list limits the internet
/// addresses from which a specific API key [may] make API requests."
#[test]
fn a_list_limits_the_key_it_is_on_and_no_other() {
    let house = house();
    forwarded(
        &house
            .caller("member")
            .from_address(9)
            .get(&clusters(PROJECT)),
    );
    let key = "public_key: member, roles: [ORG_MEMBER], projects: [{ project: payments, roles: [GROUP_READ_ONLY] }], access_list: [";
    assert!(acme().contains(&format!("{key}]")));
    let limited = acme().replace(
        &format!("{key}]"),
        &format!("{key}{{ address: 127.0.0.8 }}]"),
    );
    house.reload("organizations/acme.yaml", &limited);
    forwarded(
        &house
            .caller("member")
            .from_address(8)
            .get(&clusters(PROJECT)),
    );
    assert_eq!(
        house.upstream.last().only("x-keywarden-matched-entry"),
        Some("127.0.0.8")
    );
    refused(
        &house
            .caller("member")
            .from_address(9)
            .get(&clusters(PROJECT)),
        Refusal::NotOnList("127.0.0.9"),
    );
    forwarded(
        &house
            .caller("keeper")
            .from_address(9)
            .get(&clusters(PROJECT)),
    );
}

/// "Any API keys with an API access list require all API requests to come from an IP address on that list."
#[test]
fn all_requests_of_a_listed_key_come_from_its_list() {
    let house = house();
    let targets = [
        clusters(PROJECT),
        format!("/api/atlas/v2/orgs/{ORGANIZATION}/apiKeys"),
        format!("/api/atlas/v1.0/orgs/{STRICT}/apiKeys"),
        format!("/api/public/v1.0/groups/{PROJECT}/clusters/c0/backup/snapshots"),
        "/outside/of/every/base".to_owned(),
        "/".to_owned(),
    ];
    for target in &targets {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            for key in ["owner-listed", "member-listed"] {
                let answer = house.caller(key).from_address(9).call(method, target, b"");
                refused(&answer, Refusal::NotOnList("127.0.0.9"));
            }
        }
        let head = house
            .caller("owner-listed")
            .from_address(9)
            .call("HEAD", target, b"");
        assert_eq!((head.status, head.body.len()), (403, 0), "HEAD {target}");
    }
    assert!(house.upstream.seen().is_empty());
    for target in [&targets[0], &targets[4]] {
        forwarded(&house.caller("owner-listed").get(target));
    }
}

/// "Your API access list must include entries for all clients that use the API."
#[test]
fn every_client_needs_an_entry_and_has_access_once_it_has_one() {
    let house = house();
    let caller = house.caller("member-listed");
    let other = caller.clone().from_address(2);
    forwarded(&caller.get(&clusters(PROJECT)));
    refused(
        &other.get(&clusters(PROJECT)),
        Refusal::NotOnList("127.0.0.2"),
    );
    let both = acme().replace(
        "[{ address: 127.0.0.1 }]",
        "[{ address: 127.0.0.1 }, { cidr: 127.0.0.2/31 }]",
    );
    house.reload("organizations/acme.yaml", &both);
    for last in [1, 2, 3] {
        forwarded(&caller.clone().from_address(last).get(&clusters(PROJECT)));
    }
    refused(
        &caller.clone().from_address(4).get(&clusters(PROJECT)),
        Refusal::NotOnList("127.0.0.4"),
    );
    house.reload("organizations/acme.yaml", &acme());
    refused(
        &other.get(&clusters(PROJECT)),
        Refusal::NotOnList("127.0.0.2"),
    );
}
