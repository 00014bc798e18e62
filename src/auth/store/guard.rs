//! Whom a token file and its folder may belong to, and how such a file is opened.

use std::{fs, io, path::Path, time::Duration};

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use rustix::{
        fs::{FlockOperation, Mode, OFlags, flock},
        io::Errno,
    };

    use super::*;

    /// The bits that let others than the owner read, write or run a file.
    const OTHERS: u32 = 0o077;

    /// The bits that let the group, and all others, make and remove names in a folder.
    const GROUP_WRITES: u32 = 0o020;
    const OTHERS_WRITE: u32 = 0o002;

    /// With this bit of a folder they may remove only what is theirs.
    const STICKY: u32 = 0o1000;

    const ROOT: u32 = 0;

    /// What has come into the place of a file since it was looked at is neither followed nor waited
    /// for.
    fn opened(path: &Path, access: OFlags) -> io::Result<fs::File> {
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = fs::File::from(rustix::fs::open(path, flags, Mode::empty())?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(io::Error::other("it is not a regular file")),
        }
    }

    pub(in super::super) fn open(path: &Path) -> io::Result<fs::File> {
        opened(path, OFlags::RDONLY)
    }

    /// NFS locks only what is open to be written.
    pub(in super::super) fn open_to_lock(path: &Path) -> io::Result<fs::File> {
        opened(path, OFlags::RDWR).or_else(|_| open(path))
    }

    /// Whether the file is what has this name now.
    pub(in super::super) fn is_at(file: &fs::File, path: &Path) -> bool {
        let id = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
        let named = fs::symlink_metadata(path).map(id).ok();
        named.is_some() && named == file.metadata().map(id).ok()
    }

    /// Lets other processes know, for as long as it is open, that a file is not abandoned.
    pub(in super::super) fn mark_as_used(file: &fs::File) {
        let _ = flock(file, FlockOperation::NonBlockingLockExclusive);
    }

    /// Whether a process left a file behind: nobody has it marked or, where files cannot be marked,
    /// it has not changed for this long.
    pub(in super::super) fn is_abandoned(path: &Path, after: Duration) -> bool {
        let Ok(file) = open_to_lock(path) else {
            return false;
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => true,
            Err(Errno::WOULDBLOCK | Errno::INTR) => false,
            Err(_) => file.metadata().is_ok_and(|it| is_older(&it, after)),
        }
    }

    pub(in super::super) fn check_folder(metadata: &fs::Metadata, path: &Path) -> io::Result<()> {
        let mode = metadata.permissions().mode() & 0o7777;
        check_folder_as((metadata.uid(), metadata.gid()), mode, own_id(), path)
    }

    pub(super) fn check_folder_as(
        (owner, group): (u32, u32),
        mode: u32,
        own: u32,
        path: &Path,
    ) -> io::Result<()> {
        // Where each user has a group of the same number, nobody else is in it, and new folders are
        // open to it. That of root has others in it on some systems.
        let is_private_group = own != 0 && owner == own && group == own;
        let writers = match is_private_group {
            true => OTHERS_WRITE,
            false => GROUP_WRITES | OTHERS_WRITE,
        };
        if mode & writers == 0 || mode & STICKY != 0 {
            return Ok(());
        }
        Err(refused(format!(
            "others may put another file in its place (mode {mode:04o} of its folder): run `chmod \
             go-w {}`, or keep the tokens in a folder of your own",
            path.display()
        )))
    }

    pub(in super::super) fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
        check_owner_as(metadata.uid(), own_id())
    }

    pub(super) fn check_owner_as(owner: u32, own: u32) -> io::Result<()> {
        if owner == own {
            return Ok(());
        }
        Err(refused(format!(
            "it belongs to user {owner}, and this process runs as user {own}: make it that user's \
             with `chown`, or keep the tokens in another file"
        )))
    }

    pub(in super::super) fn check_file(metadata: &fs::Metadata, path: &Path) -> io::Result<()> {
        check_owner(metadata)?;
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & OTHERS == 0 {
            return Ok(());
        }
        Err(refused(format!(
            "others may read or change it (mode {mode:04o}): run `chmod 600 {}`, or delete it and \
             log in again if somebody may have done so",
            path.display()
        )))
    }

    /// Who can place a link can have tokens written elsewhere.
    pub(in super::super) fn check_link(link: &fs::Metadata) -> io::Result<()> {
        let (owner, own) = (link.uid(), own_id());
        if owner == own || owner == ROOT {
            return Ok(());
        }
        Err(refused(format!(
            "it is a symbolic link of user {owner}, and this process runs as user {own}: use the \
             path of the file itself"
        )))
    }

    /// A new or removed name is safe only when the folder is on the disk too.
    pub(in super::super) fn sync_folder(folder: &Path) -> io::Result<()> {
        let outcome = fs::File::open(folder).and_then(|folder| folder.sync_all());
        match outcome {
            // Not every file system can do that, and not every folder may be opened.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput
                        | io::ErrorKind::Unsupported
                        | io::ErrorKind::PermissionDenied
                ) =>
            {
                Ok(())
            }
            outcome => outcome,
        }
    }

    fn own_id() -> u32 {
        rustix::process::geteuid().as_raw()
    }

    fn refused(message: String) -> io::Error {
        io::Error::new(io::ErrorKind::PermissionDenied, message)
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::*;

    pub(in super::super) fn open(path: &Path) -> io::Result<fs::File> {
        fs::File::open(path)
    }

    pub(in super::super) fn mark_as_used(_: &fs::File) {}

    pub(in super::super) fn is_abandoned(path: &Path, after: Duration) -> bool {
        fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && is_older(&it, after))
    }

    pub(in super::super) fn check_folder(_: &fs::Metadata, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn check_owner(_: &fs::Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn check_file(_: &fs::Metadata, _: &Path) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn check_link(_: &fs::Metadata) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn sync_folder(_: &Path) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
pub(super) use elsewhere::*;
#[cfg(unix)]
pub(super) use unix::{
    check_file, check_folder, check_link, check_owner, is_abandoned, is_at, mark_as_used, open,
    open_to_lock, sync_folder,
};

fn is_older(metadata: &fs::Metadata, than: Duration) -> bool {
    let age = metadata.modified().ok().and_then(|it| it.elapsed().ok());
    age.is_some_and(|age| age > than)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{os::unix::fs::symlink, process::Command, time::SystemTime};

    use super::{
        unix::{check_folder_as, check_owner_as},
        *,
    };

    /// What was a file when it was looked at.
    #[test]
    fn what_has_come_into_the_place_of_a_file_is_neither_followed_nor_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "x").unwrap();
        symlink(at("file"), at("link")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let has_pipes = Command::new("mkfifo").arg(at("pipe")).status().is_ok();
        for open in [open, open_to_lock] {
            assert!(open(&at("file")).is_ok());
            assert!(open(&at("link")).is_err());
            assert!(open(&at("folder")).is_err());
            assert!(!has_pipes || open(&at("pipe")).is_err());
        }
        for other in ["link", "folder", "pipe"] {
            assert!(!is_abandoned(&at(other), Duration::ZERO), "{other}");
        }
    }

    #[test]
    fn without_locks_the_time_of_the_last_change_tells_whether_a_file_is_abandoned() {
        let file = tempfile::tempfile().unwrap();
        for (age, expected) in [(0, false), (50, false), (70, true)] {
            let time = SystemTime::now() - Duration::from_secs(age);
            file.set_modified(time).unwrap();
            let metadata = file.metadata().unwrap();
            assert_eq!(
                is_older(&metadata, Duration::from_secs(60)),
                expected,
                "{age}"
            );
        }
        let future = SystemTime::now() + Duration::from_secs(1000);
        file.set_modified(future).unwrap();
        assert!(!is_older(&file.metadata().unwrap(), Duration::ZERO));
    }

    #[test]
    fn a_file_of_another_user_is_refused_with_what_to_do() {
        check_owner_as(1000, 1000).unwrap();
        for (owner, own) in [(1000, 0), (0, 1000), (1001, 1000)] {
            let error = check_owner_as(owner, own).unwrap_err().to_string();
            assert!(error.contains("`chown`"), "{error}");
            assert!(error.contains(&format!("user {owner},")), "{error}");
        }
    }

    #[test]
    fn the_group_may_write_to_a_folder_only_where_it_is_that_of_the_user_alone() {
        let folder = Path::new("/home/ann/tokens");
        let check = |ids, mode| check_folder_as(ids, mode, 1000, folder);
        assert!(check_folder_as((0, 0), 0o775, 0, folder).is_err());
        for (owner, group) in [
            (1000, 1000),
            (1000, 100),
            (1000, 0),
            (0, 1000),
            (1001, 1001),
        ] {
            let is_own = (owner, group) == (1000, 1000);
            for mode in [0o775, 0o770, 0o720, 0o2775] {
                let outcome = check((owner, group), mode);
                assert_eq!(outcome.is_ok(), is_own, "{owner}:{group} {mode:o}");
                if let Err(error) = outcome {
                    let line = error.to_string();
                    assert!(line.contains("`chmod go-w /home/ann/tokens`"), "{line}");
                }
            }
            for mode in [0o777, 0o757, 0o702, 0o2777] {
                assert!(
                    check((owner, group), mode).is_err(),
                    "{owner}:{group} {mode:o}"
                );
            }
            for mode in [0o700, 0o755, 0o1777, 0o1770] {
                assert!(
                    check((owner, group), mode).is_ok(),
                    "{owner}:{group} {mode:o}"
                );
            }
        }
    }
}
