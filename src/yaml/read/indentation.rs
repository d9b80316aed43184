//! Errors of the YAML parser about lines that do not fit together: indentation, colons, list items.

use super::lines::TextLine;
use crate::diagnostic::{Code, Diagnostic};
use granit_parser::ErrorKind;

/// The longest text of a line in a help.
const SHOWN: usize = 40;

/// The error for the line where the parser failed, with its offset.
pub(super) fn explained(line: &TextLine, kind: &ErrorKind, text: &str) -> Option<(Diagnostic, usize)> {
    use ErrorKind as Kind;
    let previous = || line.before(text).next();
    match kind {
        Kind::MappingValueNotAllowed => colon_in_value(line)
            .or_else(|| joined_pair(&previous()?))
            .or_else(|| wrong_indentation(line, text))
            .or_else(|| without_colon(&previous()?)),
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => joined_pair(line).or_else(|| without_colon(line)),
        Kind::ExpectedBlockMappingKey
        | Kind::ExpectedBlockSequenceEntry
        | Kind::BlockSequenceEntryNotAllowed
        | Kind::InvalidIndentation => wrong_indentation(line, text).or_else(|| mixed(line)),
        _ => None,
    }
}

fn error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Yaml, message)
}

/// A value with a colon, as in `a: b: c`.
fn colon_in_value(line: &TextLine) -> Option<(Diagnostic, usize)> {
    let key = line.key()?;
    let value = line.content()[key.len()..].strip_prefix(": ")?.trim_start();
    let colon = value.find(": ").or_else(|| value.ends_with(':').then(|| value.len() - 1))?;
    if value.starts_with(['"', '\'', '[', '{', '&', '*', '!']) {
        return None;
    }
    let at = line.start + line.text.find(value)? + colon;
    let error = error("a value without quotes cannot contain `: `");
    let can_be_shown = !value.contains(['"', '\\', '#', '`']) && value.chars().count() <= SHOWN;
    Some((
        error.help(if can_be_shown {
            format!("put the value in quotes: `{}: \"{value}\"`", key.trim_start_matches("- "))
        } else {
            "put the value in quotes".to_owned()
        }),
        at,
    ))
}

fn joined_pair(line: &TextLine) -> Option<(Diagnostic, usize)> {
    let (colon, key, value) = line.joined_pair()?;
    let help = format!("write `{key}: {}`", shown(value));
    Some((error("a space is missing after `:`").help(help), line.start + colon))
}

fn without_colon(line: &TextLine) -> Option<(Diagnostic, usize)> {
    let content = line.content();
    let is_word = !content.is_empty() && content.chars().all(|c| c.is_ascii_alphanumeric() || "_-./ ".contains(c));
    if !is_word || content.starts_with("- ") || content == "-" {
        return None;
    }
    let content = shown(content);
    let error = error(format!("expected a key and a colon, got `{content}`"));
    Some((error.help(format!("write `{content}: …`")), line.start + line.indentation()))
}

/// A line whose indentation is none of those of the lines that can be continued here.
fn wrong_indentation(line: &TextLine, text: &str) -> Option<(Diagnostic, usize)> {
    let mut levels: Vec<(usize, String)> = Vec::new();
    for above in line.before(text) {
        let lowest = levels.last().map_or(usize::MAX, |(level, _)| *level);
        let key = above.key().unwrap_or_else(|| above.content());
        if let Some(column) = above.item_column().filter(|column| *column < lowest) {
            levels.push((column, shown(key.trim_start_matches("- ").trim_start())));
        }
        if above.indentation() < lowest {
            levels.push((above.indentation(), shown(key)));
        }
        if above.indentation() == 0 {
            break;
        }
    }
    let own = line.indentation();
    if levels.is_empty() || levels.iter().any(|(level, _)| *level == own) {
        return None;
    }
    levels.sort_by_key(|(level, _)| level.abs_diff(own));
    let like = |(level, key): &(usize, String)| format!("by {} like `{key}`", spaces(*level));
    let like: Vec<String> = levels.iter().take(2).map(like).collect();
    let message = format!("the indentation of {} matches no line above", spaces(own));
    Some((error(message).help(format!("indent the line {}", like.join(", or "))), line.start + own))
}

/// A list item among keys.
fn mixed(line: &TextLine) -> Option<(Diagnostic, usize)> {
    let content = line.content();
    let is_item = content.starts_with("- ") || content == "-";
    let error = is_item.then(|| error("a list item cannot follow the keys of a mapping"))?;
    let help = "add the key of the list above the item, or indent the item like the other items of its list";
    Some((error.help(help), line.start + line.indentation()))
}

fn spaces(count: usize) -> String {
    match count {
        0 => "no spaces".to_owned(),
        1 => "1 space".to_owned(),
        many => format!("{many} spaces"),
    }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
