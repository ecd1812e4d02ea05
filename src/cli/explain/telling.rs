//! What each rule found, in one sentence, with the place where that is written.

use std::fmt::Write as _;

use crate::cli::moment;
use crate::decide::{Fact, Membership, Rule};
use crate::peer::CallerAddress;
use crate::policy::{AccessList, Entry, Named, Resource, Roles};

use super::account::{State, Step};
use super::case::{Case, Spot};
use super::obstacle::{self, Obstacle};

/// What a rule found.
#[derive(Clone, Debug)]
pub(super) struct Told {
    fact: String,
    at: Option<Spot>,
}

impl Told {
    /// A sentence.
    pub(super) fn new(fact: impl Into<String>) -> Self {
        Self {
            fact: fact.into(),
            at: None,
        }
    }

    /// The same, with where it is written.
    pub(super) fn at(self, at: Spot) -> Self {
        Self {
            at: Some(at),
            ..self
        }
    }
}

/// Every rule in order: kept before the one that broke, not asked behind it. Rules about credentials, nonces and
/// replays are asked of real requests only.
pub(super) fn steps(broken: Option<Rule>, tell: impl Fn(Rule) -> Told) -> Vec<Step> {
    let step = |rule: Rule| {
        let offline = matches!(rule, Rule::Credentials | Rule::Nonce | Rule::Once);
        let state = match broken {
            Some(breaking) if breaking == rule => State::Broken,
            Some(breaking) if breaking < rule => State::NotAsked,
            Some(_) | None if offline => State::NotAsked,
            Some(_) | None => State::Kept,
        };
        let told = match state {
            State::Broken | State::Kept => tell(rule),
            State::NotAsked => Told::new(rule.sentence()),
        };
        Step {
            rule: rule.number(),
            state,
            fact: told.fact,
            at: told.at,
        }
    };
    Rule::ALL.map(step).into()
}

/// What a rule other than 4–9 says of a key that nobody has proven.
pub(super) fn tell_of_the_key(case: &Case<'_>, rule: Rule, obstacle: Option<Obstacle>) -> Told {
    match (rule, obstacle) {
        (Rule::OneReading, _) => Told::new("the request can be read in one way only"),
        (Rule::Proof, Some(obstacle)) => obstacle.tell(case),
        (Rule::Proof, None) => {
            let algorithms = obstacle::algorithms(case).join(", ");
            Told::new(match &*algorithms {
                "" => "the key is enabled, and taken as proven".to_owned(),
                _ => format!("the key is enabled, and can be proven by {algorithms}"),
            })
        }
        (
            Rule::Credentials
            | Rule::Nonce
            | Rule::AccessList
            | Rule::OrganizationRequiresList
            | Rule::ResourceRequiresList
            | Rule::Organization
            | Rule::Project
            | Rule::Role
            | Rule::Once,
            _,
        ) => Told::new(rule.sentence()),
    }
}

/// What a rule of 4–9 was asked about.
pub(super) fn tell(case: &Case<'_>, fact: &Fact<'_>) -> Told {
    match *fact {
        Fact::AccessList {
            caller,
            list,
            entry,
            nearest,
        } => match (list, entry, caller) {
            (None, _, _) => {
                Told::new("the key has no access list").at(case.key_spot("access_list"))
            }
            (Some(_), Some(entry), _) => Told::new(format!(
                "{} is on the list: {}",
                case.caller,
                describe(entry)
            ))
            .at(case.entry_spot(entry)),
            (Some(list), None, Some(caller)) => missed(case, list, caller, nearest),
            (Some(_), None, None) => Told::new("an unknown address is on no list"),
        },
        Fact::OrganizationRequiresList { required, listed } => requirement(case, required, listed),
        Fact::ResourceRequiresList {
            requiring, listed, ..
        } => match requiring {
            None => Told::new("nothing in the resource table requires a list of this request"),
            Some(row) => Told::new(format!(
                "`{}` requires an access list, and the key has {}",
                row.id,
                one_or_none(listed)
            ))
            .at(case.row_spot(row, "require")),
        },
        Fact::Organization { named, own } => Told::new(organization(case, named, own)),
        Fact::Project { named, membership } => project(case, named, membership),
        Fact::Role {
            rows,
            lacking,
            in_organization,
            in_project,
        } => {
            let has = [Some(in_organization), in_project];
            let has: Vec<&str> = has.into_iter().flatten().flat_map(Roles::iter).collect();
            match lacking.or_else(|| rows.iter().next()) {
                Some(row) => role(row, &has).at(case.row_spot(row, "roles")),
                None => Told::new("nothing in the resource table names roles for this request"),
            }
        }
    }
}

