//! Edits `branches.yaml` and `branches.d/` for the commands of `pleach branch`. Comments, order and quotes are kept.
//!
//! An edit is made in memory. The commands read the resulting spec before they write it, so that the spec stays valid.

pub(crate) mod expired;
pub(crate) mod list;
mod origin;
mod pages;
pub(crate) mod pull_request;
mod rename;
pub(crate) mod sync;

pub(crate) use origin::{Setting, SettingsOf};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::node::{Map, MapEntry, Node, Tag};
use crate::slug::Slug;
use crate::source::{Found, Project, RelPath};
use crate::spec::{self, Date};
use crate::yaml::edit::{EditAction, TextEdit, YamlDocument, YamlStep};
use smol_str::{SmolStr, ToSmolStr};
use std::collections::{BTreeMap, BTreeSet};

/// A change of a field of a branch: the path of keys below the branch, and the new value or `None` to remove the field.
pub(crate) type FieldChange = (Vec<String>, Option<Node>);

/// An edit of a branch.
#[derive(Clone, Debug)]
pub(crate) enum BranchEdit {
    /// Adds the branch: to `branches.d/` if this folder exists, else at the end of `branches.yaml`.
    Add(Vec<FieldChange>),
    /// Changes fields of the branch.
    Set(Vec<FieldChange>),
    /// Removes the branch, and its file in `branches.d/`.
    Remove,
}

/// The files of the spec, with edits in memory.
pub(crate) struct SpecFiles {
    project: Project,
    main: RelPath,
    documents: BTreeMap<RelPath, YamlDocument>,
    locations: BTreeMap<SmolStr, BranchLocation>,
    /// New contents of changed files. `None` for a removed file.
    changed: BTreeMap<RelPath, Option<String>>,
}

/// The file of a branch and its path in the document.
struct BranchLocation {
    path: RelPath,
    steps: Vec<YamlStep>,
}

/// Edits of one file that are made at once. Rounds are ordered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EditRound {
    /// Changes of fields. A branch sets values or removes them in one round, and goes on with the other in the next one.
    Set(usize),
    Remove,
    Add,
}

type EditRounds = BTreeMap<(RelPath, EditRound), Vec<(SmolStr, TextEdit)>>;

impl SpecFiles {
    /// The files of the spec of a project.
    pub(crate) fn open(project: &Project) -> Result<Self> {
        let mut documents = BTreeMap::new();
        for file in spec::files(project)? {
            let text = file.text().map_err(|at| Diagnostic::new(Code::Yaml, "the file is not valid UTF-8").at(at))?;
            let document =
                YamlDocument::in_file(text, file.id).map_err(|errors| errors.map(|error| error.at(file.location())))?;
            documents.insert(file.path.clone(), document);
        }
        let main = RelPath::new(spec::FILE).expect("a plain name");
        let locations = branch_locations(&documents, &main);
        Ok(SpecFiles { project: project.clone(), main, documents, locations, changed: BTreeMap::new() })
    }

