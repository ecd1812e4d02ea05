//! The organizations' files: read in parallel, each with its last good version, none taking what another has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::config::compile::{Lists, SharedNetworks, Uses, organization};
use crate::config::document::OrganizationDocument;
use crate::config::folder::FolderFile;
use crate::config::{Problem, cut, place_all};
use crate::digest::Timestamp;
use crate::policy::Organization;

use super::choice::Choice;
use super::conflicts::conflicts;
use super::reading::{Reading, Version, parse, read};

/// An organization as compiled, and what it took from `networks.yaml`.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    /// The organization.
    pub(super) organization: Arc<Organization>,
    /// Its shared networks.
    uses: Uses,
}

/// A reading, and the networks it holds for.
#[derive(Clone, Debug)]
pub(super) struct OrganizationReading {
    /// The reading.
    pub(super) reading: Reading<Compiled>,
    uses: Uses,
}

/// What every file is compiled with.
#[derive(Clone, Copy)]
pub(super) struct With<'w> {
    /// The networks of `networks.yaml`.
    pub(super) shared: &'w SharedNetworks,
    /// Every access list of this load.
    pub(super) lists: &'w Lists,
    /// When.
    pub(super) now: Timestamp,
}

/// So few files are read faster by one core.
const FEW: usize = 8;

/// Reads again what changed, or whose networks did; gives how many files that were.
pub(super) fn refresh(
    readings: &mut BTreeMap<String, OrganizationReading>,
    files: &[(&str, &FolderFile)],
    with: With<'_>,
) -> usize {
    readings.retain(|path, _| {
        files
            .binary_search_by(|(other, _)| (*other).cmp(path.as_str()))
            .is_ok()
    });
    let changed: Vec<(&str, &FolderFile)> = files
        .iter()
        .filter(|(path, file)| {
            !readings.get(*path).is_some_and(|known| {
                known.reading.is_of(file) && known.uses.stand_with(with.shared)
            })
        })
        .copied()
        .collect();
    let parsed = changed
        .iter()
        .filter(|(_, file)| file.content.is_ok())
        .count();
    for (path, reading) in read_all(&changed, with) {
        readings.insert(path.to_owned(), reading);
    }
    parsed
}

fn read_all<'f>(
    files: &[(&'f str, &FolderFile)],
    with: With<'_>,
) -> Vec<(&'f str, OrganizationReading)> {
    let one = |&(path, file): &(&'f str, &FolderFile)| (path, read_one(path, file, with));
    if files.len() <= FEW {
        return files.iter().map(one).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            done.push(one(file));
        }
        done
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let others: Vec<_> = (1..cores).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

fn read_one(path: &str, file: &FolderFile, with: With<'_>) -> OrganizationReading {
    let mut uses = Uses::default();
    let reading = read(path, file, |text, problems| {
        let (organization, taken) = understand(path, text, problems, with);
        uses = taken.clone();
        organization.map(|organization| Compiled {
            organization,
            uses: taken,
        })
    });
    OrganizationReading { reading, uses }
}

/// What the text of a file means that nobody has vouched for yet.
fn understand(
    path: &str,
    text: &[u8],
    problems: &mut Vec<Problem>,
    with: With<'_>,
) -> (Option<Arc<Organization>>, Uses) {
    problems.extend(cut::unended(path, text));
    compile(path, text, problems, with)
}

/// The same without shared networks, for the fuzz targets.
#[cfg(fuzzing)]
pub(in crate::config) fn understand_alone(
    path: &str,
    text: &[u8],
    problems: &mut Vec<Problem>,
    now: Timestamp,
) -> Option<Arc<Organization>> {
    let with = With {
        shared: &SharedNetworks::default(),
        lists: &Lists::default(),
        now,
    };
    understand(path, text, problems, with).0
}

fn compile(
    path: &str,
    text: &[u8],
    problems: &mut Vec<Problem>,
    with: With<'_>,
) -> (Option<Arc<Organization>>, Uses) {
    let mut uses = Uses::default();
    let compiled = parse(
        path,
        text,
        problems,
        |document: &OrganizationDocument, findings| {
            let (organization, taken) =
                organization(document, with.shared, with.lists, with.now, findings);
            uses = taken;
            organization
        },
    );
    (compiled, uses)
}

/// One file, with the version that counts and the one to fall back on.
pub(super) struct Candidate<'c> {
    /// Its path.
    pub(super) path: &'c str,
    /// The version that counts.
    pub(super) choice: Choice<Compiled>,
    /// The version in force.
    last: Option<&'c Version<Compiled>>,
}

/// Chooses a version of every file, so that no two organizations claim the same id or public key.
pub(super) fn choose<'c>(
    readings: &'c BTreeMap<String, OrganizationReading>,
    in_force: Option<&'c BTreeMap<String, Version<Compiled>>>,
    with: With<'_>,
) -> Vec<Candidate<'c>> {
    let mut candidates: Vec<Candidate<'c>> = readings
        .iter()
        .map(|(path, known)| {
            let last = in_force.and_then(|files| files.get(path));
            let mut choice = Choice::of(path, &known.reading, last, |old, new| {
                cut::organization_opens(&old.organization, &new.organization)
            });
            renew(path, &mut choice, with);
            Candidate { path, choice, last }
        })
        .collect();
    loop {
        let losers = conflicts(&candidates);
        if losers.is_empty() {
            return candidates;
        }
        for (loser, problems) in losers {
            if let Some(candidate) = candidates.get_mut(loser) {
                candidate.fall_back(problems, with);
            }
        }
    }
}

/// A last good version is compiled with the networks of now, where that goes.
fn renew(path: &str, choice: &mut Choice<Compiled>, with: With<'_>) {
    if choice.state != super::FileState::LastGood {
        return;
    }
    let Some(version) = &mut choice.version else {
        return;
    };
    if version.value.uses.stand_with(with.shared) {
        return;
    }
    if let Some(text) = &version.text
        && let (Some(organization), uses) = compile(path, text, &mut Vec::new(), with)
    {
        version.value = Compiled { organization, uses };
    }
}

impl Candidate<'_> {
    fn fall_back(&mut self, mut problems: Vec<Problem>, with: With<'_>) {
        let text = self.choice.version.take().and_then(|version| version.text);
        if let Some(text) = text
            .as_deref()
            .and_then(|text| std::str::from_utf8(text).ok())
        {
            place_all(&mut problems, self.path, text);
        }
        self.choice.problems.extend(problems);
        let last = self
            .last
            .filter(|_| self.choice.state == super::FileState::Active);
        self.choice = Choice::falling_back(last, std::mem::take(&mut self.choice.problems));
        renew(self.path, &mut self.choice, with);
    }

    /// The organization that counts.
    pub(super) fn organization(&self) -> Option<&Organization> {
        Some(&self.choice.version.as_ref()?.value.organization)
    }

    pub(super) fn is_unchanged(&self) -> bool {
        match (&self.choice.version, self.last) {
            (Some(now), Some(last)) => now.hash == last.hash,
            (Some(_) | None, _) => false,
        }
    }

    /// The organization in force.
    pub(super) fn organization_in_force(&self) -> Option<&Organization> {
        Some(&self.last?.value.organization)
    }
}
