//! What would mend a refusal: what to write, and where.

use crate::decide::Reason;
use crate::policy::{Named, Reach};

use super::account::{Case, Cure, Spot};
use super::facts::{Facts, Obstacle};

/// What would let the request through.
pub(super) fn of(facts: &Facts<'_>, reason: Reason) -> Cure {
    match reason {
        Reason::AddressNotOnAccessList => address(facts),
        Reason::OrganizationRequiresAccessList | Reason::ResourceRequiresAccessList => {
            first_entry(facts)
        }
        Reason::OrganizationForeign => {
            let own = facts.case.identity.organization;
            words(match facts.organization() {
                Named::One(id) => format!(
                    "use a key of organization `{id}`, or the path of the key's own, `{}`",
                    own.id
                ),
                Named::None | Named::Ambiguous => {
                    format!("name the organization once, by its plain id `{}`", own.id)
                }
            })
        }
        Reason::ProjectUnassigned => project(facts),
        Reason::RoleMissing => role(facts),
    }
}

/// What would let the key authenticate.
pub(super) fn of_obstacle(case: &Case<'_>, obstacle: Obstacle) -> Cure {
    let key = case.identity.key;
    match obstacle {
        Obstacle::Disabled => write("enable the key", "enabled: true", case.key_spot("enabled")),
        Obstacle::Expired => write(
            "let the key end later, or delete the line",
            "expires: 2099-12-31T00:00:00Z",
            case.key_spot("expires"),
        ),
        Obstacle::NoCredential => Cure {
            text: format!(
                "add a credential line for the key in a file below credentials/; the realm is `{}`",
                case.snapshot.realm
            ),
            yaml: format!(
                "htdigest keys.htdigest '{}' {}",
                case.snapshot.realm, key.public_key
            ),
            at: None,
        },
    }
}

fn address(facts: &Facts<'_>) -> Cure {
    if let Some(expired) = facts.expired() {
        return write(
            "let the entry that has the address end later, or delete its `expires`",
            "  expires: 2099-12-31T00:00:00Z",
            facts.entry_spot(expired),
        );
    }
    let key = facts.case.identity.key;
    write(
        &format!(
            "add an entry to the access list of key `{}`",
            key.public_key
        ),
        &entry(facts),
        facts.case.key_spot("access_list"),
    )
}

fn first_entry(facts: &Facts<'_>) -> Cure {
    let key = facts.case.identity.key;
    let alone = match key.reach {
        Reach::Anywhere => {
            "; from then on the key calls from its entries only, whatever it asks for"
        }
        Reach::Listed(_) | Reach::Nowhere => "",
    };
    write(
        &format!(
            "give key `{}` an access list instead of `[]`{alone}",
            key.public_key
        ),
        &format!("access_list:\n{}", entry(facts)),
        facts.case.key_spot("access_list"),
    )
}

fn project(facts: &Facts<'_>) -> Cure {
    let organization = facts.case.identity.organization;
    let Named::One(id) = facts.project() else {
        return words("name the project once, by its plain id".to_owned());
    };
    match organization
        .projects
        .iter()
        .find(|project| &*project.id == id)
    {
        Some(project) => write(
            &format!(
                "give the key project {}, in roles of your choice",
                project.name
            ),
            &format!(
                "projects:\n  - {{ project: \"{id}\", roles: [GROUP_READ_ONLY] }} # {}",
                project.name
            ),
            facts.case.key_spot("projects"),
        ),
        None => words(format!(
            "use a key of the organization that owns project `{id}`; if that is {}, add the project to its `projects` \
             in {}",
            organization.name, organization.file
        )),
    }
}

fn role(facts: &Facts<'_>) -> Cure {
    let Some(row) = facts.unsatisfied() else {
        return words(
            "let fewer rows of resources.yaml that name roles match one request".to_owned(),
        );
    };
    let wanted: Vec<&str> = row.roles.iter().collect();
    let for_project = wanted.iter().find(|role| role.starts_with("GROUP_"));
    let (role, field) = match (facts.assignment(), for_project) {
        (Some((item, _)), Some(role)) => (*role, format!("projects[{item}].roles")),
        (Some(_) | None, _) => (
            wanted.first().copied().unwrap_or_default(),
            "roles".to_owned(),
        ),
    };
    write(
        &format!("give the key the role {role}, or use a key that has it"),
        &format!("roles: [{role}]"),
        facts.case.key_spot(&field),
    )
}

/// An entry for the caller, as it stands in a list.
fn entry(facts: &Facts<'_>) -> String {
    format!("  - address: \"{}\"\n    comment: why", facts.case.caller)
}

fn write(text: &str, yaml: &str, at: Spot) -> Cure {
    Cure {
        text: text.to_owned(),
        yaml: yaml.to_owned(),
        at: Some(at),
    }
}

fn words(text: String) -> Cure {
    Cure {
        text,
        yaml: String::new(),
        at: None,
    }
}
