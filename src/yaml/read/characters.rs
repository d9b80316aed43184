//! Characters that a YAML text must not contain unescaped.
//!
//! YAML does not allow control characters. The line breaks that only YAML 1.1 has are refused because YAML readers treat
//! them differently.

use super::super::Locator;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::TEXT_BYTES;
use crate::source::position;
use std::borrow::Cow;

/// `text` without its byte order mark, and with `\n` as the line break.
pub(super) fn clean<'t>(text: &'t str, locate: &Locator) -> Result<Cow<'t, str>, Diagnostic> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > TEXT_BYTES {
        let message = format!("the text must be at most {} MiB, got {} MiB", TEXT_BYTES >> 20, text.len() >> 20);
        return Err(Diagnostic::new(Code::Yaml, message).at(locate(1, 1, 0)));
    }
    if let Some(at) = text.char_indices().position(|(_, c)| is_refused(c)) {
        return Err(refuse(text, at, locate));
    }
    Ok(if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() })
}

fn is_refused(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}')
}

fn refuse(text: &str, at: usize, locate: &Locator) -> Diagnostic {
    let c = text.chars().nth(at).expect("the index of a character of the text");
    let before: String = text.chars().take(at).collect();
    let (line, column) = position(&before, before.len());
    let name = match c {
        '\0' => "a NUL character",
        '\u{7f}' => "a DEL character",
        '\u{85}' => "a NEL character",
        '\u{2028}' => "a line separator",
        '\u{2029}' => "a paragraph separator",
        '\u{fffe}' | '\u{ffff}' => "a noncharacter",
        _ => "a control character",
    };
    let code = u32::from(c);
    Diagnostic::new(Code::Yaml, format!("{name} (U+{code:04X}) is not allowed in YAML"))
        .at(locate(line, column, 1))
        .help(format!("remove it, or write it as `\\u{code:04X}` in double quotes"))
}
