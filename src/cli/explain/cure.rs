//! What would mend a refusal: what to write, and where.

use crate::decide::{Fact, Membership};
use crate::policy::{Entry, Named, Reach, Resource};

use super::account::Cure;
use super::case::Case;

/// What would let a request through, of which this fact broke its rule.
pub(super) fn of(case: &Case<'_>, fact: &Fact<'_>, membership: Membership<'_>) -> Cure {
    match *fact {
        Fact::AccessList { nearest, .. } => address(case, nearest),
        Fact::OrganizationRequiresList { .. } | Fact::ResourceRequiresList { .. } => {
            first_entry(case)
        }
        Fact::Organization { named, own } => Cure::new(match named {
            Named::One(id) => format!(
                "use a key of organization `{id}`, or name the key's own organization, `{own}`"
            ),
            Named::None | Named::Ambiguous => {
                format!("name the organization once, by its plain id `{own}`")
            }
        }),
        Fact::Project { named, .. } => project(case, named),
        Fact::Role { lacking, .. } => role(case, lacking, membership),
    }
}

fn address(case: &Case<'_>, nearest: Option<&Entry>) -> Cure {
    if let Some(over) = nearest.filter(|entry| entry.network.contains(case.caller.ip())) {
        return Cure::new("let the entry end later, or delete its `expires`")
            .yaml("expires: 2099-12-31T00:00:00Z")
            .at(case.entry_spot(over));
    }
    let key = &case.identity.key.public_key;
    Cure::new(format!("add an entry to the access list of key `{key}`"))
        .yaml(entry(case))
        .at(case.key_spot("access_list"))
}

fn first_entry(case: &Case<'_>) -> Cure {
    let key = case.identity.key;
    let from_then_on = match key.reach {
        Reach::Anywhere => "; from then on it calls from its entries only, whatever it asks for",
        Reach::Listed(_) | Reach::Nowhere => "",
    };
    Cure::new(format!(
        "give key `{}` an access list in place of `[]`{from_then_on}",
        key.public_key
    ))
    .yaml(format!("access_list:\n{}", entry(case)))
    .at(case.key_spot("access_list"))
}

fn project(case: &Case<'_>, named: Named<'_>) -> Cure {
    let organization = case.identity.organization;
    let Named::One(id) = named else {
        return Cure::new("name the project once, by its plain id");
    };
    let known = organization.projects.iter();
    match known.clone().find(|project| &*project.id == id) {
        Some(project) => Cure::new(format!(
            "give the key project {}, in roles of your choice",
            project.name
        ))
        .yaml(format!(
            "projects:\n  - {{ project: \"{id}\", roles: [GROUP_READ_ONLY] }}"
        ))
        .at(case.key_spot("projects")),
        None => Cure::new(format!(
            "use a key of the organization that owns project `{id}`; if that is {}, write it below `projects`",
            organization.name
        ))
        .at(case.spot(&organization.file, "projects")),
    }
}

fn role(case: &Case<'_>, lacking: Option<&Resource>, membership: Membership<'_>) -> Cure {
    let Some(row) = lacking else {
        return Cure::new("let fewer rows of resources.yaml that name roles match one request");
    };
    let of_a_project = row.roles.iter().find(|role| role.starts_with("GROUP_"));
    let (role, field) = match (membership, of_a_project) {
        (Membership::Assigned(given), Some(role)) => {
            let projects = &case.identity.key.projects;
            let item = projects.iter().position(|other| std::ptr::eq(other, given));
            let field = format!("projects[{}].roles", item.unwrap_or_default());
            (role, field)
        }
        (
            Membership::Assigned(_) | Membership::Missing | Membership::Owned | Membership::Unnamed,
            _,
        ) => (
            row.roles.iter().next().unwrap_or_default(),
            "roles".to_owned(),
        ),
    };
    Cure::new(format!(
        "add {role} to the key's roles, or use a key that has it"
    ))
    .yaml(format!("roles: [{role}]"))
    .at(case.key_spot(&field))
}

/// An entry for the caller, as it stands in a list.
fn entry(case: &Case<'_>) -> String {
    format!("  - address: \"{}\"\n    comment: why", case.caller)
}
