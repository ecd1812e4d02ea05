//! `serve`, `status` and `reload`: a process that supervisors, probes and operators talk to.

use std::fs;

use rustix::process::Signal;

use super::{Made, Running, Told};
use crate::house::{Caller, PATIENCE, Upstream};

struct Served {
    made: Made,
    running: Running,
    admin: String,
    caller: Caller,
}

fn serve() -> (Upstream, Served) {
    let upstream = Upstream::start();
    let made = Made::new(&format!("http://{}", upstream.address()));
    let running = Running::serve(&made.folder);
    let (address, admin) = running.addresses();
    let caller = Caller::new(address, &made.public_key).with_private_key(&made.private_key);
    let served = Served {
        made,
        running,
        admin: admin.to_string(),
        caller,
    };
    (upstream, served)
}

impl Served {
    fn ask(&self, words: &[&str]) -> Told {
        let words = words.iter().copied();
        self.made.run(words.chain(["--admin", &self.admin]))
    }

    fn status(&self) -> serde_json::Value {
        self.ask(&["status", "--output", "json"]).ended(0).json()
    }

    /// Asks until it is so.
    fn until(&self, wanted: impl Fn(&serde_json::Value) -> bool) {
        let began = std::time::Instant::now();
        loop {
            let status = self.status();
            if wanted(&status) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{status:#}");
        }
    }
}

#[test]
fn a_probe_learns_whether_it_is_ready_and_an_operator_what_it_does() {
    let (_upstream, mut served) = serve();
    let told = served.ask(&["status", "--ready"]).ended(0);
    assert_ne!(told.out.trim(), "");
    let status = served.status();
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(status["ready"], true);
    assert_eq!(status["pid"], served.running.child.id());
    let text = served.ask(&["status"]).ended(0).out;
    assert!(text.contains("ready       true"), "{text}");
    served.running.signal(Signal::TERM);
    assert_eq!(served.running.end().0, 0);
    let told = served.ask(&["status", "--ready"]).ended(1);
    assert!(told.err.contains(&served.admin), "{told:#?}");
}

#[test]
fn sigterm_and_sigint_end_it_well() {
    for signal in [Signal::TERM, Signal::INT] {
        let (_upstream, mut served) = serve();
        assert_eq!(served.caller.get("/a").status, 200);
        served.running.signal(signal);
        let (code, said) = served.running.end();
        assert_eq!(code, 0, "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn sighup_looks_at_the_folder_at_once_even_if_nothing_has_changed() {
    let (_upstream, served) = serve();
    let before = served.status();
    served.running.signal(Signal::HUP);
    served.until(|status| {
        status["reload"]["attempts"].as_u64() > before["reload"]["attempts"].as_u64()
    });
    let after = served.status();
    assert_eq!(after["reload"]["last_result"], "unchanged");
    assert_eq!(after["generation"], before["generation"]);

    let name = "organizations/example.yaml";
    served.made.edit(
        name,
        "access_list: []",
        "access_list: [{ address: 192.0.2.1 }]",
    );
    served.running.signal(Signal::HUP);
    served.until(|status| status["generation"] != before["generation"]);
    assert_eq!(
        served.caller.get("/a").error_code(),
        "IP_ADDRESS_NOT_ON_ACCESS_LIST"
    );
}

#[test]
fn reload_says_whether_what_is_written_is_in_force() {
    let (_upstream, served) = serve();
    served.ask(&["reload"]).ended(0);
    let name = "organizations/example.yaml";
    let good = fs::read_to_string(served.made.folder.join(name)).expect("read");
    served
        .made
        .edit(name, "access_list: []", "access_list: nonsense");
    let told = served.ask(&["reload"]).ended(3);
    assert!(told.both().contains(name), "{told:#?}");
    assert_eq!(
        served.caller.get("/a").status,
        200,
        "the last good version counts"
    );
    fs::write(
        served.made.folder.join(name),
        good.replace("access_list: []", "access_list: [{ address: 192.0.2.1 }]"),
    )
    .expect("written");
    served.ask(&["reload"]).ended(0);
    assert_eq!(served.caller.get("/a").status, 403);
}

#[test]
fn a_widening_that_is_held_back_waits_for_somebody_to_accept_it() {
    let upstream = Upstream::start();
    let made = Made::new(&format!("http://{}", upstream.address()));
    let name = "organizations/example.yaml";
    let narrow = "access_list: [{ address: 192.0.2.1 }]";
    made.edit(name, "access_list: []", narrow);
    made.edit("keywarden.yaml", "widening: warn", "widening: refuse");
    let running = Running::serve(&made.folder);
    let (address, admin) = running.addresses();
    let caller = Caller::new(address, &made.public_key).with_private_key(&made.private_key);
    let served = Served {
        made,
        running,
        admin: admin.to_string(),
        caller,
    };
    assert_eq!(served.caller.get("/a").status, 403);
    served.made.edit(name, narrow, "access_list: []");
    let told = served.ask(&["reload"]).ended(1);
    assert!(
        told.both().contains(&served.made.public_key),
        "it is named: {told:#?}"
    );
    assert_eq!(served.caller.get("/a").status, 403);
    served.ask(&["reload", "--accept-widening"]).ended(0);
    assert_eq!(served.caller.get("/a").status, 200);
}

#[test]
fn a_bad_configuration_ends_with_78_and_every_problem() {
    let made = Made::new("http://127.0.0.1:9");
    made.edit("keywarden.yaml", "version: 1", "version: 1\ncolour: red");
    made.edit("resources.yaml", "version: 1", "version: 1\ncolour: blue");
    let told = made.run(["serve"]).ended(78);
    assert_eq!(told.out, "");
    for place in ["keywarden.yaml:", "resources.yaml:"] {
        assert!(told.err.contains(&format!("--> {place}")), "{told:#?}");
    }
}

#[test]
fn a_bad_organization_is_left_out_and_the_others_are_served() {
    let (_upstream, served) = {
        let upstream = Upstream::start();
        let made = Made::new(&format!("http://{}", upstream.address()));
        fs::write(
            made.folder.join("organizations/second.yaml"),
            "version: 1\nid: nonsense: x\n",
        )
        .expect("written");
        let running = Running::serve(&made.folder);
        let (address, admin) = running.addresses();
        let caller = Caller::new(address, &made.public_key).with_private_key(&made.private_key);
        (
            upstream,
            Served {
                made,
                running,
                admin: admin.to_string(),
                caller,
            },
        )
    };
    assert_eq!(served.caller.get("/a").status, 200);
    let status = served.ask(&["status"]).ended(0).out;
    assert!(status.contains("organizations/second.yaml"), "{status}");
    served.ask(&["status", "--ready"]).ended(0);
}

#[test]
fn a_port_that_is_taken_is_a_failure_and_no_matter_of_configuration() {
    let made = Made::new("http://127.0.0.1:9");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("an address").to_string();
    made.edit(
        "keywarden.yaml",
        "admin: { address: \"127.0.0.1:0\" }",
        &format!("admin: {{ address: \"{address}\" }}"),
    );
    let told = made.run(["serve"]).ended(1);
    assert!(told.err.contains(&address), "{told:#?}");
}
