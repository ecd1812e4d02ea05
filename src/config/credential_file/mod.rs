//! A credentials file: htdigest lines `public_key:realm:hex`, as Apache, lighttpd and Traefik have them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::digest::{Algorithm, Verifier};

use super::Problem;

/// Different lines that one key may have for one algorithm, so that it can be rotated.
pub(super) const ROTATION: usize = 4;

/// One line.
#[derive(Clone, Debug)]
pub(super) struct CredentialLine {
    /// Its number, from 1.
    pub(super) line: usize,
    /// The user name of HTTP Digest.
    pub(super) public_key: Arc<str>,
    /// The realm the hash was made for.
    pub(super) realm: Arc<str>,
    /// The hash.
    pub(super) verifier: Verifier,
}

/// Reads every line; problems name the line and nothing that could be secret.
pub(super) fn parse(file: &str, text: &[u8]) -> (Vec<CredentialLine>, Vec<Problem>) {
    let mut lines = Vec::new();
    let mut problems = Vec::new();
    let mut realms = Realms::default();
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    for (number, line) in (1..).zip(text.split(|&octet| octet == b'\n')) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.first() == Some(&b'#') || line.trim_ascii().is_empty() {
            continue;
        }
        match read(line, number, &mut realms) {
            Ok(line) => lines.push(line),
            Err((code, column, message, help)) => {
                problems.push(error(code, file, (number, column), message, help));
            }
        }
    }
    problems.extend(repetitions(file, &lines));
    problems.sort_by_key(|problem| problem.line);
    (lines, problems)
}

/// The lines whose hash was made for another realm: nobody can prove such a key here.
pub(super) fn foreign(file: &str, lines: &[CredentialLine], realm: &str) -> Vec<Problem> {
    lines
        .iter()
        .filter(|line| &*line.realm != realm)
        .map(|line| {
            let message = format!("the realm on this line is not `{realm}`");
            let help = "the hash holds the realm: make the line anew for this realm, or set \
                        `digest.realm` in keywarden.yaml to the one on the line";
            let column = line.public_key.chars().count() + 2;
            error("KW0305", file, (line.line, column), message, help)
        })
        .collect()
}

/// Why a line is refused: code, the column from 1, message, what would be right.
type Fault = (&'static str, usize, String, &'static str);

fn read(line: &[u8], number: usize, realms: &mut Realms) -> Result<CredentialLine, Fault> {
    const SHAPE: &str = "expected `public_key:realm:hex`";
    let fault = |code, message: &str, help| Err((code, 1, message.to_owned(), help));
    let Ok(line) = std::str::from_utf8(line) else {
        return fault("KW0301", "this line is not UTF-8", SHAPE);
    };
    if line.chars().any(char::is_control) {
        let help = "a public key holds no control characters and no tabs";
        return fault("KW0302", "this line holds a control character", help);
    }
    let colons = line.bytes().filter(|&octet| octet == b':').count();
    let parts = line
        .split_once(':')
        .and_then(|(user, rest)| rest.rsplit_once(':').map(|(realm, hex)| (user, realm, hex)));
    let Some((public_key, realm, hex)) = parts else {
        let message = format!("this line has {colons} `:` and not two");
        return fault("KW0303", &message, SHAPE);
    };
    if public_key.is_empty() || realm.is_empty() {
        let help = "expected `public_key:realm:hex`, none of them empty";
        return fault("KW0303", "the public key or the realm is empty", help);
    }
    match Verifier::from_hex(hex) {
        Ok(verifier) => Ok(CredentialLine {
            line: number,
            public_key: Arc::from(public_key),
            realm: realms.share(realm),
            verifier,
        }),
        // one colon too many shifts the parts, so that the last is no hash
        Err(_) if colons > 2 => {
            let message = format!("this line has {colons} `:` and not two");
            fault("KW0303", &message, "a public key holds no `:`")
        }
        Err(error) => {
            let message = format!("the hash is malformed: {error}");
            let help = "copy the line anew, or make it with `htdigest`";
            let before = line.len() - hex.len();
            let column = line
                .char_indices()
                .take_while(|(at, _)| *at < before)
                .count()
                + 1;
            Err(("KW0304", column, message, help))
        }
    }
}

/// Lines that say the same twice, and keys with more lines for one algorithm than a rotation needs.
fn repetitions(file: &str, lines: &[CredentialLine]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: HashMap<(&str, &str, Algorithm), Vec<&CredentialLine>> = HashMap::new();
    for line in lines {
        let key = (&*line.public_key, &*line.realm, line.verifier.algorithm());
        let earlier = seen.entry(key).or_default();
        let same = earlier
            .iter()
            .find(|other| same_hash(&other.verifier, &line.verifier));
        let whose = format!("public key `{}`", line.public_key);
        if let Some(same) = same {
            let message = format!("{whose}: this line repeats line {}", same.line);
            let help = "remove one of the two";
            problems.push(error("KW0306", file, (line.line, 1), message, help));
        } else if earlier.len() >= ROTATION {
            let algorithm = line.verifier.algorithm().name();
            let message = format!("{whose} has more than {ROTATION} lines for {algorithm}");
            let help = "remove the lines of private keys that are no longer used";
            problems.push(error("KW0307", file, (line.line, 1), message, help));
        } else {
            earlier.push(line);
        }
    }
    problems
}

/// Whether two hashes of one algorithm are the same.
pub(super) fn same_hash(one: &Verifier, other: &Verifier) -> bool {
    one.expose_hex().eq_ignore_ascii_case(other.expose_hex())
}

fn error(
    code: &'static str,
    file: &str,
    (line, column): (usize, usize),
    message: String,
    help: &'static str,
) -> Problem {
    Problem::error(code, file, "")
        .message(message)
        .help(help)
        .at_hidden(line, column)
}

/// Realms are few and repeated on every line: one text for all.
#[derive(Default)]
struct Realms(Vec<Arc<str>>);

impl Realms {
    fn share(&mut self, realm: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| &***known == realm) {
            return Arc::clone(known);
        }
        let shared: Arc<str> = Arc::from(realm);
        if self.0.len() < 8 {
            self.0.push(Arc::clone(&shared));
        }
        shared
    }
}

#[cfg(test)]
mod tests;
