//! `resources`: the table as it was compiled, and what it says about requests.

use std::fs;

use super::{fed, keywarden, shipped};

const G: &str = "/api/atlas/v2/groups/5f24084d8dbffa3ad3f25b73";

#[test]
fn the_list_has_every_operation_of_the_file_under_every_base() {
    let told = keywarden(&shipped(), ["resources", "list", "--output", "json"])
        .ended(0)
        .json();
    let rows = told.as_array().expect("a list");
    let text = fs::read_to_string(shipped().join("resources.yaml")).expect("read");
    let written: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
    let mut count = 0;
    for row in written["resources"].as_array().expect("rows") {
        for operation in row["operations"].as_array().expect("operations") {
            let (method, path) = operation
                .as_str()
                .expect("text")
                .split_once(' ')
                .expect("two words");
            for base in written["bases"].as_array().expect("bases") {
                let path = format!("{}{path}", base.as_str().expect("text"));
                assert!(
                    rows.iter().any(|told| told["id"] == row["id"]
                        && told["method"] == method
                        && told["path"] == *path),
                    "{method} {path}"
                );
                count += 1;
            }
        }
    }
    assert_eq!(rows.len(), count);
    let text = keywarden(&shipped(), ["resources", "list"]).ended(0).out;
    assert_eq!(text.lines().count(), count + 1);
}

#[test]
fn one_request_is_told_with_its_rows_and_where_they_are() {
    let target = format!("{G}/clusters/c0/backup/snapshots");
    let told = keywarden(&shipped(), ["resources", "test", "POST", &target]).ended(0);
    assert!(told.out.starts_with("protected  "), "{told:#?}");
    let place = told.out.split("resources.yaml:").nth(1).expect("a place");
    let number: usize = place.trim().parse().expect("a number");
    let text = fs::read_to_string(shipped().join("resources.yaml")).expect("read");
    let line = text.lines().nth(number - 1).expect("a line");
    assert!(line.contains("id: cloud-backup-snapshot-take"), "{line}");
    let told = keywarden(&shipped(), ["resources", "test", "GET", &target]).ended(0);
    assert!(told.out.starts_with("forward  "), "{told:#?}");
    let told = keywarden(&shipped(), ["resources", "test", "GET", "/a/../b"]).ended(0);
    assert!(told.out.starts_with("reject  "), "{told:#?}");
}

#[test]
fn a_batch_gets_one_word_a_line() {
    let questions = [
        (
            format!("POST {G}/clusters/c0/backup/snapshots"),
            "protected",
        ),
        (format!("GET {G}/clusters/c0/backup/snapshots"), "forward"),
        (
            format!("HEAD {G}/clusters/c0/backup/restoreJobs"),
            "protected",
        ),
        (
            format!("GET {G}/clusters/c0/backup/restoreJobs/?a=b"),
            "protected",
        ),
        (
            format!("GET {G}/clusters/c0/BACKUP/RestoreJobs"),
            "protected",
        ),
        (
            format!("GET {G}/clusters/c0/backup/%72estoreJobs"),
            "reject",
        ),
        (
            format!("GET {G}/clusters/c0%2Fbackup/restoreJobs"),
            "protected",
        ),
        (format!("GET {G}//clusters/c0/backup/restoreJobs"), "reject"),
        (
            format!("GET {G}/x/../clusters/c0/backup/restoreJobs"),
            "reject",
        ),
        (
            format!("GET {G}/clusters/c0/backup/restoreJobs\\x00"),
            "reject",
        ),
        (
            format!("GET {G}/clusters/c0/backup/restoreJobs\\x20"),
            "reject",
        ),
        (
            format!("GET {G}/clusters/c0\\\\backup/restoreJobs"),
            "reject",
        ),
        (
            format!("GET {G}/clusters/c\\xff/backup/restoreJobs"),
            "reject",
        ),
        ("CONNECT example.com:443".to_owned(), "reject"),
        ("get /".to_owned(), "reject"),
        ("GET /".to_owned(), "forward"),
        ("GET".to_owned(), "reject"),
    ];
    let mut input = "# a comment\n\n".to_owned();
    for (question, _) in &questions {
        input.push_str(question);
        input.push('\n');
    }
    let told = fed(&shipped(), ["resources", "test", "--batch"], &input).ended(0);
    let answers: Vec<&str> = told.out.lines().collect();
    assert_eq!(answers.len(), questions.len());
    for ((question, wanted), answer) in questions.iter().zip(answers) {
        assert_eq!(answer, *wanted, "{question}");
    }
}
