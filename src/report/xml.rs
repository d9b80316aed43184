//! Texts in XML 1.0.

use std::fmt::Write;

/// A text between tags. Characters that XML does not allow are removed.
pub(super) fn text(text: &str) -> String {
    escaped(text, |c| matches!(c, '<' | '>' | '&' | '\r'))
}

/// The value of an attribute, without its quotes.
pub(super) fn attribute(text: &str) -> String {
    escaped(text, |c| matches!(c, '<' | '>' | '&' | '"' | '\'' | '\n' | '\r' | '\t'))
}

/// <https://www.w3.org/TR/xml/#charsets>
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| is_allowed(*c)) {
        if is_escaped(c) {
            let _ = write!(out, "&#{};", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{attribute, text};

    #[test]
    fn markup_is_escaped_and_control_characters_are_removed() {
        assert_eq!(text("a]]>\u{0}\u{1b}\u{ffff}<b>&\n'ö\""), "a]]&#62;&#60;b&#62;&#38;\n'ö\"");
        assert_eq!(attribute("'\"\n\t<"), "&#39;&#34;&#10;&#9;&#60;");
    }
}
