//! A day of the calendar, without a clock or a time zone.

use super::spec_error;
use crate::diagnostic::Diagnostic;
use std::fmt;

/// A day of the Gregorian calendar from year 1 to 9999; earlier days are less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// Reads `YYYY-MM-DD`.
    pub(crate) fn parse(text: &str) -> Result<Self, Diagnostic> {
        let invalid = |why: String| {
            spec_error(format!("`{text}` is not a date{why}"))
                .help("a date is written YYYY-MM-DD, such as `2026-12-24`")
        };
        let malformed = || invalid(String::new());
        let [year, month, day] = <[&str; 3]>::try_from(text.split('-').collect::<Vec<_>>()).map_err(|_| malformed())?;
        let number = |digits: &str, len: usize| {
            let good = digits.len() == len && digits.bytes().all(|b| b.is_ascii_digit());
            good.then(|| digits.parse::<u16>().ok()).flatten().ok_or_else(malformed)
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        if !(1..=12).contains(&month) {
            return Err(invalid(": the month must be between 01 and 12".to_owned()));
        }
        if year == 0 {
            return Err(invalid(": the year must be at least 0001".to_owned()));
        }
        let small = |number: u16| u8::try_from(number).expect("months and days are less than a hundred");
        let (month, day) = (small(month), small(day));
        let days = days_of(year, month);
        if day == 0 || day > days {
            return Err(invalid(format!(": the day must be between 01 and {days}")));
        }
        Ok(Date { year, month, day })
    }
}

impl Date {
    /// The day `days` days after 1970-01-01, if it is in the calendar.
    pub(crate) fn since_1970(days: u64) -> Option<Self> {
        Date { year: 1970, month: 1, day: 1 }.plus_days(u32::try_from(days).ok()?)
    }

    /// The day `days` days later, up to the year 9999.
    pub(crate) fn plus_days(self, days: u32) -> Option<Self> {
        // Whole cycles of the calendar, then whole months.
        let Date { mut year, mut month, .. } = self;
        year = year.checked_add(u16::try_from(days / DAYS_OF_400_YEARS * 400).ok()?)?;
        let mut day = u32::from(self.day) + days % DAYS_OF_400_YEARS;
        while day > u32::from(days_of(year, month)) {
            day -= u32::from(days_of(year, month));
            (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        }
        (year <= 9999).then_some(Date { year, month, day: u8::try_from(day).ok()? })
    }
}

/// The calendar repeats after 400 years.
const DAYS_OF_400_YEARS: u32 = 146_097;

/// The number of days of a month.
fn days_of(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn days_of_the_calendar() {
        for good in ["2026-12-24", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2025-04-30"] {
            assert_eq!(Date::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "2026",
            "2026-12",
            "2026-1-2",
            "26-12-24",
            "2026-13-01",
            "2026-00-01",
            "2026-01-00",
            "2026-01-32",
            "2026-04-31",
            "2025-02-29",
            "1900-02-29",
            "0000-01-01",
            "2026-12-24T00:00:00Z",
            "+026-12-24",
            "2026/12/24",
            "2026-12-24-",
            "24-12-2026",
            "२०२६-१२-२४",
        ] {
            assert!(Date::parse(bad).is_err(), "{bad}");
        }
        assert!(Date::parse("2026-12-24").unwrap() < Date::parse("2027-01-01").unwrap());
        assert!(Date::parse("2026-02-24").unwrap() < Date::parse("2026-12-01").unwrap());
    }

    #[test]
    fn days_are_added() {
        for (day, days, sum) in [
            ("2026-12-24", 0, Some("2026-12-24")),
            ("2026-12-24", 14, Some("2027-01-07")),
            ("2024-02-28", 1, Some("2024-02-29")),
            ("2025-02-28", 1, Some("2025-03-01")),
            ("2000-01-01", 146_097, Some("2400-01-01")),
            ("2026-01-31", 365, Some("2027-01-31")),
            ("9999-12-30", 1, Some("9999-12-31")),
            ("9999-12-31", 1, None),
            ("2026-01-01", u32::MAX, None),
        ] {
            let got = Date::parse(day).unwrap().plus_days(days).map(|date| date.to_string());
            assert_eq!(got.as_deref(), sum, "{day} {days}");
        }
        assert_eq!(Date::since_1970(20_786).unwrap().to_string(), "2026-11-29");
        assert_eq!(Date::since_1970(u64::MAX), None);
    }
}
