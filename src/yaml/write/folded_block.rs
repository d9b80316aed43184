//! The text of a folded block (`>`) after kustomize has written it and read it again. The printer of go-yaml changes it.
//!
//! A line with more indentation gets an empty line before it, and a text that begins with a blank loses line breaks. Only
//! `pleach kustomize` reproduces this, to write the same bytes.

use super::super::scalar::quoting;
use std::borrow::Cow;

/// The folded text `text` after kustomize has written and read it.
pub(crate) fn rewritten(text: &str) -> Cow<'_, str> {
    if !quoting::allowed_forms(text).block {
        return text.into();
    }
    // The printer tests the first character of the text instead of the first character of the next line.
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
