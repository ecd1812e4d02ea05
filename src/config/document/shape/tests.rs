//! Bad documents of every kind: code, line, column, and what is said to be right.

#![expect(clippy::too_many_lines, reason = "the tables are the tests")]

use crate::config::Problem;
use crate::config::document::{
    Document, EntryOrigin, ExpectationsDocument, KeywardenDocument, NetworksDocument,
    OrganizationDocument, ResourcesDocument, read, salvage,
};

const HEAD: &str = "version: 1\nid: a\nname: A\nrequire_access_list: false\n";
const KEY: &str = "keys:\n- id: k\n  public_key: p\n";

fn problems<T: Document>(file: &str, text: &str) -> Vec<Problem> {
    read::<T>(file, text.as_bytes()).err().unwrap_or_default()
}

/// Of a text whose only problem is the expected one.
fn check<T: Document>(text: &str, code: &str, line: usize, column: usize, says: &str) {
    let found = problems::<T>("x.yaml", text);
    let [problem] = found.as_slice() else {
        panic!("{text}\n{found:#?}");
    };
    let told = format!("{} / {}", problem.message, problem.help);
    assert_eq!(
        (problem.code, problem.line, problem.column),
        (code, line, column),
        "{text}\n{told}"
    );
    assert!(told.contains(says), "{text}\n{told}");
    assert!(problem.source.is_some(), "{text}");
}

#[test]
fn every_wrong_organization_says_where_and_what_would_be_right() {
    for (tail, code, line, column, says) in [
        (
            "colour: red\n",
            "KW0101",
            5,
            1,
            "known fields: `version`, `id`",
        ),
        (
            "key: []\n",
            "KW0101",
            5,
            1,
            "unknown field `key` in this document / did you mean `keys`?",
        ),
        ("name: B\n", "KW0105", 5, 1, "the field `name` stands twice"),
        (
            "enforcement: observed\n",
            "KW0104",
            5,
            14,
            "did you mean `observe`?",
        ),
        (
            "enforcement: true\n",
            "KW0103",
            5,
            14,
            "write `enforce` or `observe`",
        ),
        (
            "enforcement:\n",
            "KW0109",
            5,
            1,
            "`enforcement` has no value",
        ),
        ("keys:\n", "KW0109", 5, 1, "write `[]` or items"),
        ("keys: {}\n", "KW0103", 5, 7, "begin every item with `- `"),
        ("keys: none\n", "KW0103", 5, 7, "write a list: `[none]`"),
        (
            "keys: [1]\n",
            "KW0103",
            5,
            8,
            "a number where a mapping is expected",
        ),
        ("keys:\n-\n", "KW0109", 6, 1, "has no value"),
        (
            "projects: [{id: p}]\n",
            "KW0102",
            5,
            12,
            "`name` is missing in a project / write `name:`",
        ),
        (
            "networks: {office: }\n",
            "KW0109",
            5,
            12,
            "write `[]` or items",
        ),
        (
            "networks: {office: [1.2]}\n",
            "KW0103",
            5,
            21,
            "put it in quotes: \"1.2\"",
        ),
        (
            "networks: {a: [], a: []}\n",
            "KW0105",
            5,
            19,
            "stands twice",
        ),
        (
            "networks: {a: 10.0.0.0/8}\n",
            "KW0103",
            5,
            15,
            "write a list: `[10.0.0.0/8]`",
        ),
        (
            "networks: null\n",
            "KW0109",
            5,
            11,
            "`networks` has no value",
        ),
    ] {
        check::<OrganizationDocument>(&format!("{HEAD}{tail}"), code, line, column, says);
    }
}

