//! The house rules, held: who may use whom, which outside crate lives where, how a file opens and how long it may be.
//!
//! Only text is read, no compiler is asked: comments, strings and test code are taken out, and the paths that are left
//! are looked at. A floor may name itself and whatever it stands on.

mod source;

use std::fmt::Write as _;

use source::{Source, entries, manifest, name, read, sources};

/// Every floor with its height. A floor stands on all that are lower; two of one height do not know each other.
const FLOORS: &[(&str, u8)] = &[
    ("peer", 0),
    ("digest", 0),
    ("policy", 1),
    ("decide", 2),
    ("config", 3),
    ("telemetry", 3),
    ("replay", 3),
    ("gateway", 4),
    ("cli", 5),
];

/// The highest floor that reads no clock, file, socket, thread or environment.
const PURE: u8 = 2;

/// What a pure floor may not name.
const IMPURE: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::UdpSocket",
    "std::os",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
];

/// The upstream of the demo: the one server that is no part of the gateway.
const ECHO: &str = "cli/demo/echo";

/// Every dependency of `Cargo.toml` with its only homes below `src`; `""` is everywhere.
const HOMES: &[(&str, &[&str])] = &[
    ("annotate-snippets", &["config/problem"]),
    ("arc-swap", &["gateway"]),
    ("base64ct", &["digest", "gateway"]),
    ("blake3", &["digest", "config"]),
    ("bytes", &["gateway", ECHO]),
    ("clap", &["cli"]),
    (
        "foldhash",
        &["policy", "config", "telemetry", "replay", "gateway"],
    ),
    ("getrandom", &["gateway", "cli"]),
    ("http", &["gateway", ECHO]),
    ("http-body", &["gateway"]),
    ("http-body-util", &["gateway", ECHO]),
    ("hyper", &["gateway", ECHO]),
    ("hyper-util", &["gateway", ECHO]),
    ("ipnet", &["policy/network"]),
    ("itoa", &["telemetry"]),
    ("landlock", &["gateway/confinement"]),
    ("md-5", &["digest"]),
    ("memchr", &["gateway"]),
    ("notify", &["gateway"]),
    ("prometheus", &["telemetry/metrics"]),
    ("rustix", &["config", "telemetry", "gateway", "cli"]),
    ("rustls", &["gateway"]),
    ("rustls-native-certs", &["gateway"]),
    ("rustls-pki-types", &["gateway"]),
    ("schemars", &["config/document"]),
    ("sd-notify", &["cli/supervisor"]),
    ("serde", &["config", "telemetry", "gateway", "cli"]),
    ("serde_json", &["config", "telemetry", "gateway", "cli"]),
    ("serde_yaml", &["config/document"]),
    ("sha2", &["digest"]),
    ("socket2", &["gateway"]),
    ("strsim", &["config", "cli"]),
    ("subtle", &["digest"]),
    ("tempfile", &["cli"]),
    ("thiserror", &[""]),
    ("time", &["config", "telemetry", "cli"]),
    ("tokio", &["gateway", "cli"]),
    ("tokio-rustls", &["gateway"]),
    ("tracing", &["telemetry", "gateway", "cli"]),
    ("tracing-subscriber", &["telemetry/logs"]),
    ("x509-parser", &["gateway"]),
    ("zeroize", &["digest"]),
];

/// Names that say nothing about what a file is.
const EMPTY_NAMES: &[&str] = &[
    "common", "commons", "helper", "helpers", "manager", "misc", "type", "types", "util", "utils",
];

/// The longest file, without its tests.
const LONGEST: usize = 400;

#[test]
fn a_floor_uses_only_what_it_stands_on() {
    report(sources().iter().flat_map(wrong_arrows));
}

#[test]
fn an_outside_crate_is_named_only_at_home() {
    report(sources().iter().flat_map(strangers));
}

#[test]
fn a_pure_floor_reads_no_clock_file_socket_or_environment() {
    report(sources().iter().flat_map(impurities));
}

#[test]
fn every_file_opens_with_a_sentence_that_says_what_it_is() {
    report(sources().iter().filter_map(missing_sentence));
}

