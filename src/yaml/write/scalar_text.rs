//! The text of scalars: quotes, escapes, blocks, and the folding of long lines.
//!
//! A line is folded at the first single space after column 80. Columns are counted in characters.

use super::super::scalar::quoting::{ScalarForm, is_break, is_printable};
use std::fmt::Write;

/// The column after which a space becomes a line break.
const WIDTH: usize = 80;

/// Whether a scalar may be written on several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineFolding {
    /// No.
    One,
    /// Yes. The other lines have this indentation.
    Folded(usize),
}

/// Writes `text` in `form`. `line` is the position in `out` of the start of the current line.
pub(super) fn write(out: &mut String, line: usize, text: &str, form: ScalarForm, lines: LineFolding) {
    // A text with fewer bytes than columns is never folded.
    let short = lines == LineFolding::One || out.len() - line + text.len() <= WIDTH;
    match form {
        ScalarForm::Plain if short => out.push_str(text),
        ScalarForm::Plain => folded(out, line, text, lines, ScalarForm::Plain),
        ScalarForm::Single => {
            out.push('\'');
            folded(out, line, text, lines, ScalarForm::Single);
            out.push('\'');
        }
        ScalarForm::Double => {
            out.push('"');
            double(out, line, text, lines);
            out.push('"');
        }
        ScalarForm::Literal => literal(out, text, lines),
    }
}

fn break_line(out: &mut String, column: &mut usize, indent: usize) {
    out.push('\n');
    pad(out, indent);
    *column = indent;
}

/// Writes `indent` spaces.
pub(super) fn pad(out: &mut String, indent: usize) {
    const SPACES: &str = "                                                                ";
    let mut missing = indent;
    while missing > 0 {
        let count = missing.min(SPACES.len());
        out.push_str(&SPACES[..count]);
        missing -= count;
    }
}

fn folded(out: &mut String, line: usize, text: &str, lines: LineFolding, form: ScalarForm) {
    let mut column = out[line..].chars().count();
    let (mut space_before, mut break_before) = (false, false);
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let next = rest.clone().next();
        match lines {
            LineFolding::Folded(indent)
                if c == ' '
                    && !space_before
                    && column > WIDTH
                    && next.is_some_and(|next| next != ' ')
                    && rest.as_str().len() + 1 < text.len() =>
            {
                break_line(out, &mut column, indent);
                space_before = true;
                continue;
            }
            LineFolding::Folded(indent) if break_before && c != ' ' && !is_break(c) => {
                pad(out, indent.saturating_sub(column));
                column = column.max(indent);
            }
            _ => {}
        }
        out.push(c);
        column += 1;
        if c == '\'' && form == ScalarForm::Single {
            out.push('\'');
            column += 1;
        }
        space_before = c == ' ';
        break_before = is_break(c);
        if break_before {
            column = 0;
        }
    }
}

fn double(out: &mut String, line: usize, text: &str, lines: LineFolding) {
    let mut column = out[line..].chars().count();
    // If a text begins with a byte order mark, go-yaml escapes all characters.
    let escape_all = text.starts_with('\u{feff}');
    let mut space_before = false;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let start = out.len();
        if escape_all || !is_printable(c) || is_break(c) || matches!(c, '"' | '\\' | '\u{feff}') {
            escape(out, c);
            space_before = false;
        } else if c == ' ' {
            match lines {
                LineFolding::Folded(indent)
                    if !space_before
                        && column > WIDTH
                        && !rest.as_str().is_empty()
                        && rest.as_str().len() + 1 < text.len() =>
                {
                    break_line(out, &mut column, indent);
                    if rest.as_str().starts_with(' ') {
                        out.push('\\');
                        column += 1;
                    }
                    space_before = true;
                    continue;
                }
                _ => out.push(' '),
            }
            space_before = true;
        } else {
            out.push(c);
            space_before = false;
        }
        column += if out.len() - start == c.len_utf8() { 1 } else { out.len() - start };
    }
}

fn escape(out: &mut String, c: char) {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => c,
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(c);
            let _ = match code {
                0..=0xff => write!(out, "\\x{code:02X}"),
                0x100..=0xffff => write!(out, "\\u{code:04X}"),
                _ => write!(out, "\\U{code:08X}"),
            };
            return;
        }
    };
    out.push('\\');
    out.push(short);
}

fn literal(out: &mut String, text: &str, lines: LineFolding) {
    let indent = if let LineFolding::Folded(indent) = lines { indent } else { 2 };
    out.push('|');
    if text.starts_with(' ') || text.starts_with(is_break) {
        out.push('2');
    }
    let mut end = text.chars().rev();
    match (end.next().is_some_and(is_break), end.next()) {
        (false, _) => out.push('-'),
        (true, None) => out.push('+'),
        (true, Some(c)) if is_break(c) => out.push('+'),
        (true, Some(_)) => {}
    }
    out.push('\n');
    for line in text.split_inclusive(is_break) {
        if !line.starts_with(is_break) {
            pad(out, indent);
        }
        out.push_str(line);
    }
    if !text.ends_with(is_break) {
        out.push('\n');
    }
}
