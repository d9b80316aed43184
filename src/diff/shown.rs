//! Change groups as lines for people. The first column says what a line is, so that a terminal and a forge can colour it.

use super::change::{Change, ObjectName, ValueChange};
use super::derived::GeneralText;
use super::{ChangeGroup, ChangeKind, Diff, counted, secrets};
use crate::visible::{visible, visible_lines};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The names of environments that a title lists before it only counts them.
const LISTED: usize = 5;
/// The objects of a group that a title names.
const NAMED: usize = 3;
/// The environments that `all but …` may name.
const EXCEPTED: usize = 3;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShownKind {
    /// A new value, or a line of one.
    Added,
    /// A removed value, or a line of one.
    Removed,
    /// A value that was replaced.
    Replaced,
    /// The beginning of a hunk.
    Hunk,
    /// Anything else.
    Context,
}

/// A line without control characters.
#[derive(Debug)]
pub(super) struct ShownLine {
    pub(super) kind: ShownKind,
    pub(super) text: String,
}

impl ShownKind {
    /// The character of the first column.
    pub(super) fn sign(self) -> char {
        match self {
            ShownKind::Added => '+',
            ShownKind::Removed => '-',
            ShownKind::Replaced => '!',
            ShownKind::Hunk => '@',
            ShownKind::Context => ' ',
        }
    }
}

impl ChangeGroup {
    /// Whether its environments are new or removed, so that all their objects are.
    fn is_whole(&self, diff: &Diff) -> bool {
        self.environments.iter().all(|at| diff.environments[*at].change != ChangeKind::Changed)
    }

    /// Its first objects: `Deployment/web, ConfigMap/nginx and 2 more objects`.
    pub(super) fn objects(&self) -> String {
        let mut objects: Vec<String> =
            self.changes.iter().map(|change| object(&change.object, &|text| text.shown())).collect();
        objects.dedup();
        let more = objects.len().saturating_sub(NAMED);
        let named = objects[..objects.len() - more].join(", ");
        match more {
            0 => named,
            more => format!("{named} and {}", counted(more, "more object")),
        }
    }

    /// Its lines. Of environments that are new or removed, the objects are named without their content.
    pub(super) fn lines(&self, diff: &Diff) -> Vec<ShownLine> {
        let mut lines = Vec::new();
        let mut last: Option<&ObjectName<GeneralText>> = None;
        let is_whole = self.is_whole(diff);
        // One environment has its own texts.
        let names = match &self.environments[..] {
            [only] => Some(&diff.environments[*only].names),
            _ => None,
        };
        let text = |text: &GeneralText| names.and_then(|names| text.expanded(names)).unwrap_or_else(|| text.shown());
        for change in &self.changes {
            let is_object = change.path.is_empty();
            let kind = match &change.value {
                ValueChange::Added(_) if is_object => ShownKind::Added,
                ValueChange::Removed(_) if is_object => ShownKind::Removed,
                _ => ShownKind::Context,
            };
            if last != Some(&change.object) {
                push(&mut lines, kind, 0, &object(&change.object, &text));
            }
            last = Some(&change.object);
            if !(is_object && is_whole) {
                value(&mut lines, &text, change);
            }
        }
        lines
    }
}

impl Diff {
    /// Environments for a title: `all 40 environments`, `all but main`, `38 environments: a, b, c, d, e and 33 more`.
    pub(super) fn names(&self, environments: &[usize]) -> String {
        let names: Vec<&str> = environments.iter().map(|at| self.environments[*at].name.as_str()).collect();
        let list = |names: &[&str]| names.iter().map(|name| visible(name)).collect::<Vec<_>>().join(", ");
        let is_most = self.all.len() <= names.len() + EXCEPTED && names.iter().all(|name| self.all.contains(*name));
        let others: Vec<&str> = if is_most {
            let own: BTreeSet<&str> = names.iter().copied().collect();
            self.all.iter().map(String::as_str).filter(|name| !own.contains(name)).collect()
        } else {
            Vec::new()
        };
        match names.len() {
            1 => list(&names),
            count if is_most && others.is_empty() => format!("all {count} environments"),
            count if is_most && count > 2 * others.len() => {
                format!("{count} environments: all but {}", list(&others))
            }
            count if count <= LISTED => format!("{count} environments: {}", list(&names)),
            count => format!("{count} environments: {} and {} more", list(&names[..LISTED]), count - LISTED),
        }
    }
}

/// `Deployment/web`. The namespace is shown if it is not that of the branch.
fn object(object: &ObjectName<GeneralText>, text: &impl Fn(&GeneralText) -> SmolStr) -> String {
    let name = text(&object.name);
    match &object.namespace {
        Some(namespace) if namespace.names() == 0 => {
            visible(&format!("{}/{name} in {}", object.kind, text(namespace))).into_owned()
        }
        _ => visible(&format!("{}/{name}", object.kind)).into_owned(),
    }
}

fn value(lines: &mut Vec<ShownLine>, text: &impl Fn(&GeneralText) -> SmolStr, change: &Change<GeneralText>) {
    let (path, is_object) = (text(&change.path), change.path.is_empty());
    match &change.value {
        ValueChange::Added(value) => block(lines, ShownKind::Added, (&path, is_object), &text(value)),
        ValueChange::Removed(value) => block(lines, ShownKind::Removed, (&path, is_object), &text(value)),
        ValueChange::Replaced(before, after) => {
            let (before, after) = (text(before), text(after));
            if after == secrets::CHANGED {
                push(lines, ShownKind::Replaced, 1, &format!("{path}: {after}"));
            } else if before.contains('\n') || after.contains('\n') {
                push(lines, ShownKind::Context, 1, &format!("{path}:"));
                texts(lines, ShownKind::Removed, 2, &before);
                texts(lines, ShownKind::Added, 2, &after);
            } else {
                push(lines, ShownKind::Replaced, 1, &format!("{path}: {before} → {after}"));
            }
        }
        ValueChange::Lines(hunks) => {
            push(lines, ShownKind::Context, 1, &format!("{path}:"));
            for line in text(hunks).lines() {
                let kind = match line.as_bytes().first() {
                    Some(b'+') => ShownKind::Added,
                    Some(b'-') => ShownKind::Removed,
                    Some(b'@') => ShownKind::Hunk,
                    _ => ShownKind::Context,
                };
                let line = if kind == ShownKind::Hunk { "" } else { line.get(1..).unwrap_or_default() };
                push(lines, kind, 2, line);
            }
        }
        ValueChange::Reordered(before, after) => {
            push(lines, ShownKind::Replaced, 1, &format!("{path}: order {} → {}", text(before), text(after)));
        }
    }
}

/// A value behind its path, or below it if it has several lines.
fn block(lines: &mut Vec<ShownLine>, kind: ShownKind, (path, is_object): (&str, bool), value: &str) {
    if is_object {
        texts(lines, kind, 1, value);
    } else if value.contains('\n') {
        push(lines, kind, 1, &format!("{path}:"));
        texts(lines, kind, 2, value);
    } else {
        push(lines, kind, 1, &format!("{path}: {value}"));
    }
}

fn texts(lines: &mut Vec<ShownLine>, kind: ShownKind, indent: usize, text: &str) {
    text.lines().for_each(|line| push(lines, kind, indent, line));
}

fn push(lines: &mut Vec<ShownLine>, kind: ShownKind, indent: usize, text: &str) {
    let mut line = " ".repeat(2 * indent);
    let _ = write!(line, "{}", visible_lines(text).replace(['\n', '\r'], " "));
    lines.push(ShownLine { kind, text: line.trim_end().to_owned() });
}
