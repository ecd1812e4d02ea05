//! A house to test in: a gateway on a folder of its own, a recording upstream and callers, all on ports of their own.

mod caller;
mod connection;
mod operator_log;
mod session;
mod stage;
mod upstream;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use keywarden::digest::{Algorithm, Verifier};
use keywarden::gateway::{Gateway, Options};

pub use caller::{Caller, Proof};
pub use connection::{Answer, Connection};
pub use operator_log::operator_log;
pub use session::Session;
pub use stage::Stage;
pub use upstream::Upstream;

/// The organization of the house.
pub const ORGANIZATION: &str = "32b6e34b3d91647abb20e7b8";
/// Its project.
pub const PROJECT: &str = "5f24084d8dbffa3ad3f25b73";
/// The private key of every key in the house.
pub const PRIVATE_KEY: &str = "8b1f9d6e-4c1a-4f4e-9d57-0d6a6c1f2e3b-90ab12cd";
/// The realm of the house.
pub const REALM: &str = "keywarden";

/// A running gateway with everything around it.
pub struct House {
    /// The upstream, which recorded what it saw.
    pub upstream: Upstream,
    gateway: Option<Gateway>,
    folder: tempfile::TempDir,
}

/// A house before its gateway is started: files may still be changed.
pub struct Plan {
    upstream: Upstream,
    folder: tempfile::TempDir,
}

impl Plan {
    /// The usual folder: one organization that requires no lists, one project, the keys `open` (no list), `listed`
    /// (127.0.0.1 and a network) and `elsewhere` (a list without this machine), all `ORG_OWNER`.
    pub fn new() -> Self {
        let plan = Self {
            upstream: Upstream::start(),
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let upstream = format!("http://{}", plan.upstream.address());
        plan.write("keywarden.yaml", &keywarden_yaml(&upstream, ""));
        plan.write("resources.yaml", RESOURCES);
        plan.write(
            "organizations/acme.yaml",
            &organization_yaml(&USUAL_KEYS.concat()),
        );
        for name in ["open", "listed", "elsewhere"] {
            plan.credential(name);
        }
        plan
    }

    /// The configuration folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The upstream.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Writes a file of the folder.
    pub fn write(&self, name: &str, text: &str) {
        write(&self.folder.path().join(name), text);
    }

    /// Replaces `keywarden.yaml`; `more` are further top-level settings.
    pub fn settings(&self, more: &str) {
        let upstream = format!("http://{}", self.upstream.address());
        self.write("keywarden.yaml", &keywarden_yaml(&upstream, more));
    }

    /// Replaces `keywarden.yaml`: another upstream, and further top-level settings.
    pub fn forwarding_to(&self, upstream: &str, more: &str) {
        self.write("keywarden.yaml", &keywarden_yaml(upstream, more));
    }

    /// Replaces `keywarden.yaml`: these listeners (a YAML list's items, one a line) instead of the usual one.
    pub fn listening(&self, listeners: &[&str], more: &str) {
        let upstream = format!("http://{}", self.upstream.address());
        let usual = "  - { name: public, address: 127.0.0.1:0 }\n";
        let items = format!("  - {}\n", listeners.join("\n  - "));
        let text = keywarden_yaml(&upstream, more).replace(usual, &items);
        self.write("keywarden.yaml", &text);
    }

    /// Replaces `keywarden.yaml` by one without anything about throttling and shutdown, for `more` to say.
    pub fn unguarded(&self, more: &str) {
        let usual = keywarden_yaml(&format!("http://{}", self.upstream.address()), more);
        let kept = usual
            .lines()
            .filter(|line| !line.contains("linger: 0s") && !line.contains("exempt: [127.0.0.0/8]"));
        let text: Vec<&str> = kept.collect();
        self.write("keywarden.yaml", &(text.join("\n") + "\n"));
    }

    /// Gives a key its credential lines, for [`PRIVATE_KEY`].
    pub fn credential(&self, public_key: &str) {
        append_credential(self.folder.path(), public_key);
    }

    /// Starts the gateway.
    pub fn build(self) -> House {
        let options = Options {
            folder: self.folder.path().to_owned(),
            workers: Some(2),
            confined: false,
        };
        let gateway = Gateway::start(&options).expect("the gateway starts");
        House {
            upstream: self.upstream,
            gateway: Some(gateway),
            folder: self.folder,
        }
    }
}

impl House {
    /// The usual house.
    pub fn new() -> Self {
        Plan::new().build()
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        self.gateway
            .as_ref()
            .expect("the gateway runs until the end")
    }

