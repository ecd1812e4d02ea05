//! The directories behind a path, now and after it has been replaced the way careful people replace files.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Places on the file system, free of links: a directory stands for all that is beneath it.
#[derive(Debug, Default)]
pub(super) struct Ways(BTreeSet<PathBuf>);

impl Ways {
    /// A directory, and the directories in which the targets of the links on the way to it lie: what is deployed by
    /// turning a link (`current` → `releases/42`) is read after the next turn too.
    pub(super) fn add_folder(&mut self, folder: &Path) {
        self.add_exactly(folder);
        self.add_turns(folder);
    }

    /// A file, by the directory it lies in: it is replaced by a rename, and the new file is another one.
    pub(super) fn add_file(&mut self, file: &Path) {
        let parent = file.parent().filter(|_| is_replaceable(file));
        if self.lead_to(file) && parent.is_none_or(|parent| self.lead_to(parent)) {
            return;
        }
        match parent {
            Some(parent) => self.add_narrow(parent, file),
            None => self.add_exactly(file),
        }
        self.add_turns(file);
        if !self.lead_to(file) {
            self.add_exactly(file);
        }
    }

    /// This very file or directory, if there is one.
    pub(super) fn add_exactly(&mut self, place: &Path) {
        self.0.extend(fs::canonicalize(place).ok());
    }

    /// Whether a path, which need not exist yet, is one of the places or beneath one.
    pub(super) fn lead_to(&self, path: &Path) -> bool {
        let Some(real) = canonical(path) else {
            // Nothing is there; opening it will say so.
            return true;
        };
        real.ancestors().any(|place| self.0.contains(place))
    }

    /// Every place.
    pub(super) fn places(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(PathBuf::as_path)
    }

    fn add_turns(&mut self, path: &Path) {
        let Ok(path) = std::path::absolute(path) else {
            return;
        };
        let mut place = PathBuf::new();
        for component in path.components() {
            place.push(component);
            // Links at the top, such as /bin or /home, are the layout of the system and turn with it.
            let turns = matches!(component, Component::Normal(_)) && place.components().count() > 2;
            if turns && let Ok(target) = fs::read_link(&place) {
                let target = place.parent().unwrap_or(&place).join(target);
                if let Some(parent) = target.parent() {
                    self.add_narrow(parent, &target);
                }
            }
        }
    }

    /// A directory, or, where that would be the whole file system, only what is meant in it.
    fn add_narrow(&mut self, directory: &Path, meant: &Path) {
        match fs::canonicalize(directory) {
            Ok(real) if real.parent().is_some() => {
                self.0.insert(real);
            }
            Ok(_) | Err(_) => self.add_exactly(meant),
        }
    }
}

impl fmt::Display for Ways {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, place) in self.places().enumerate() {
            let before = if number == 0 { "" } else { " " };
            write!(f, "{before}{}", place.display())?;
        }
        Ok(())
    }
}

/// A path free of links; of one that does not exist yet, its directory's. `None` if that does not exist either.
fn canonical(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok().or_else(|| {
        let directory = path.parent().filter(|parent| *parent != Path::new(""));
        let directory = fs::canonicalize(directory.unwrap_or(Path::new("."))).ok()?;
        Some(directory.join(path.file_name()?))
    })
}

/// Regular, or not there yet: a device, a pipe or `/dev/stderr` is opened where it is.
fn is_replaceable(file: &Path) -> bool {
    let fixed = ["/dev", "/proc"].iter().any(|top| file.starts_with(top));
    !fixed && fs::metadata(file).map_or(true, |metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn made(names: &[&str]) -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(home.path()).unwrap();
        for name in names {
            let file = root.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "x").unwrap();
        }
        (home, root)
    }

    #[test]
    fn a_file_is_reached_after_it_was_renamed_over_and_its_neighbours_folder_is_not() {
        let (_home, root) = made(&["tls/tls.crt", "other/secret"]);
        let mut ways = Ways::default();
        ways.add_file(&root.join("tls/tls.crt"));
        assert!(ways.lead_to(&root.join("tls/tls.crt")));
        assert!(ways.lead_to(&root.join("tls/not-there-yet")));
        assert!(!ways.lead_to(&root.join("other/secret")));
        assert!(!ways.lead_to(&root));
    }

    #[test]
    fn a_link_that_is_turned_still_leads_to_what_can_be_reached() {
        let (_home, root) = made(&["releases/1/config/a", "releases/2/config/a", "tools/b"]);
        symlink("releases/1", root.join("current")).unwrap();
        let folder = root.join("current/config");
        let mut ways = Ways::default();
        ways.add_folder(&folder);
        fs::remove_file(root.join("current")).unwrap();
        symlink("releases/2", root.join("current")).unwrap();
        assert!(ways.lead_to(&folder.join("a")));
        fs::remove_file(root.join("current")).unwrap();
        symlink("tools", root.join("current")).unwrap();
        assert!(!ways.lead_to(&root.join("current/b")));
    }

    #[test]
    fn a_link_to_a_file_elsewhere_is_followed_as_certbot_lays_them() {
        let (_home, root) = made(&["archive/x/cert1.pem", "archive/x/cert2.pem"]);
        fs::create_dir_all(root.join("live/x")).unwrap();
        let named = root.join("live/x/cert.pem");
        symlink("../../archive/x/cert1.pem", &named).unwrap();
        let mut ways = Ways::default();
        ways.add_file(&named);
        fs::remove_file(&named).unwrap();
        symlink("../../archive/x/cert2.pem", &named).unwrap();
        assert!(ways.lead_to(&named));
    }

    #[test]
    fn a_file_at_the_top_does_not_open_the_whole_file_system() {
        let mut ways = Ways::default();
        ways.add_file(Path::new("/keywarden-that-is-not-there"));
        assert!(!ways.lead_to(Path::new("/etc/passwd")), "{ways}");
    }

    #[test]
    fn a_device_is_itself_and_not_its_directory() {
        let mut ways = Ways::default();
        ways.add_file(Path::new("/dev/null"));
        assert!(ways.lead_to(Path::new("/dev/null")));
        assert!(!ways.lead_to(Path::new("/dev/zero")));
    }

    #[test]
    fn what_does_not_exist_is_left_to_the_system_to_say() {
        assert!(Ways::default().lead_to(Path::new("/not/there/at/all")));
    }
}
