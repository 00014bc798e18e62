//! The lock of a token file: whoever has it is the only one to change the file.

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

/// How long to wait for another process. A save takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(2);

impl Lock {
    /// Waits for the lock.
    pub(super) fn wait(path: &Path) -> io::Result<Self> {
        let started = Instant::now();
        loop {
            if let Some(lock) = Self::take(path)? {
                return Ok(lock);
            }
            if started.elapsed() > PATIENCE {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process has locked it: see which one hangs there",
                ));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Held as long as the token file is open; the system lets go of it also when a process is killed.
/// The file itself is locked, not its folder: nobody else may open the file.
#[cfg(unix)]
pub(super) struct Lock(#[expect(dead_code, reason = "dropped at the end")] Option<std::fs::File>);

#[cfg(unix)]
impl Lock {
    /// Takes the lock, if nobody has it.
    fn take(path: &Path) -> io::Result<Option<Self>> {
        use rustix::{
            fs::{FlockOperation, flock},
            io::Errno,
        };
        let file = match super::guard::open_to_lock(path) {
            Ok(file) => file,
            // There is nothing that somebody else could be changing, or no way to lock it. New files
            // have names of their own, so that they are whole also without a lock.
            Err(_) => return Ok(Some(Self(None))),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // Who had the lock before has put another file in its place, or removed it.
            Ok(()) if !super::guard::is_at(&file, path) => Ok(None),
            Ok(()) => Ok(Some(Self(Some(file)))),
            Err(Errno::WOULDBLOCK | Errno::INTR) => Ok(None),
            // Not every file system has locks.
            Err(_) => Ok(Some(Self(None))),
        }
    }
}

/// Within this process alone.
#[cfg(not(unix))]
pub(super) struct Lock(#[expect(dead_code)] std::sync::MutexGuard<'static, ()>);

#[cfg(not(unix))]
impl Lock {
    /// Takes the lock, if nobody has it.
    fn take(_: &Path) -> io::Result<Option<Self>> {
        use std::sync::{Mutex, TryLockError};
        static LOCK: Mutex<()> = Mutex::new(());
        Ok(match LOCK.try_lock() {
            Ok(guard) => Some(Self(guard)),
            Err(TryLockError::Poisoned(guard)) => Some(Self(guard.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        })
    }
}
