//! A configuration folder as it is first written: every file with its text.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::cli::exit::Failure;
use crate::cli::fresh::{self, KeyPair};

/// The realm of a new folder.
pub(in crate::cli) const REALM: &str = "keywarden";

/// The resource table every new folder begins with: the one of the repository's `config/`.
const RESOURCES: &str = include_str!("../../../config/resources.yaml");
const KEYWARDEN: &str = include_str!("templates/keywarden.yaml");
const NETWORKS: &str = include_str!("templates/networks.yaml");
const EXPECTATIONS: &str = include_str!("templates/expectations.yaml");
const GITIGNORE: &str = include_str!("templates/gitignore");

/// What `keywarden.yaml` says.
#[derive(Clone, Debug)]
pub(in crate::cli) struct Process {
    /// Where callers connect.
    pub(in crate::cli) listen: String,
    /// The admin listener.
    pub(in crate::cli) admin: String,
    /// Where requests go.
    pub(in crate::cli) upstream: String,
    /// The access log: `stdout` or a file.
    pub(in crate::cli) access_log: String,
    /// `reload.poll`.
    pub(in crate::cli) poll: &'static str,
    /// `shutdown.linger` and `shutdown.grace`.
    pub(in crate::cli) shutdown: [&'static str; 2],
}

/// An organization to be written.
#[derive(Clone, Debug)]
pub(in crate::cli) struct OrganizationDraft {
    /// Its id.
    pub(in crate::cli) id: String,
    /// Its name.
    pub(in crate::cli) name: String,
    /// Whether every key needs an access list.
    pub(in crate::cli) require_access_list: bool,
    /// Its projects: id and name.
    pub(in crate::cli) projects: Vec<(String, &'static str)>,
    /// Its keys.
    pub(in crate::cli) keys: Vec<KeyDraft>,
}

/// A key to be written.
#[derive(Clone, Debug)]
pub(in crate::cli) struct KeyDraft {
    /// Its id.
    pub(in crate::cli) id: String,
    /// Both halves.
    pub(in crate::cli) pair: KeyPair,
    /// What it is for.
    pub(in crate::cli) description: &'static str,
    /// Its role in the organization.
    pub(in crate::cli) role: &'static str,
    /// The projects it is given: name and role.
    pub(in crate::cli) projects: Vec<(&'static str, &'static str)>,
    /// The addresses it may call from, each with a comment; none = anywhere.
    pub(in crate::cli) access_list: Vec<(&'static str, &'static str)>,
}

/// One file to be written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(in crate::cli) struct NewFile {
    /// Relative to the folder.
    pub(in crate::cli) path: PathBuf,
    /// What it says.
    pub(in crate::cli) text: String,
    /// Whether nobody else may read it.
    pub(in crate::cli) secret: bool,
}

impl OrganizationDraft {
    /// An organization without projects and keys.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(in crate::cli) fn new(name: &str, require_access_list: bool) -> Result<Self, Failure> {
        Ok(Self {
            id: fresh::id()?,
            name: name.to_owned(),
            require_access_list,
            projects: Vec::new(),
            keys: Vec::new(),
        })
    }

    /// The file's name: the organization's, in letters and digits every file system knows.
    pub(in crate::cli) fn file(&self) -> PathBuf {
        let mut slug = String::new();
        for letter in self.name.chars().flat_map(char::to_lowercase) {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        slug.truncate(64);
        let slug = slug.trim_end_matches('-');
        let slug = if slug.is_empty() {
            "organization"
        } else {
            slug
        };
        PathBuf::from("organizations").join(format!("{slug}.yaml"))
    }

    /// The file's text.
    pub(in crate::cli) fn yaml(&self) -> String {
        let mut text = format!(
            "# {} – one organization: its projects, its API keys, and from where each key may call.\n\
             # The file's name is free, the `id` inside counts.\n\
             version: 1\nid: {}\nname: {}\n\n\
             # false: a key without an access list may call from anywhere, except where resources.yaml requires a list.\n\
             # true: a key without an access list makes no request at all.\n\
             require_access_list: {}\n\n\
             # enforce: refusals bind. observe: they are only logged and counted.\n\
             enforcement: enforce\n\n",
            self.file().display(),
            quoted(&self.id),
            quoted(&self.name),
            self.require_access_list,
        );
        if self.projects.is_empty() {
            text.push_str("projects: []\n");
        } else {
            text.push_str("projects:\n");
        }
        for (id, name) in &self.projects {
            let _ = writeln!(text, "  - {{ id: {}, name: {name} }}", quoted(id));
        }
        text.push_str("\nkeys:\n");
        for key in &self.keys {
            key.write(&mut text);
        }
        text
    }
}

impl KeyDraft {
    /// A key with a fresh pair, for a purpose.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub(in crate::cli) fn new(
        description: &'static str,
        role: &'static str,
    ) -> Result<Self, Failure> {
        Ok(Self {
            id: fresh::id()?,
            pair: KeyPair::new()?,
            description,
            role,
            projects: Vec::new(),
            access_list: Vec::new(),
        })
    }

