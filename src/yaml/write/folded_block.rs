//! What kustomize makes of a folded block (`>`): it prints it and reads it again, and go-yaml's printer does that badly.
//!
//! A line that is indented further gets an empty line before it, and a text that begins with a blank loses its line
//! breaks. Only `kustomize` repeats that, to print the same bytes.

use super::super::scalar::quoting;
use std::borrow::Cow;

/// A folded text after it was printed and read.
pub(super) fn again(text: &str) -> Cow<'_, str> {
    if !quoting::allows_block(text) {
        return text.into();
    }
    // The printer looks at the first character of the text where it should look at that of the next line.
    let doubles = !text.trim_start_matches('\n').starts_with([' ', '\t']);
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while !rest.is_empty() {
        let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
        let after = rest[line.len()..].trim_start_matches('\n');
        let breaks = rest.len() - line.len() - after.len();
        out.push_str(line);
        let blank = |line: &str| line.starts_with([' ', '\t']);
        let folds = !line.is_empty() && !blank(line);
        let printed = breaks + usize::from(folds && doubles);
        let read = match (folds, after) {
            (false, _) => breaks,
            (true, "") => {
                if breaks > 1 {
                    printed
                } else {
                    breaks
                }
            }
            (true, _) if blank(after) => printed,
            (true, _) => printed - 1,
        };
        if folds && !after.is_empty() && read == 0 {
            out.push(' ');
        }
        out.extend(std::iter::repeat_n('\n', read));
        rest = after;
    }
    out.into()
}
