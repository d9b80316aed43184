//! The progress of a build: a line on a terminal, if the build takes longer than a second.

use super::screen::{Screen, status};
use crate::pipeline::Progress;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// A shorter build reports no progress.
const UNNOTICED: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

/// Does `work` and reports its progress.
pub(super) fn watched<T>(screen: Screen, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !screen.is_live() {
        return work();
    }
    let (working, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut pause = UNNOTICED;
            while ended.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let (done, all) = (progress.done.load(Ordering::Relaxed), progress.all.load(Ordering::Relaxed));
                status(&format!("building: {done} of {all} branches"));
                pause = PAUSE;
            }
            if pause == PAUSE {
                status("");
            }
        });
        let done = work();
        drop(working);
        done
    })
}
