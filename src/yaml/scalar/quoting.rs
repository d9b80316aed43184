//! The form in which a string is written. It depends on the string only, as in go-yaml v2.
//!
//! A string that would be read as another type gets double quotes. A string that is not a valid plain scalar gets single
//! quotes. A string with line breaks becomes a literal block.

use super::super::Quoting;
use super::{date, number, resolve};
use crate::node::Tag;

/// How a string is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScalarForm {
    /// Without quotes.
    Plain,
    /// In single quotes.
    Single,
    /// In double quotes, with escapes.
    Double,
    /// As a block after `|`.
    Literal,
}

/// The characters of a string that affect its form.
#[allow(clippy::struct_excessive_bools, reason = "these are independent findings")]
#[derive(Default)]
struct StringTraits {
    /// A character that needs an escape.
    special: bool,
    /// Characters that a plain scalar must not have, because they are YAML syntax.
    indicator: bool,
    line_break: bool,
    /// A space or line break at either end.
    ragged: bool,
    trailing_space: bool,
    space_before_break: bool,
    space_after_break: bool,
}

/// The form of a string.
pub(crate) fn form(text: &str, quoting: Quoting) -> ScalarForm {
    if is_simple(text) {
        return if is_string(text, quoting) { ScalarForm::Plain } else { ScalarForm::Double };
    }
    if text.is_empty() {
        return ScalarForm::Double;
    }
    let found = traits(text);
    if quoting == Quoting::Safe && text.contains(['\u{2028}', '\u{2029}']) {
        return ScalarForm::Double;
    }
    if text.contains('\n') {
        let literal = !(found.special || found.trailing_space || found.space_before_break);
        return if literal { ScalarForm::Literal } else { ScalarForm::Double };
    }
    if !is_string(text, quoting) || found.special || found.space_before_break || found.space_after_break {
        ScalarForm::Double
    } else if found.indicator || found.ragged || found.line_break {
        ScalarForm::Single
    } else {
        ScalarForm::Plain
    }
}

/// The forms that a string can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AllowedForms {
    /// Without quotes, outside and within brackets.
    pub(crate) plain: (bool, bool),
    /// In single quotes.
    pub(crate) single: bool,
    /// As a block.
    pub(crate) block: bool,
}

/// The forms in which go-yaml v3 can write a string. Unlike v2, it treats tabs as printable.
pub(crate) fn allowed_forms(text: &str) -> AllowedForms {
    let found = traits(&text.replace('\t', "x"));
    let escapes = found.special || found.space_before_break;
    let single = !(escapes || found.space_after_break || text.contains('\t'));
    let plain = single && !(found.line_break || found.ragged || found.indicator);
    let is_flow_syntax = text.contains([',', '?', '[', ']', '{', '}', ':']);
    let block = !(escapes || found.trailing_space || text.is_empty());
    AllowedForms { plain: (plain, plain && !is_flow_syntax), single, block }
}

/// Whether no character can affect the form: the usual case.
fn is_simple(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!(bytes.first(), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'+' | b'~' | b'$'))
        && bytes.iter().all(|&byte| SIMPLE[usize::from(byte)])
        && !(bytes[0] == b'.' && text.starts_with("..."))
}

/// The bytes that have no meaning in YAML anywhere after the first character.
const SIMPLE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        table[byte as usize] = !matches!(byte, b':' | b'#');
        byte += 1;
    }
    table
};

/// Whether plain text is read as a string.
fn is_string(text: &str, quoting: Quoting) -> bool {
    let Some(&first) = text.as_bytes().first() else { return false };
    let string = match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => resolve::core(text) == Tag::Str && !is_base_60(text),
        b'~' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'y' | b'Y' | b'o' | b'O' => {
            text.len() > 5 || resolve::core(text) == Tag::Str && !resolve::is_old_bool(text)
        }
        _ => true,
    };
    string && (quoting == Quoting::Kustomize || !is_misread(text))
}

/// Whether YAML 1.1 reads `text` as a number in base 60: `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some((first, rest)) = text.split_once(':') else { return false };
    let (rest, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    first.starts_with(|c: char| c.is_ascii_digit())
        && is_digits(first)
        && is_digits(fraction)
        && rest.split(':').all(|part| matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']))
}

/// Whether some readers read a plain scalar as another type although go-yaml reads it as a string.
fn is_misread(text: &str) -> bool {
    match text.as_bytes() {
        [b'='] | [b'<', b'<'] => true,
        [b'0'..=b'9', ..] => {
            date::is_like(text) || is_based_number(text) || number::is_float_syntax(&text.replace('_', ""))
        }
        [b'+' | b'-', rest @ ..] => {
            let rest = std::str::from_utf8(rest).expect("a sign is one byte");
            matches!(rest.as_bytes(), [b'_' | b'+' | b'-' | b'.', ..]) && is_number_like(rest)
                || is_based_number(rest)
                || number::is_float_syntax(&rest.replace('_', ""))
        }
        [b'.', rest @ ..] => !rest.is_empty() && rest.iter().all(|b| b.is_ascii_digit() || *b == b'_'),
        _ => false,
    }
}

fn is_number_like(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'_' | b'+' | b'-' | b'.'))
}

/// Whether `text` looks like a number in base 16, 2 or 8. go-yaml reads it as a string if it has more than 64 bits or no digit, such
/// as `0x_`; other readers do not.
fn is_based_number(text: &str) -> bool {
    let (digits, rest): (&[u8], _) = match text.as_bytes() {
        [b'0', b'x' | b'X', rest @ ..] => (b"0123456789abcdefABCDEF_", rest),
        [b'0', b'b' | b'B', rest @ ..] => (b"01_", rest),
        [b'0', b'o' | b'O', rest @ ..] => (b"0123456789_", rest),
        _ => return false,
    };
    !rest.is_empty() && rest.iter().all(|b| digits.contains(b))
}

fn traits(text: &str) -> StringTraits {
    let mut found =
        StringTraits { indicator: text.starts_with("---") || text.starts_with("..."), ..StringTraits::default() };
    let (mut blank_before, mut space_before, mut break_before) = (true, false, false);
    let (bytes, mut i) = (text.as_bytes(), 0);
    while let Some(c) = text[i..].chars().next() {
        let plain = bytes[i..].iter().take_while(|&&byte| SIMPLE[usize::from(byte)]).count();
        if i > 0 && plain > 0 {
            (space_before, break_before, blank_before) = (false, false, false);
            i += plain;
            continue;
        }
        let next = text[i + c.len_utf8()..].chars().next();
        let blank_after = next.is_none_or(|c| matches!(c, ' ' | '\t'));
        found.indicator |= match c {
            ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => i == 0,
            '?' | '-' => i == 0 && blank_after,
            ':' => blank_after,
            '#' => blank_before,
            _ => false,
        };
        found.special |= !is_printable(c);
        let breaks = is_break(c);
        found.line_break |= breaks;
        found.ragged |= (c == ' ' || breaks) && (i == 0 || next.is_none());
        found.trailing_space |= c == ' ' && next.is_none();
        found.space_after_break |= c == ' ' && break_before;
        found.space_before_break |= breaks && space_before;
        (space_before, break_before) = (c == ' ', breaks);
        blank_before = breaks || matches!(c, ' ' | '\t');
        i += c.len_utf8();
    }
    found
}

/// Whether go-yaml writes `c` without an escape.
pub(crate) fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}') && c != '\u{feff}'
}

/// Whether go-yaml treats `c` as a line break.
pub(crate) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}
