//! A line on a terminal that says how far a build is, if it takes longer than a second.

use super::screen::{Screen, status};
use crate::pipeline::Progress;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// Nobody wonders about less.
const UNNOTICED: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

/// Does `work`, watched.
pub(super) fn watched<T>(screen: Screen, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !screen.is_live() {
        return work(&progress);
    }
    let (working, ended) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let progress = &progress;
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
        let done = work(progress);
        drop(working);
        done
    })
}
