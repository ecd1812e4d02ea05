//! Lines of credentials, good and bad, and that no hash is ever told.

use super::*;

const MD5: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "ffffffffffffffffffffffffffffffff";
const SHA: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

fn faults(text: &str) -> Vec<(usize, &'static str)> {
    let (_, problems) = parse("credentials/a", text.as_bytes());
    for problem in &problems {
        assert!(problem.source.is_none());
        for secret in [MD5, OTHER, SHA, "s3cret"] {
            assert!(!format!("{problem:?}").contains(secret), "{problem:?}");
        }
    }
    problems
        .iter()
        .map(|problem| (problem.line, problem.code))
        .collect()
}

#[test]
fn lines_of_both_algorithms_are_read_with_any_line_end() {
    let text = format!("\u{feff}# made by hand\r\n\r\nab:r:{MD5}\r\nab:r:{SHA}\n   \ncd:r:{MD5}");
    let (lines, problems) = parse("credentials/a", text.as_bytes());
    assert_eq!(problems, []);
    let read: Vec<_> = lines
        .iter()
        .map(|line| (line.line, &*line.public_key, line.verifier.algorithm()))
        .collect();
    let expected = [
        (3, "ab", Algorithm::Md5),
        (4, "ab", Algorithm::Sha256),
        (6, "cd", Algorithm::Md5),
    ];
    assert_eq!(read, expected);
}

#[test]
fn a_public_key_is_any_text_without_colon_and_control() {
    for name in [
        r#"we"ird\user"#,
        "Jäsøn Doe",
        "a b",
        "*",
        "ab#cd",
        "a@example.com",
    ] {
        let (lines, problems) = parse("f", format!("{name}:r:{MD5}\n").as_bytes());
        assert_eq!(problems, []);
        assert_eq!(&*lines[0].public_key, name);
    }
}

#[test]
fn every_bad_line_is_named_and_no_secret_echoed() {
    let text = format!(
        "s3cret\nab:s3cret\na:b:r:x{MD5}\nab:r:s3cret\nab:r:{SHA}00\n:r:{MD5}\nab::{MD5}\na\tb:r:{MD5}\nok:r:{MD5}\n"
    );
    let expected = [
        (1, "KW0303"),
        (2, "KW0303"),
        (3, "KW0303"),
        (4, "KW0304"),
        (5, "KW0304"),
        (6, "KW0303"),
        (7, "KW0303"),
        (8, "KW0302"),
    ];
    assert_eq!(faults(&text), expected);
    let (_, problems) = parse("f", b"\xff\xfe:r:00\n");
    assert_eq!(problems[0].code, "KW0301");
}

#[test]
fn two_different_hashes_rotate_a_key_and_the_same_one_twice_is_an_error() {
    assert_eq!(faults(&format!("ab:r:{MD5}\nab:r:{OTHER}\n")), []);
    assert_eq!(
        faults(&format!("ab:r:{MD5}\nab:r:{MD5}\n")),
        [(2, "KW0306")]
    );
    assert_eq!(faults(&format!("ab:r:{MD5}\nab:q:{MD5}\ncd:r:{MD5}\n")), []);
}

#[test]
fn a_fifth_hash_for_one_algorithm_is_an_error() {
    let lines = [0, 1, 2, 3, 4]
        .map(|n| {
            format!(
                "ab:r:{n:032}
"
            )
        })
        .concat();
    assert_eq!(faults(&lines), [(5, "KW0307")]);
}

#[test]
fn a_line_of_another_realm_is_an_error() {
    let (lines, problems) = parse("f", format!("ab:r: x:{MD5}\ncd:r:{MD5}\n").as_bytes());
    assert_eq!(problems, []);
    let foreign = foreign("f", &lines, "r: x");
    assert_eq!(foreign.len(), 1);
    assert_eq!((foreign[0].line, foreign[0].code), (2, "KW0305"));
}
