//! Texts that are passed to commands as arguments.

use crate::visible::is_invisible;

/// Whether a text is safe as one argument: no blanks, control characters or invisible ones, and no option of the command.
pub(crate) fn is_argument(text: &str) -> bool {
    let is_refused = |c: char| c.is_control() || c.is_whitespace() || is_invisible(c);
    !text.is_empty() && !text.starts_with('-') && !text.contains(is_refused)
}

/// A text in quotes, as one word of a POSIX shell.
pub(crate) fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A text as one word of a POSIX shell, in quotes if it needs them.
pub(crate) fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+@%:,=".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { shell_quoted(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_closed_and_opened_again() {
        assert_eq!(shell_quoted("a b"), "'a b'");
        assert_eq!(shell_quoted("it's"), r"'it'\''s'");
        assert_eq!(shell_word("out/a-b.yaml"), "out/a-b.yaml");
        assert_eq!(shell_word("a b"), "'a b'");
        assert_eq!(shell_word("a=b"), "a=b");
        assert_eq!(shell_word(""), "''");
    }
}
