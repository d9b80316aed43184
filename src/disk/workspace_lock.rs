//! One run at a time: a run that writes the output of a workspace holds a lock on the workspace's folder.
//!
//! The folder itself is locked, so no lock file is left behind. The lock ends with the process.

use crate::diagnostic::{Code, Diagnostic};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// The lock; it ends when this value is dropped.
#[derive(Debug)]
pub(crate) struct WorkspaceLock(#[expect(dead_code, reason = "closing the file ends the lock")] File);

/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(50);

/// Locks the workspace `root`. If another run has the lock, calls `waiting` once and waits for `patience` at most. `None` where the
/// file system has no locks.
pub(crate) fn lock_workspace(
    root: &Path,
    patience: Duration,
    waiting: impl FnOnce(),
) -> Result<Option<WorkspaceLock>, Diagnostic> {
    let Ok(folder) = File::open(root) else { return Ok(None) };
    let mut waiting = Some(waiting);
    let mut waited = Duration::ZERO;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(WorkspaceLock(folder))),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if waited >= patience => {
                return Err(Diagnostic::new(Code::Disk, "another run still writes the output of this workspace")
                    .help("wait for it or stop it, then run this again"));
            }
            Err(TryLockError::WouldBlock) => {
                if let Some(waiting) = waiting.take() {
                    waiting();
                }
                std::thread::sleep(PAUSE);
                waited += PAUSE;
            }
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits() {
        let folder = tempfile::tempdir().unwrap();
        let first =
            lock_workspace(folder.path(), Duration::ZERO, || panic!("no other run has the lock")).unwrap().unwrap();
        let mut waits = 0;
        let refused = lock_workspace(folder.path(), PAUSE * 2, || waits += 1).unwrap_err();
        assert!(refused.to_string().contains("another run"), "{refused}");
        assert_eq!(waits, 1);
        let releaser = std::thread::spawn(move || {
            std::thread::sleep(PAUSE);
            drop(first);
        });
        assert!(lock_workspace(folder.path(), Duration::from_secs(20), || {}).unwrap().is_some());
        releaser.join().unwrap();
    }
}
