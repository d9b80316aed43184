//! How often and after which pauses an operation is retried. This is the only module that waits.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

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

impl RetryPolicy {
    /// Waits after try number `tried`, at least for `asked`. A random part keeps processes apart that failed at the same
    /// time.
    pub(crate) fn wait(&self, tried: u32, asked: Duration) {
        let step = self.first_pause.saturating_mul(1 << tried.saturating_sub(1).min(16));
        let step = step.max(asked).min(self.longest_pause);
        let jitter = f64::from(u32::try_from(random() & 0xffff).expect("16 bits fit")) / 65536.0;
        std::thread::sleep(step.mul_f64(1.0 + jitter / 2.0));
    }
}

/// An unpredictable number, from the random keys of hash maps.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
