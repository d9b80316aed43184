//! `branches.yaml` and `branches.d/` changed as the commands of `pleach branch` say; everything else in them stays.
//!
//! A change is made in memory and the spec that comes of it is read before anything is written, so that no command
//! leaves a spec that a build would refuse.

pub mod list;
pub mod sync;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::node::{Map, Node};
use crate::slug::Slug;
use crate::source::{Found, Project, RelPath};
use crate::spec;
use crate::yaml::edit::{EditAction, TextEdit, YamlDocument, YamlStep};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// EditAction a change does to a branch: a path of keys below the branch, and the value that comes there or `None` if what
/// stands there goes.
pub type EntryChange = (Vec<String>, Option<Node>);

/// EditAction happens to a branch.
#[derive(Clone, Debug)]
pub enum Act {
    /// It comes to be: in `branches.d/` if there is such a folder, else at the end of `branches.yaml`.
    Add(Vec<EntryChange>),
    /// It is changed.
    Set(Vec<EntryChange>),
    /// It is taken out, and its file if it has one of its own.
    Remove,
}

/// The files of the spec on their way from one state to the next.
pub struct SpecFiles {
    project: Project,
    main: RelPath,
    documents: BTreeMap<RelPath, YamlDocument>,
    homes: BTreeMap<SmolStr, Home>,
    /// New contents; `None` for a file that goes.
    changed: BTreeMap<RelPath, Option<String>>,
}

/// Where a branch is written.
struct Home {
    path: RelPath,
    steps: Vec<YamlStep>,
}

/// Edits of one file that are made at once, in the order in which that is done. No branch is in one of them twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Round {
    /// The first change of each branch, the second, and so on.
    Set(usize),
    Remove,
    Add,
}

type Rounds = BTreeMap<(RelPath, Round), Vec<(SmolStr, TextEdit)>>;

impl SpecFiles {
    /// The files of a project, none of them changed.
    pub fn open(project: &Project) -> Result<Self> {
        let mut documents = BTreeMap::new();
        for file in spec::files(project)? {
            let text = file.text().map_err(|at| Diagnostic::new(Code::Yaml, "this is not UTF-8").at(at))?;
            let document =
                YamlDocument::in_file(text, file.id).map_err(|errors| errors.map(|error| error.at(file.place())))?;
            documents.insert(file.path.clone(), document);
        }
        let main = RelPath::new(spec::FILE).expect("a plain name");
        let homes = homes(&documents, &main);
        Ok(SpecFiles { project: project.clone(), main, documents, homes, changed: BTreeMap::new() })
    }

    /// Whether there is a branch of that name.
    pub fn has(&self, name: &str) -> bool {
        self.homes.contains_key(name)
    }

    /// Does to every branch what is said of it, and returns those of which anything has changed. Branches that are to be
    /// changed or taken out must be there.
    pub fn change(&mut self, acts: impl IntoIterator<Item = (SmolStr, Act)>) -> Result<BTreeSet<SmolStr>> {
        let mut rounds = Rounds::new();
        let mut done = BTreeSet::new();
        let folder = RelPath::new(spec::FOLDER).expect("a plain name");
        let apart = self.project.is_folder(&folder);
        gather(acts, |(name, act)| -> Result<()> {
            let home = || self.homes.get(&name).ok_or_else(|| self.unknown(&name));
            match act {
                Act::Add(changes) if apart => {
                    let (path, document) = self.alone(&folder, &name, &changes)?;
                    self.changed.insert(path.clone(), Some(document.text().to_owned()));
                    self.documents.insert(path, document);
                    done.insert(name);
                }
                Act::Add(changes) => {
                    let what = EditAction::Push(entry(&name, &changes));
                    let edit = TextEdit { path: vec!["branches".into()], what };
                    rounds.entry((self.main.clone(), Round::Add)).or_default().push((name, edit));
                }
                Act::Set(changes) => {
                    let Home { path, steps } = home()?;
                    for (i, change) in changes.into_iter().enumerate() {
                        let edit = edit(steps, change);
                        rounds.entry((path.clone(), Round::Set(i))).or_default().push((name.clone(), edit));
                    }
                }
                Act::Remove => {
                    let Home { path, steps } = home()?;
                    let (path, steps) = (path.clone(), steps.clone());
                    if steps.is_empty() {
                        self.documents.remove(&path);
                        self.changed.insert(path, None);
                        done.insert(name);
                    } else {
                        let edit = TextEdit { path: steps, what: EditAction::Cut { keep: 1 } };
                        rounds.entry((path, Round::Remove)).or_default().push((name, edit));
                    }
                }
            }
            Ok(())
        })?;
        done.extend(self.make(rounds)?);
        self.homes = homes(&self.documents, &self.main);
        Ok(done)
    }