    /// The configuration folder.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Writes a file of the folder the careful way: beside it, then renamed over it.
    pub fn replace(&self, name: &str, text: &str) {
        let target = self.folder.path().join(name);
        let beside = target.with_file_name(".new");
        write(&beside, text);
        fs::rename(beside, target).expect("renamed");
    }

    /// Where the first listener is.
    pub fn address(&self) -> SocketAddr {
        self.gateway().listeners().first().expect("a listener").1
    }

    /// Where the listener of that name is.
    pub fn listener(&self, name: &str) -> SocketAddr {
        let mut all = self.gateway().listeners().iter();
        all.find(|(known, _)| known == name)
            .expect("a listener of that name")
            .1
    }

    /// A caller with this key who stays on one connection.
    pub fn session(&self, public_key: &str) -> Session {
        Session::open(self.caller(public_key))
    }

    /// Replaces `keywarden.yaml`; `more` are further top-level settings.
    pub fn settings(&self, more: &str) {
        let upstream = format!("http://{}", self.upstream.address());
        self.replace("keywarden.yaml", &keywarden_yaml(&upstream, more));
    }

    /// The value of a metric, by its name and labels as they stand on the page.
    pub fn metric(&self, series: &str) -> Option<f64> {
        let page = self.admin("/metrics").1;
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
        line.parse().ok()
    }

    /// A caller with this key.
    pub fn caller(&self, public_key: &str) -> Caller {
        Caller::new(self.address(), public_key)
    }

    /// A GET of the admin listener: status and body.
    pub fn admin(&self, path: &str) -> (u16, String) {
        let mut connection = Connection::open(self.gateway().admin());
        connection.send(
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        );
        let answer = connection.answer();
        (answer.status, answer.text())
    }

    /// What a sample counts; 0 if there is none.
    pub fn counted(&self, sample: &str) -> f64 {
        self.metric(sample).unwrap_or(0.0)
    }

    /// Waits until a sample has this value, as [`House::until`] does.
    pub fn until_metric(&self, sample: &str, value: f64) {
        let began = Instant::now();
        while (self.counted(sample) - value).abs() > f64::EPSILON {
            assert!(
                began.elapsed() < PATIENCE,
                "not within {PATIENCE:?}: {sample} {value}, but {}",
                self.counted(sample)
            );
            std::thread::yield_now();
        }
    }

    /// Takes the gateway out, to end it in the test's own way.
    pub fn take_gateway(&mut self) -> Gateway {
        self.gateway.take().expect("the gateway runs until the end")
    }

    /// `/status` as JSON.
    pub fn status(&self) -> serde_json::Value {
        serde_json::from_str(&self.admin("/status").1).expect("JSON")
    }

    /// How many policies were put in force so far.
    pub fn generation(&self) -> u64 {
        self.status()["generation"]["number"]
            .as_u64()
            .expect("a number")
    }

    /// Waits until `/status` says what is wanted. Not a sleep: it asks until the answer is there, and gives up loudly.
    pub fn until(&self, what: &str, wanted: impl Fn(&serde_json::Value) -> bool) {
        let began = Instant::now();
        let mut connection = Connection::open(self.gateway().admin());
        loop {
            connection.send(b"GET /status HTTP/1.1\r\nHost: localhost\r\n\r\n");
            let Some(answer) = connection.try_answer(false) else {
                connection = Connection::open(self.gateway().admin());
                continue;
            };
            let status = answer.json();
            if wanted(&status) {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "not within {PATIENCE:?}: {what}\n{status:#}"
            );
        }
    }

