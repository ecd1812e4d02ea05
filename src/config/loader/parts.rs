//! A snapshot's parts, put together from the versions that count, and asked what is expected of them.

use std::sync::Arc;

use crate::config::compile::{FileLines, advertised, unmatched};
use crate::config::document::ExpectationsDocument;
use crate::config::expectation::failures;
use crate::config::{Problem, Severity, place_all};
use crate::policy::{Generation, Organization, Snapshot, SnapshotParts};

use super::EXPECTATIONS;
use super::core_files::Core;
use super::credentials::{self, Lines};
use super::organizations::Compiled;
use super::pass::{Chosen, Pass};

impl Pass<'_> {
    /// The parts; their generation is still to be named.
    pub(super) fn parts(
        &mut self,
        core: &Core,
        organizations: &Chosen<Compiled>,
        credentials: &Chosen<Lines>,
    ) -> SnapshotParts {
        let settings = &core.keywarden.value;
        let organizations: Vec<Arc<Organization>> = organizations
            .iter()
            .filter_map(|(_, choice)| choice.version.as_ref())
            .map(|version| Arc::clone(&version.value.organization))
            .collect();
        let files: Vec<FileLines<'_>> = credentials
            .iter()
            .filter_map(|(path, choice)| Some((path.as_str(), &*choice.version.as_ref()?.value)))
            .collect();
        let merged = credentials::merge(&mut self.known.merged, credentials);
        let (offered, problems) = advertised(
            &settings.digest.algorithms,
            &organizations,
            &merged.verifiers,
        );
        let lines = if self.report.lacks_an_organization() {
            &[]
        } else {
            files.as_slice()
        };
        let lacking = unmatched(&organizations, &merged.verifiers, lines);
        let problems = [merged.problems.clone(), problems, lacking].concat();
        let verifiers = Arc::clone(&merged.verifiers);
        self.add_placed(problems);
        if organizations.is_empty() {
            let problem = Problem::warning("KW0419", "organizations", "")
                .message("no organization is in force: every request is challenged")
                .help("write one under organizations/");
            self.report.add(problem);
        }
        SnapshotParts {
            generation: Generation::default(),
            realm: Arc::from(settings.digest.realm.as_str()),
            algorithms: settings.digest.algorithms.clone(),
            advertised: offered,
            nonce_lifetime: settings.digest.nonce_lifetime,
            resources: Arc::clone(&core.resources.value.resources),
            scopes: Arc::clone(&core.resources.value.scopes),
            organizations,
            verifiers,
        }
    }

    /// Whether the policy is what `expectations.yaml` expects.
    pub(super) fn meets(&mut self, expected: &ExpectationsDocument, parts: &SnapshotParts) -> bool {
        if expected.expectations.is_empty() {
            return true;
        }
        let snapshot = Snapshot::new(parts.clone());
        let missing = self.report.lacks_an_organization();
        let failures = failures(expected, EXPECTATIONS, &snapshot, self.now, missing);
        let met = failures
            .iter()
            .all(|problem| problem.severity == Severity::Warning);
        self.add_placed(failures);
        met
    }

    /// Adds problems that were found between files, each with its place.
    fn add_placed(&mut self, mut problems: Vec<Problem>) {
        let mut files: Vec<String> = problems
            .iter()
            .map(|problem| problem.file.clone())
            .collect();
        files.sort();
        files.dedup();
        for path in files {
            let file = self.folder.files().get(&path);
            let content = file.and_then(|file| file.content.as_ref().ok());
            let text = content.and_then(|content| content.text.as_deref());
            if let Some(Ok(text)) = text.map(std::str::from_utf8) {
                place_all(&mut problems, &path, text);
            }
        }
        for problem in problems {
            self.report.add(problem);
        }
    }
}
