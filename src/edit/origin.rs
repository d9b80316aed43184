//! Where the text of an edited spec comes from: a setting of the command line, or a line of the spec before the edit.
//!
//! An edit is checked before it is written. The errors are located in texts that nobody has on the disk, so they are moved to where
//! users can find them.

use super::{FieldChange, SpecFiles};
use crate::diagnostic::{Diagnostic, Diagnostics, Note};
use crate::node::{Node, Value};
use crate::source::{File, Location, Project, RelPath};
use crate::yaml::edit::YamlStep;
use crate::yaml::{self, Dialect};
use smol_str::SmolStr;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

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

/// Where the texts of an edited project come from.
pub(crate) struct Origins<'f> {
    files: &'f SpecFiles,
    after: &'f Project,
    settings: SettingsOf<'f>,
    /// The changed files. `None` if a file cannot be read any more.
    edited: BTreeMap<RelPath, OnceCell<Option<EditedFile>>>,
}

/// A file before and after an edit.
struct EditedFile {
    before: Option<Node>,
    /// The position of each branch in the list of branches before the edit.
    positions: BTreeMap<SmolStr, usize>,
    after: Node,
    /// The keys and values after the edit.
    parts: Vec<Part>,
    /// The numbers of the parts in the order of the text.
    in_text: Vec<u32>,
}

/// The key or the value at the end of a path.
struct Part {
    /// The number of the part above it, in the order of the tree.
    above: Option<u32>,
    /// The last step of the path; the document has none.
    step: Option<YamlStep>,
    is_key: bool,
    at: Location,
}

impl SpecFiles {
    /// The origins of texts of `after`, the project with the edit, of which `settings` are a part.
    pub(crate) fn origins<'f>(&'f self, after: &'f Project, settings: SettingsOf<'f>) -> Origins<'f> {
        let edited = self.changed.keys().map(|path| (path.clone(), OnceCell::new())).collect();
        Origins { files: self, after, settings, edited }
    }
}

impl<'f> Origins<'f> {
    /// The errors of the project after the edit, with locations in the project before it. What a setting has written has no
    /// location, and a note names the option.
    pub(crate) fn locate(&self, errors: Diagnostics) -> Diagnostics {
        let before = |at: Location| match self.origin(at) {
            Origin::Setting(_) => Location::NONE,
            Origin::Before(at) => at,
        };
        errors.map(|error: Diagnostic| {
            let parts = error.parts();
            let options: BTreeSet<String> = std::iter::once(parts.at)
                .chain(parts.notes.iter().map(Note::at))
                .filter_map(|at| match self.origin(at) {
                    Origin::Setting(setting) => Some(format!("because of `{}`", setting.option)),
                    Origin::Before(_) => None,
                })
                .collect();
            options.into_iter().fold(error.map_locations(before), |error, option| error.note(Location::NONE, option))
        })
    }

    fn origin(&self, at: Location) -> Origin<'f> {
        let Some(file) = self.after.file_at(at) else { return Origin::Before(Location::NONE) };
        let old = || self.files.project.file(&file.path);
        let edited = self.edited.get(&file.path).filter(|_| at.line != 0);
        let Some(edited) = edited else {
            return Origin::Before(old().map_or(Location::NONE, |old| at.in_file(old.id)));
        };
        let edited = edited.get_or_init(|| EditedFile::of(old().as_deref(), &file)).as_ref();
        let Some((edited, part)) = edited.and_then(|edited| Some((edited, edited.part_at(at)?))) else {
            return Origin::Before(Location::NONE);
        };
        let of_branch = self.files.locations.get(self.settings.branch).filter(|location| location.path == file.path);
        let path = edited.path(part);
        let field = of_branch.and_then(|location| path.strip_prefix(location.steps.as_slice()));
        match field.and_then(|field| setting(self.settings.settings, field)) {
            Some(setting) => Origin::Setting(setting),
            None => Origin::Before(edited.location_before(part, at)),
        }
    }
}