#[test]
fn every_wrong_key_says_where_and_what_would_be_right() {
    for (tail, code, line, column, says) in [
        ("", "KW0112", 6, 3, "write `access_list: []` for no list"),
        (
            "  access_list:\n",
            "KW0112",
            8,
            3,
            "write `access_list: []` for no list",
        ),
        (
            "  access_list: ~\n",
            "KW0112",
            8,
            16,
            "write `access_list: []` for no list",
        ),
        (
            "  access_list: null\n",
            "KW0112",
            8,
            16,
            "`access_list` has no value",
        ),
        (
            "  access_list: 10.0.0.1\n",
            "KW0103",
            8,
            16,
            "write a list: `[10.0.0.1]`",
        ),
        (
            "  access_list: [{}]\n",
            "KW0111",
            8,
            17,
            "an entry without `cidr`, `address` or `network`",
        ),
        (
            "  access_list:\n  - comment: x\n",
            "KW0111",
            9,
            5,
            "exactly one of `cidr`, `address` and `network`",
        ),
        (
            "  access_list:\n  - {cidr: a, address: b}\n",
            "KW0111",
            9,
            5,
            "an entry with `cidr` and `address` at once",
        ),
        (
            "  access_list:\n  - {cdir: a, address: b}\n",
            "KW0101",
            9,
            6,
            "did you mean `cidr`?",
        ),
        (
            "  access_list:\n  - cidr:\n",
            "KW0109",
            9,
            5,
            "write text, or take the field out",
        ),
        (
            "  access_list: [1.2]\n",
            "KW0103",
            8,
            17,
            "put it in quotes: \"1.2\"",
        ),
        ("  access_list: [~]\n", "KW0109", 8, 17, "has no value"),
        ("  access_list: ['']\n", "KW0110", 8, 17, "empty text"),
        (
            "  access_list: []\n  roles:\n",
            "KW0109",
            9,
            3,
            "`roles` has no value",
        ),
        (
            "  access_list: []\n  enabled: no\n",
            "KW0103",
            9,
            12,
            "write `true` or `false`",
        ),
        (
            "  access_list: []\n  enabled: 1\n",
            "KW0103",
            9,
            12,
            "write `true` or `false`",
        ),
        (
            "  access_list: []\n  roles: [\"a\\tb\"]\n",
            "KW0110",
            9,
            11,
            "control characters",
        ),
        (
            "  access_list: []\n  description: 7\n",
            "KW0103",
            9,
            16,
            "put it in quotes: \"7\"",
        ),
        (
            "  access_list: []\n  projects: [{projekt: x}]\n",
            "KW0101",
            9,
            15,
            "did you mean `project`?",
        ),
    ] {
        let text = format!("{HEAD}{KEY}{tail}");
        let mut found = problems::<OrganizationDocument>("x.yaml", &text);
        found.retain(|problem| problem.code == code);
        let [problem] = found.as_slice() else {
            panic!("{text}\n{found:#?}");
        };
        let told = format!("{} / {}", problem.message, problem.help);
        assert_eq!(
            (problem.line, problem.column),
            (line, column),
            "{text}\n{told}"
        );
        assert!(told.contains(says), "{text}\n{told}");
        assert!(
            problem.notes.iter().any(|note| note.starts_with("key `p`")),
            "{text}"
        );
    }
}

#[test]
fn what_an_organization_must_say_is_demanded() {
    check::<OrganizationDocument>(
        "version: 1\nid: a\nname: A\n",
        "KW0102",
        1,
        1,
        "`require_access_list` is missing in this document / write `require_access_list: true` or",
    );
    check::<OrganizationDocument>(
        "version: 2\nid: a\nname: A\nrequire_access_list: true\n",
        "KW0113",
        1,
        10,
        "reads version 1",
    );
    check::<OrganizationDocument>(
        &HEAD.replace('1', "'1'"),
        "KW0103",
        1,
        10,
        "write a number, without quotes",
    );
    check::<OrganizationDocument>(
        &HEAD.replace("false", "yes"),
        "KW0103",
        4,
        22,
        "write `true` or `false`",
    );
    check::<OrganizationDocument>(
        &HEAD.replace("false", ""),
        "KW0109",
        4,
        1,
        "`require_access_list` has no value",
    );
    check::<OrganizationDocument>(
        &HEAD.replace("id: a", "id: 12"),
        "KW0103",
        2,
        5,
        "put it in quotes: \"12\"",
    );
    check::<OrganizationDocument>(
        &HEAD.replace("id: a", "id: ''"),
        "KW0110",
        2,
        5,
        "empty text",
    );
    check::<OrganizationDocument>("- a\n", "KW0103", 1, 1, "without `- `");
}

#[test]
fn every_other_wrong_document_says_where_and_what_would_be_right() {
    check::<NetworksDocument>("version: 1\n", "KW0102", 1, 1, "`networks` is missing");
    check::<NetworksDocument>(
        "version: 1\nnetworks: []\n",
        "KW0103",
        2,
        11,
        "write `field: value` lines without `- `",
    );
    check::<ExpectationsDocument>(
        "version: 1\nexpectations:\n- {key: k, from: 1.2.3.4, request: GET /, expects: forward, expect: forward}\n",
        "KW0101",
        3,
        43,
        "did you mean `expect`?",
    );
    let table = |row: &str| {
        format!("version: 1\nbases: [/a]\nscopes: {{}}\nresources:\n- {{id: r, {row}}}\n")
    };
    assert!(problems::<ResourcesDocument>("r.yaml", &table("operations: [GET /x]")).is_empty());
    check::<ResourcesDocument>(
        &table("title: t"),
        "KW0102",
        5,
        3,
        "`operations` is missing in a resource",
    );
    check::<ResourcesDocument>(
        &table("operations: [GET /x], require: acess_list"),
        "KW0104",
        5,
        42,
        "did you mean `access_list`?",
    );
    check::<ResourcesDocument>(
        &table("operations: [GET /x], require: "),
        "KW0109",
        5,
        33,
        "`require` has no value",
    );
    check::<ResourcesDocument>(
        &table("operations: [GET /x], roles: "),
        "KW0109",
        5,
        33,
        "`roles` has no value",
    );
}