    /// Makes edits, and returns the branches of which any changed something.
    fn make(&mut self, rounds: Rounds) -> Result<BTreeSet<SmolStr>> {
        let mut done = BTreeSet::new();
        gather(rounds, |((path, _), edits)| -> Result<()> {
            let document = self.documents.get_mut(&path).expect("that is where the branches were found");
            let (names, edits): (Vec<SmolStr>, Vec<TextEdit>) = edits.into_iter().unzip();
            let made = match document.change(&edits) {
                Ok(made) => made,
                Err(faults) => {
                    let faults = faults.into_iter().map(|(i, error)| error.in_branch(&names[i]));
                    return Diagnostics::check(faults.collect(), ());
                }
            };
            if made.contains(&true) {
                self.changed.insert(path, Some(document.text().to_owned()));
            }
            done.extend(names.into_iter().zip(made).filter(|(_, made)| *made).map(|(name, _)| name));
            Ok(())
        })?;
        Ok(done)
    }

    /// A new branch as a file of its own.
    fn alone(&self, folder: &RelPath, name: &str, changes: &[EntryChange]) -> Result<(RelPath, YamlDocument)> {
        let slug = Slug::of(name, Slug::MOST_ROOM);
        let path = folder.join(&format!("{slug}.yaml")).expect("a slug is a plain name");
        if !matches!(self.project.look(&path), Found::Nothing) && self.changed.get(&path) != Some(&None) {
            let message = format!("`{path}` is there already, and is not about `{name}`");
            return Err(Diagnostic::new(Code::Spec, message).help("give the file another name").into());
        }
        let mut document = YamlDocument::new(&format!("name: {}\n", crate::yaml::edit::line(&Node::str(name))))?;
        for change in changes {
            let fault = |faults: Vec<(usize, Diagnostic)>| faults.into_iter().next().expect("it says why").1;
            document.change(&[edit(&[], change.clone())]).map_err(fault)?;
        }
        Ok((path, document))
    }

    /// A complaint about a name that no branch has.
    pub fn unknown(&self, name: &str) -> Diagnostic {
        Diagnostic::new(Code::Usage, format!("no branch is named `{name}`"))
            .suggest(name, self.homes.keys().map(SmolStr::as_str))
    }

    /// The project with the changes in it.
    pub fn project(&self) -> Project {
        self.project.with(self.changed.iter().map(|(path, text)| (path.clone(), text.clone().map(String::into_bytes))))
    }

    /// EditAction is to be written: new contents by path, `None` for a file that goes.
    pub fn into_changed(self) -> BTreeMap<RelPath, Option<String>> {
        self.changed
    }
}

/// Where each branch is written.
fn homes(documents: &BTreeMap<RelPath, YamlDocument>, main: &RelPath) -> BTreeMap<SmolStr, Home> {
    let mut homes = BTreeMap::new();
    let mut add = |node: &Node, path: &RelPath, steps| {
        if let Some(name) = node.get("name").and_then(Node::as_text) {
            homes.entry(name.into()).or_insert(Home { path: path.clone(), steps });
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
    homes
}

/// A new branch as an item of the list.
fn entry(name: &str, changes: &[EntryChange]) -> Node {
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

/// A change as an edit of the file in which the branch stands at `home`.
fn edit(home: &[YamlStep], (path, value): EntryChange) -> TextEdit {
    let path = home.iter().cloned().chain(path.iter().map(|key| YamlStep::from(key.as_str()))).collect();
    // The branch itself stays, whatever goes of it.
    TextEdit { path, what: value.map_or(EditAction::Cut { keep: home.len() }, EditAction::Set) }
}

#[cfg(test)]
mod tests;
