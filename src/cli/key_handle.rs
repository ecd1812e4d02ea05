//! Which key a person means: a public key or a key's id, and what they may have meant if it is neither.

use crate::policy::{KeyInForce, Snapshot};

use super::exit::{Exit, Failure};

/// The key of that public key, or of that id.
///
/// # Errors
/// When there is none, or two; names what `handle` is instead, or the closest public key.
pub(super) fn resolve<'s>(snapshot: &'s Snapshot, handle: &str) -> Result<KeyInForce<'s>, Failure> {
    let by_public_key = snapshot.find_key(handle.as_bytes());
    let mut by_id = keys(snapshot).filter(|found| &*found.key.id == handle);
    match (by_public_key, by_id.next()) {
        (Some(found), None) | (None, Some(found)) => Ok(found),
        (Some(one), Some(other)) if std::ptr::eq(one.key, other.key) => Ok(one),
        (Some(one), Some(other)) => Err(Failure::new(
            Exit::Failed,
            format!(
                "`{handle}` is the public key of one key (id `{}`) and the id of another (public key `{}`)",
                one.key.id, other.key.public_key
            ),
        )
        .cure("the other name of the key you mean")),
        (None, None) => Err(unknown(snapshot, handle)),
    }
}

fn keys(snapshot: &Snapshot) -> impl Iterator<Item = KeyInForce<'_>> {
    snapshot.organizations().iter().flat_map(|organization| {
        organization
            .keys
            .iter()
            .map(|key| KeyInForce { organization, key })
    })
}

fn unknown(snapshot: &Snapshot, handle: &str) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("there is no API key `{handle}`"));
    if let Some(other) = other_kind(snapshot, handle) {
        return failure.cure(other);
    }
    match closest(snapshot, handle) {
        Some(found) => failure.cure(format!(
            "did you mean `{}` (id {}, organization {})?",
            found.key.public_key, found.key.id, found.organization.name
        )),
        None => failure.cure("the public key, or the id, of a key below organizations/"),
    }
}

/// What `handle` is, if not a key.
fn other_kind(snapshot: &Snapshot, handle: &str) -> Option<String> {
    let example = |keys: Vec<&str>| match keys.first() {
        Some(key) => format!("one of its keys, such as `{key}`"),
        None => "a key; it has none".to_owned(),
    };
    snapshot.organizations().iter().find_map(|organization| {
        if [&*organization.id, &*organization.name].contains(&handle) {
            let keys = organization.keys.iter().map(|key| &*key.public_key);
            let example = example(keys.collect());
            return Some(format!(
                "that is organization {}; name {example}",
                organization.name
            ));
        }
        if let Some(project) = organization
            .projects
            .iter()
            .find(|project| [&*project.id, &*project.name].contains(&handle))
        {
            let given = organization
                .keys
                .iter()
                .filter(|key| key.projects.iter().any(|given| given.project == project.id));
            let example = example(given.map(|key| &*key.public_key).collect());
            return Some(format!("that is project {}; name {example}", project.name));
        }
        let described = |text: &str| text.eq_ignore_ascii_case(handle);
        organization
            .keys
            .iter()
            .find(|key| key.description.as_deref().is_some_and(described))
            .map(|key| format!("that is the description of key `{}`", key.public_key))
    })
}

/// The key whose public key or id is a slip of the finger away.
fn closest<'s>(snapshot: &'s Snapshot, handle: &str) -> Option<KeyInForce<'s>> {
    let handle = handle.to_lowercase();
    keys(snapshot)
        .filter_map(|found| {
            [&*found.key.public_key, &*found.key.id]
                .map(|name| strsim::damerau_levenshtein(&handle, &name.to_lowercase()))
                .into_iter()
                .filter(|distance| *distance <= 2)
                .min()
                .map(|distance| (distance, found))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Reach, sample};

    fn snapshot() -> Snapshot {
        let keys = ["zmmrboas", "qnlvxkte"];
        let keys = keys.map(|name| sample::key(name, Reach::Anywhere));
        sample::snapshot(vec![sample::organization(keys.into())])
    }

    fn failure(handle: &str) -> Failure {
        resolve(&snapshot(), handle).err().unwrap()
    }

    #[test]
    fn a_key_is_known_by_its_public_key_and_by_its_id() {
        let snapshot = snapshot();
        for handle in ["zmmrboas", "id-of-zmmrboas"] {
            let found = resolve(&snapshot, handle).unwrap();
            assert_eq!(&*found.key.public_key, "zmmrboas");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_met_with_the_closest_key() {
        for handle in ["zmrmboas", "ZMMRBOAS", "zmmrboa"] {
            let cure = failure(handle).cure.unwrap();
            assert!(cure.contains("did you mean `zmmrboas`"), "{cure}");
        }
        let cure = failure("nothing-like-it").cure.unwrap();
        assert!(!cure.contains("did you mean"), "{cure}");
    }

    #[test]
    fn what_is_something_else_is_named_as_such() {
        for (handle, kind) in [
            (sample::ORGANIZATION, "that is organization"),
            (sample::PROJECT, "that is project"),
        ] {
            let failure = failure(handle);
            assert_eq!(failure.exit, Exit::Failed);
            let cure = failure.cure.unwrap();
            assert!(cure.starts_with(kind), "{cure}");
        }
    }
}
