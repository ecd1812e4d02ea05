//! What each rule found, in one sentence, with the place where that is written.

use std::fmt::Write as _;

use crate::cli::moment;
use crate::decide::{Identity, Rule};
use crate::policy::{Entry, Named, Reach, Resource, Roles};

use super::account::{Spot, State, Step};
use super::facts::{Facts, Obstacle};

/// What a rule found.
pub(super) struct Told {
    fact: String,
    at: Option<Spot>,
}

impl From<String> for Told {
    fn from(fact: String) -> Self {
        Self { fact, at: None }
    }
}

impl Told {
    fn at(self, at: Spot) -> Self {
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
            State::NotAsked => Told::from(rule.sentence().to_owned()),
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

impl Facts<'_> {
    /// What the rule found.
    pub(super) fn tell(&self, rule: Rule) -> Told {
        match rule {
            Rule::OneReading => {
                Told::from("the request target can be read in one way only".to_owned())
            }
            Rule::Credentials | Rule::Nonce | Rule::Once => Told::from(rule.sentence().to_owned()),
            Rule::Proof => self.proof(),
            Rule::AccessList => self.access_list(),
            Rule::OrganizationRequiresList => self.organization_list(),
            Rule::ResourceRequiresList => self.resource_list(),
            Rule::Organization => self.own_organization(),
            Rule::Project => self.own_project(),
            Rule::Role => self.role(),
        }
    }

    fn proof(&self) -> Told {
        let key = self.case.identity.key;
        match self.obstacle() {
            Some(Obstacle::Disabled) => {
                Told::from("the key is disabled: it gets 401, as an unknown key does".to_owned())
                    .at(self.case.key_spot("enabled"))
            }
            Some(Obstacle::Expired) => {
                let end = key.expires.map(moment::show).unwrap_or_default();
                Told::from(format!("the key expired at {end}: it gets 401"))
                    .at(self.case.key_spot("expires"))
            }
            Some(Obstacle::NoCredential) => Told::from(
                "no line below credentials/ has this key with an accepted algorithm: it gets 401"
                    .to_owned(),
            )
            .at(self.case.key_spot("public_key")),
            None => Told::from(format!(
                "the key is enabled and can be proven by {}",
                self.algorithms().join(", ")
            )),
        }
    }

    fn access_list(&self) -> Told {
        let caller = self.case.caller;
        let Reach::Listed(list) = &self.case.identity.key.reach else {
            return Told::from("the key has no access list".to_owned())
                .at(self.case.key_spot("access_list"));
        };
        if let Some(entry) = list.find(caller, self.case.at) {
            return Told::from(format!("{caller} is on the list: {}", describe(entry)))
                .at(self.entry_spot(entry));
        }
        let count = match list.entries().len() {
            1 => "the only entry is".to_owned(),
            count => format!("none of {count} entries has it; the nearest is"),
        };
        match (self.expired(), list.nearest(caller)) {
            (Some(entry), _) => Told::from(format!(
                "{caller} was on the list until its entry expired: {}",
                describe(entry)
            ))
            .at(self.entry_spot(entry)),
            (None, Some(entry)) => Told::from(format!(
                "{caller} is not on the list; {count} {}",
                describe(entry)
            ))
            .at(self.entry_spot(entry)),
            (None, None) => Told::from(format!("{caller} is not on the list"))
                .at(self.case.key_spot("access_list")),
        }
    }

    fn organization_list(&self) -> Told {
        let organization = self.case.identity.organization;
        let at = self.case.spot(&organization.file, "require_access_list");
        let fact = match (
            &self.case.identity.key.reach,
            organization.require_access_list,
        ) {
            (Reach::Nowhere, _) => format!(
                "organization {} requires access lists, and the key has none",
                organization.name
            ),
            (Reach::Listed(_), true) => format!(
                "organization {} requires access lists, and the key has one",
                organization.name
            ),
            (Reach::Listed(_) | Reach::Anywhere, _) => format!(
                "organization {} does not require access lists",
                organization.name
            ),
        };
        Told::from(fact).at(at)
    }

    fn resource_list(&self) -> Told {
        let Some(row) = self.touched.requiring else {
            return Told::from(
                "nothing in the resource table requires a list of this request".to_owned(),
            );
        };
        let and = match &self.case.identity.key.reach {
            Reach::Listed(_) => "has one",
            Reach::Anywhere | Reach::Nowhere => "has none",
        };
        Told::from(format!(
            "`{}` requires an access list, and the key {and}",
            row.id
        ))
        .at(self.row_spot(row, "require"))
    }

    fn own_organization(&self) -> Told {
        let own = self.case.identity.organization;
        Told::from(match self.organization() {
            Named::None => "the path names no organization".to_owned(),
            Named::One(id) if id == &*own.id => {
                format!("the path names the key's own organization, {}", own.name)
            }
            Named::One(id) => format!(
                "the path names organization `{id}`; the key belongs to `{}` ({})",
                own.id, own.name
            ),
            Named::Ambiguous => "the path names an organization in more than one way".to_owned(),
        })
    }

    fn own_project(&self) -> Told {
        let id = match self.project() {
            Named::None => return Told::from("the path names no project".to_owned()),
            Named::Ambiguous => {
                return Told::from("the path names a project in more than one way".to_owned());
            }
            Named::One(id) => id,
        };
        let Identity {
            organization, key, ..
        } = self.case.identity;
        let known = organization
            .projects
            .iter()
            .find(|project| &*project.id == id);
        let name = known.map_or(id, |project| &project.name);
        match (self.assignment(), known) {
            (Some((item, _)), _) => Told::from(format!("the key was given project {name}"))
                .at(self.case.key_spot(&format!("projects[{item}]"))),
            (None, Some(_)) if key.roles.has(Roles::ORG_OWNER) => Told::from(format!(
                "an Organization Owner has every project of the organization, {name} too"
            ))
            .at(self.case.key_spot("roles")),
            (None, Some(_)) => Told::from(format!("the key was not given project {name}"))
                .at(self.case.key_spot("projects")),
            (None, None) => Told::from(format!(
                "the path names project `{id}`, which is none of organization {}",
                organization.name
            ))
            .at(self.case.key_spot("projects")),
        }
    }

    fn role(&self) -> Told {
        let named = |row: &Resource| {
            let roles: Vec<&str> = row.roles.iter().collect();
            format!("`{}` asks for {}", row.id, roles.join(" or "))
        };
        if let Some(row) = self.unsatisfied() {
            return Told::from(format!(
                "{}, and the key has {}",
                named(row),
                self.has_roles()
            ))
            .at(self.row_spot(row, "roles"));
        }
        if self.touched.role_rows.overflow() {
            return Told::from("the request touches too many rows that name roles".to_owned());
        }
        match self.touched.role_rows.iter().next() {
            Some(row) => Told::from(format!(
                "{}, and the key has {}",
                named(row),
                self.has_roles()
            ))
            .at(self.row_spot(row, "roles")),
            None => {
                Told::from("nothing in the resource table names roles for this request".to_owned())
            }
        }
    }

    fn has_roles(&self) -> String {
        let mut roles: Vec<&str> = self.case.identity.key.roles.iter().collect();
        if let Some((_, given)) = self.assignment() {
            roles.extend(given.iter());
        }
        if roles.is_empty() {
            "none".to_owned()
        } else {
            roles.join(", ")
        }
    }
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
