//! One organization, compiled from its file.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::config::document::{EntryOrigin, OrganizationDocument, ProjectDocument};
use crate::digest::Timestamp;
use crate::policy::{Enforcement, Network, Organization, Project};

use super::Findings;
use super::access_list::{Lists, Surroundings};
use super::identifier::{Once, check_id};
use super::key::Owner;
use super::networks::{SharedNetworks, named};

/// What an organization's file took from `networks.yaml`: every name it uses, the undefined ones included, since
/// defining one mends the file.
#[derive(Clone, Debug, Default)]
pub(in crate::config) struct Uses(BTreeMap<Arc<str>, Option<Arc<[Network]>>>);

impl Uses {
    /// Whether compiling again with these networks would give the same.
    pub(in crate::config) fn stand_with(&self, shared: &SharedNetworks) -> bool {
        self.0
            .iter()
            .all(|(name, networks)| shared.find(name).map(|(_, found)| found) == networks.as_ref())
    }
}

/// Compiles the organization written in the findings' file; `None` if there was an error.
pub(in crate::config) fn organization(
    document: &OrganizationDocument,
    shared: &SharedNetworks,
    lists: &Lists,
    now: Timestamp,
    findings: &mut Findings<'_>,
) -> (Option<Arc<Organization>>, Uses) {
    check_id(&document.id, "id", findings);
    let own = named(&document.networks, findings);
    let projects = projects(&document.projects, findings);
    let mut owner = Owner {
        require_access_list: document.require_access_list,
        projects: by_handle(&document.projects),
        roles: HashMap::new(),
        around: Surroundings {
            own: &own,
            shared,
            lists,
            now,
        },
    };
    let (mut ids, mut public_keys) = (Once::default(), Once::default());
    let mut keys = Vec::with_capacity(document.keys.len());
    for (item, written) in document.keys.iter().enumerate() {
        let place = ("keys", item);
        ids.take(&written.id, "the key id", place, "id", findings);
        public_keys.take(
            &written.public_key,
            "the public key",
            place,
            "public_key",
            findings,
        );
        let number = u32::try_from(item).unwrap_or(u32::MAX);
        keys.extend(owner.key(written, number, findings));
    }
    let organization = (!findings.failed()).then(|| {
        Arc::new(Organization {
            id: Arc::from(&*document.id),
            name: Arc::from(&*document.name),
            require_access_list: document.require_access_list,
            enforcement: document
                .enforcement
                .map_or(Enforcement::Enforce, Into::into),
            projects,
            keys: keys.into(),
            file: Arc::from(findings.file()),
        })
    });
    (organization, uses(document, &own, shared))
}

fn projects(written: &[ProjectDocument], findings: &mut Findings<'_>) -> Box<[Project]> {
    let (mut ids, mut names) = (Once::default(), Once::default());
    for (item, project) in written.iter().enumerate() {
        let place = ("projects", item);
        check_id(&project.id, &format!("projects[{item}].id"), findings);
        ids.take(&project.id, "the project id", place, "id", findings);
        names.take(&project.name, "the project name", place, "name", findings);
    }
    written
        .iter()
        .map(|project| Project {
            id: Arc::from(&*project.id),
            name: Arc::from(&*project.name),
        })
        .collect()
}

/// Projects by id and by name; an id wins over another project's name.
fn by_handle(written: &[ProjectDocument]) -> HashMap<&str, &ProjectDocument> {
    let names = written.iter().map(|project| (&*project.name, project));
    let ids = written.iter().map(|project| (&*project.id, project));
    names.chain(ids).collect()
}

fn uses(document: &OrganizationDocument, own: &SharedNetworks, shared: &SharedNetworks) -> Uses {
    let mut uses = BTreeMap::new();
    let entries = document.keys.iter().flat_map(|key| &key.access_list);
    for entry in entries {
        if let EntryOrigin::Network(name) = &entry.origin
            && own.find(name).is_none()
            && !uses.contains_key(&**name)
        {
            let networks = shared.find(name).map(|(_, networks)| Arc::clone(networks));
            uses.insert(Arc::from(&**name), networks);
        }
    }
    Uses(uses)
}
