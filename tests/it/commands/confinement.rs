//! A serving process has given up what it does not need, does its work all the same, and says what it cannot do.
//!
//! Every test says whether this kernel has Landlock, asked without keywarden, and holds what is promised in that case.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, CompatLevel, Compatible as _, Ruleset, RulesetAttr as _,
};
use rustix::process::Signal;
use serde_json::Value;

use super::{Made, Running, program, wait};
use crate::house::{Caller, Connection, PATIENCE, Upstream};

/// Whether this kernel confines.
fn landlock() -> bool {
    let ruleset = Ruleset::default()
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1));
    let here = ruleset.is_ok_and(|ruleset| ruleset.create().is_ok());
    eprintln!("this kernel has Landlock: {here}");
    here
}

struct Served {
    running: Running,
    address: SocketAddr,
    admin: SocketAddr,
    confined: String,
}

impl Served {
    /// Serves a folder; what it says of its confinement comes first.
    fn start(folder: &Path) -> Self {
        let running = Running::serve(folder);
        let said = |message: &'static str| {
            wait(&running.err, move |line| {
                let object: Value = serde_json::from_str(line).ok()?;
                (object["message"] == message).then_some(object)
            })
        };
        let confined = said("confined")["enforced"].as_str().expect("told").into();
        let address = |line: Value| line["address"].as_str()?.parse().ok();
        let listener = address(said("listening")).expect("an address");
        let admin = address(said("admin listening")).expect("an address");
        Self {
            running,
            address: listener,
            admin,
            confined,
        }
    }

    fn page(&self, path: &str) -> String {
        let mut connection = Connection::open(self.admin);
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        connection.send(request.as_bytes());
        connection.answer().text()
    }

    fn status(&self) -> Value {
        serde_json::from_str(&self.page("/status")).expect("JSON")
    }

    fn until(&self, what: &str, wanted: impl Fn() -> bool) {
        let began = std::time::Instant::now();
        while !wanted() {
            assert!(
                began.elapsed() < PATIENCE,
                "{what}: {:#}\n{}",
                self.status(),
                self.page("/metrics")
            );
        }
    }

    /// Reloads and returns what `/status` says then.
    fn reload(&self) -> Value {
        let attempts = |status: &Value| status["reload"]["attempts"].as_u64();
        let before = attempts(&self.status());
        self.running.signal(Signal::HUP);
        self.until("a look", || attempts(&self.status()) > before);
        self.status()
    }

    fn caller(&self, made: &Made) -> Caller {
        Caller::new(self.address, &made.public_key).with_private_key(&made.private_key)
    }
}

/// A folder beside the configuration.
fn beside(made: &Made, name: &str) -> PathBuf {
    let folder = made.folder.with_file_name(name);
    fs::create_dir(&folder).expect("made");
    folder
}

fn made(upstream: &Upstream) -> (Made, PathBuf) {
    let made = Made::new(&format!("http://{}", upstream.address()));
    let log = beside(&made, "log").join("access.log");
    made.edit(
        "keywarden.yaml",
        "path: \"stdout\"",
        &format!("path: \"{}\"", log.display()),
    );
    (made, log)
}

fn notices(status: &Value) -> String {
    status["notices"].to_string()
}

#[test]
fn every_thread_of_it_gains_no_rights_unless_asked_otherwise() {
    let upstream = Upstream::start();
    let (made, _) = made(&upstream);
    let lines = |pid: u32| -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("a process");
        let status =
            tasks.map(|task| fs::read_to_string(task.expect("read").path().join("status")));
        let lines = status.filter_map(|text| {
            let text = text.expect("read");
            let line = text.lines().find(|line| line.starts_with("NoNewPrivs"));
            line.map(str::to_owned)
        });
        lines.collect()
    };
    let served = Served::start(&made.folder);
    let found = lines(served.running.child.id());
    assert!(found.len() > 3, "{found:?}");
    assert!(
        found.iter().all(|line| line == "NoNewPrivs:\t1"),
        "{found:?}"
    );
    drop(served);

    let mut free = program();
    free.arg("--config").arg(&made.folder);
    free.args(["serve", "--no-sandbox"]);
    let running = Running::start(free);
    running.addresses();
    let found = lines(running.child.id());
    assert!(
        found.iter().all(|line| line == "NoNewPrivs:\t0"),
        "{found:?}"
    );
}

