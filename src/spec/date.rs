//! A day of the calendar, without a clock or a time zone.

use super::spec_error;
use crate::diagnostic::Diagnostic;
use std::fmt;

/// A day of the Gregorian calendar from year 1 to 9999; earlier days are less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExpiryDate {
    year: u16,
    month: u8,
    day: u8,
}

impl ExpiryDate {
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
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            _ => return Err(invalid(": the month must be between 01 and 12".to_owned())),
        };
        if year == 0 {
            return Err(invalid(": the year must be at least 0001".to_owned()));
        }
        if day == 0 || day > days {
            return Err(invalid(format!(": the day must be between 01 and {days}")));
        }
        let small = |number: u16| u8::try_from(number).expect("months and days are less than a hundred");
        Ok(ExpiryDate { year, month: small(month), day: small(day) })
    }
}

impl fmt::Display for ExpiryDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::ExpiryDate;

    #[test]
    fn days_of_the_calendar() {
        for good in ["2026-12-24", "2024-02-29", "2000-02-29", "0001-01-01", "9999-12-31", "2025-04-30"] {
            assert_eq!(ExpiryDate::parse(good).unwrap().to_string(), good);
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
            assert!(ExpiryDate::parse(bad).is_err(), "{bad}");
        }
        assert!(ExpiryDate::parse("2026-12-24").unwrap() < ExpiryDate::parse("2027-01-01").unwrap());
        assert!(ExpiryDate::parse("2026-02-24").unwrap() < ExpiryDate::parse("2026-12-01").unwrap());
    }
}