#[test]
fn no_file_is_too_long_and_none_has_an_empty_name() {
    report(sources().iter().flat_map(shape));
}

#[test]
fn every_folder_is_a_floor_and_every_floor_a_folder() {
    let root = manifest().join("src");
    let folders: Vec<String> = entries(&root)
        .into_iter()
        .filter(|path| path.is_dir())
        .map(|path| name(&path))
        .collect();
    let strange = folders
        .iter()
        .filter(|folder| height(folder).is_none())
        .map(|folder| {
            format!("src/{folder}/ is no floor: give it a place in FLOORS, HOUSE and src/lib.rs")
        });
    let gone = FLOORS
        .iter()
        .filter(|(floor, _)| !folders.iter().any(|folder| folder == floor))
        .map(|(floor, _)| format!("FLOORS names `{floor}`, but there is no src/{floor}/"));
    report(strange.chain(gone));
}

#[test]
fn every_dependency_has_a_home() {
    let listed = dependencies(&read(&manifest().join("Cargo.toml")));
    let homeless = listed
        .iter()
        .filter(|package| !HOMES.iter().any(|(home, _)| home == package))
        .map(|package| {
            format!("Cargo.toml depends on `{package}`, which has no home: give it one in HOMES")
        });
    let unused = HOMES
        .iter()
        .filter(|(home, _)| !listed.iter().any(|package| package == home))
        .map(|(home, _)| format!("HOMES names `{home}`, on which Cargo.toml does not depend"));
    report(homeless.chain(unused));
}

#[test]
fn a_broken_rule_is_found_and_explained() {
    let policy = |text: &str| Source::new("policy/access_list.rs", text);
    let one = |found: Vec<String>| found.into_iter().next().unwrap_or_default();
    assert_eq!(
        one(wrong_arrows(&policy(
            "//! A list.\nuse crate::decide::Rule;\n"
        ))),
        "src/policy/access_list.rs:2 uses `decide`, which is not beneath `policy` (beneath it: peer, digest)"
    );
    assert_eq!(
        wrong_arrows(&policy("use crate::{\n    digest::Timestamp,\n    gateway::{self, Gateway},\n};\nfn f() { super::super::cli::run() }")).len(),
        2
    );
    assert!(
        one(strangers(&policy("fn f(v: serde_json::Value) {}"))).contains("`serde_json` lives in")
    );
    assert!(
        one(impurities(&policy(
            "use std::{net::IpAddr, time::Instant};"
        )))
        .contains("names `std::time::Instant`")
    );
    assert!(missing_sentence(&policy("use crate::digest::Timestamp;\n")).is_some());
    assert!(missing_sentence(&policy("//! A list\n//! of entries.\n")).is_none());
    assert_eq!(
        shape(&Source::new(
            "policy/types.rs",
            &"fn f() {}\n".repeat(LONGEST + 1)
        ))
        .len(),
        2
    );
}

#[test]
fn comments_strings_tests_and_names_of_ones_own_are_no_use() {
    let text = r#"//! A list; see [`crate::gateway`].
use std::time;
/* crate::cli /* nested */ crate::cli */
const A: &str = "crate::gateway \" crate::cli"; const B: &str = r"crate::cli";
const C: char = '"'; fn f<'a>(x: &'a str) -> time::Duration { crate::digest::g(x) } // crate::cli
#[cfg(test)]
use crate::gateway::Gateway;
#[cfg(test)]
mod tests {
    use crate::cli::run;
}
"#;
    let source = Source::new("policy/access_list.rs", text);
    assert_eq!(wrong_arrows(&source), Vec::<String>::new());
    assert_eq!(strangers(&source), Vec::<String>::new());
}

