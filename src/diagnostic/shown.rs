//! The texts of a diagnostic as people see them. They quote input, which may be hostile and of any length.

use crate::visible::visible;

/// The longest quoted text, in characters.
const LONGEST_QUOTE: usize = 300;

/// A text on one line, with invisible characters escaped. A long text in backticks is cut in the middle.
pub(super) fn shown(text: &str) -> String {
    let mut parts: Vec<String> = text.split('`').map(|part| visible(part).into_owned()).collect();
    let last = parts.len() - 1;
    for quoted in parts.iter_mut().take(last).skip(1).step_by(2) {
        *quoted = super::cut(std::mem::take(quoted), LONGEST_QUOTE);
    }
    parts.join("`")
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn long_quotes_are_cut() {
        let long = "x".repeat(400);
        let half = "x".repeat(150);
        assert_eq!(shown(&format!("`a` has the value `{long}`")), format!("`a` has the value `{half}…{half}`"));
        assert_eq!(shown(&format!("{long} `a` {long}")), format!("{long} `a` {long}"));
        assert_eq!(shown(&format!("it`s {long}")), format!("it`s {long}"));
        assert_eq!(shown("`a\n::error::b`"), "`a\\n::error::b`");
    }
}
