//! A file that the configuration refers to, read without waiting for anybody and never without bound.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

/// Reads a regular file.
///
/// # Errors
/// When there is none, it cannot be read, or it is longer than any certificate chain: a FIFO or a device must not hold
/// up the reload that meets it, nor every reload after that.
pub(super) fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::metadata(file)?.is_file() {
        return Err(io::Error::other("is not a regular file"));
    }
    let mut octets = Vec::new();
    File::open(file)?
        .take(LONGEST + 1)
        .read_to_end(&mut octets)?;
    if octets.len() as u64 > LONGEST {
        return Err(io::Error::other("is larger than 4 MiB"));
    }
    Ok(octets)
}

const LONGEST: u64 = 4 * 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_a_folder_or_a_file_without_end_is_not_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let long = folder.path().join("long");
        File::create(&long)
            .and_then(|file| file.set_len(LONGEST + 1))
            .expect("written");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/dev/zero", &link).expect("linked");
        for file in [folder.path(), &long, &link, Path::new("/dev/null")] {
            assert!(read(file).is_err(), "{}", file.display());
        }
        let right = folder.path().join("right");
        fs::write(&right, "octets").expect("written");
        assert_eq!(read(&right).expect("read"), b"octets");
    }
}