#[test]
fn it_says_what_the_kernel_enforces() {
    let upstream = Upstream::start();
    let (made, _) = made(&upstream);
    let served = Served::start(&made.folder);
    if landlock() {
        assert_ne!(served.confined, "not");
    } else {
        assert_eq!(served.confined, "not");
    }
}

#[test]
fn confined_it_still_reloads_rotates_its_log_and_reads_certificates_again() {
    landlock();
    let upstream = Upstream::start();
    let (made, log) = made(&upstream);
    let tls = beside(&made, "tls");
    let issue = |year| {
        let mut parameters =
            rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = parameters.self_signed(&key).expect("signed");
        for (name, text) in [
            ("tls.crt", certificate.pem()),
            ("tls.key", key.serialize_pem()),
        ] {
            fs::write(tls.join(".new"), text).expect("written");
            fs::rename(tls.join(".new"), tls.join(name)).expect("renamed");
        }
    };
    issue(2090);
    let listener = format!(
        "  - name: secure\n    address: 127.0.0.1:0\n    tls: {{ certificate: {0}/tls.crt, private_key: {0}/tls.key }}\n\nupstream:",
        tls.display()
    );
    made.edit("keywarden.yaml", "\nupstream:", &listener);
    let served = Served::start(&made.folder);
    let caller = served.caller(&made);
    assert_eq!(caller.get("/before").status, 200);

    let rotated = log.with_extension("1");
    served.until("the first line", || {
        fs::read_to_string(&log).is_ok_and(|text| text.contains("/before"))
    });
    fs::rename(&log, &rotated).expect("renamed");
    served.running.signal(Signal::USR1);
    served.until("a new log", || log.exists());
    assert_eq!(caller.get("/after").status, 200);
    served.until("a line in it", || {
        fs::read_to_string(&log).is_ok_and(|text| text.contains("/after"))
    });

    let ends = |second: &str| {
        let line = format!("{{listener=\"secure\"}} {second}");
        served.page("/metrics").contains(&line)
    };
    served.until("2090", || ends("3786912000"));
    issue(2091);
    assert_eq!(notices(&served.reload()), "[]");
    served.until("2091", || ends("3818448000"));

    let name = "organizations/example.yaml";
    made.edit(
        name,
        "access_list: []",
        "access_list: [{ address: 192.0.2.1 }]",
    );
    assert_eq!(notices(&served.reload()), "[]");
    assert_eq!(caller.get("/reloaded").status, 403);
    assert!(
        served.page("/metrics").contains("process_open_fds"),
        "its own figures"
    );
}

#[test]
fn what_lies_outside_is_refused_by_name_until_a_restart() {
    let upstream = Upstream::start();
    let (made, log) = made(&upstream);
    let other = beside(&made, "other");
    fs::write(other.join("token"), "secret\n").expect("written");
    let served = Served::start(&made.folder);
    let file = made.folder.join("keywarden.yaml");
    let good = fs::read_to_string(&file).expect("read");
    let here = landlock();

    let elsewhere = other.join("access.log");
    let changed = good.replace(&log.display().to_string(), &elsewhere.display().to_string());
    fs::write(&file, changed).expect("written");
    let told = notices(&served.reload());
    if here {
        assert!(
            told.contains("access_log: ") && told.contains("restart keywarden"),
            "{told}"
        );
        assert!(!elsewhere.exists());
        assert_eq!(served.caller(&made).get("/still-logged").status, 200);
        served.until("the old log", || {
            fs::read_to_string(&log).is_ok_and(|text| text.contains("/still-logged"))
        });
    } else {
        assert_eq!(told, "[]");
        assert!(elsewhere.exists());
    }

    let token = format!(
        "upstream:\n  authentication: {{ bearer_file: {}/token }}\n",
        other.display()
    );
    fs::write(&file, good.replace("upstream:\n", &token)).expect("written");
    let told = notices(&served.reload());
    let kept = served.caller(&made).get("/kept").status;
    let bears = upstream.last().only("authorization").map(str::to_owned);
    if here {
        assert!(
            told.contains("upstream: ") && told.contains("restart keywarden"),
            "{told}"
        );
        assert_eq!((kept, bears), (200, None));
    } else {
        assert_eq!((kept, bears.as_deref()), (200, Some("Bearer secret")));
    }

    let name = good.replace("http://127.0.0.1:", "http://localhost:");
    fs::write(&file, name).expect("written");
    let told = notices(&served.reload());
    assert_eq!(told.contains("restart keywarden"), here, "{told}");
    assert_eq!(served.caller(&made).get("/name").status, 200);
}