fn wrong_arrows(source: &Source) -> Vec<String> {
    let (own, beneath): (&str, Vec<&str>) = match source.floor() {
        Some(own) => (own, beneath(own)),
        None if source.path == "main.rs" => ("main.rs", vec!["cli"]),
        None => return Vec::new(),
    };
    let list = if beneath.is_empty() {
        "nothing".to_owned()
    } else {
        beneath.join(", ")
    };
    let mut found: Vec<String> = source
        .own_paths()
        .filter_map(|(line, path)| Some((line, path.split("::").next()?)))
        .filter(|(_, used)| height(used).is_some() && *used != own && !beneath.contains(used))
        .map(|(line, used)| {
            let place = format!("src/{}:{line}", source.path);
            format!("{place} uses `{used}`, which is not beneath `{own}` (beneath it: {list})")
        })
        .collect();
    found.dedup();
    found
}

fn strangers(source: &Source) -> Vec<String> {
    let at_home = |homes: &[&str]| {
        let place = source.path.trim_end_matches(".rs");
        homes
            .iter()
            .any(|home| home.is_empty() || place == *home || place.starts_with(&format!("{home}/")))
    };
    let mut found = Vec::new();
    for (package, homes) in HOMES.iter().filter(|(_, homes)| !at_home(homes)) {
        let library = if *package == "md-5" {
            "md5".to_owned()
        } else {
            package.replace('-', "_")
        };
        let used = source
            .paths
            .iter()
            .find(|(_, path)| path.split("::").next() == Some(&library));
        if let Some((line, path)) = used {
            let homes = homes.join(", src/");
            found.push(format!(
                "src/{}:{line} names `{path}`, but `{package}` lives in src/{homes} only",
                source.path
            ));
        }
    }
    found
}

fn impurities(source: &Source) -> Vec<String> {
    let pure = |own: &&str| height(own).is_some_and(|height| height <= PURE);
    let Some(own) = source.floor().filter(pure) else {
        return Vec::new();
    };
    let impure = |path: &str| {
        IMPURE
            .iter()
            .any(|no| path == *no || path.starts_with(&format!("{no}::")))
    };
    source
        .paths
        .iter()
        .filter(|(_, path)| impure(path))
        .map(|(line, path)| {
            let place = format!("src/{}:{line}", source.path);
            format!("{place} names `{path}`, but `{own}` is pure: what it reads, the floors above hand in")
        })
        .collect()
}

fn missing_sentence(source: &Source) -> Option<String> {
    let opening: Vec<&str> = source
        .text
        .lines()
        .map_while(|line| line.strip_prefix("//! "))
        .collect();
    let is_sentence = opening
        .last()
        .is_some_and(|last| last.trim_end_matches(['"', '`', ')']).ends_with('.'));
    (!is_sentence).then(|| {
        format!(
            "src/{} does not open with a `//!` sentence that says what it is",
            source.path
        )
    })
}

fn shape(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let lines = source.text.lines().count();
    if lines > LONGEST {
        found.push(format!(
            "src/{} has {lines} lines without its tests, and {LONGEST} is the most: it holds more than one thing",
            source.path
        ));
    }
    let words = source
        .path
        .trim_end_matches(".rs")
        .split(['/', '_'])
        .map(str::to_owned);
    for word in words.filter(|word| EMPTY_NAMES.contains(&word.as_str())) {
        found.push(format!(
            "src/{} is called `{word}`, which says nothing: name it for what it is",
            source.path
        ));
    }
    found
}

fn height(name: &str) -> Option<u8> {
    let found = FLOORS.iter().find(|(floor, _)| *floor == name);
    found.map(|(_, height)| *height)
}

fn beneath(name: &str) -> Vec<&'static str> {
    let lower = FLOORS
        .iter()
        .filter(|(_, height)| Some(*height) < self::height(name));
    lower.map(|(floor, _)| *floor).collect()
}

fn report(broken: impl Iterator<Item = String>) {
    let list = broken.fold(String::new(), |mut list, line| {
        let _ = writeln!(list, "  {line}");
        list
    });
    assert!(list.is_empty(), "the house is out of order:\n{list}");
}

/// The names under `[dependencies]`.
fn dependencies(cargo: &str) -> Vec<String> {
    cargo
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            line.split_once('=')
                .map(|(package, _)| package.trim().to_owned())
        })
        .collect()
}
