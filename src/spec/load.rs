//! The files of the spec as one document: the entries of `branches.d/` are added to `branches:` with their source locations.

use super::{size, spec_error};
use crate::diagnostic::{Diagnostic, Result, gather};
use crate::node::{Node, Value};
use crate::source::{File, Found, Location, Project, RelPath};
use crate::yaml::{self, Dialect};
use std::sync::Arc;

/// The file of the spec.
pub(crate) const FILE: &str = "branches.yaml";
/// The folder with one file per branch.
pub(crate) const FOLDER: &str = "branches.d";

/// The files of the spec, `branches.yaml` first.
pub(crate) fn files(project: &Project) -> Result<Vec<Arc<File>>> {
    gather(std::iter::once(main(project)).chain(further(project)), |file| file)
}

fn main(project: &Project) -> Result<Arc<File>, Diagnostic> {
    match project.look(&super::path(FILE)) {
        Found::File(file) => Ok(file),
        Found::Unreadable(why) => Err(spec_error(format!("`{FILE}` cannot be read: {why}"))),
        Found::Folder(_) => Err(spec_error(format!("`{FILE}` is a folder"))),
        Found::Nothing => Err(spec_error(format!("`{FILE}` does not exist"))
            .help("`pleach init` writes a workspace; `-C DIR` works in another folder")),
    }
}

/// The whole spec as one document.
pub(super) fn document(project: &Project) -> Result<Node> {
    let files = std::iter::once(Ok(main(project)?)).chain(further(project));
    let mut documents = gather(files, |file| only_document(&*file?))?.into_iter();
    let mut spec = documents.next().expect("`branches.yaml` is the first file");
    let further: Vec<Node> = documents.collect();
    let Some(map) = spec.as_map_mut() else { return Ok(spec) };
    if map.get("branches").is_none_or(Node::is_null) {
        let at = map.entry("branches").map_or(Location::NONE, |entry| entry.value.at);
        map.insert("branches", Node::seq(further).placed(at));
    } else if let Some(Node { value: Value::Seq(items), .. }) = map.get_mut("branches") {
        Arc::make_mut(items).extend(further);
    }
    size::check(&spec)?;
    Ok(spec)
}

/// The files of `branches.d/`, and errors about files that would be ignored.
fn further(project: &Project) -> impl Iterator<Item = Result<Arc<File>, Diagnostic>> {
    let folder = super::path(FOLDER);
    let (names, error) = match project.look(&folder) {
        Found::Folder(names) => (names, None),
        Found::Nothing => (Arc::default(), None),
        Found::File(file) => {
            let error = spec_error(format!("`{FOLDER}` is a file")).at(file.location());
            (Arc::default(), Some(error.help("it must be a folder with one file per branch")))
        }
        Found::Unreadable(why) => (Arc::default(), Some(spec_error(format!("`{FOLDER}` cannot be read: {why}")))),
    };
    let paths: Vec<RelPath> = names.iter().filter_map(|name| folder.join(name)).collect();
    let files = paths.into_iter().filter_map(|path| match project.look(&path) {
        Found::File(file) => match path.name().rsplit_once('.') {
            Some((_, "yaml")) => Some(Ok(file)),
            Some((_, "yml")) => Some(Err(spec_error(format!("`{path}` is not read"))
                .at(file.location())
                .help("rename it: the files of branches.d/ end in `.yaml`"))),
            _ => None,
        },
        Found::Folder(_) => Some(Err(spec_error(format!("`{path}` is a folder, but branches.d/ has files only"))
            .help("write one file per branch, with any name that ends in `.yaml`"))),
        Found::Unreadable(why) => Some(Err(spec_error(format!("`{path}` cannot be read: {why}")))),
        Found::Nothing => None,
    });
    error.map(Err).into_iter().chain(files)
}

fn only_document(file: &File) -> Result<Node> {
    let mut documents = yaml::documents(file, Dialect::Kubernetes)?.into_iter();
    let path = &file.path;
    match (documents.next(), documents.next()) {
        (Some(document), None) => Ok(document),
        (None, _) => Err(spec_error(format!("`{path}` is empty")).at(file.location()).into()),
        (_, Some(second)) => {
            let error = spec_error(format!("`{path}` has more than one document")).at(second.at);
            let help =
                if path.name() == FILE { "write the whole spec as one document" } else { "write one file per branch" };
            Err(error.help(help).into())
        }
    }
}