    /// Whether the spec has a branch with this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.locations.contains_key(name)
    }

    /// Whether a branch has what `change` would write, so that it changes nothing.
    pub(crate) fn has_field(&self, name: &str, change: &FieldChange) -> bool {
        let Some(BranchLocation { path, steps }) = self.locations.get(name) else { return false };
        self.documents[path].value(&field_edit(steps, change).path) == change.1.as_ref()
    }

    /// Edits branches, and returns those that changed. It is an error to change or remove a branch that does not exist.
    pub(crate) fn edit(&mut self, edits: impl IntoIterator<Item = (SmolStr, BranchEdit)>) -> Result<BTreeSet<SmolStr>> {
        let mut rounds = EditRounds::new();
        let mut changed = BTreeSet::new();
        let folder = RelPath::new(spec::FOLDER).expect("a plain name");
        let has_folder = self.project.is_folder(&folder);
        gather(edits, |(name, edit)| -> Result<()> {
            let location = || self.locations.get(&name).ok_or_else(|| self.unknown_branch(&name));
            match edit {
                BranchEdit::Add(changes) if has_folder => {
                    let (path, document) = self.new_file(&folder, &name, &changes)?;
                    self.changed.insert(path.clone(), Some(document.text().to_owned()));
                    self.documents.insert(path, document);
                    changed.insert(name);
                }
                BranchEdit::Add(changes) => {
                    let what = EditAction::Push(new_entry(&name, &changes));
                    let edit = TextEdit { path: vec!["branches".into()], what };
                    rounds.entry((self.main.clone(), EditRound::Add)).or_default().push((name, edit));
                }
                BranchEdit::Set(changes) => {
                    let BranchLocation { path, steps } = location()?;
                    let changes = in_order(changes);
                    let alike = changes.chunk_by(|(_, one), (_, next)| one.is_some() == next.is_some());
                    for (i, changes) in alike.enumerate() {
                        let edits = changes.iter().map(|change| (name.clone(), field_edit(steps, change)));
                        rounds.entry((path.clone(), EditRound::Set(i))).or_default().extend(edits);
                    }
                }
                BranchEdit::Remove => {
                    let BranchLocation { path, steps } = location()?;
                    let (path, steps) = (path.clone(), steps.clone());
                    if steps.is_empty() {
                        self.documents.remove(&path);
                        self.changed.insert(path, None);
                        changed.insert(name);
                    } else {
                        let edit = TextEdit { path: steps, what: EditAction::Cut { keep: 1 } };
                        rounds.entry((path, EditRound::Remove)).or_default().push((name, edit));
                    }
                }
            }
            Ok(())
        })?;
        changed.extend(self.apply(rounds)?);
        self.update_locations();
        Ok(changed)
    }

    /// Sets the id of the spec.
    pub(crate) fn set_id(&mut self, id: &str) -> Result<()> {
        let path = self.main.clone();
        self.edit_file(&path, &[id_edit(id)])
    }

    fn update_locations(&mut self) {
        self.locations = branch_locations(&self.documents, &self.main);
    }

    /// Applies edits of one file that are not edits of a branch.
    fn edit_file(&mut self, path: &RelPath, edits: &[TextEdit]) -> Result<()> {
        if edits.is_empty() {
            return Ok(());
        }
        let document = self.documents.get_mut(path).expect("a file of the spec");
        if change(document, edits)?.contains(&true) {
            self.changed.insert(path.clone(), Some(document.text().to_owned()));
        }
        Ok(())
    }

    /// Applies edits to the documents, and returns the branches that changed.
    fn apply(&mut self, rounds: EditRounds) -> Result<BTreeSet<SmolStr>> {
        let mut changed = BTreeSet::new();
        gather(rounds, |((path, _), edits)| -> Result<()> {
            let document = self.documents.get_mut(&path).expect("every branch is in a document");
            let (names, edits): (Vec<SmolStr>, Vec<TextEdit>) = edits.into_iter().unzip();
            let is_changed = match document.change(&edits) {
                Ok(is_changed) => is_changed,
                Err(errors) => {
                    let errors = errors.into_iter().map(|(i, error)| error.in_branch(&names[i]));
                    return Diagnostics::check(errors.collect(), ());
                }
            };
            if is_changed.contains(&true) {
                self.changed.insert(path, Some(document.text().to_owned()));
            }
            changed
                .extend(names.into_iter().zip(is_changed).filter(|(_, is_changed)| *is_changed).map(|(name, _)| name));
            Ok(())
        })?;
        Ok(changed)
    }

    /// A new file in `branches.d/` with a new branch.
    fn new_file(&self, folder: &RelPath, name: &str, changes: &[FieldChange]) -> Result<(RelPath, YamlDocument)> {
        let slug = Slug::of(name, Slug::MAX_LENGTH);
        let path = folder.join(&format!("{slug}.yaml")).expect("a slug is a file name");
        if !matches!(self.project.look(&path), Found::Nothing) && self.changed.get(&path) != Some(&None) {
            let message = format!("`{path}` already exists, but is not the file of branch `{name}`");
            return Err(Diagnostic::new(Code::Spec, message).help("rename the file").into());
        }
        let mut document = YamlDocument::new(&format!("name: {}\n", crate::yaml::edit::line(&Node::str(name))))?;
        let entry = new_entry(name, changes);
        let fields = entry.as_map().into_iter().flat_map(Map::iter);
        let set = |field: &MapEntry| TextEdit {
            path: vec![field.key.text.as_str().into()],
            what: EditAction::Set(field.value.clone()),
        };
        change(&mut document, &fields.map(set).collect::<Vec<_>>())?;
        Ok((path, document))
    }

    /// The error about a branch that does not exist.
    pub(crate) fn unknown_branch(&self, name: &str) -> Diagnostic {
        Diagnostic::new(Code::Usage, format!("the branch `{name}` does not exist"))
            .suggest(name, self.locations.keys().map(SmolStr::as_str))
    }

    /// The project with the edited files.
    pub(crate) fn project(&self) -> Project {
        self.project.with(self.changed.iter().map(|(path, text)| (path.clone(), text.clone().map(String::into_bytes))))
    }

    /// The new contents of changed files by path. `None` for a removed file.
    pub(crate) fn into_changed(self) -> BTreeMap<RelPath, Option<String>> {
        self.changed
    }
}