    /// Replaces a file and waits until a policy newer than now is in force.
    pub fn reload(&self, name: &str, text: &str) {
        let before = self.generation();
        self.replace(name, text);
        self.until("a new generation", |status| {
            status["generation"]["number"].as_u64() > Some(before)
        });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(gateway) = self.gateway.take() {
            gateway.stop_at_once();
            gateway.wait();
        }
    }
}

/// `keywarden.yaml` for an upstream.
pub fn keywarden_yaml(upstream: &str, more: &str) -> String {
    format!(
        "version: 1\nlisteners:\n  - {{ name: public, address: 127.0.0.1:0 }}\nupstream: {{ url: {upstream} }}\n\
         digest: {{ realm: {REALM} }}\nadmin: {{ address: 127.0.0.1:0 }}\nshutdown: {{ linger: 0s, grace: 1s }}\n\
         throttle: {{ exempt: [127.0.0.0/8] }}\n{more}"
    )
}

/// An organization file with these keys (each as [`key_yaml`] writes it).
pub fn organization_yaml(keys: &str) -> String {
    format!(
        "version: 1\nid: {ORGANIZATION}\nname: Acme\nrequire_access_list: false\nprojects:\n  \
         - {{ id: {PROJECT}, name: payments }}\nkeys:\n{keys}"
    )
}

/// One key with this `access_list` (a flow list) and these further lines, each indented by four.
pub fn key_yaml(id: u8, public_key: &str, access_list: &str, more: &str) -> String {
    format!(
        "  - id: 5d1d143c87d9d63e6d6947{id:02x}\n    public_key: {public_key}\n    roles: [ORG_OWNER]\n    \
         access_list: {access_list}\n{more}"
    )
}

/// The sample that counts requests of the usual listener with this end.
pub fn requests(decision: &str, reason: &str) -> String {
    format!(
        "keywarden_requests_total{{listener=\"public\",decision=\"{decision}\",reason=\"{reason}\"}}"
    )
}

const USUAL_KEYS: [&str; 3] = [
    "  - { id: 5d1d143c87d9d63e6d694701, public_key: open, roles: [ORG_OWNER], access_list: [] }\n",
    "  - { id: 5d1d143c87d9d63e6d694702, public_key: listed, roles: [ORG_OWNER], access_list: [{ address: 127.0.0.1 }, { cidr: 203.0.113.0/24 }] }\n",
    "  - { id: 5d1d143c87d9d63e6d694703, public_key: elsewhere, roles: [ORG_OWNER], access_list: [{ cidr: 198.51.100.0/24 }] }\n",
];

/// The keys of the usual organization, to be put together anew.
pub fn usual_keys() -> String {
    USUAL_KEYS.concat()
}

/// A small table: taking a snapshot requires a list, creating a key requires `ORG_OWNER`.
pub const RESOURCES: &str = r#"version: 1
bases: [/api/atlas/v2]
scopes:
  organization: { path: "/orgs/{id}" }
  project: { path: "/groups/{id}", except: [byName] }
resources:
  - id: snapshot-take
    section: Cloud Backup Snapshots
    title: Take one cloud backup snapshot
    operations: ["POST /groups/{groupId}/clusters/{clusterName}/backup/snapshots"]
    require: access_list
  - id: key-create
    section: Organization API keys
    title: Create one organization API key
    operations: ["POST /orgs/{orgId}/apiKeys"]
    roles: [ORG_OWNER]
"#;

fn append_credential(folder: &Path, public_key: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join("credentials/keys.htdigest");
    let mut text = fs::read_to_string(&file).unwrap_or_default();
    for algorithm in [Algorithm::Md5, Algorithm::Sha256] {
        let verifier = Verifier::derive(algorithm, public_key, REALM, PRIVATE_KEY);
        let line = [public_key, REALM, verifier.expose_hex()].join(":");
        text.extend([line.as_str(), "\n"]);
    }
    write(&file, &text);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("mode set");
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("created");
    fs::write(path, text).expect("written");
}

/// How long anything may take before a test says it never will.
pub const PATIENCE: Duration = Duration::from_secs(20);
