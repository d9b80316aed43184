//! The files of pleach: what is read can be written, and is read again as the same.

use super::Reader;
use crate::dns::zone_change::ZoneChange;
use crate::output::Lock;
use crate::teardown::TeardownPlan;

/// A lock file, and one with the conflict markers of Git.
pub(super) fn lock(data: &[u8], read: Reader) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    Lock::names(text);
    let Some(lock) = Lock::read(text) else { return };
    let written = lock.write();
    assert_eq!(Lock::read(&written), Some(lock.clone()), "{written}");
    read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    let both = Lock::union(text, &written);
    assert_eq!(Lock::names(&both), lock.files, "{both}");
}

/// A teardown plan.
pub(super) fn teardown_plan(data: &[u8], read: Reader) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(plan) = TeardownPlan::parse(text) else { return };
    let written = plan.write().expect("a plan that was read can be written");
    assert_eq!(TeardownPlan::parse(&written).ok(), Some(plan), "{written}");
    read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
}

/// A zone change.
pub(super) fn zone_change(data: &[u8], read: Reader) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(change) = ZoneChange::parse(text) else { return };
    let written = change.write().expect("a zone change that was read can be written");
    assert_eq!(ZoneChange::parse(&written).ok(), Some(change), "{written}");
    read(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
}
