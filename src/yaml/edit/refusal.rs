//! Errors for edits that cannot be applied.
//!
//! Source locations are those of the original text. After the first edit only the data still has locations.

use super::layout::{LayoutPair, LayoutPart, LayoutShape, layout};
use super::{EditAction, TextEdit, YamlDocument, YamlStep, path_to_remove, value_at};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::source::Location;
use std::collections::BTreeMap;
use std::ops::Range;

/// Explains why edits of a document cannot be applied.
pub(super) struct Refusals<'d> {
    document: &'d YamlDocument,
    root: Option<LayoutPart>,
    /// The aliases by their names.
    aliases: BTreeMap<&'d str, Vec<Range<usize>>>,
}

impl<'d> Refusals<'d> {
    pub(super) fn of(document: &'d YamlDocument) -> Self {
        let (text, root) = (document.text.as_str(), layout(&document.text));
        let (mut found, mut aliases) = (Vec::new(), BTreeMap::new());
        if let Some(root) = &root {
            collect(root, &mut found);
        }
        for alias in found {
            let name = text[alias.clone()].strip_prefix('*').unwrap_or_default();
            aliases.entry(name).or_insert_with(Vec::new).push(alias);
        }
        Refusals { document, root, aliases }
    }

    /// Whether an edit changes a part that shares its text with another one. That is the usual reason.
    pub(super) fn is_of_shared_part(&self, TextEdit { path, what }: &TextEdit) -> bool {
        let path = self.path(path, what);
        blocking_value(&self.document.data, path).is_some() || self.shared_part(path).is_some()
    }

    /// The error for an edit that cannot be applied.
    pub(super) fn explain(&self, TextEdit { path, what }: &TextEdit) -> Diagnostic {
        let (document, data) = (self.document, &self.document.data);
        let verb = if matches!(what, EditAction::Cut { .. }) { "removed" } else { "changed" };
        let path = self.path(path, what);
        if let Some(error) = blocking_value(data, path) {
            return error;
        }
        let shown = shown(path);
        let refused = |why: &str| Diagnostic::new(Code::Yaml, format!("{shown} cannot be {verb}{why}"));
        match self.shared_part(path) {
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

    /// The path that an edit changes.
    fn path<'p>(&self, path: &'p [YamlStep], what: &EditAction) -> &'p [YamlStep] {
        match what {
            EditAction::Set(_) | EditAction::SetBelow { .. } | EditAction::Push(_) => path,
            EditAction::Cut { keep } => path_to_remove(&self.document.data, path, *keep).unwrap_or(path),
        }
    }

    fn shared_part(&self, path: &[YamlStep]) -> Option<SharedPart> {
        SharedPart::find(&self.document.text, self.root.as_ref()?, &self.aliases, path)
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
    fn find(
        text: &str,
        root: &LayoutPart,
        aliases: &BTreeMap<&str, Vec<Range<usize>>>,
        path: &[YamlStep],
    ) -> Option<SharedPart> {
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
        before.iter().chain([&own]).flat_map(|range| anchors(text, range)).find_map(|(name, anchor)| {
            let alias = aliases.get(name)?.iter().find(|alias| !own.contains(&alias.start))?;
            Some(SharedPart::Anchor(name.to_owned(), anchor, alias.clone()))
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

/// What looks like an anchor in a range of the text, with its name.
fn anchors<'t>(text: &'t str, range: &Range<usize>) -> impl Iterator<Item = (&'t str, Range<usize>)> {
    let (here, from) = (text.get(range.clone()).unwrap_or_default(), range.start);
    let ends = |c: char| c.is_whitespace() || ",[]{}".contains(c);
    here.match_indices('&').filter_map(move |(i, _)| {
        let name = here[i + 1..].split(ends).next()?;
        Some((name, from + i..from + i + 1 + name.len()))
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
