//! The account of one decision: the verdict, every rule with its facts and its place, and the cure.

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::decide::{Decision, Explanation, Fact, Identity, Membership, Reason, Rejection, Rule};
use crate::policy::Entry;

use super::case::{Case, Spot};
use super::cure;
use super::obstacle::{self, Obstacle};
use super::telling::{self, Told};

/// Everything there is to say about one decision.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Account {
    /// What would happen.
    pub(super) verdict: Verdict,
    /// What would happen if the key could authenticate; only where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) otherwise: Option<Verdict>,
    /// What else is to be known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) note: Option<String>,
    /// The request and who makes it.
    pub(super) subject: Subject,
    /// Every rule.
    pub(super) rules: Vec<Step>,
    /// The entry that lets the caller in.
    pub(super) entry: Option<Written>,
    /// Where none does, the one that lies nearest.
    pub(super) nearest: Option<Written>,
    /// What would mend it; nothing where it is forwarded.
    pub(super) cure: Option<Cure>,
}

/// The headline.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Verdict {
    /// `forward`, `observe`, `refuse`, `challenge` or `reject`.
    pub(super) decision: &'static str,
    /// The status; none where the upstream's counts.
    pub(super) status: Option<u16>,
    /// `errorCode` of the answer.
    pub(super) error_code: Option<&'static str>,
    /// The reason code.
    pub(super) reason: &'static str,
}

/// The request and who makes it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Subject {
    /// The public key.
    pub(super) public_key: String,
    /// The key's id.
    pub(super) key_id: String,
    /// What the key is for.
    pub(super) description: Option<String>,
    /// Where the key is written.
    pub(super) key_at: Spot,
    /// The organization's id.
    pub(super) organization_id: String,
    /// The organization's name.
    pub(super) organization: String,
    /// The caller's address.
    pub(super) from: String,
    /// When.
    pub(super) at: String,
    /// The method.
    pub(super) method: String,
    /// The target.
    pub(super) target: String,
    /// The row of the resource table that names the request.
    pub(super) resource: Option<Written>,
}

/// Something that is written somewhere.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Written {
    /// What it says.
    pub(super) text: String,
    /// Where.
    pub(super) at: Spot,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    /// It broke, and is the answer.
    Broken,
    /// It was asked and holds.
    Kept,
    /// It was not asked.
    NotAsked,
}

/// One rule.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Step {
    /// Its number in the rule book.
    pub(super) rule: u8,
    /// What became of it.
    pub(super) state: State,
    /// Why, in one sentence; the rule itself where it was not asked.
    pub(super) fact: String,
    /// Where that is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Spot>,
}

/// What would mend a refusal.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cure {
    /// What to do.
    pub(super) text: String,
    /// What to write; empty where there is nothing to write.
    pub(super) yaml: String,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<Spot>,
}

impl Case<'_> {
    fn subject(&self) -> Subject {
        let Identity {
            organization, key, ..
        } = self.identity;
        Subject {
            public_key: key.public_key.to_string(),
            key_id: key.id.to_string(),
            description: key.description.as_deref().map(str::to_owned),
            key_at: self.key_spot(""),
            organization_id: organization.id.to_string(),
            organization: organization.name.to_string(),
            from: self.caller.to_string(),
            at: crate::cli::moment::show(self.at),
            method: self.method.to_owned(),
            target: self.target.to_owned(),
            resource: None,
        }
    }
}

impl Cure {
    /// What to do.
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            yaml: String::new(),
            at: None,
        }
    }

    /// What to write.
    pub(super) fn yaml(self, yaml: impl Into<String>) -> Self {
        Self {
            yaml: yaml.into(),
            ..self
        }
    }

    /// Where.
    pub(super) fn at(self, at: Spot) -> Self {
        Self {
            at: Some(at),
            ..self
        }
    }
}

impl Verdict {
    const PROOF_WRONG: Self = Self {
        decision: "challenge",
        status: Some(401),
        error_code: Some("UNAUTHORIZED"),
        reason: "proof_wrong",
    };

