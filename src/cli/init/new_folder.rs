//! A folder that comes into being as a whole: written beside, then put in place by renaming, over nothing.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tempfile::TempDir;

use crate::cli::exit::{Exit, Failure};

use super::scaffold::NewFile;

/// A folder that was written but is not yet in its place. Dropped, it is gone.
pub(super) struct NewFolder {
    target: PathBuf,
    exists: bool,
    staging: TempDir,
}

impl NewFolder {
    /// Writes the files next to `target`, or inside it where it exists already.
    ///
    /// # Errors
    /// When `target` holds anything, or the files cannot be written.
    pub(super) fn write(target: &Path, files: &[NewFile]) -> Result<Self, Failure> {
        let exists = match fs::read_dir(target).map(|mut entries| entries.next().is_some()) {
            Ok(true) => return Err(in_the_way(target)),
            Ok(false) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(cannot("use", target, &error)),
        };
        let beside = match target.parent() {
            _ if exists => target,
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            Some(_) | None => Path::new("."),
        };
        let staging = tempfile::Builder::new()
            .prefix(".keywarden-init-")
            .tempdir_in(beside)
            .map_err(|error| cannot("write in", beside, &error))?;
        let folder = Self {
            target: target.to_owned(),
            exists,
            staging,
        };
        let written = fs::create_dir(folder.path()).and_then(|()| {
            files
                .iter()
                .try_for_each(|file| write(&folder.path(), file))
        });
        match written {
            Ok(()) => Ok(folder),
            Err(error) => Err(cannot("write", target, &error)),
        }
    }

    /// Where it is until it is in its place.
    pub(super) fn path(&self) -> PathBuf {
        self.staging.path().join("new")
    }

    /// Puts it in its place. Nothing that is there is ever replaced.
    ///
    /// # Errors
    /// When something came to be there in the meantime; then what was there is untouched.
    pub(super) fn settle(self) -> Result<(), Failure> {
        if !self.exists {
            return rename(&self.path(), &self.target).map_err(|error| self.blocked(&error));
        }
        // An existing folder may be a mount point or somebody's working directory: it stays, and is filled.
        // keywarden.yaml comes last, so that a folder without it is no configuration yet.
        let mut names: Vec<_> = fs::read_dir(self.path())
            .and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect())
            .map_err(|error| cannot("read", &self.path(), &error))?;
        names.sort_by_key(|name| (name == "keywarden.yaml", name.clone()));
        let mut settled: Vec<PathBuf> = Vec::new();
        for name in names {
            let place = self.target.join(&name);
            if let Err(error) = rename(&self.path().join(&name), &place) {
                for (back, name) in settled.iter().filter_map(|p| Some((p, p.file_name()?))) {
                    let _ = rename(back, &self.path().join(name));
                }
                return Err(self.blocked(&error));
            }
            settled.push(place);
        }
        Ok(())
    }

    fn blocked(&self, error: &io::Error) -> Failure {
        if error.kind() == io::ErrorKind::AlreadyExists {
            in_the_way(&self.target)
        } else {
            cannot("write", &self.target, error)
        }
    }
}

/// Renames, and fails if something is there.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {
            // A file system without RENAME_NOREPLACE: looking first is the best there is.
            if to.symlink_metadata().is_ok() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::rename(from, to)
        }
        outcome => Ok(outcome?),
    }
}

fn write(folder: &Path, file: &NewFile) -> io::Result<()> {
    let path = folder.join(&file.path);
    let (folder_mode, file_mode) = if file.secret {
        (0o700, 0o600)
    } else {
        (0o777, 0o666)
    };
    if let Some(parent) = path.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(folder_mode)
            .create(parent)?;
    }
    let mut written: File = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(file_mode)
        .open(path)?;
    written.write_all(file.text.as_bytes())?;
    written.sync_all()
}

fn in_the_way(target: &Path) -> Failure {
    Failure::new(
        Exit::Conflict,
        format!("`{}` is not empty; nothing was written", target.display()),
    )
    .cure("name a folder that does not exist yet")
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    let exit = match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::PermissionDenied
        | io::ErrorKind::NotADirectory => Exit::Conflict,
        _ => Exit::Failed,
    };
    Failure::new(exit, format!("cannot {what} `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn files() -> Vec<NewFile> {
        let file = |path: &str, secret| NewFile {
            path: PathBuf::from(path),
            text: format!("# {path}\n"),
            secret,
        };
        vec![
            file("keywarden.yaml", false),
            file("organizations/acme.yaml", false),
            file("credentials/keys.htdigest", true),
        ]
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_new_folder_appears_whole_and_its_secrets_are_private() {
        let home = TempDir::new().unwrap();
        let target = home.path().join("config");
        let folder = NewFolder::write(&target, &files()).unwrap();
        assert!(!target.exists());
        folder.settle().unwrap();
        assert_eq!(mode(&target.join("credentials")), 0o700);
        assert_eq!(mode(&target.join("credentials/keys.htdigest")), 0o600);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_folder_is_filled_and_stays_the_same_folder() {
        let target = TempDir::new().unwrap();
        fs::set_permissions(target.path(), fs::Permissions::from_mode(0o750)).unwrap();
        NewFolder::write(target.path(), &files())
            .unwrap()
            .settle()
            .unwrap();
        assert_eq!(mode(target.path()), 0o750);
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_folder_that_holds_anything_is_left_alone() {
        let target = TempDir::new().unwrap();
        fs::write(target.path().join("notes"), "mine").unwrap();
        let failure = NewFolder::write(target.path(), &files()).err().unwrap();
        assert_eq!(failure.exit, Exit::Conflict);
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_came_to_be_there_in_the_meantime_is_not_replaced() {
        let target = TempDir::new().unwrap();
        let folder = NewFolder::write(target.path(), &files()).unwrap();
        fs::write(target.path().join("keywarden.yaml"), "mine").unwrap();
        assert_eq!(folder.settle().err().unwrap().exit, Exit::Conflict);
        let names: Vec<_> = fs::read_dir(target.path()).unwrap().collect();
        assert_eq!(names.len(), 1);
        assert_eq!(
            fs::read_to_string(target.path().join("keywarden.yaml")).unwrap(),
            "mine"
        );
    }
}
