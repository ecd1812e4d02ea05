//! Why a decision came out as it did: rules 4–9 in order, each with its verdict and the facts it was asked about.

use crate::peer::CallerAddress;
use crate::policy::{AccessList, Entry, Named, Resource, RoleRows, Roles, Snapshot};

use super::rules::{self, Findings};
use super::{Decision, Identity, Membership, Question, Reason, Rule};

/// A decision and how it came about, told by the functions that make it.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'s> {
    /// What is explained.
    pub decision: Decision<'s>,
    /// The rule that broke, whether the refusal binds or is only observed.
    pub broken: Option<Reason>,
    /// Rules 4–9, in the order they are asked.
    pub steps: [Step<'s>; 6],
}

/// One rule of an explanation.
#[derive(Clone, Copy, Debug)]
pub struct Step<'s> {
    /// Which one.
    pub rule: Rule,
    /// What came out.
    pub verdict: Verdict,
    /// What it was asked about; told for rules that were not asked, too.
    pub fact: Fact<'s>,
}

/// What came out of one rule.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Verdict {
    /// It broke, and decided.
    Broken,
    /// It was asked and did not break.
    Kept,
    /// An earlier rule broke.
    NotAsked,
}

/// What a rule was asked about.
#[derive(Clone, Copy, Debug)]
pub enum Fact<'s> {
    /// Rule 4.
    AccessList {
        /// Who is calling, if that can be known.
        caller: Option<CallerAddress>,
        /// The key's list, if it has one.
        list: Option<&'s AccessList>,
        /// The entry that lets the caller in.
        entry: Option<&'s Entry>,
        /// Where none does, the closest one: perhaps an expired one that holds the caller.
        nearest: Option<&'s Entry>,
    },
    /// Rule 5.
    OrganizationRequiresList {
        /// Whether the organization requires access lists.
        required: bool,
        /// Whether the key has one.
        listed: bool,
    },
    /// Rule 6.
    ResourceRequiresList {
        /// The row that names the request.
        resource: Option<&'s Resource>,
        /// A row that requires a list.
        requiring: Option<&'s Resource>,
        /// Whether the key has one.
        listed: bool,
    },
    /// Rule 7.
    Organization {
        /// What the path names.
        named: Named<'s>,
        /// The key's own.
        own: &'s str,
    },
    /// Rule 8.
    Project {
        /// What the path names.
        named: Named<'s>,
        /// How the key stands to it.
        membership: Membership<'s>,
    },
    /// Rule 9.
    Role {
        /// The rows that name roles: of each the key needs one.
        rows: RoleRows<'s>,
        /// The first of them whose roles the key lacks.
        lacking: Option<&'s Resource>,
        /// The key's roles in its organization.
        in_organization: &'s Roles,
        /// The key's roles in the project that the path names.
        in_project: Option<&'s Roles>,
    },
}

/// Decides as [`authorize`](super::authorize) does, and tells how.
#[must_use]
pub fn explain<'s>(
    snapshot: &'s Snapshot,
    identity: Identity<'s>,
    question: &Question<'s>,
) -> Explanation<'s> {
    let touched = snapshot.resources.find(question.method, question.target);
    let findings = rules::authorization(snapshot, &identity, &touched, question);
    let listed = identity.key.reach.list().is_some();
    let project = snapshot.scopes.project.named(question.target);
    let membership = Membership::of(&identity, project);
    let facts = [
        (Rule::AccessList, access_list(&identity, findings, question)),
        (
            Rule::OrganizationRequiresList,
            Fact::OrganizationRequiresList {
                required: identity.organization.require_access_list,
                listed,
            },
        ),
        (
            Rule::ResourceRequiresList,
            Fact::ResourceRequiresList {
                resource: touched.resource,
                requiring: touched.requiring,
                listed,
            },
        ),
        (
            Rule::Organization,
            Fact::Organization {
                named: snapshot.scopes.organization.named(question.target),
                own: &identity.organization.id,
            },
        ),
        (
            Rule::Project,
            Fact::Project {
                named: project,
                membership,
            },
        ),
        (
            Rule::Role,
            Fact::Role {
                rows: touched.role_rows,
                lacking: rules::unsatisfied(&identity, &touched, membership),
                in_organization: &identity.key.roles,
                in_project: membership.roles(),
            },
        ),
    ];
    let broken = findings.broken.map(|breach| breach.reason);
    Explanation {
        decision: rules::verdict(identity, &touched, findings),
        broken,
        steps: facts.map(|(rule, fact)| Step {
            rule,
            verdict: verdict(rule, broken),
            fact,
        }),
    }
}

fn access_list<'s>(
    identity: &Identity<'s>,
    findings: Findings<'s>,
    question: &Question<'s>,
) -> Fact<'s> {
    let list = identity.key.reach.list();
    let nearest = match findings.entry {
        Some(_) => None,
        None => list
            .zip(question.caller)
            .and_then(|(list, caller)| list.nearest(caller)),
    };
    Fact::AccessList {
        caller: question.caller,
        list,
        entry: findings.entry,
        nearest,
    }
}

/// Rules are asked in order and the first that breaks is the answer, so it tells of all of them.
fn verdict(rule: Rule, broken: Option<Reason>) -> Verdict {
    match broken.map(Reason::rule) {
        Some(breaking) if breaking == rule => Verdict::Broken,
        Some(breaking) if breaking < rule => Verdict::NotAsked,
        Some(_) | None => Verdict::Kept,
    }
}