/// `text`, a spec, with an id.
pub(crate) fn with_id(text: &str, id: &str) -> Result<String> {
    let mut document = YamlDocument::new(text)?;
    change(&mut document, &[id_edit(id)])?;
    Ok(document.text().to_owned())
}

fn id_edit(id: &str) -> TextEdit {
    TextEdit { path: vec!["id".into()], what: EditAction::SetBelow { value: Node::str(id), above: "project" } }
}

/// Applies edits, and returns whether each changed anything, or the first error.
fn change(document: &mut YamlDocument, edits: &[TextEdit]) -> Result<Vec<bool>> {
    let first = |errors: Vec<(usize, Diagnostic)>| errors.into_iter().next().expect("at least one error").1;
    Ok(document.change(edits).map_err(first)?)
}

/// The change that records the day on which a branch was added.
pub(crate) fn added(today: Date) -> FieldChange {
    (vec!["added".to_owned()], Some(Node::plain(today.to_smolstr(), Tag::Timestamp)))
}

/// The location of each branch.
fn branch_locations(documents: &BTreeMap<RelPath, YamlDocument>, main: &RelPath) -> BTreeMap<SmolStr, BranchLocation> {
    let mut locations = BTreeMap::new();
    let mut add = |node: &Node, path: &RelPath, steps| {
        if let Some(name) = node.get("name").and_then(Node::as_text) {
            locations.entry(name.into()).or_insert(BranchLocation { path: path.clone(), steps });
        }
    };
    for (path, document) in documents {
        if path != main {
            add(document.data(), path, Vec::new());
            continue;
        }
        let listed = document.data().get("branches").and_then(Node::as_seq).unwrap_or_default();
        for (i, node) in listed.iter().enumerate() {
            add(node, path, vec!["branches".into(), i.into()]);
        }
    }
    locations
}

/// A new item of the list of branches.
fn new_entry(name: &str, changes: &[FieldChange]) -> Node {
    let mut entry: Node = [("name", Node::str(name))].into_iter().collect::<Map>().into();
    for (path, value) in changes {
        let Some(((last, above), value)) = path.split_last().zip(value.as_ref()) else { continue };
        let parent = above.iter().try_fold(&mut entry, |node, key| node.map_entry(key));
        if let Some(map) = parent.and_then(Node::as_map_mut) {
            map.insert(last.as_str(), value.clone());
        }
    }
    entry
}

/// Changes of one branch in the order in which they are made. Values are set first if the order does not matter, so that a mapping whose keys
/// are all replaced keeps its comments.
fn in_order(mut changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let (set, removed): (Vec<_>, Vec<_>) = changes.iter().partition(|(_, value)| value.is_some());
    let overlaps =
        |(one, _): &FieldChange| set.iter().any(|(other, _)| one.starts_with(other) || other.starts_with(one));
    if !removed.into_iter().any(overlaps) {
        changes.sort_by_key(|(_, value)| value.is_none());
    }
    changes
}

/// A change as an edit of a document in which the branch is at the path `branch`.
fn field_edit(branch: &[YamlStep], (path, value): &FieldChange) -> TextEdit {
    let path = branch.iter().cloned().chain(path.iter().map(|key| YamlStep::from(key.as_str()))).collect();
    // The branch is kept, even if all its fields are removed.
    TextEdit { path, what: value.clone().map_or(EditAction::Cut { keep: branch.len() }, EditAction::Set) }
}

#[cfg(test)]
mod tests;
