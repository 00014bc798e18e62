//! The file in which new tokens are written before they replace the old ones.

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use super::guard;

/// How long after its last change a file is left to its process, where no lock tells whether that is
/// still there. A save takes milliseconds.
const ABANDONED: Duration = Duration::from_secs(60);

/// A file beside another one, `.NAME.` and 16 random digits. Nobody else writes to it, whatever locks
/// there are.
pub(super) struct Fresh {
    path: PathBuf,
    file: fs::File,
}

impl Fresh {
    pub(super) fn create(folder: &Path, name: &OsStr) -> io::Result<Self> {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes)?;
        let mut hidden = beginning(name);
        hidden.push(format!("{:016x}", u64::from_ne_bytes(bytes)));
        let path = folder.join(hidden);
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        guard::mark_as_used(&file);
        Ok(Self { path, file })
    }

    /// Writes the content and gives the file the name `target`, in the place of what has it.
    pub(super) fn replace(mut self, content: &[u8], target: &Path) -> io::Result<()> {
        let written = self
            .file
            .write_all(content)
            .and_then(|()| self.file.sync_all());
        let outcome = written.and_then(|()| fs::rename(&self.path, target));
        if outcome.is_err() {
            let _ = fs::remove_file(&self.path);
        }
        outcome
    }
}

/// Removes what killed processes left beside the file `name`.
pub(super) fn sweep(folder: &Path, name: &OsStr) {
    let beginning = beginning(name);
    let is_one = |entry: &fs::DirEntry| {
        let found = entry.file_name();
        let rest = found
            .as_encoded_bytes()
            .strip_prefix(beginning.as_encoded_bytes());
        rest.is_some_and(|it| it.len() == 16 && it.iter().all(u8::is_ascii_hexdigit))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(is_one) {
        let path = entry.path();
        if guard::is_abandoned(&path, ABANDONED) {
            let _ = fs::remove_file(path);
        }
    }
}

fn beginning(name: &OsStr) -> OsString {
    let mut beginning = OsString::from(".");
    beginning.push(name);
    beginning.push(".");
    beginning
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> usize {
        fs::read_dir(folder).unwrap().count()
    }

    /// As on file systems without locks.
    #[test]
    fn two_that_save_at_once_do_not_write_to_the_same_file() {
        let folder = tempfile::tempdir().unwrap();
        let (name, target) = (OsStr::new("tokens"), folder.path().join("tokens"));
        let [one, other] = [(); 2].map(|()| Fresh::create(folder.path(), name).unwrap());
        assert_ne!(one.path, other.path);
        one.replace(b"one", &target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"one");
        other.replace(b"other", &target).unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"other");
        assert_eq!(names(folder.path()), 1);
    }

    #[test]
    fn what_is_removed_while_it_is_written_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (name, target) = (OsStr::new("tokens"), folder.path().join("tokens"));
        fs::write(&target, "old").unwrap();
        let fresh = Fresh::create(folder.path(), name).unwrap();
        fs::remove_file(&fresh.path).unwrap();
        let error = fresh.replace(b"new", &target).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(fs::read(&target).unwrap(), b"old");
        assert_eq!(names(folder.path()), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_still_written_to_is_not_swept() {
        let folder = tempfile::tempdir().unwrap();
        let name = OsStr::new("tokens");
        let fresh = Fresh::create(folder.path(), name).unwrap();
        sweep(folder.path(), name);
        assert!(fresh.path.exists());
        let path = fresh.path.clone();
        drop(fresh);
        sweep(folder.path(), OsStr::new("other"));
        assert!(path.exists());
        sweep(folder.path(), name);
        assert!(!path.exists());
    }
}
