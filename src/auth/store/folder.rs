//! The lock of a folder: whoever has it is the only one to change the token files in it.

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
    pub(super) fn wait(folder: &Path) -> io::Result<Self> {
        let started = Instant::now();
        loop {
            if let Some(lock) = Self::take(folder)? {
                return Ok(lock);
            }
            if started.elapsed() > PATIENCE {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another process has locked its folder: see which one hangs there",
                ));
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// Held as long as the folder is open; the system lets go of it also when a process is killed.
#[cfg(unix)]
pub(super) struct Lock(#[expect(dead_code, reason = "dropped at the end")] Option<std::fs::File>);

#[cfg(unix)]
impl Lock {
    /// Takes the lock, if nobody has it.
    pub(super) fn take(folder: &Path) -> io::Result<Option<Self>> {
        use rustix::{
            fs::{FlockOperation, flock},
            io::Errno,
        };
        let Ok(folder) = std::fs::File::open(folder) else {
            // It may be written to, but not read: then it cannot be locked.
            return Ok(Some(Self(None)));
        };
        match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Self(Some(folder)))),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(Errno::INTR) => Ok(None),
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
    pub(super) fn take(_: &Path) -> io::Result<Option<Self>> {
        use std::sync::{Mutex, TryLockError};
        static LOCK: Mutex<()> = Mutex::new(());
        Ok(match LOCK.try_lock() {
            Ok(guard) => Some(Self(guard)),
            Err(TryLockError::Poisoned(guard)) => Some(Self(guard.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        })
    }
}