#[test]
fn every_wrong_process_document_says_where_and_what_would_be_right() {
    const PROCESS: &str =
        "version: 1\nlisteners: [{name: p, address: '127.0.0.1:0'}]\nupstream: {url: 'http://u'}\n";
    assert!(problems::<KeywardenDocument>("keywarden.yaml", PROCESS).is_empty());
    for (tail, code, line, column, says) in [
        (
            "limits: {head: -1}\n",
            "KW0108",
            4,
            16,
            "from 0 to 4294967295",
        ),
        (
            "limits: {head: 4294967296}\n",
            "KW0108",
            4,
            16,
            "from 0 to 4294967295",
        ),
        (
            "limits: {body: 1.5}\n",
            "KW0103",
            4,
            16,
            "write a whole number",
        ),
        (
            "limits: {body: 16MiB}\n",
            "KW0103",
            4,
            16,
            "without quotes and without a unit",
        ),
        (
            "limits:\n",
            "KW0109",
            4,
            1,
            "write a mapping, or take the field out",
        ),
        ("workers: two\n", "KW0103", 4, 10, "write a number"),
        (
            "timeouts: {head: 10}\n",
            "KW0103",
            4,
            18,
            "put it in quotes",
        ),
        (
            "access_log: {format: xml}\n",
            "KW0104",
            4,
            22,
            "known words: `combined`, `json` and `logfmt`",
        ),
        (
            "reload: {widenning: warn}\n",
            "KW0101",
            4,
            10,
            "unknown field `widenning` in a reload / did you mean `widening`?",
        ),
        (
            "throttle: {per_second: fast}\n",
            "KW0103",
            4,
            24,
            "write a number",
        ),
        ("upstream: {url: x}\n", "KW0105", 4, 1, "stands twice"),
    ] {
        check::<KeywardenDocument>(&format!("{PROCESS}{tail}"), code, line, column, says);
    }
    // Exclusive fields are the compiler's to refuse; beside other problems they are told here.
    for (upstream, code, column, says) in [
        ("{}", "KW0111", 11, "without `url` or `urls`"),
        (
            "{url: a, urls: [b]}",
            "KW0111",
            11,
            "with `url` and `urls` at once",
        ),
        (
            "{url: a, protocol: h3}",
            "KW0104",
            30,
            "known words: `h2` and `http/1.1`",
        ),
        (
            "{url: a, authentication: {}}",
            "KW0111",
            36,
            "exactly one of `bearer_file` and `basic_file`",
        ),
    ] {
        let text = format!(
            "{}workers: x\n",
            PROCESS.replace("{url: 'http://u'}", upstream)
        );
        let found = problems::<KeywardenDocument>("keywarden.yaml", &text);
        let told = format!("{found:?}");
        assert_eq!(
            (found[0].code, found[0].line, found[0].column),
            (code, 3, column),
            "{told}"
        );
        assert!(told.contains(says), "{told}");
        assert_eq!(found.len(), 2, "{told}");
    }
    for (source, code, says) in [
        ("peers", "KW0104", "did you mean `peer`?"),
        ("1", "KW0103", "text or a mapping"),
        ("{headers: x}", "KW0101", "did you mean `header`?"),
        ("", "KW0109", "has no value"),
    ] {
        let listener = format!("name: p, client_address: {{source: {source}}}, address: 'x:1'");
        let text = PROCESS.replace("name: p, address: '127.0.0.1:0'", &listener);
        let mut found = problems::<KeywardenDocument>("keywarden.yaml", &text);
        found.retain(|problem| problem.code == code);
        let told = format!("{found:?}");
        assert_eq!(found.len(), 1, "{source}: {told}");
        assert!(told.contains(says), "{source}: {told}");
        assert_eq!(found[0].line, 2);
    }
}

