//! Whom a token file may belong to.

use std::{fs, io, path::Path};

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    /// The bits that let others than the owner read, write or run a file.
    const OTHERS: u32 = 0o077;

    const ROOT: u32 = 0;

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
pub(super) use unix::{check_file, check_link, check_owner, sync_folder};

#[cfg(all(test, unix))]
mod tests {
    use super::unix::check_owner_as;

    #[test]
    fn a_file_of_another_user_is_refused_with_what_to_do() {
        check_owner_as(1000, 1000).unwrap();
        for (owner, own) in [(1000, 0), (0, 1000), (1001, 1000)] {
            let error = check_owner_as(owner, own).unwrap_err().to_string();
            assert!(error.contains("`chown`"), "{error}");
            assert!(error.contains(&format!("user {owner},")), "{error}");
        }
    }
}