impl EditedFile {
    fn of(before: Option<&File>, after: &File) -> Option<Self> {
        let (before, after_edit) = (before.and_then(document), document(after)?);
        let mut positions = BTreeMap::new();
        for (i, item) in items(before.as_ref()).iter().enumerate() {
            if let Some(name) = name(item) {
                positions.entry(name.into()).or_insert(i);
            }
        }
        let mut parts = Vec::new();
        add_parts(&after_edit, (None, None), &mut parts);
        let mut in_text: Vec<u32> = (0..).take(parts.len()).collect();
        in_text.retain(|i| parts[*i as usize].at.file() == Some(after.id));
        // A mapping begins where its first key does. The inner part is the last one.
        in_text.sort_by_key(|i| position(parts[*i as usize].at));
        Some(EditedFile { before, positions, after: after_edit, parts, in_text })
    }

    /// The last key or value that begins at or before a location.
    fn part_at(&self, at: Location) -> Option<&Part> {
        let part = |i: &u32| &self.parts[*i as usize];
        let after = self.in_text.partition_point(|i| position(part(i).at) <= position(at));
        self.in_text[..after].last().map(part)
    }

    fn path(&self, part: &Part) -> Vec<YamlStep> {
        let above = |part: &&Part| part.above.map(|i| &self.parts[i as usize]);
        let mut path: Vec<YamlStep> =
            std::iter::successors(Some(part), above).filter_map(|part| part.step.clone()).collect();
        path.reverse();
        path
    }

    /// The location of a part in the text before the edit. A part that the text did not have is at the branch that it is in.
    fn location_before(&self, part: &Part, at: Location) -> Location {
        let Some((mut node, path)) = self.before.as_ref().zip(self.path_before(part)) else {
            return Location::NONE;
        };
        let mut key = Location::NONE;
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

    /// The path of a part in the text before the edit: the branch has the same name, and maybe another position in the list.
    fn path_before(&self, part: &Part) -> Option<Vec<YamlStep>> {
        let mut path = self.path(part);
        if let [YamlStep::Key(list), YamlStep::Item(i), ..] = &mut path[..]
            && list == BRANCHES
            && let Some(name) = items(Some(&self.after)).get(*i).and_then(name)
        {
            *i = *self.positions.get(name)?;
        }
        Some(path)
    }
}

/// The key of the list of branches.
const BRANCHES: &str = "branches";

fn document(file: &File) -> Option<Node> {
    yaml::documents(file, Dialect::Kubernetes).ok()?.into_iter().next()
}

/// The entries of the branches.
fn items(document: Option<&Node>) -> &[Node] {
    document.and_then(|document| document.get(BRANCHES)?.as_seq()).unwrap_or_default()
}

fn name(item: &Node) -> Option<&str> {
    item.get("name").and_then(Node::as_text)
}

fn position(at: Location) -> (u32, u16) {
    (at.line, at.column)
}

/// The setting that has written the field at a path, or a part of the mapping there.
fn setting<'s>(settings: &'s [Setting], field: &[YamlStep]) -> Option<&'s Setting> {
    let is_same = |(step, key): (&YamlStep, &String)| matches!(step, YamlStep::Key(name) if name == key);
    let begins_alike = |setting: &&Setting| field.iter().zip(&setting.change.0).all(is_same);
    let mut written = settings.iter().filter(|setting| !field.is_empty() && setting.change.1.is_some());
    let is_value = |setting: &&Setting| setting.change.0.len() <= field.len() && begins_alike(setting);
    written.clone().find(is_value).or_else(|| written.find(begins_alike))
}

/// Adds a value, the part `above` it with the step to it, and everything in it.
fn add_parts(node: &Node, (above, step): (Option<u32>, Option<YamlStep>), parts: &mut Vec<Part>) {
    let Ok(number) = u32::try_from(parts.len()) else { return };
    parts.push(Part { above, step, is_key: false, at: node.at });
    let above = Some(number);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Seq(items) => {
            for (i, item) in items.iter().enumerate() {
                add_parts(item, (above, Some(i.into())), parts);
            }
        }
        Value::Map(map) => {
            for entry in map {
                let step = || Some(YamlStep::Key(entry.key.text.clone()));
                parts.push(Part { above, step: step(), is_key: true, at: entry.key.at });
                add_parts(&entry.value, (above, step()), parts);
            }
        }
    }
}
