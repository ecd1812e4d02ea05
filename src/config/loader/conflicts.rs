//! What two organizations' files cannot both have, and which of them gives way.

use std::collections::{BTreeMap, HashMap};

use crate::config::Problem;
use crate::policy::Organization;

use super::organizations::Candidate;

/// What only one organization can have.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Claim<'o> {
    Key(&'o str),
    Organization(&'o str),
    Project(&'o str),
    PublicKey(&'o str),
}

/// Everything an organization claims, each with its field's number in the file (`None` for the organization's id).
fn claims(organization: &Organization) -> impl Iterator<Item = (Claim<'_>, usize)> {
    let own = std::iter::once((Claim::Organization(&organization.id), 0));
    let projects = organization.projects.iter().enumerate();
    let keys = organization.keys.iter().enumerate();
    own.chain(projects.map(|(item, project)| (Claim::Project(&project.id), item)))
        .chain(keys.flat_map(|(item, key)| {
            [
                (Claim::Key(&key.id), item),
                (Claim::PublicKey(&key.public_key), item),
            ]
        }))
}

impl Claim<'_> {
    fn problem(self, item: usize, path: &str, owner: &str) -> Problem {
        let (field, what, name) = match self {
            Self::Key(name) => (format!("keys[{item}].id"), "the key id", name),
            Self::Organization(name) => ("id".to_owned(), "the organization id", name),
            Self::Project(name) => (format!("projects[{item}].id"), "the project id", name),
            Self::PublicKey(name) => (format!("keys[{item}].public_key"), "the public key", name),
        };
        Problem::error("KW0418", path, field)
            .message(format!(
                "{what} `{}` stands in two files",
                name.escape_debug()
            ))
            .help(format!("{owner} has it; this file is not put in force"))
    }
}

/// The files that must give way, each with what another has. A file keeps what it has in force; otherwise the first
/// by path does.
pub(super) fn conflicts(candidates: &[Candidate<'_>]) -> BTreeMap<usize, Vec<Problem>> {
    let mut losers: BTreeMap<usize, Vec<Problem>> = BTreeMap::new();
    if candidates.iter().all(Candidate::is_unchanged) {
        return losers;
    }
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|index| candidates.get(*index).map(|c| !c.is_unchanged()));
    let mut owners: HashMap<Claim<'_>, usize, foldhash::quality::RandomState> = HashMap::default();
    for index in order {
        let Some(candidate) = candidates.get(index) else {
            continue;
        };
        for (claim, item) in candidate.organization().into_iter().flat_map(claims) {
            let owner = owners
                .get(&claim)
                .copied()
                .filter(|o| !losers.contains_key(o));
            let Some((owner, other)) = owner.and_then(|o| Some((o, candidates.get(o)?))) else {
                owners.insert(claim, index);
                continue;
            };
            let takes = !losers.contains_key(&index) && had(candidate, claim) && !had(other, claim);
            let (loser, winner) = if takes {
                (owner, candidate)
            } else {
                (index, other)
            };
            let (item, path) = if takes {
                owners.insert(claim, index);
                (item_of(other, claim), other.path)
            } else {
                (item, candidate.path)
            };
            let problem = claim.problem(item, path, winner.path);
            losers.entry(loser).or_default().push(problem);
        }
    }
    losers
}

fn item_of(candidate: &Candidate<'_>, wanted: Claim<'_>) -> usize {
    candidate
        .organization()
        .into_iter()
        .flat_map(claims)
        .find(|(claim, _)| *claim == wanted)
        .map_or(0, |(_, item)| item)
}

fn had(candidate: &Candidate<'_>, wanted: Claim<'_>) -> bool {
    candidate
        .organization_in_force()
        .is_some_and(|organization| claims(organization).any(|(claim, _)| claim == wanted))
}
