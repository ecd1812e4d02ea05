//! What there is to see in a demo: its organizations and keys, and a request for every rule of the page.

use std::net::SocketAddr;

use serde::Serialize;

use crate::cli::exit::Failure;
use crate::cli::fresh;
use crate::cli::init::scaffold::{KeyDraft, OrganizationDraft};
use crate::decide::{Doubt, Reason};

/// The organizations and keys of a demo.
pub(super) struct Cast {
    /// An organization that leaves lists to its keys.
    pub(super) demo: OrganizationDraft,
    /// An organization that requires a list of every key.
    pub(super) strict: OrganizationDraft,
    anywhere: KeyDraft,
    listed: KeyDraft,
    elsewhere: KeyDraft,
    listless: KeyDraft,
    payments: String,
    reporting: String,
    vault: String,
}

/// One request to try.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub(super) struct Step {
    /// The rule, in one sentence.
    pub(super) sentence: &'static str,
    /// The line to paste.
    pub(super) command: String,
    /// The status to expect.
    pub(super) status: u16,
    /// The reason code to expect in the log.
    pub(super) reason: &'static str,
}

impl Cast {
    /// A fresh cast.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(super) fn new() -> Result<Self, Failure> {
        let payments = fresh::id()?;
        let reporting = fresh::id()?;
        let vault = fresh::id()?;
        let of_payments = |mut key: KeyDraft, list: &[(&'static str, &'static str)]| {
            key.projects.push(("payments", "GROUP_OWNER"));
            key.access_list = list.to_vec();
            key
        };
        let anywhere = of_payments(KeyDraft::new("without a list", "ORG_MEMBER")?, &[]);
        let listed = of_payments(
            KeyDraft::new("with a list that has 127.0.0.1", "ORG_MEMBER")?,
            &[("127.0.0.1", "this machine")],
        );
        let elsewhere = of_payments(
            KeyDraft::new("with a list that lacks 127.0.0.1", "ORG_MEMBER")?,
            &[("203.0.113.0/24", "an office far away")],
        );
        let listless = KeyDraft::new("without a list, where one is required", "ORG_OWNER")?;
        let mut demo = OrganizationDraft::new("Demo", false)?;
        demo.projects = vec![
            (payments.clone(), "payments"),
            (reporting.clone(), "reporting"),
        ];
        demo.keys = vec![anywhere.clone(), listed.clone(), elsewhere.clone()];
        let mut strict = OrganizationDraft::new("Strict", true)?;
        strict.projects = vec![(vault.clone(), "vault")];
        strict.keys = vec![listless.clone()];
        Ok(Self {
            demo,
            strict,
            anywhere,
            listed,
            elsewhere,
            listless,
            payments,
            reporting,
            vault,
        })
    }

    /// Every key, with its organization's name.
    pub(super) fn keys(&self) -> impl Iterator<Item = (&str, &KeyDraft)> {
        [&self.demo, &self.strict]
            .into_iter()
            .flat_map(|o| o.keys.iter().map(|key| (o.name.as_str(), key)))
    }

    /// A request for every rule, to a gateway at `address`.
    pub(super) fn steps(&self, address: SocketAddr) -> Vec<Step> {
        self.lists()
            .into_iter()
            .chain(self.bounds())
            .map(|request| request.step(address))
            .collect()
    }

    /// Rules 4–6: from where a key calls.
    fn lists(&self) -> [Request<'_>; 5] {
        let own = || clusters(&self.payments);
        let snapshots = || format!("{}/c0/backup/snapshots", own());
        let listless = clusters(&self.vault);
        [
            get("A key without an access list calls from any address…").by(&self.anywhere, own()),
            post("…but does not use a resource that requires a list.")
                .by(&self.anywhere, snapshots())
                .refused(Reason::ResourceRequiresAccessList),
            post("A key with a list uses it, from an address on the list.")
                .by(&self.listed, snapshots()),
            get("From anywhere else, a key with a list makes no request at all.")
                .by(&self.elsewhere, own())
                .refused(Reason::AddressNotOnAccessList),
            get("Where lists are required, a key without one makes no request.")
                .by(&self.listless, listless)
                .refused(Reason::OrganizationRequiresAccessList),
        ]
    }

    /// Rules 1, 2 and 7–9: what a key may ask for, and that it is proven.
    fn bounds(&self) -> [Request<'_>; 5] {
        let organization = |id: &str| format!("/api/atlas/v2/orgs/{id}");
        let own = || clusters(&self.payments);
        [
            get("A key belongs to one organization…")
                .by(&self.listed, organization(&self.strict.id))
                .refused(Reason::OrganizationForeign),
            get("…and has the projects it was given.")
                .by(&self.listed, clusters(&self.reporting))
                .refused(Reason::ProjectUnassigned),
            post("Creating keys takes the role of an Organization Owner.")
                .by(
                    &self.listed,
                    format!("{}/apiKeys", organization(&self.demo.id)),
                )
                .refused(Reason::RoleMissing),
            get("Nobody calls with a wrong private key…")
                .by(&self.listed, own())
                .challenged(Doubt::ProofWrong),
            get("…or with none.")
                .by(&self.listed, own())
                .challenged(Doubt::CredentialsMissing),
        ]
    }
}

