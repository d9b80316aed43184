//! How often and after which pauses something is tried again. The one place that waits.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// How often, and how long the pauses are.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often something is tried, the first time included.
    pub tries: u32,
    /// How long one answer may take.
    pub answer: Duration,
    /// The pause before the second try; each further one is twice as long.
    pub pause: Duration,
    /// The longest pause, even if a provider asks for a longer one.
    pub longest: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            tries: 6,
            pause: Duration::from_millis(250),
            longest: Duration::from_secs(60),
            answer: Duration::from_secs(20),
        }
    }
}

impl Patience {
    /// Waits before try number `next`, counted from 0: at least as long as was asked for, and never as long as another
    /// process that failed at the same time.
    pub fn wait(&self, next: u32, asked: Duration) {
        let step = self.pause.saturating_mul(1 << next.saturating_sub(1).min(16));
        let step = step.max(asked).min(self.longest);
        let jitter = f64::from(u32::try_from(random() & 0xffff).expect("16 bits fit")) / 65536.0;
        std::thread::sleep(step.mul_f64(1.0 + jitter / 2.0));
    }
}

/// A number that nobody can foresee, from the keys that hash maps are protected with.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