#[test]
fn all_problems_of_a_file_are_told_at_once() {
    let text = format!("{HEAD}nmae: x\n{KEY}  acces_list: []\n  enabled: 1\n- {{}}\n");
    let found = problems::<OrganizationDocument>("organizations/a.yaml", &text);
    let told: Vec<(&str, usize)> = found
        .iter()
        .map(|problem| (problem.code, problem.line))
        .collect();
    assert_eq!(
        told,
        [
            ("KW0101", 5),
            ("KW0101", 9),
            ("KW0103", 10),
            ("KW0112", 7),
            ("KW0102", 11),
            ("KW0102", 11),
            ("KW0112", 11),
        ]
    );
}

#[test]
fn json_documents_are_told_of_in_the_same_words() {
    let text = "{\n \"version\": 1, \"id\": \"a\", \"name\": \"A\",\n \"require_access_list\": false,\n \"keys\": [{\"id\": \"k\", \"public_key\": 1,\n   \"access_list\": null}]}";
    let found = problems::<OrganizationDocument>("organizations/a.json", text);
    let told: Vec<(&str, usize, usize)> = found
        .iter()
        .map(|problem| (problem.code, problem.line, problem.column))
        .collect();
    assert_eq!(told, [("KW0103", 4, 37), ("KW0112", 5, 19)]);
    let found = problems::<OrganizationDocument>("a.json", "{\"version\": 1,}");
    assert_eq!(
        (found[0].code, found[0].line, found[0].column),
        ("KW0010", 1, 15)
    );
    let found = problems::<OrganizationDocument>(
        "a.json",
        "{\"id\": \"a\", \"id\": \"b\", \"version\": 1, \"name\": \"A\", \"require_access_list\": true}",
    );
    assert_eq!((found[0].code, found[0].column), ("KW0105", 13));
}

#[test]
fn broken_notation_is_one_problem_with_a_hint() {
    check::<OrganizationDocument>(
        "version: 1\nid: [a\nname: A\n",
        "KW0005",
        3,
        5,
        "missing quote or bracket",
    );
    check::<NetworksDocument>(
        "version: 1\nnetworks:\n  a: [2001:db8::/32, ::1]\n",
        "KW0005",
        3,
        22,
        "put IPv6 addresses in quotes",
    );
    check::<OrganizationDocument>("a: &x 1\n", "KW0006", 1, 4, "named network");
    for empty in ["", "# nothing\n", "\n", "---\n"] {
        let found = problems::<OrganizationDocument>("x.yaml", empty);
        assert_eq!(found.len(), 1, "{empty:?}");
        assert_eq!(found[0].code, "KW0109", "{empty:?}");
    }
}

#[test]
fn what_a_misshapen_document_still_says_is_salvaged_and_what_stands_in_is_known() {
    let text = format!(
        "{HEAD}netwoks: {{}}\nkeys:\n- id: k\n  public_key: 12\n  access_list:\n  - cidr: 10.0.0.5/24\n  - comment: none\n\
         - id: l\n  public_key: q\n"
    );
    let salvage = salvage::<OrganizationDocument>("x.yaml", text.as_bytes()).unwrap();
    let [first, second] = salvage.document.keys.as_slice() else {
        panic!("{salvage:?}");
    };
    assert_eq!(
        first.access_list[0].origin,
        EntryOrigin::Cidr(serde_json::from_str("\"10.0.0.5/24\"").unwrap())
    );
    assert_ne!(first.public_key, second.public_key);
    let real = |code, field: &str| salvage.is_real(&Problem::error(code, "x.yaml", field));
    assert!(real("KW0107", "keys[0].access_list[0].cidr"));
    assert!(!real("KW0106", "keys[0].access_list[1].cidr"));
    assert!(!real("KW0402", "keys[0].public_key"));
    assert!(!real("KW0415", "keys[1].access_list"));
    assert!(!real("KW0411", "keys[0].access_list[0].network"));
    assert!(real("KW0416", "keys[0].projects[0].project"));
}

#[test]
fn a_document_of_another_version_is_not_guessed_at() {
    let another = HEAD.replace("version: 1", "version: 2");
    for text in [another.as_str(), "- 1\n", "a: [\n", "a: *b\n", ""] {
        let salvaged = salvage::<OrganizationDocument>("x.yaml", text.as_bytes());
        assert!(salvaged.is_none(), "{text}");
    }
}

#[test]
fn every_document_is_salvaged_from_nothing_but_its_braces() {
    assert!(salvage::<ExpectationsDocument>("x.json", b"{}").is_some());
    assert!(salvage::<KeywardenDocument>("x.json", b"{}").is_some());
    assert!(salvage::<NetworksDocument>("x.json", b"{}").is_some());
    assert!(salvage::<OrganizationDocument>("x.json", b"{}").is_some());
    assert!(salvage::<ResourcesDocument>("x.json", b"{}").is_some());
}
