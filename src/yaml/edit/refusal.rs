//! Errors for edits that cannot be applied.
//!
//! Source locations are those of the original text. After the first edit only the data still has locations.

use super::layout::{LayoutPair, LayoutPart, LayoutShape, layout};
use super::{EditAction, TextEdit, YamlDocument, YamlStep, path_to_remove, value_at};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::source::Location;
use std::ops::Range;

/// The error for an edit that cannot be applied.
pub(super) fn explain(document: &YamlDocument, TextEdit { path, what }: &TextEdit) -> Diagnostic {
    let data = &document.data;
    let (path, verb) = match what {
        EditAction::Set(_) | EditAction::SetBelow { .. } | EditAction::Push(_) => (path.as_slice(), "changed"),
        EditAction::Cut { keep } => (path_to_remove(data, path, *keep).unwrap_or(path), "removed"),
    };
    if let Some(error) = blocking_value(data, path) {
        return error;
    }
    let shown = shown(path);
    let refused = |why: &str| Diagnostic::new(Code::Yaml, format!("{shown} cannot be {verb}{why}"));
    match layout(&document.text).as_ref().and_then(|root| SharedPart::find(&document.text, root, path)) {
        Some(SharedPart::Alias(name, depth)) => refused(&format!(": its value is the alias `{name}`"))
            .at(deepest(data, &path[..depth]))
            .help(format!("replace `{name}` with its value, or change the value at the anchor")),
        Some(SharedPart::Merged(depth)) => {
            refused(": it is merged with `<<` from another mapping").at(deepest(data, &path[..depth]))
        }
        Some(SharedPart::Anchor(name, anchor, alias)) => {
            let alias = document.location(&alias);
            let error = refused(&format!(": its anchor `&{name}` is used elsewhere"))
                .at(document.location(&anchor))
                .at(deepest(data, path))
                .help(format!("replace `*{name}` with its value wherever it is used"));
            if alias.is_some() { error.note(alias, "used here") } else { error }
        }
        None => refused(" without changing other values").at(deepest(data, path)).help("edit the file by hand"),
    }
}

/// The error for a value on the path that is not a mapping.
fn blocking_value(data: &Node, path: &[YamlStep]) -> Option<Diagnostic> {
    let mut node = data;
    for (depth, step) in path.iter().enumerate() {
        node = match value_at(node, std::slice::from_ref(step)) {
            Some(next) => next,
            None if node.is_null() || matches!(node.value, Value::Map(_)) => return None,
            None => {
                let (above, YamlStep::Key(key)) = (shown(&path[..depth]), step) else { return None };
                let message = format!("cannot set `{key}`: {above} must be a mapping, got {}", node.kind_name());
                return Some(Diagnostic::new(Code::Yaml, message).at(node.at).help(format!("remove {above} first")));
            }
        };
    }
    None
}

/// Why a part shares its text with another part.
enum SharedPart {
    /// It is an alias or in an alias, after this number of steps.
    Alias(String, usize),
    /// It is merged into the mapping after this number of steps.
    Merged(usize),
    /// It is in an anchor that an alias elsewhere uses: the name, and the ranges of the anchor and the alias.
    Anchor(String, Range<usize>, Range<usize>),
}

impl SharedPart {
    fn find(text: &str, root: &LayoutPart, path: &[YamlStep]) -> Option<SharedPart> {
        let (mut part, mut begins) = (root, 0);
        // The ranges that may have the anchors of the parts on the path.
        let mut before = Vec::new();
        let mut whole = true;
        for (depth, step) in path.iter().enumerate() {
            let next = match (step, &part.shape) {
                (_, LayoutShape::Alias) => return Some(SharedPart::Alias(text[part.span.clone()].to_owned(), depth)),
                (YamlStep::Key(key), LayoutShape::Map(_, pairs)) => {
                    pairs.iter().find(|pair| pair.key == *key).map(|LayoutPair { at, value, .. }| (at.end, value))
                }
                (YamlStep::Item(i), LayoutShape::Seq(_, items)) => items
                    .get(*i)
                    .map(|item| (i.checked_sub(1).map_or(part.span.start, |before| items[before].span.end), item)),
                _ => None,
            };
            let Some((start, next)) = next else {
                whole = false;
                let merged = |pairs: &[LayoutPair]| pairs.iter().any(|pair| pair.key == "<<");
                match &part.shape {
                    LayoutShape::Map(_, pairs) if depth + 1 == path.len() && merged(pairs) => {
                        return Some(SharedPart::Merged(depth));
                    }
                    _ => break,
                }
            };
            before.push(start..next.span.start);
            (part, begins) = (next, start);
        }
        let own = if whole { begins..part.span.end } else { 0..0 };
        let mut aliases = Vec::new();
        collect(root, &mut aliases);
        aliases.into_iter().filter(|alias| !own.contains(&alias.start)).find_map(|alias| {
            let name = text[alias.clone()].strip_prefix('*')?;
            let anchor = before.iter().chain([&own]).find_map(|range| anchor(text, range, name))?;
            Some(SharedPart::Anchor(name.to_owned(), anchor, alias))
        })
    }
}

/// The aliases below a part.
fn collect(part: &LayoutPart, aliases: &mut Vec<Range<usize>>) {
    match &part.shape {
        LayoutShape::Alias => aliases.push(part.span.clone()),
        LayoutShape::Seq(_, items) => items.iter().for_each(|item| collect(item, aliases)),
        LayoutShape::Map(_, pairs) => pairs.iter().for_each(|pair| collect(&pair.value, aliases)),
        LayoutShape::Scalar(_) | LayoutShape::Nothing => {}
    }
}

/// The range of `&name` in a range of the text.
fn anchor(text: &str, range: &Range<usize>, name: &str) -> Option<Range<usize>> {
    let here = text.get(range.clone())?;
    let ends = |c: char| c.is_whitespace() || ",[]{}".contains(c);
    here.match_indices('&').find_map(|(i, _)| {
        let word = here[i + 1..].split(ends).next()?;
        let start = range.start + i;
        (word == name).then_some(start..start + 1 + name.len())
    })
}

/// The source location of the deepest existing value on a path.
fn deepest(data: &Node, path: &[YamlStep]) -> Location {
    let locations = (0..=path.len()).rev().filter_map(|depth| value_at(data, &path[..depth]).map(|node| node.at));
    locations.into_iter().find(Location::is_some).unwrap_or(Location::NONE)
}

/// A path in a message, relative to its list item.
fn shown(path: &[YamlStep]) -> String {
    let keys: Vec<&str> = path
        .rsplit(|step| matches!(step, YamlStep::Item(_)))
        .next()
        .unwrap_or_default()
        .iter()
        .filter_map(|step| match step {
            YamlStep::Key(key) => Some(key.as_str()),
            YamlStep::Item(_) => None,
        })
        .collect();
    if keys.is_empty() { "the entry".to_owned() } else { format!("`{}`", keys.join(".")) }
}
