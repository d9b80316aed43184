//! Texts that are passed to commands as arguments.

/// Whether a text is safe as one argument: no blanks or control characters, and no option of the command.
pub fn is_argument(text: &str) -> bool {
    !text.is_empty() && !text.starts_with('-') && !text.contains(|c: char| c.is_control() || c.is_whitespace())
}
