//! How often, how long and after which pauses a zone is tried. This is the only module that waits.

use crate::visible::visible;
use std::fmt::Display;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The number of tries, and the pauses between them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// The number of tries, including the first.
    pub(crate) tries: u32,
    /// How long to wait for one answer.
    pub(crate) answer_timeout: Duration,
    /// The pause before the second try. Each further pause is twice as long.
    pub(crate) first_pause: Duration,
    /// The longest pause, even if a provider asks for a longer one.
    pub(crate) longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            tries: 6,
            answer_timeout: Duration::from_secs(20),
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(60),
        }
    }
}

/// Receives a sentence before each further try.
pub(crate) type RetryNotice = Arc<dyn Fn(&str) + Send + Sync>;

/// The tries of one zone, until its time is over. Clones share the time.
#[derive(Clone)]
pub(crate) struct Retry {
    policy: RetryPolicy,
    end: Arc<Mutex<Option<Moment>>>,
    notice: Option<RetryNotice>,
}

impl From<RetryPolicy> for Retry {
    fn from(policy: RetryPolicy) -> Self {
        Retry { policy, end: Arc::default(), notice: None }
    }
}

impl Retry {
    /// The same tries, with a notice before each but the first.
    pub(crate) fn with_notice(self, notice: RetryNotice) -> Self {
        Retry { notice: Some(notice), ..self }
    }

    /// The number of tries, including the first.
    pub(crate) fn tries(&self) -> u32 {
        self.policy.tries
    }

    /// The longest pause.
    pub(super) fn longest_pause(&self) -> Duration {
        self.policy.longest_pause
    }

    /// Sets when the time is over.
    pub(crate) fn end_at(&self, end: Moment) {
        *self.end.lock().expect("no thread panics while it has the lock") = Some(end);
    }

    /// Whether the time is over.
    pub(crate) fn is_over(&self) -> bool {
        self.end().is_some_and(|end| end.left().is_err())
    }

    /// Until when to wait for an answer from now on.
    pub(super) fn answer_end(&self) -> Moment {
        let end = Moment::after(self.policy.answer_timeout);
        self.end().map_or(end, |other| end.min(other))
    }

    /// Waits after try number `tried` failed for `reason`, at least for `asked`. A random part keeps processes apart that
    /// failed at the same time. Returns false, without a pause, if there is no time for a next try; then the time is over.
    #[must_use]
    pub(crate) fn wait(&self, tried: u32, asked: Duration, reason: impl Display) -> bool {
        let step = self.policy.first_pause.saturating_mul(1 << tried.saturating_sub(1).min(16));
        let step = step.max(asked).min(self.policy.longest_pause);
        let jitter = f64::from(u32::try_from(random() & 0xffff).expect("16 bits fit")) / 65536.0;
        let pause = step.mul_f64(1.0 + jitter / 2.0);
        if self.end().is_some_and(|end| Moment::after(pause) >= end) {
            self.end_at(Moment::after(Duration::ZERO));
            return false;
        }
        if let Some(notice) = &self.notice {
            let (reason, seconds) = (reason.to_string(), pause.as_secs_f64());
            notice(&format!("{}; trying again in {seconds:.1} s", visible(&reason)));
        }
        std::thread::sleep(pause);
        true
    }

    fn end(&self) -> Option<Moment> {
        *self.end.lock().expect("no thread panics while it has the lock")
    }
}

/// A moment in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Instant);

impl Moment {
    /// The moment after this time from now.
    #[expect(clippy::disallowed_methods, reason = "a run has a time limit")]
    pub(crate) fn after(time: Duration) -> Self {
        Moment(Instant::now() + time)
    }

    /// The time that is left until then; an error if none is.
    pub(crate) fn left(self) -> io::Result<Duration> {
        let left = self.0.saturating_duration_since(Moment::after(Duration::ZERO).0);
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }

    /// The end of the next of `parts` equal parts of the time until then.
    pub(crate) fn next_of(self, parts: usize) -> Self {
        let left = self.left().unwrap_or_default();
        Moment::after(left / u32::try_from(parts.max(1)).unwrap_or(u32::MAX))
    }
}

/// An unpredictable number, from the random keys of hash maps.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry() -> (Retry, Arc<Mutex<Vec<String>>>) {
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let notices = said.clone();
        let first_pause = Duration::from_millis(10);
        let retry = Retry::from(RetryPolicy { first_pause, ..RetryPolicy::default() });
        (retry.with_notice(Arc::new(move |text| notices.lock().unwrap().push(text.to_owned()))), said)
    }

    #[test]
    fn a_further_try_is_announced_on_one_line() {
        let (retry, said) = retry();
        assert!(retry.wait(1, Duration::ZERO, "no\nanswer"));
        assert_eq!(*said.lock().unwrap(), ["no\\nanswer; trying again in 0.0 s"]);
        assert!(!retry.is_over());
    }

    #[test]
    fn nobody_waits_longer_than_the_time_of_the_zone() {
        let (retry, said) = retry();
        retry.clone().end_at(Moment::after(Duration::from_millis(200)));
        assert!(retry.answer_end().left().unwrap() <= Duration::from_millis(200));
        assert!(retry.wait(1, Duration::ZERO, "busy") && !retry.is_over());
        assert_eq!(said.lock().unwrap().len(), 1);
        assert!(!retry.wait(1, Duration::from_secs(5), "busy"), "it would be over");
        assert!(retry.is_over() && retry.answer_end().left().is_err());
        assert!(!retry.wait(1, Duration::ZERO, "busy"));
        assert_eq!(said.lock().unwrap().len(), 1);
    }

    #[test]
    fn zones_share_the_time_and_get_what_others_leave() {
        let end = Moment::after(Duration::from_secs(90));
        let seconds = |moment: Moment| moment.left().unwrap().as_millis().div_ceil(1000);
        assert_eq!([3, 2, 1, 0].map(|parts| seconds(end.next_of(parts))), [30, 45, 90, 90]);
        assert!(Moment::after(Duration::ZERO).next_of(2).left().is_err());
    }
}