fn missed(
    case: &Case<'_>,
    list: &AccessList,
    caller: CallerAddress,
    nearest: Option<&Entry>,
) -> Told {
    let Some(nearest) = nearest else {
        return Told::new(format!("{caller} is not on the list"));
    };
    let fact = if nearest.network.contains(caller.ip()) {
        format!(
            "{caller} was on the list, but its entry is over: {}",
            describe(nearest)
        )
    } else {
        let among = match list.entries().len() {
            1 => "the one entry is".to_owned(),
            count => format!("of {count} entries the nearest is"),
        };
        format!("{caller} is not on the list; {among} {}", describe(nearest))
    };
    Told::new(fact).at(case.entry_spot(nearest))
}

fn requirement(case: &Case<'_>, required: bool, listed: bool) -> Told {
    let organization = case.identity.organization;
    let name = &organization.name;
    let fact = if required {
        format!(
            "organization {name} requires access lists, and the key has {}",
            one_or_none(listed)
        )
    } else {
        format!("organization {name} does not require access lists")
    };
    Told::new(fact).at(case.spot(&organization.file, "require_access_list"))
}

fn organization(case: &Case<'_>, named: Named<'_>, own: &str) -> String {
    let name = &case.identity.organization.name;
    match named {
        Named::None => "the path names no organization".to_owned(),
        Named::One(id) if id == own => format!("the path names the key's own organization, {name}"),
        Named::One(id) => {
            format!("the path names organization `{id}`; the key belongs to `{own}` ({name})")
        }
        Named::Ambiguous => "the path names an organization in more than one way".to_owned(),
    }
}

fn project(case: &Case<'_>, named: Named<'_>, membership: Membership<'_>) -> Told {
    let organization = case.identity.organization;
    let key = case.identity.key;
    let id = match named {
        Named::None => return Told::new("the path names no project"),
        Named::Ambiguous => return Told::new("the path names a project in more than one way"),
        Named::One(id) => id,
    };
    let known = organization
        .projects
        .iter()
        .find(|project| &*project.id == id);
    match (membership, known) {
        (Membership::Assigned(given), _) => {
            let item = key
                .projects
                .iter()
                .position(|other| std::ptr::eq(other, given));
            let name = known.map_or(id, |project| &project.name);
            Told::new(format!("the key was given project {name}")).at(case
                .key_spot(&item.map_or("projects".to_owned(), |item| format!("projects[{item}]"))))
        }
        (Membership::Owned, _) => {
            Told::new("an Organization Owner has every project of the organization")
                .at(case.key_spot("roles"))
        }
        (Membership::Missing | Membership::Unnamed, Some(project)) => {
            Told::new(format!("the key was not given project {}", project.name))
                .at(case.key_spot("projects"))
        }
        (Membership::Missing | Membership::Unnamed, None) => Told::new(format!(
            "the path names project `{id}`, which is none of organization {}",
            organization.name
        ))
        .at(case.key_spot("projects")),
    }
}

fn role(row: &Resource, has: &[&str]) -> Told {
    let wanted: Vec<&str> = row.roles.iter().collect();
    let has = if has.is_empty() {
        "none".to_owned()
    } else {
        has.join(", ")
    };
    Told::new(format!(
        "`{}` asks for {}, and the key has {has}",
        row.id,
        wanted.join(" or ")
    ))
}

fn one_or_none(listed: bool) -> &'static str {
    if listed { "one" } else { "none" }
}

/// An entry as one would say it.
pub(super) fn describe(entry: &Entry) -> String {
    let mut text = entry.network.to_string();
    if let Some(name) = &entry.named {
        let _ = write!(text, " of network {name}");
    }
    if let Some(comment) = &entry.comment {
        let _ = write!(text, " ({comment})");
    }
    if let Some(end) = entry.expires {
        let _ = write!(text, ", expires {}", moment::show(end));
    }
    text
}
