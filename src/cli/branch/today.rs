//! The current day, which `add`, `set --create` and `sync` write. A build does not know it.

use crate::diagnostic::{Code, Diagnostic};
use crate::spec::Date;
use std::time::{SystemTime, UNIX_EPOCH};

/// The variable with the time to use in place of the clock, in seconds since 1970
/// (<https://reproducible-builds.org/specs/source-date-epoch/>).
const VARIABLE: &str = "SOURCE_DATE_EPOCH";

/// The current day in UTC.
#[expect(clippy::disallowed_methods, reason = "these commands record when a branch was added")]
pub(super) fn today() -> Result<Date, Diagnostic> {
    let seconds = match std::env::var_os(VARIABLE) {
        Some(text) => text.to_str().and_then(|text| text.parse().ok()).ok_or_else(|| {
            Diagnostic::new(Code::Usage, format!("invalid time in `{VARIABLE}`"))
                .help("it is the number of seconds since 1970, such as the output of `date +%s`")
        })?,
        None => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    };
    Date::since_1970(seconds / 86_400)
        .ok_or_else(|| Diagnostic::new(Code::Usage, "the current day is after the year 9999"))
}