fn clusters(project: &str) -> String {
    format!("/api/atlas/v2/groups/{project}/clusters")
}

/// A request before it is a line to paste.
struct Request<'c> {
    sentence: &'static str,
    body: &'static str,
    key: Option<&'c KeyDraft>,
    target: String,
    expected: Expected,
}

#[derive(Clone, Copy)]
enum Expected {
    Granted,
    Refused(Reason),
    Challenged(Doubt),
}

fn get<'c>(sentence: &'static str) -> Request<'c> {
    Request {
        sentence,
        body: "",
        key: None,
        target: String::new(),
        expected: Expected::Granted,
    }
}

fn post<'c>(sentence: &'static str) -> Request<'c> {
    Request {
        body: " -H 'Content-Type: application/json' -d '{}'",
        ..get(sentence)
    }
}

impl<'c> Request<'c> {
    fn by(self, key: &'c KeyDraft, target: String) -> Self {
        Self {
            key: Some(key),
            target,
            ..self
        }
    }

    fn refused(self, reason: Reason) -> Self {
        Self {
            expected: Expected::Refused(reason),
            ..self
        }
    }

    fn challenged(self, doubt: Doubt) -> Self {
        Self {
            expected: Expected::Challenged(doubt),
            ..self
        }
    }

    fn step(self, address: SocketAddr) -> Step {
        let (status, reason) = match self.expected {
            Expected::Granted => (200, "granted"),
            Expected::Refused(reason) => (403, reason.code()),
            Expected::Challenged(doubt) => (401, doubt.code()),
        };
        let pair = self.key.map(|key| &key.pair);
        let user = match (pair, self.expected) {
            (None, _) | (_, Expected::Challenged(Doubt::CredentialsMissing)) => String::new(),
            (Some(pair), Expected::Challenged(_)) => format!(" --digest -u {}:wrong", pair.public),
            (Some(pair), Expected::Granted | Expected::Refused(_)) => {
                format!(" --digest -u {}:{}", pair.public, pair.private)
            }
        };
        let (body, target) = (self.body, self.target);
        Step {
            sentence: self.sentence,
            command: format!(
                "curl -sS -w '\\n%{{http_code}}\\n'{user}{body} 'http://{address}{target}'"
            ),
            status,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::cli::init::{self, scaffold};
    use crate::config::Loader;
    use crate::decide::{Decision, Identity, Question, authorize};
    use crate::digest::Timestamp;
    use crate::peer::CallerAddress;
    use crate::policy::{Method, RequestTarget, Snapshot};

    fn steps() -> Vec<Step> {
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        Cast::new().unwrap().steps(address)
    }

    #[test]
    fn the_tour_shows_every_reason_for_a_refusal() {
        let steps = steps();
        for reason in Reason::ALL {
            assert!(
                steps.iter().any(|step| step.reason == reason.code()),
                "{reason:?}"
            );
        }
    }

    #[test]
    fn every_line_is_decided_as_it_says() {
        let cast = Cast::new().unwrap();
        let home = tempfile::TempDir::new().unwrap();
        let folder = home.path().join("config");
        let files = scaffold::files(
            &scaffold::process(),
            &[cast.demo.clone(), cast.strict.clone()],
        );
        init::create(&folder, &files).unwrap();
        let load = Loader::new(&folder).load(Timestamp::default());
        let snapshot = Snapshot::new(load.parts.unwrap());
        for request in cast.lists().into_iter().chain(cast.bounds()) {
            let found = snapshot.find_key(request.key.unwrap().pair.public.as_bytes());
            let target = RequestTarget::parse(request.target.as_bytes()).unwrap();
            let question = Question {
                at: Timestamp::default(),
                caller: Some(CallerAddress::from(IpAddr::from([127, 0, 0, 1]))),
                method: if request.body.is_empty() {
                    Method::Get
                } else {
                    Method::Post
                },
                target: &target,
            };
            let decision = authorize(&snapshot, Identity::assumed(found.unwrap()), &question);
            match (request.expected, decision) {
                (Expected::Refused(reason), Decision::Refuse(refusal)) => {
                    assert_eq!(refusal.reason, reason, "{}", request.sentence);
                }
                (Expected::Granted | Expected::Challenged(_), Decision::Forward(_)) => {}
                (_, decision) => panic!("{}: {decision:?}", request.sentence),
            }
        }
    }

    #[test]
    fn every_line_can_be_pasted() {
        for step in steps() {
            assert!(step.command.starts_with("curl "), "{}", step.command);
            assert!(
                step.command
                    .contains(" 'http://127.0.0.1:8080/api/atlas/v2/")
            );
            assert_eq!(step.command.matches('\'').count() % 2, 0);
        }
    }
}