    fn write(&self, text: &mut String) {
        let _ = write!(
            text,
            "  - id: {}\n    public_key: {}\n    description: {}\n    roles: [{}]\n",
            quoted(&self.id),
            quoted(&self.pair.public),
            quoted(self.description),
            self.role
        );
        if self.projects.is_empty() {
            text.push_str("    projects: [] # an Organization Owner has them all\n");
        } else {
            text.push_str("    projects:\n");
        }
        for (project, role) in &self.projects {
            let _ = writeln!(text, "      - {{ project: {project}, roles: [{role}] }}");
        }
        if self.access_list.is_empty() {
            text.push_str(
                "    # No list. To let this key call from an address only, write `- address: 203.0.113.7` or\n\
                 \x20   # `- cidr: 203.0.113.0/24` below `access_list:` instead of `[]`.\n\
                 \x20   access_list: []\n",
            );
        } else {
            text.push_str("    access_list:\n");
        }
        for (network, comment) in &self.access_list {
            let field = if network.contains('/') {
                "cidr"
            } else {
                "address"
            };
            let _ = write!(
                text,
                "      - {field}: {}\n        comment: {}\n",
                quoted(network),
                quoted(comment)
            );
        }
    }
}

/// Every file of a new folder.
pub(in crate::cli) fn files(
    process: &Process,
    organizations: &[OrganizationDraft],
) -> Vec<NewFile> {
    let open = |path: &str, text: String| NewFile {
        path: PathBuf::from(path),
        text,
        secret: false,
    };
    let keys = || {
        organizations
            .iter()
            .flat_map(|organization| &organization.keys)
    };
    let first_key = keys().next().map_or("", |key| &key.pair.public);
    let first_project = organizations
        .iter()
        .flat_map(|organization| &organization.projects)
        .next()
        .map_or("", |(id, _)| id);
    let mut files = vec![
        open("keywarden.yaml", process.yaml()),
        open("resources.yaml", RESOURCES.to_owned()),
        open("networks.yaml", NETWORKS.to_owned()),
        open(
            "expectations.yaml",
            EXPECTATIONS
                .replace("{{public_key}}", first_key)
                .replace("{{project}}", first_project),
        ),
        open(".gitignore", GITIGNORE.to_owned()),
    ];
    files.extend(organizations.iter().map(|organization| NewFile {
        path: organization.file(),
        text: organization.yaml(),
        secret: false,
    }));
    files.push(NewFile {
        path: PathBuf::from("credentials").join("keys.htdigest"),
        text: keys().map(|key| key.pair.credential_lines(REALM)).collect(),
        secret: true,
    });
    files
}

impl Process {
    fn yaml(&self) -> String {
        let [linger, grace] = self.shutdown;
        KEYWARDEN
            .replace("{{listen}}", &quoted(&self.listen))
            .replace("{{admin}}", &quoted(&self.admin))
            .replace("{{upstream}}", &quoted(&self.upstream))
            .replace("{{realm}}", REALM)
            .replace("{{access_log}}", &quoted(&self.access_log))
            .replace("{{poll}}", self.poll)
            .replace("{{linger}}", linger)
            .replace("{{grace}}", grace)
    }
}

/// A scalar that YAML reads as this text whatever it looks like: JSON's quoting is YAML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A process for tests: nothing of it is ever started.
#[cfg(test)]
pub(in crate::cli) fn process() -> Process {
    Process {
        listen: "[::1]:8443".to_owned(),
        admin: "127.0.0.1:9180".to_owned(),
        upstream: "https://ops.internal:8443".to_owned(),
        access_log: "stdout".to_owned(),
        poll: "5s",
        shutdown: ["5s", "30s"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> OrganizationDraft {
        let mut draft = OrganizationDraft::new("Åcme: \"West\" & Sons", false).unwrap();
        draft.projects.push((fresh::id().unwrap(), "payments"));
        let mut listed = KeyDraft::new("Deployer", "ORG_MEMBER").unwrap();
        listed.projects.push(("payments", "GROUP_OWNER"));
        listed.access_list.push(("203.0.113.0/24", "office"));
        draft.keys = vec![KeyDraft::new("First", "ORG_OWNER").unwrap(), listed];
        draft
    }

    #[test]
    fn an_organization_is_written_with_every_mandatory_field() {
        let draft = draft();
        let text = draft.yaml();
        for line in [
            format!("id: \"{}\"\n", draft.id),
            "name: \"Åcme: \\\"West\\\" & Sons\"\n".to_owned(),
            "require_access_list: false\n".to_owned(),
            "enforcement: enforce\n".to_owned(),
            format!(
                "  - {{ id: \"{}\", name: payments }}\n",
                draft.projects[0].0
            ),
            format!("    public_key: \"{}\"\n", draft.keys[0].pair.public),
            "    access_list: []\n".to_owned(),
            "      - { project: payments, roles: [GROUP_OWNER] }\n".to_owned(),
            "      - cidr: \"203.0.113.0/24\"\n        comment: \"office\"\n".to_owned(),
        ] {
            assert!(text.contains(&line), "{line} in {text}");
        }
    }

    #[test]
    fn no_text_shows_a_private_key() {
        let draft = draft();
        for key in &draft.keys {
            assert!(!draft.yaml().contains(&key.pair.private));
        }
    }

    #[test]
    fn a_file_is_named_after_its_organization() {
        let named = |name| OrganizationDraft::new(name, false).unwrap().file();
        assert_eq!(named("Acme"), PathBuf::from("organizations/acme.yaml"));
        assert_eq!(
            named("../Acme & Sons, Ltd."),
            PathBuf::from("organizations/acme-sons-ltd.yaml")
        );
        assert_eq!(
            named("株式会社"),
            PathBuf::from("organizations/organization.yaml")
        );
    }

    #[test]
    fn the_process_says_what_it_was_told() {
        let process = process();
        let text = process.yaml();
        for line in [
            "    address: \"[::1]:8443\"\n",
            "  url: \"https://ops.internal:8443\"\n",
            "shutdown: { linger: 5s, grace: 30s }\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
        assert!(!text.contains("{{"));
    }
}
