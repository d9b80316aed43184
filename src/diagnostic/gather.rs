//! Calls that may fail, for many items: all errors are collected.

use super::{Diagnostics, Result};

/// The results of `each` in the order of the items, or the errors of all items that failed.
pub(crate) fn gather<I, T, E: Into<Diagnostics>>(
    items: impl IntoIterator<Item = I>,
    mut each: impl FnMut(I) -> Result<T, E>,
) -> Result<Vec<T>> {
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for item in items {
        match each(item) {
            Ok(value) => done.push(value),
            Err(errors) => failed.push(errors.into()),
        }
    }
    if failed.is_empty() { Ok(done) } else { Err(failed.into()) }
}
