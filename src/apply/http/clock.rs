//! The current time, for signatures and tokens. No other module of `apply` reads the clock.

use crate::spec::Date;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The seconds since 1970-01-01.
#[expect(clippy::disallowed_methods, reason = "a signature contains the current time")]
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// A time in the form `20150830T123600Z`.
pub(super) fn timestamp(seconds: u64) -> String {
    let (days, rest) = (seconds / 86400, seconds % 86400);
    let date = Date::since_1970(days).expect("the clock is before the year 10000").to_string().replace('-', "");
    format!("{date}T{:02}{:02}{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

/// The time that a `Retry-After` asks to wait: a number of seconds, or a date (RFC 9110, section 10.2.3).
pub(super) fn time_until(retry_after: &str) -> Option<Duration> {
    if let Ok(seconds) = retry_after.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(retry_after).ok()?;
    Some(date.duration_since(UNIX_EPOCH + Duration::from_secs(now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_formatted() {
        for (seconds, want) in [
            (0, "19700101T000000Z"),
            (951_782_400, "20000229T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (1_709_164_799, "20240228T235959Z"),
            (1_709_251_199, "20240229T235959Z"),
            (1_735_689_599, "20241231T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
        ] {
            assert_eq!(timestamp(seconds), want);
        }
        assert!(now() > 1_700_000_000);
    }

    #[test]
    fn a_pause_is_a_number_or_a_date() {
        let date = |seconds: u64| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(date(784_111_777), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(time_until("120"), Some(Duration::from_secs(120)));
        let pause = time_until(&date(now() + 90)).unwrap();
        assert!((85..=90).contains(&pause.as_secs()), "{pause:?}");
        assert_eq!(time_until(&date(784_111_777)), Some(Duration::ZERO));
        for other in ["", "soon", "-1", "1.5", "Sun, 06 Nov 1994"] {
            assert_eq!(time_until(other), None, "{other}");
        }
    }
}
