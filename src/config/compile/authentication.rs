//! Credentials of all files put together: what each key is verified with, and what a challenge may offer.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::Problem;
use crate::config::credential_file::{CredentialLine, ROTATION, same_hash};
use crate::digest::Algorithm;
use crate::policy::{Key, Organization, Verifiers};

/// Problems of one kind that are told one by one; the others are only counted.
const TOLD: usize = 20;

/// The lines of one file.
pub(in crate::config) type FileLines<'c> = (&'c str, &'c [CredentialLine]);

/// The verifiers of every public key. A line that repeats one of another file is left out, and so is one beyond
/// what a rotation needs.
pub(in crate::config) fn verifiers(files: &[FileLines<'_>]) -> (Verifiers, Vec<Problem>) {
    let mut verifiers = Verifiers::default();
    let mut problems = Vec::new();
    for (file, lines) in files {
        for line in *lines {
            let known = verifiers.entry(Box::from(&*line.public_key)).or_default();
            let algorithm = line.verifier.algorithm();
            let same = known
                .iter()
                .any(|v| v.algorithm() == algorithm && same_hash(v, &line.verifier));
            let alike = known.iter().filter(|v| v.algorithm() == algorithm).count();
            let whose = format!("public key `{}`", line.public_key);
            if same {
                let message = format!("{whose}: this line stands in another file, too");
                problems.push(warning("KW0308", file, line.line, message, "one is enough"));
            } else if alike >= ROTATION {
                let name = algorithm.name();
                let message = format!(
                    "{whose} has more than {ROTATION} lines for {name}: this one is not used"
                );
                let help = "remove the lines of private keys that are no longer used";
                problems.push(warning("KW0309", file, line.line, message, help));
            } else {
                known.push(line.verifier.clone());
            }
        }
    }
    (verifiers, problems)
}

/// The configured algorithms that a challenge may offer: those that every enabled key has. Where there is none, the
/// one that most keys have, because a challenge must offer something.
pub(in crate::config) fn advertised(
    configured: &[Algorithm],
    organizations: &[Arc<Organization>],
    verifiers: &Verifiers,
) -> (Vec<Algorithm>, Vec<Problem>) {
    let mut counted: Vec<(Algorithm, usize)> = configured.iter().map(|a| (*a, 0)).collect();
    let mut keys = 0_usize;
    for key in enabled(organizations) {
        let Some(has) = verifiers.get(&*key.public_key) else {
            continue;
        };
        keys += 1;
        for (algorithm, count) in &mut counted {
            *count += usize::from(has.iter().any(|v| v.algorithm() == *algorithm));
        }
    }
    let offered: Vec<Algorithm> = counted
        .iter()
        .filter(|(_, count)| *count == keys)
        .map(|(algorithm, _)| *algorithm)
        .collect();
    let mut problems: Vec<Problem> = counted
        .iter()
        .filter(|(_, count)| *count < keys)
        .map(|(algorithm, count)| not_offered(*algorithm, keys - count, keys))
        .collect();
    if !offered.is_empty() {
        return (offered, problems);
    }
    // of equals the last is taken, so that the first configured wins
    let most = counted.iter().rev().max_by_key(|(_, count)| *count);
    if let Some((algorithm, _)) = most {
        let name = algorithm.name();
        let message = format!(
            "no digest algorithm is one that every enabled key has: {name} is offered, which most have"
        );
        problems.push(of_digest("KW0313", message));
    }
    (
        most.map(|(algorithm, _)| *algorithm).into_iter().collect(),
        problems,
    )
}

fn not_offered(algorithm: Algorithm, lacking: usize, keys: usize) -> Problem {
    let name = algorithm.name();
    let message = format!(
        "{name} is not offered: {lacking} of {keys} enabled keys have no credential line for it"
    );
    of_digest("KW0312", message)
}

fn of_digest(code: &'static str, message: String) -> Problem {
    let help = "add the lines that are missing, or leave the algorithm out of `digest.algorithms`";
    Problem::warning(code, "keywarden.yaml", "digest.algorithms")
        .message(message)
        .help(help)
}

/// Enabled keys that nobody can prove, and credentials that prove no key; give no `files` where an organization was
/// left out, whose credentials these may be.
pub(in crate::config) fn unmatched(
    organizations: &[Arc<Organization>],
    verifiers: &Verifiers,
    files: &[FileLines<'_>],
) -> Vec<Problem> {
    let known: HashSet<&str> = organizations
        .iter()
        .flat_map(|organization| &organization.keys)
        .map(|key| &*key.public_key)
        .collect();
    let keys = organizations.iter().flat_map(|organization| {
        organization
            .keys
            .iter()
            .filter(|key| key.enabled && !verifiers.contains_key(&*key.public_key))
            .map(|key| without_credentials(organization, key))
    });
    let lines = files.iter().flat_map(|(file, lines)| {
        lines
            .iter()
            .filter(|line| !known.contains(&*line.public_key))
            .map(|line| without_key(file, line))
    });
    let mut problems = told(keys, "KW0310", "keys without a credential line");
    problems.extend(told(lines, "KW0311", "credential lines without a key"));
    problems
}

fn without_credentials(organization: &Organization, key: &Key) -> Problem {
    let field = format!("keys[{}].public_key", key.item);
    let message = format!(
        "key `{}` has no credential line: it cannot authenticate",
        key.public_key
    );
    let help = format!(
        "make one as README.md shows, or with `htdigest credentials/keys REALM {}`",
        key.public_key
    );
    Problem::warning("KW0310", &*organization.file, field)
        .message(message)
        .help(help)
}

fn without_key(file: &str, line: &CredentialLine) -> Problem {
    let message = format!("no organization has a key `{}`", line.public_key);
    warning(
        "KW0311",
        file,
        line.line,
        message,
        "remove the line, or write the key",
    )
}

/// The first problems, and how many more there are.
fn told(
    mut problems: impl Iterator<Item = Problem>,
    code: &'static str,
    what: &str,
) -> Vec<Problem> {
    let mut told: Vec<Problem> = problems.by_ref().take(TOLD).collect();
    let more = problems.count();
    if more > 0 {
        let message = format!("… and {more} more {what}");
        told.push(Problem::warning(code, "credentials", "").message(message));
    }
    told
}

fn enabled(organizations: &[Arc<Organization>]) -> impl Iterator<Item = &Key> {
    organizations
        .iter()
        .flat_map(|organization| &organization.keys)
        .filter(|key| key.enabled)
}

fn warning(
    code: &'static str,
    file: &str,
    line: usize,
    message: String,
    help: &'static str,
) -> Problem {
    Problem::warning(code, file, "")
        .message(message)
        .help(help)
        .at_hidden(line, 1)
}
