//! The account of one decision: the verdict, every rule with its facts and its place, and the cure.

use std::path::Path;

use serde::Serialize;

use crate::cli::exit::Exit;
use crate::config::place;
use crate::decide::{Decision, Identity, Question, Reason, Rejection, Rule};
use crate::digest::Timestamp;
use crate::peer::CallerAddress;
use crate::policy::Snapshot;

use super::facts::Facts;
use super::{cure, telling};

/// What is asked, of whom.
#[derive(Clone, Copy)]
pub(super) struct Case<'c> {
    /// The configuration folder.
    pub(super) folder: &'c Path,
    /// The policy.
    pub(super) snapshot: &'c Snapshot,
    /// Whose request it would be.
    pub(super) identity: Identity<'c>,
    /// When.
    pub(super) at: Timestamp,
    /// From where.
    pub(super) caller: CallerAddress,
    /// The method as written.
    pub(super) method: &'c str,
    /// The target as written.
    pub(super) target: &'c str,
}

/// Everything there is to say about one decision.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Account {
    /// What would happen.
    pub(super) verdict: Verdict,
    /// What would happen if the key could authenticate; only where it cannot.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) otherwise: Option<Verdict>,
    /// The request and who makes it.
    pub(super) subject: Subject,
    /// Every rule.
    pub(super) rules: Vec<Step>,
    /// The entry that let the caller in, or the one that lies nearest.
    pub(super) entry: Option<Written>,
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

/// A place in the configuration folder.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Spot {
    /// The file, relative to the folder.
    pub(super) file: String,
    /// The line, from 1.
    pub(super) line: Option<usize>,
    /// The column, from 1.
    pub(super) column: Option<usize>,
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
    /// Where `field` of `file` is written.
    pub(super) fn spot(&self, file: &str, field: &str) -> Spot {
        let found = place(self.folder, file, field);
        Spot {
            file: file.to_owned(),
            line: found.map(|place| place.line),
            column: found.map(|place| place.column),
        }
    }

    /// Where `field` of the key is written; of the key as a whole if `field` is empty.
    pub(super) fn key_spot(&self, field: &str) -> Spot {
        let Identity {
            organization, key, ..
        } = self.identity;
        let whole = format!("keys[{}]", key.item);
        let spot = match field {
            "" => self.spot(&organization.file, &whole),
            _ => self.spot(&organization.file, &format!("{whole}.{field}")),
        };
        match spot.line {
            None if !field.is_empty() => self.key_spot(""),
            Some(_) | None => spot,
        }
    }

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
            subject: case.subject(),
            rules: telling::steps(Some(Rule::OneReading), |_| {
                telling::Told::from(why.to_owned())
            }),
            entry: None,
            cure: None,
        }
    }

    /// The account of a decision.
    pub(super) fn decided(
        case: &Case<'_>,
        question: &Question<'_>,
        decision: &Decision<'_>,
    ) -> Self {
        let facts = Facts::new(case, question);
        let decided = Verdict::of(decision);
        let reason = match decision {
            Decision::Challenge(_) => None,
            Decision::Refuse(refusal) => Some(refusal.reason),
            Decision::Forward(grant) => grant.observed(),
        };
        let proven = facts.obstacle().is_none();
        let broken = if proven {
            reason.map(Reason::rule)
        } else {
            Some(Rule::Proof)
        };
        Self {
            verdict: if proven {
                decided
            } else {
                Verdict::PROOF_WRONG
            },
            otherwise: (!proven).then_some(decided),
            subject: Subject {
                resource: facts.resource(),
                ..case.subject()
            },
            rules: telling::steps(broken, |rule| facts.tell(rule)),
            entry: facts.entry(),
            cure: match facts.obstacle() {
                Some(obstacle) => Some(cure::of_obstacle(case, obstacle)),
                None => reason.map(|reason| cure::of(&facts, reason)),
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
