use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::config::Loader;
use crate::gateway::clock;

const KEYWARDEN: &str = "\
version: 1
listeners:
  - { name: public, address: 127.0.0.1:0 }
upstream: { url: \"http://192.0.2.1:9000\" }
digest: { realm: keywarden }
access_log: { format: json, path: ../log/access.log }
";

const RESOURCES: &str = "\
version: 1
bases: [/api/v1]
scopes:
  organization: { path: \"/orgs/{id}\" }
  project: { path: \"/groups/{id}\" }
resources: []
";

/// Runs `inside` on a thread that has confined itself to a folder, as a gateway does; hands it the folder's parent.
fn confined<T: Send>(inside: impl FnOnce(&Path, Confinement) -> T + Send) -> T {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("config");
    for name in ["config/credentials", "config/organizations", "log", "other"] {
        fs::create_dir_all(home.path().join(name)).unwrap();
    }
    fs::write(folder.join("keywarden.yaml"), KEYWARDEN).unwrap();
    fs::write(folder.join("resources.yaml"), RESOURCES).unwrap();
    fs::write(home.path().join("other/file"), "x").unwrap();
    let load = Loader::new(&folder).load(clock::now());
    let settings = load.settings.clone().expect("good settings");
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            harden();
            inside(home.path(), Confinement::enter(&folder, &load, &settings))
        });
        thread.join().unwrap()
    })
}

fn refused<T>(attempt: io::Result<T>) -> bool {
    attempt.is_err_and(|why| why.kind() == ErrorKind::PermissionDenied)
}

/// Whether this kernel confines; said aloud, because the tests below hold little where it does not.
fn enforced(confinement: &Confinement) -> bool {
    let enforced = confinement.0.is_some();
    eprintln!("Landlock confines: {enforced}");
    enforced
}

#[test]
fn what_is_configured_is_read_and_the_log_is_appended_to() {
    confined(|home, confinement| {
        enforced(&confinement);
        fs::read(home.join("config/keywarden.yaml")).unwrap();
        fs::read_dir(home.join("config/organizations")).unwrap();
        let log = home.join("log/access.log");
        let append = || OpenOptions::new().append(true).create(true).open(&log);
        append().unwrap();
        append().unwrap();
        fs::read_to_string("/proc/self/stat").unwrap();
        // A thread that is started later is confined as well, and has what it needs.
        let later = thread::spawn(move || fs::read(log.with_file_name("../other/file")));
        assert_eq!(refused(later.join().unwrap()), enforced(&confinement));
    });
}

#[test]
fn the_kernel_refuses_everything_else() {
    confined(|home, confinement| {
        let enforced = enforced(&confinement);
        let config = home.join("config");
        let log = home.join("log/access.log");
        let mut append = OpenOptions::new();
        append.append(true).create(true).open(&log).unwrap();
        for (what, is_refused) in [
            ("reading", refused(fs::read(home.join("other/file")))),
            ("listing", refused(fs::read_dir(home.join("other")))),
            ("a name's file", refused(fs::read("/etc/passwd"))),
            ("writing", refused(fs::write(home.join("other/new"), "x"))),
            ("configuring", refused(fs::write(config.join("new"), "x"))),
            (
                "changing",
                refused(fs::write(config.join("resources.yaml"), "x")),
            ),
            (
                "removing",
                refused(fs::remove_file(config.join("resources.yaml"))),
            ),
            ("cutting the log", refused(fs::write(&log, "x"))),
            ("a folder", refused(fs::create_dir(home.join("log/folder")))),
            ("listening", refused(TcpListener::bind("127.0.0.1:0"))),
            (
                "a program",
                refused(std::process::Command::new("/bin/true").status()),
            ),
        ] {
            assert_eq!(is_refused, enforced, "{what}");
        }
    });
}

#[test]
fn what_will_be_refused_is_known_beforehand() {
    confined(|home, confinement| {
        let enforced = enforced(&confinement);
        assert!(confinement.check(&home.join("config/tls/new.crt")).is_ok());
        let why = confinement.check(&home.join("other/file")).err();
        assert_eq!(why.is_some(), enforced);
        if let Some(why) = why {
            assert!(why.to_string().contains("restart keywarden"), "{why}");
        }
        let log = |name: &str| AccessLogSettings {
            format: crate::config::LogFormat::Json,
            sink: LogSink::File(home.join(name)),
        };
        assert!(confinement.check_log(Some(&log("log/other.log"))).is_ok());
        assert!(confinement.check_log(None).is_ok());
        let elsewhere = confinement.check_log(Some(&log("other/access.log")));
        assert_eq!(elsewhere.is_err(), enforced);
    });
}

#[test]
fn without_confinement_nothing_is_outside() {
    let free = Confinement::default();
    assert!(free.check(Path::new("/etc/passwd")).is_ok());
}