    fn refuse(reason: Reason) -> Self {
        Self {
            decision: "refuse",
            status: Some(403),
            error_code: Some(reason.error_code()),
            reason: reason.code(),
        }
    }

    fn of(decision: &Decision<'_>) -> Self {
        match decision {
            Decision::Challenge(doubt) => Self {
                reason: doubt.code(),
                ..Self::PROOF_WRONG
            },
            Decision::Refuse(refusal) => Self::refuse(refusal.reason),
            Decision::Forward(grant) => Self {
                decision: if grant.observed().is_some() {
                    "observe"
                } else {
                    "forward"
                },
                status: None,
                error_code: None,
                reason: grant.observed().map_or("granted", Reason::code),
            },
        }
    }
}

impl Account {
    /// The account of a request that breaks rule 0.
    pub(super) fn rejected(case: &Case<'_>, rejection: Rejection, status: u16, why: &str) -> Self {
        Self {
            verdict: Verdict {
                decision: "reject",
                status: Some(status),
                error_code: None,
                reason: rejection.code(),
            },
            otherwise: None,
            note: obstacle::note(case),
            subject: case.subject(),
            rules: telling::steps(Some(Rule::OneReading), |_| Told::new(why)),
            entry: None,
            nearest: None,
            cure: None,
        }
    }

    /// The account of a decision, and of what keeps the key from coming so far.
    pub(super) fn decided(case: &Case<'_>, explanation: &Explanation<'_>) -> Self {
        let obstacle = Obstacle::of(case);
        let decided = Verdict::of(&explanation.decision);
        let fact = |rule: Rule| {
            let mut steps = explanation.steps.iter();
            steps.find(|step| step.rule == rule).map(|step| &step.fact)
        };
        let broken = match obstacle {
            Some(_) => Some(Rule::Proof),
            None => explanation.broken.map(Reason::rule),
        };
        let tell = |rule: Rule| match fact(rule) {
            Some(fact) => telling::tell(case, fact),
            None => telling::tell_of_the_key(case, rule, obstacle),
        };
        let (entry, nearest) = match fact(Rule::AccessList) {
            Some(Fact::AccessList { entry, nearest, .. }) => (*entry, *nearest),
            Some(_) | None => (None, None),
        };
        let membership = match fact(Rule::Project) {
            Some(Fact::Project { membership, .. }) => *membership,
            Some(_) | None => Membership::Unnamed,
        };
        Self {
            verdict: obstacle.map_or(decided, |_| Verdict::PROOF_WRONG),
            otherwise: obstacle.map(|_| decided),
            note: obstacle::note(case),
            subject: Subject {
                resource: resource(case, explanation),
                ..case.subject()
            },
            rules: telling::steps(broken, tell),
            entry: entry.map(|entry| written(case, entry)),
            nearest: nearest.map(|entry| written(case, entry)),
            cure: match (obstacle, broken.and_then(fact)) {
                (Some(obstacle), _) => Some(obstacle.cure(case)),
                (None, Some(fact)) => Some(cure::of(case, fact, membership)),
                (None, None) => None,
            },
        }
    }

    /// 0 for a request that would be forwarded, 4 for one that would not.
    pub(super) fn exit(&self) -> Exit {
        match self.verdict.status {
            None => Exit::Ok,
            Some(_) => Exit::Refused,
        }
    }
}

/// The row that names the request.
fn resource(case: &Case<'_>, explanation: &Explanation<'_>) -> Option<Written> {
    let row = explanation.steps.iter().find_map(|step| match step.fact {
        Fact::ResourceRequiresList { resource, .. } => resource,
        Fact::AccessList { .. }
        | Fact::Organization { .. }
        | Fact::OrganizationRequiresList { .. }
        | Fact::Project { .. }
        | Fact::Role { .. } => None,
    })?;
    Some(Written {
        text: format!("{}: {}", row.id, row.title),
        at: case.row_spot(row, ""),
    })
}

fn written(case: &Case<'_>, entry: &Entry) -> Written {
    Written {
        text: telling::describe(entry),
        at: case.entry_spot(entry),
    }
}
