//! Renames a branch of the spec.

use super::{BranchLocation, SpecFiles};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::{Map, Node};
use crate::slug::Slug;
use crate::source::{Found, RelPath};
use crate::spec;
use crate::yaml::edit::{EditAction, TextEdit, YamlStep};

impl SpecFiles {
    /// Gives a branch another name, in its entry, in `baseline` and in `aliases`. With `slug`, it keeps this slug. Its file in
    /// `branches.d/` moves if it has the name of the derived slug.
    pub(crate) fn rename(&mut self, old: &str, new: &str, slug: Option<&Slug>) -> Result<()> {
        let BranchLocation { path, steps } = self.locations.get(old).ok_or_else(|| self.unknown_branch(old))?;
        let (path, steps) = (path.clone(), steps.clone());
        let field = |key: &str, value: &str| TextEdit {
            path: steps.iter().cloned().chain([YamlStep::from(key)]).collect(),
            what: EditAction::Set(Node::str(value)),
        };
        let edits: Vec<TextEdit> =
            [field("name", new)].into_iter().chain(slug.map(|slug| field("slug", slug.as_str()))).collect();
        self.edit_file(&path, &edits)?;
        let references = self.references(old, new);
        self.edit_file(&self.main.clone(), &references)?;
        self.move_file(&path, old, new)?;
        self.update_locations();
        Ok(())
    }

    /// Edits of `baseline` and `aliases`.
    fn references(&self, old: &str, new: &str) -> Vec<TextEdit> {
        let main = self.documents[&self.main].data();
        let set = |path: Vec<YamlStep>| TextEdit { path, what: EditAction::Set(Node::str(new)) };
        let is_old = |node: &Node| node.as_text() == Some(old);
        let baseline = main.get("baseline").filter(|node| is_old(node)).map(|_| set(vec!["baseline".into()]));
        let aliases = main.get("aliases").and_then(Node::as_map).into_iter().flat_map(Map::iter);
        let aliases = aliases.filter(|entry| is_old(&entry.value));
        let aliases = aliases.map(|entry| set(vec!["aliases".into(), entry.key.text.as_str().into()]));
        baseline.into_iter().chain(aliases).collect()
    }

    fn move_file(&mut self, path: &RelPath, old: &str, new: &str) -> Result<()> {
        let file = |name: &str| format!("{}.yaml", Slug::of(name, Slug::MAX_LENGTH));
        if *path == self.main || path.name() != file(old) || file(old) == file(new) {
            return Ok(());
        }
        let folder = RelPath::new(spec::FOLDER).expect("a plain name");
        let to = folder.join(&file(new)).expect("a slug is a file name");
        if !matches!(self.project.look(&to), Found::Nothing) {
            let message = format!("`{to}` already exists, but is not the file of branch `{new}`");
            return Err(Diagnostic::new(Code::Spec, message).help("rename the file").into());
        }
        if let Some(document) = self.documents.remove(path) {
            self.changed.insert(path.clone(), None);
            self.changed.insert(to.clone(), Some(document.text().to_owned()));
            self.documents.insert(to, document);
        }
        Ok(())
    }
}
