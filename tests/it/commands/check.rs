//! `check`: every problem in one run, each with its place, and never a credential.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::Made;

/// A hash as it may stand in a credentials file.
const HASH: &str = "0123456789abcdef0123456789abcdef";

/// A folder with one mistake in every kind of file; where each is: file, line, column. A line of a credentials file
/// has no column worth telling: it is not shown.
fn broken() -> (Made, Vec<(&'static str, u64, u64)>) {
    let made = Made::new("http://127.0.0.1:9");
    let append = |name: &str, text: &str| {
        let path = made.folder.join(name);
        let before = fs::read_to_string(&path).unwrap_or_default();
        fs::write(&path, format!("{before}{text}")).expect("written");
        u64::try_from(before.lines().count()).expect("a count")
    };
    let keywarden = append("keywarden.yaml", "colour: red\n");
    made.edit(
        "networks.yaml",
        "networks: {}",
        "networks: { office: [010.0.0.1] }",
    );
    let networks = fs::read_to_string(made.folder.join("networks.yaml")).expect("read");
    let networks = networks
        .lines()
        .position(|line| line.contains("office: ["))
        .expect("there");
    let resources = append(
        "resources.yaml",
        "  - id: brake\n    section: S\n    title: T\n    operations: [\"FETCH /a\"]\n    require: access_list\n",
    );
    fs::write(
        made.folder.join("organizations/second.yaml"),
        "version: 1\nid: 6543a1f0c2b74d18e9d0a5b7\nname: Second\nrequire_access_list: false\nprojects: []\nkeys:\n  \
         - id: 6543a2e4c2b74d18e9d0a611\n    public_key: abcdefgh\n    roles: [ORG_OWNER]\n    access_list:\n      \
         - cidr: 203.0.113.7/24\n      - address: 203.0.113\n",
    )
    .expect("written");
    let file = made.folder.join("credentials/more");
    fs::write(
        &file,
        format!("abcdefgh:keywarden:{HASH}\nabcdefgh:{HASH}ff\n"),
    )
    .expect("written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("set");
    let networks = u64::try_from(networks).expect("a count") + 1;
    let places = vec![
        ("credentials/more", 2, 1),
        ("keywarden.yaml", keywarden + 1, 1),
        ("networks.yaml", networks, 22),
        ("organizations/second.yaml", 11, 15),
        ("organizations/second.yaml", 12, 18),
        ("resources.yaml", resources + 4, 18),
    ];
    (made, places)
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    let (made, places) = broken();
    let told = made.run(["check", "--format", "json"]).ended(3);
    let report = told.json();
    assert_eq!(report["valid"], false);
    let found: Vec<(String, u64, u64)> = report["problems"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|problem| problem["severity"] == "error")
        .map(|problem| {
            assert!(problem["code"].as_str().expect("a code").starts_with("KW"));
            assert_ne!(problem["message"], "");
            assert_ne!(problem["help"], "", "what would be right: {problem:#}");
            (
                problem["file"].as_str().expect("a file").to_owned(),
                problem["line"].as_u64().expect("a line"),
                problem["column"].as_u64().expect("a column"),
            )
        })
        .collect();
    for (file, line, column) in &places {
        let place = ((*file).to_owned(), *line, *column);
        assert!(found.contains(&place), "{place:?} is not among {found:#?}");
    }
    assert_eq!(report["errors"], found.len());
}

#[test]
fn the_three_formats_tell_the_same() {
    let (made, places) = broken();
    let text = made.run(["check"]).ended(3);
    let github = made.run(["check", "--format", "github"]).ended(3);
    for (file, line, column) in places {
        let place = format!("--> {file}:{line}:{column}\n");
        assert!(text.out.contains(&place), "{place} in {}", text.out);
        let path = made.folder.join(file);
        let place = format!(
            "::error file={},line={line},col={column}::KW",
            path.display()
        );
        assert!(github.out.contains(&place), "{place} in {}", github.out);
    }
    assert_eq!(
        text.out.matches("error[KW").count(),
        github.out.matches("::error ").count()
    );
    assert!(
        text.out.contains("colour: red\n") && text.out.contains("^^^^^^"),
        "underlined"
    );
    let json = made.run(["check", "--output", "json"]).ended(3).json();
    let count = json["problems"].as_array().expect("a list").len();
    assert_eq!(count, text.out.matches("[KW").count());
}

#[test]
fn no_format_shows_a_credential() {
    let (made, _) = broken();
    for words in [
        &["check"][..],
        &["check", "--strict", "--format", "json"],
        &["check", "--format", "github"],
        &[
            "explain",
            "--key",
            "abcdefgh",
            "--from",
            "192.0.2.1",
            "GET",
            "/",
        ],
        &["serve"],
    ] {
        let said = made.run(words.iter().copied()).both();
        assert!(said.contains("credentials/more"), "{said}");
        assert!(!said.contains(&HASH[..12]), "{words:?}: {said}");
    }
}

#[test]
fn a_failed_expectation_alone_ends_with_5() {
    let made = Made::new("http://127.0.0.1:9");
    let expect = |word: &str| {
        format!(
            "version: 1\nexpectations:\n  - name: anywhere\n    key: {}\n    from: 198.51.100.1\n    \
             request: \"GET {}\"\n    expect: {word}\n",
            made.public_key,
            made.clusters(),
        )
    };
    let file = made.folder.join("expectations.yaml");
    fs::write(&file, expect("forward")).expect("written");
    made.run(["check"]).ended(0);
    fs::write(&file, expect("address_not_on_access_list")).expect("written");
    let told = made.run(["check"]).ended(5);
    assert!(told.out.contains("--> expectations.yaml:3:"), "{told:#?}");
    assert_eq!(
        made.run(["check", "--format", "json"]).ended(5).json()["expectations_failed"],
        true
    );
    // It is not put in force, either.
    made.run(["serve"]).ended(78);
    made.edit("keywarden.yaml", "version: 1", "version: 1\ncolour: red");
    made.run(["check"]).ended(3);
}

#[test]
fn a_warning_is_an_error_only_when_strict() {
    let made = Made::new("http://127.0.0.1:9");
    let file = made.folder.join("credentials/keys.htdigest");
    made.run(["check", "--strict"]).ended(0);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("set");
    let told = made.run(["check"]).ended(0);
    assert!(told.out.contains("warning[KW"), "{told:#?}");
    made.run(["check", "--strict"]).ended(3);
}

#[test]
fn what_is_dangerous_in_yaml_is_refused_wherever_it_stands() {
    for (text, what) in [
        ("a: 1\na: 2\n", "a key twice"),
        ("a: &x 1\nb: *x\n", "an alias"),
        ("a: !!binary aGk=\n", "a tag"),
        ("<<: { a: 1 }\n", "a merge"),
    ] {
        for name in [
            "keywarden.yaml",
            "resources.yaml",
            "networks.yaml",
            "organizations/x.yaml",
        ] {
            let made = Made::new("http://127.0.0.1:9");
            let path = made.folder.join(name);
            let before = fs::read_to_string(&path).unwrap_or_default();
            fs::write(&path, format!("{before}\n{text}")).expect("written");
            let told = made.run(["check"]).ended(3);
            assert!(
                told.out.contains(&format!("--> {name}:")),
                "{what} in {name}: {told:#?}"
            );
        }
    }
    assert!(Path::new(env!("CARGO_BIN_EXE_keywarden")).exists());
}
