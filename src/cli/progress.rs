//! The progress of a build: a line on a terminal, if the build takes longer than a second.

use super::screen::{Screen, status};
use crate::pipeline::Progress;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// A build that ends sooner reports no progress.
const FIRST_REPORT: Duration = Duration::from_secs(1);
const INTERVAL: Duration = Duration::from_millis(100);

/// Runs `work` and reports its progress.
pub(super) fn watched<T>(screen: Screen, progress: &Progress, work: impl FnOnce() -> T) -> T {
    if !screen.is_interactive() {
        return work();
    }
    let (working, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut interval = FIRST_REPORT;
            while ended.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                let (done, all) = (progress.done.load(Ordering::Relaxed), progress.all.load(Ordering::Relaxed));
                status(&format!("building: {done} of {all} branches"));
                interval = INTERVAL;
            }
            if interval == INTERVAL {
                status("");
            }
        });
        let done = work();
        drop(working);
        done
    })
}
