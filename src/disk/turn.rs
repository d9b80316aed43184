//! One run at a time: who writes the output of a workspace holds a lock on the workspace's folder.
//!
//! The folder itself is locked, so that no file is left behind and nothing needs to be ignored by git. The lock ends
//! with the program, however that ends.

use crate::diagnostic::{Code, Diagnostic};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

/// The right to write, as long as it lives.
#[derive(Debug)]
pub struct Turn(#[expect(dead_code, reason = "closing the file ends the lock")] File);

/// How often to look again.
const PAUSE: Duration = Duration::from_millis(50);

/// Waits for its turn at the workspace `root`, `patience` at most, and calls `waiting` once if there is need to. `None`
/// where the file system has no locks.
pub fn turn(root: &Path, patience: Duration, waiting: impl FnOnce()) -> Result<Option<Turn>, Diagnostic> {
    let Ok(folder) = File::open(root) else { return Ok(None) };
    let mut waiting = Some(waiting);
    let mut waited = Duration::ZERO;
    loop {
        match folder.try_lock() {
            Ok(()) => return Ok(Some(Turn(folder))),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if waited >= patience => {
                return Err(Diagnostic::new(
                    Code::Disk,
                    "another run writes the output of this workspace, and does not end",
                )
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
        let first = turn(folder.path(), Duration::ZERO, || panic!("nobody to wait for")).unwrap().unwrap();
        let mut waits = 0;
        let refused = turn(folder.path(), PAUSE * 2, || waits += 1).unwrap_err();
        assert!(refused.to_string().contains("another run"), "{refused}");
        assert_eq!(waits, 1);
        let releaser = std::thread::spawn(move || {
            std::thread::sleep(PAUSE);
            drop(first);
        });
        assert!(turn(folder.path(), Duration::from_secs(20), || {}).unwrap().is_some());
        releaser.join().unwrap();
    }
}