#[test]
fn a_file_of_the_folder_that_is_a_link_to_elsewhere_is_named() {
    let upstream = Upstream::start();
    let (made, _) = made(&upstream);
    let other = beside(&made, "other");
    let served = Served::start(&made.folder);
    let text = fs::read_to_string(made.folder.join("organizations/example.yaml")).expect("read");
    let beta = text
        .replace("id: ", "id: f")
        .lines()
        .take_while(|line| !line.starts_with("keys"))
        .fold(String::new(), |all, line| all + line + "\n");
    fs::write(other.join("beta.yaml"), beta + "keys: []\n").expect("written");
    symlink(
        other.join("beta.yaml"),
        made.folder.join("organizations/beta.yaml"),
    )
    .expect("linked");
    let told = notices(&served.reload());
    assert_eq!(
        told.contains("organizations/beta.yaml is outside"),
        landlock(),
        "{told}"
    );
    assert_eq!(served.caller(&made).get("/a").status, 200);
}

#[test]
fn an_upstream_is_found_by_name_if_it_has_one_at_the_start() {
    landlock();
    let upstream = Upstream::start();
    let (made, _) = made(&upstream);
    made.edit("keywarden.yaml", "http://127.0.0.1:", "http://localhost:");
    let served = Served::start(&made.folder);
    assert_eq!(served.caller(&made).get("/a").status, 200);
}

#[test]
fn a_folder_deployed_by_turning_a_link_is_followed_and_one_that_strays_is_not_mistaken_for_empty() {
    let upstream = Upstream::start();
    let (made, _) = made(&upstream);
    let home = made.folder.parent().expect("a home");
    let releases = beside(&made, "releases");
    let copy = |to: &Path| {
        for (file, content) in super::files(&made.folder) {
            let target = to.join(file.strip_prefix(&made.folder).expect("beneath"));
            fs::create_dir_all(target.parent().expect("a folder")).expect("made");
            fs::write(target, content).expect("written");
        }
    };
    let turn = |to: &Path| {
        symlink(to, home.join("next")).expect("linked");
        fs::rename(home.join("next"), home.join("current")).expect("turned");
    };
    copy(&releases.join("1"));
    turn(&releases.join("1"));
    let served = Served::start(&home.join("current"));
    let caller = served.caller(&made);
    assert_eq!(caller.get("/a").status, 200);

    made.edit(
        "organizations/example.yaml",
        "access_list: []",
        "access_list: [{ address: 192.0.2.1 }]",
    );
    copy(&releases.join("2"));
    turn(&releases.join("2"));
    assert_eq!(notices(&served.reload()), "[]");
    assert_eq!(caller.get("/a").status, 403);

    made.edit("organizations/example.yaml", "192.0.2.1", "127.0.0.1");
    turn(&made.folder);
    let told = notices(&served.reload());
    if landlock() {
        assert!(
            told.contains("current is outside") && told.contains("restart keywarden"),
            "{told}"
        );
        assert_eq!(caller.get("/a").status, 403, "the policy in force stays");
    } else {
        assert_eq!(told, "[]");
        assert_eq!(caller.get("/a").status, 200);
    }
}
