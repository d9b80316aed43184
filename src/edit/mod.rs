//! `branches.yaml` and `branches.d/` changed as the commands of `pleach branch` say; everything else in them stays.
//!
//! A change is made in memory and the spec that comes of it is read before anything is written, so that no command
//! leaves a spec that a build would refuse.

pub mod list;
pub mod sync;

use crate::error::{Error, Kind, Result};
use crate::node::{Map, Node};
use crate::slug::Slug;
use crate::source::{Found, Project, RelPath};
use crate::spec;
use crate::yaml::edit::{Document, Step};
use std::collections::BTreeMap;

/// What a change does to a branch: a path of keys below the branch, and the value that comes there or `None` if what
/// stands there goes.
pub type Change = (Vec<String>, Option<Node>);

/// The files of the spec on their way from one state to the next.
pub struct Files {
    project: Project,
    main: RelPath,
    documents: BTreeMap<RelPath, Document>,
    /// New contents; `None` for a file that goes.
    changed: BTreeMap<RelPath, Option<String>>,
}

/// Where a branch is written.
struct Home {
    path: RelPath,
    steps: Vec<Step<'static>>,
}

impl Files {
    /// The files of a project, none of them changed.
    pub fn open(project: &Project) -> Result<Self> {
        let mut documents = BTreeMap::new();
        for file in spec::files(project)? {
            let text = file.text().map_err(|at| Error::new(Kind::Yaml, "this is not UTF-8").at(at))?;
            let document = Document::new(text).map_err(|errors| errors.map(|error| error.at(file.place())))?;
            documents.insert(file.path.clone(), document);
        }
        let main = RelPath::new(spec::FILE).expect("a plain name");
        Ok(Files { project: project.clone(), main, documents, changed: BTreeMap::new() })
    }

    fn home(&self, name: &str) -> Option<Home> {
        let is_it = |node: &Node| node.get("name").and_then(Node::as_text) == Some(name);
        self.documents.iter().find_map(|(path, document)| {
            if *path != self.main {
                return is_it(document.data()).then(|| Home { path: path.clone(), steps: Vec::new() });
            }
            let i = document.data().get("branches")?.as_seq()?.iter().position(is_it)?;
            Some(Home { path: path.clone(), steps: vec!["branches".into(), i.into()] })
        })
    }

    /// Whether there is a branch of that name.
    pub fn has(&self, name: &str) -> bool {
        self.home(name).is_some()
    }

    /// Adds a branch: to `branches.d/` if there is such a folder, else at the end of `branches.yaml`.
    pub fn add(&mut self, name: &str, changes: &[Change]) -> Result<()> {
        let mut entry: Node = [("name", Node::str(name))].into_iter().collect::<Map>().into();
        for (path, value) in changes {
            if let Some(value) = value {
                put(&mut entry, path, value);
            }
        }
        let folder = RelPath::new(spec::FOLDER).expect("a plain name");
        if self.project.is_folder(&folder) {
            let slug = Slug::of(name, Slug::MOST_ROOM);
            let path = folder.join(&format!("{slug}.yaml")).expect("a slug is a plain name");
            if !matches!(self.project.look(&path), Found::Nothing) && self.changed.get(&path) != Some(&None) {
                let message = format!("`{path}` is there already, and is not about `{name}`");
                return Err(Error::new(Kind::Spec, message).help("give the file another name").into());
            }
            let mut document = Document::new(&format!("name: {}\n", crate::yaml::edit::line(&Node::str(name))))?;
            for (path, value) in changes {
                apply(&mut document, &[], path, value.as_ref())?;
            }
            self.changed.insert(path.clone(), Some(document.text().to_owned()));
            self.documents.insert(path, document);
            return Ok(());
        }
        let document = self.documents.get_mut(&self.main).expect("the spec has a main file");
        document.push(&["branches".into()], &entry)?;
        self.changed.insert(self.main.clone(), Some(document.text().to_owned()));
        Ok(())
    }

    /// Changes a branch, which must be there. Whether that changes its file.
    pub fn set(&mut self, name: &str, changes: &[Change]) -> Result<bool> {
        let home = self.home(name).ok_or_else(|| self.unknown(name))?;
        let document = self.documents.get_mut(&home.path).expect("that is where it was found");
        let before = document.text().to_owned();
        for (path, value) in changes {
            apply(document, &home.steps, path, value.as_ref())?;
        }
        let changes = document.text() != before;
        if changes {
            self.changed.insert(home.path, Some(document.text().to_owned()));
        }
        Ok(changes)
    }

    /// Takes a branch out, and its file if it has one of its own. The branch must be there.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        let home = self.home(name).ok_or_else(|| self.unknown(name))?;
        if home.steps.is_empty() {
            self.documents.remove(&home.path);
            self.changed.insert(home.path, None);
            return Ok(());
        }
        let document = self.documents.get_mut(&home.path).expect("that is where it was found");
        document.remove(&home.steps, 1)?;
        self.changed.insert(home.path, Some(document.text().to_owned()));
        Ok(())
    }

    /// A complaint about a name that no branch has.
    pub fn unknown(&self, name: &str) -> Error {
        let names = self.documents.values().flat_map(|document| {
            let listed = document.data().get("branches").and_then(Node::as_seq).unwrap_or_default();
            listed.iter().chain([document.data()]).filter_map(|node| node.get("name")?.as_text())
        });
        Error::new(Kind::Usage, format!("no branch is named `{name}`")).suggest(name, names)
    }

    /// The project with the changes in it.
    pub fn project(&self) -> Project {
        self.project.with(self.changed.iter().map(|(path, text)| (path.clone(), text.clone().map(String::into_bytes))))
    }

    /// What is to be written: new contents by path, `None` for a file that goes.
    pub fn into_changed(self) -> BTreeMap<RelPath, Option<String>> {
        self.changed
    }
}

fn put(node: &mut Node, path: &[String], value: &Node) {
    let Some((last, above)) = path.split_last() else { return };
    let parent = above.iter().try_fold(node, |node, key| node.map_entry(key));
    if let Some(map) = parent.and_then(Node::as_map_mut) {
        map.insert(last.as_str(), value.clone());
    }
}

fn apply(document: &mut Document, home: &[Step], path: &[String], value: Option<&Node>) -> Result<()> {
    let steps: Vec<Step> = home.iter().cloned().chain(path.iter().map(|key| Step::Key(key.into()))).collect();
    match value {
        Some(value) => document.set(&steps, value),
        // The branch itself stays, whatever goes of it.
        None => document.remove(&steps, home.len()).map(drop),
    }
}

#[cfg(test)]
mod tests;
