//! Text for people: characters that are not visible, or that change the order of others, are escaped.
//!
//! Input text may be hostile. A line break in a name would begin a line of its own in a report, which some CI systems read as a
//! command, and other control characters change what a terminal shows.

use std::borrow::Cow;

/// Whether a character has no width, or changes the direction of the text around it.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// A text on one line: invisible and control characters are written as `\n` or `\u{202e}`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_invisible(c) || c.is_control())
}

/// Like [`visible`], but line breaks and tabs stay.
pub(crate) fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| is_invisible(c) || c.is_control() && !matches!(c, '\n' | '\t'))
}

/// Like [`visible`] for a JSON text, in the escapes of JSON. The characters occur in strings only, so it has the same data.
pub(crate) fn visible_json(json: &str) -> String {
    let is_escaped = |c: char| is_invisible(c) || c.is_control() && !matches!(c, '\n' | '\t');
    escaped_with(json, is_escaped, |c, out| {
        out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
    })
    .into_owned()
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    escaped_with(text, is_escaped, |c, out| out.extend(c.escape_default()))
}

fn escaped_with(text: &str, is_escaped: impl Fn(char) -> bool, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    text.chars()
        .fold(String::new(), |mut out, c| {
            if is_escaped(c) {
                escape(c, &mut out);
            } else {
                out.push(c);
            }
            out
        })
        .into()
}

#[cfg(test)]
mod tests {
    use super::{visible, visible_json, visible_lines};

    #[test]
    fn invisible_characters_are_escaped() {
        assert_eq!(visible("feature/Größe 日本"), "feature/Größe 日本");
        assert_eq!(visible("a\u{202e}b\u{200b}\u{feff}"), "a\\u{202e}b\\u{200b}\\u{feff}");
        assert_eq!(visible("a\u{1b}[31m\r\n\tb\u{85}\u{e0041}"), "a\\u{1b}[31m\\r\\n\\tb\\u{85}\\u{e0041}");
        assert_eq!(visible_lines("a\u{1b}[31m\r\n\tb"), "a\\u{1b}[31m\\r\n\tb");
    }

    #[test]
    fn json_has_the_same_data() {
        let text = "a\u{202e}b\u{85}\u{7f}\u{e0041}ö\n\t";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let shown = visible_json(&json);
        assert_eq!(shown, "[\n  \"a\\u202eb\\u0085\\u007f\\udb40\\udc41ö\\n\\t\"\n]");
        assert_eq!(serde_json::from_str::<[String; 1]>(&shown).unwrap(), [text]);
    }
}
