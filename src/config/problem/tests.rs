//! How problems look, and that a credentials file's line is never among it.

use super::*;
use crate::config::{FileKind, FileReport, FileState};

const TEXT: &str = "keys:\n  - public_key: abcdefgh\n    access_list:\n      - cidr: 10.0.0.5/24\n";

fn host_bits() -> Problem {
    let mut problems = [Problem::error(
        "KW0107",
        "organizations/acme.yaml",
        "keys[0].access_list[0].cidr",
    )
    .message("`10.0.0.5/24` has host bits set")
    .help("did you mean the network `10.0.0.0/24` or the single address `10.0.0.5`?")
    .note("key `abcdefgh` (CI deployer), access list entry 1")];
    place_all(&mut problems, "organizations/acme.yaml", TEXT);
    problems.into_iter().next().unwrap()
}

fn report(path: &str, state: FileState) -> FileReport {
    FileReport {
        path: path.to_owned(),
        kind: FileKind::Organization,
        state,
        problems: Vec::new(),
    }
}

#[test]
fn a_problem_shows_its_line_underlined_and_what_would_be_right() {
    let expected = "\
error[KW0107]: `10.0.0.5/24` has host bits set
 --> organizations/acme.yaml:4:15
  |
4 |       - cidr: 10.0.0.5/24
  |               ^^^^^^^^^^^ did you mean the network `10.0.0.0/24` or the single address `10.0.0.5`?
  |
  = note: key `abcdefgh` (CI deployer), access list entry 1

";
    assert_eq!(render_text(&[host_bits()], false), expected);
    let coloured = render_text(&[host_bits()], true);
    assert!(coloured.contains("\u{1b}["));
}

#[test]
fn a_problem_without_a_line_names_its_file_and_helps_all_the_same() {
    let problem = Problem::warning("KW0003", "organizations/a.yaml", "").help("split it");
    let text = render_text(&[problem], false);
    assert!(
        text.starts_with("warning[KW0003]: the file is larger than 64 MiB\n"),
        "{text}"
    );
    assert!(text.contains("--> organizations/a.yaml\n"), "{text}");
    assert!(text.contains("help: split it"), "{text}");
}

#[test]
fn a_line_of_a_credentials_file_is_never_shown() {
    let mut problem = Problem::error("KW0106", "credentials/acme", "").at_hidden(3, 1);
    problem.source = Some("abcdefgh:realm:5f4dcc3b5aa765d61d8327deb882cf99".to_owned());
    for shown in [
        render_text(std::slice::from_ref(&problem), true),
        render_json(std::slice::from_ref(&problem)),
        render_github(std::slice::from_ref(&problem), "config"),
    ] {
        assert!(!shown.contains("5f4dcc3b"), "{shown}");
        assert!(shown.contains("credentials/acme"), "{shown}");
    }
}

#[test]
fn nothing_in_a_file_steers_the_terminal() {
    let mut problem = Problem::error("KW0101", "organizations/\u{1b}[2J.yaml", "x")
        .message("unknown field `\u{1b}]0;x\u{7}`")
        .help("\u{202e}?")
        .note("\u{9b}31m")
        .at(Place {
            line: 1,
            column: 1,
            width: 3,
        });
    problem.source = Some("\u{1b}[31m: \u{9b}1m".to_owned());
    let problems = [problem];
    for text in [
        render_text(&problems, false),
        render_github(&problems, "config"),
    ] {
        assert!(
            !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
            "{text:?}"
        );
    }
}

#[test]
fn a_code_host_is_told_file_line_and_column() {
    let shown = render_github(&[host_bits()], "deploy/config/");
    assert!(
        shown.starts_with(
            "::error file=deploy/config/organizations/acme.yaml,line=4,col=15::KW0107: `10.0.0.5/24` has host bits set%0A"
        ),
        "{shown}"
    );
    assert_eq!(shown.lines().count(), 1);
    let odd = Problem::warning("KW0003", "a,b:c%.yaml", "").message("x\ny");
    assert_eq!(
        render_github(&[odd], "."),
        "::warning file=a%2Cb%3Ac%25.yaml,line=1,col=1::KW0003: x%0Ay\n"
    );
}

#[test]
fn programs_get_every_field() {
    let value: serde_json::Value = serde_json::from_str(&render_json(&[host_bits()])).unwrap();
    assert_eq!(
        (&value["errors"], &value["warnings"]),
        (&1.into(), &0.into())
    );
    let problem = &value["problems"][0];
    assert_eq!(problem["code"], "KW0107");
    assert_eq!(problem["severity"], "error");
    assert_eq!(
        (&problem["line"], &problem["column"], &problem["width"]),
        (&4.into(), &15.into(), &11.into())
    );
    assert_eq!(problem["source"], "      - cidr: 10.0.0.5/24");
}

#[test]
fn the_closing_line_counts_and_says_what_became_of_bad_files() {
    let files = [
        report("keywarden.yaml", FileState::Active),
        report("organizations/acme.yaml", FileState::LastGood),
        report("organizations/new.yaml", FileState::Rejected),
    ];
    assert_eq!(closing_line(&[], &files[..1]), "No problems in 1 file.");
    let warning = Problem::warning("KW0106", "organizations/acme.yaml", "");
    assert_eq!(
        closing_line(&[host_bits(), host_bits(), warning], &files),
        "2 errors, 1 warning in 1 of 3 files. Nothing was loaded from organizations/new.yaml. Nothing was loaded from \
         organizations/acme.yaml; its previous version stays in force."
    );
    let many: Vec<FileReport> = (0..6)
        .map(|n| report(&format!("organizations/{n}.yaml"), FileState::Rejected))
        .collect();
    assert!(closing_line(&[host_bits()], &many).ends_with(
        "Nothing was loaded from organizations/0.yaml, organizations/1.yaml, organizations/2.yaml and 3 more files."
    ));
}

#[test]
fn problems_of_other_files_and_placed_ones_stay_where_they_are() {
    let mut problems = [
        Problem::error("KW0107", "other.yaml", "keys[0]"),
        Problem::error("KW0107", "organizations/acme.yaml", "keys[0].roles"),
    ];
    place_all(&mut problems, "organizations/acme.yaml", TEXT);
    assert_eq!(problems[0].line, 0);
    assert_eq!((problems[1].line, problems[1].column), (2, 5));
}

#[test]
fn every_code_used_has_its_sentence() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/config")];
    let mut used = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                for (at, _) in text.match_indices("\"KW") {
                    if let Some(code) = text
                        .get(at + 1..at + 7)
                        .filter(|code| code[2..].parse::<u16>().is_ok())
                    {
                        assert!(sentence(code).is_some(), "{code} in {}", path.display());
                        used += 1;
                    }
                }
            }
        }
    }
    assert!(used > 20);
}
