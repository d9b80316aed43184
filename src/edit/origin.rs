//! Where the text of an edited spec comes from: a setting of the command line, or a line of the spec before the edit.
//!
//! An edit is checked before it is written. The errors are located in texts that nobody has on the disk, so they are moved to where
//! users can find them.

use super::{FieldChange, SpecFiles};
use crate::diagnostic::{Diagnostic, Diagnostics, Note};
use crate::node::{Node, Value};
use crate::source::{File, Location, Project};
use crate::yaml::edit::YamlStep;
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// A change of a field of a branch, and the option that makes it.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// The option with its value, as in a shell.
    pub(crate) option: String,
    /// The change.
    pub(crate) change: FieldChange,
}

/// Settings of a branch.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SettingsOf<'s> {
    /// The name of the branch.
    pub(crate) branch: &'s str,
    /// The settings.
    pub(crate) settings: &'s [Setting],
}

/// Where a part of an edited file comes from.
enum Origin<'s> {
    /// A setting.
    Setting(&'s Setting),
    /// A source location before the edit; [`Location::NONE`] if the edit has written the part.
    Before(Location),
}

/// The key or the value at the end of a path.
struct Part {
    path: Vec<YamlStep>,
    is_key: bool,
    at: Location,
}

impl SpecFiles {
    /// The errors of the project after the edit, with locations in the project before it. What a setting has written has no
    /// location, and a note names the option.
    pub(crate) fn locate_before(&self, errors: Diagnostics, after: &Project, settings: SettingsOf) -> Diagnostics {
        let before = |at: Location| match self.origin(at, after, settings) {
            Origin::Setting(_) => Location::NONE,
            Origin::Before(at) => at,
        };
        errors.map(|error: Diagnostic| {
            let parts = error.parts();
            let options: BTreeSet<String> = std::iter::once(parts.at)
                .chain(parts.notes.iter().map(Note::at))
                .filter_map(|at| match self.origin(at, after, settings) {
                    Origin::Setting(setting) => Some(format!("because of `{}`", setting.option)),
                    Origin::Before(_) => None,
                })
                .collect();
            options.into_iter().fold(error.map_locations(before), |error, option| error.note(Location::NONE, option))
        })
    }

    fn origin<'s>(&self, at: Location, after: &Project, settings: SettingsOf<'s>) -> Origin<'s> {
        let Some(file) = after.file_at(at) else { return Origin::Before(Location::NONE) };
        let old = self.project.file(&file.path);
        if !self.changed.contains_key(&file.path) || at.line == 0 {
            return Origin::Before(old.map_or(Location::NONE, |old| at.in_file(old.id)));
        }
        let (Some(new), old) = (document(&file), old.and_then(|old| document(&old))) else {
            return Origin::Before(Location::NONE);
        };
        let Some(part) = part_at(&new, at) else { return Origin::Before(Location::NONE) };
        let of_branch = self.locations.get(settings.branch).filter(|location| location.path == file.path);
        let field = of_branch.and_then(|location| part.path.strip_prefix(location.steps.as_slice()));
        match field.and_then(|field| setting(settings.settings, field)) {
            Some(setting) => Origin::Setting(setting),
            None => Origin::Before(old.map_or(Location::NONE, |old| location_before(&old, &new, &part, at))),
        }
    }
}

fn document(file: &File) -> Option<Node> {
    yaml::documents(file, Dialect::Kubernetes).ok()?.into_iter().next()
}

/// The setting that has written the field at a path, or a part of the mapping there.
fn setting<'s>(settings: &'s [Setting], field: &[YamlStep]) -> Option<&'s Setting> {
    let is_same = |(step, key): (&YamlStep, &String)| matches!(step, YamlStep::Key(name) if name == key);
    let begins_alike = |setting: &&Setting| field.iter().zip(&setting.change.0).all(is_same);
    let mut written = settings.iter().filter(|setting| !field.is_empty() && setting.change.1.is_some());
    let is_value = |setting: &&Setting| setting.change.0.len() <= field.len() && begins_alike(setting);
    written.clone().find(is_value).or_else(|| written.find(begins_alike))
}

/// The last key or value that begins at or before a location.
fn part_at(document: &Node, at: Location) -> Option<Part> {
    let position = |at: Location| (at.line, at.column);
    let mut found: Option<Part> = None;
    parts(document, &mut Vec::new(), &mut |path, is_key, begin| {
        let is_later = found.as_ref().is_none_or(|found| position(found.at) <= position(begin));
        if is_later && begin.file() == at.file() && position(begin) <= position(at) {
            found = Some(Part { path: path.to_vec(), is_key, at: begin });
        }
    });
    found
}

/// Calls `each` with the path of every key and value, whether it is a key, and where it begins.
fn parts(node: &Node, path: &mut Vec<YamlStep>, each: &mut impl FnMut(&[YamlStep], bool, Location)) {
    each(path, false, node.at);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                path.push(i.into());
                parts(item, path, each);
                path.pop();
            }
        }
        Value::Map(map) => {
            for entry in map {
                path.push(YamlStep::Key(entry.key.text.clone()));
                each(path, true, entry.key.at);
                parts(&entry.value, path, each);
                path.pop();
            }
        }
    }
}

/// The location of a part in the text before the edit. A part that the text did not have is at the branch that it is in.
fn location_before(old: &Node, new: &Node, part: &Part, at: Location) -> Location {
    let Some(path) = path_before(old, new, &part.path) else { return Location::NONE };
    let (mut node, mut key) = (old, Location::NONE);
    for (depth, step) in path.iter().enumerate() {
        let next = match (&node.value, step) {
            (Value::Map(map), YamlStep::Key(name)) => map.entry(name).map(|entry| (&entry.value, entry.key.at)),
            (Value::Seq(items), YamlStep::Item(i)) => items.get(*i).map(|item| (item, Location::NONE)),
            _ => None,
        };
        let Some(next) = next else {
            let whole = if depth > 0 { node.at } else { Location::NONE };
            return node.get("name").map_or(whole, |name| name.at);
        };
        (node, key) = next;
    }
    let begin = if part.is_key { key } else { node.at };
    let is_same_line = part.at.line == at.line;
    let column = if is_same_line { begin.column.saturating_add(at.column - part.at.column) } else { at.column };
    let line = begin.line + (at.line - part.at.line);
    begin.file().map_or(Location::NONE, |file| Location::new(file, line as usize, column.into(), at.len.into()))
}

/// A path in the text before the edit: the branch has the same name, and maybe another position in the list.
fn path_before(old: &Node, new: &Node, path: &[YamlStep]) -> Option<Vec<YamlStep>> {
    let [YamlStep::Key(list), YamlStep::Item(i), rest @ ..] = path else { return Some(path.to_vec()) };
    let names = |document: &Node| -> Option<Vec<Option<SmolStr>>> {
        let items = document.get(list)?.as_seq()?;
        Some(items.iter().map(|item| item.get("name").and_then(Node::as_text).map(SmolStr::from)).collect())
    };
    let name = names(new)?.get(*i)?.clone();
    let position = match name {
        Some(name) if list == "branches" => names(old)?.iter().position(|other| other.as_ref() == Some(&name))?,
        _ => *i,
    };
    Some([YamlStep::Key(list.clone()), YamlStep::Item(position)].into_iter().chain(rest.iter().cloned()).collect())
}
