//! Kubernetes quantities: `500m`, `1.5`, `128Mi`, `1e3`.

/// The suffixes and their factors in thousandths.
const SUFFIXES: [(&str, i128); 14] = [
    ("Ki", 1000 << 10),
    ("Mi", 1000 << 20),
    ("Gi", 1000 << 30),
    ("Ti", 1000 << 40),
    ("Pi", 1000 << 50),
    ("Ei", 1000 << 60),
    ("m", 1),
    ("k", 1_000_000),
    ("M", 1_000_000_000),
    ("G", 1_000_000_000_000),
    ("T", 1_000_000_000_000_000),
    ("P", 1_000_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000_000),
    ("", 1000),
];

/// The value in thousandths, rounded down. `None` if the text is not a quantity, or one of less than a thousandth or beyond all
/// computers.
pub(crate) fn milli(text: &str) -> Option<i128> {
    let number_end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, suffix) = text.split_at(number_end);
    let (factor, exponent) = match suffix.strip_prefix(['e', 'E']).filter(|digits| !digits.is_empty()) {
        Some(exponent) => (1000, exponent.parse::<i32>().ok().filter(|exponent| (-3..=18).contains(exponent))?),
        None => (SUFFIXES.iter().find(|(name, _)| *name == suffix)?.1, 0),
    };
    let negative = number.starts_with('-');
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || whole.len() + fraction.len() > 18 {
        return None;
    }
    let all: i128 =
        format!("{whole}{fraction}").parse().ok().filter(|_| digits.bytes().all(|b| b != b'-' && b != b'+'))?;
    let scale = i32::try_from(fraction.len()).ok()? - exponent;
    let power = 10_i128.checked_pow(scale.unsigned_abs())?;
    let value = all.checked_mul(factor)?;
    let value = if scale >= 0 { value / power } else { value.checked_mul(power)? };
    Some(if negative { -value } else { value })
}

/// A number of CPUs: `250m`, `2`, `1500m`.
pub(crate) fn cpu(milli: i128) -> String {
    if milli % 1000 == 0 { (milli / 1000).to_string() } else { format!("{milli}m") }
}

/// A number of bytes in the largest binary unit that keeps it exact, from thousandths.
pub(crate) fn bytes(milli: i128) -> String {
    let mut value = milli / 1000;
    let mut unit = "";
    for larger in ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] {
        if value == 0 || value % 1024 != 0 {
            break;
        }
        (value, unit) = (value / 1024, larger);
    }
    format!("{value}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read() {
        for (text, want) in [
            ("1", Some(1000)),
            ("250m", Some(250)),
            ("0.25", Some(250)),
            (".5", Some(500)),
            ("1.", Some(1000)),
            ("-2", Some(-2000)),
            ("1e3", Some(1_000_000)),
            ("1E-1", Some(100)),
            ("2E", Some(2_000_000_000_000_000_000_000)),
            ("1Ki", Some(1_024_000)),
            ("1.5Gi", Some(1_610_612_736_000)),
            ("", None),
            ("m", None),
            ("1x", None),
            ("1.2.3", None),
            ("--1", None),
            ("1-1", None),
            ("1e99", None),
            ("9999999999999999999", None),
        ] {
            assert_eq!(milli(text), want, "{text}");
        }
    }

    #[test]
    fn quantities_are_written() {
        assert_eq!([cpu(250), cpu(2000), cpu(-1500)], ["250m", "2", "-1500m"]);
        assert_eq!([bytes(0), bytes(1_024_000), bytes(1_610_612_736_000), bytes(1000)], ["0", "1Ki", "1536Mi", "1"]);
    }
}
