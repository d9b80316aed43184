//! The files of the spec as one document: the entries of `branches.d/` are added to `branches:` with their source locations.

use super::spec_error;
use crate::diagnostic::{Diagnostic, Result, gather};
use crate::limits::{SPEC_BRANCHES, SPEC_LIST_ITEMS, SPEC_PART_NODES};
use crate::node::{MapEntry, Node, Value};
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
    check_size(&spec)?;
    Ok(spec)
}

/// Checks the number of branches, and the size of each and of the rest.
fn check_size(spec: &Node) -> Result<(), Diagnostic> {
    let branches = spec.get("branches").and_then(Node::as_seq).unwrap_or_default();
    if let Some(excess) = branches.get(SPEC_BRANCHES) {
        let message = format!("the spec has {} branches, but at most {SPEC_BRANCHES} are possible", branches.len());
        return Err(spec_error(message).at(excess.at).help("remove branches, or use several workspaces"));
    }
    let sizes: Vec<usize> = branches.iter().map(Node::node_count).collect();
    let rest = spec.node_count() - sizes.iter().sum::<usize>();
    let too_large = std::iter::zip(sizes, branches).find(|(size, _)| *size > SPEC_PART_NODES);
    let (what, at) = match too_large {
        Some((_, branch)) => ("the branch", branch.at),
        None if rest > SPEC_PART_NODES => ("the spec without its branches", spec.at),
        None => return check_lists(spec, &LONG_LISTS),
    };
    let message = format!("{what} has more than {SPEC_PART_NODES} keys and values");
    Err(spec_error(message).at(at).help("shorten its lists and mappings"))
}

/// The lists that may have any length: they grow with the branches and their hosts.
const LONG_LISTS: [&str; 4] = ["branches", "expired", "hosts", "names"];

/// Checks the length of each list but `long` ones, and those in `values`, whose content is the user's.
fn check_lists(node: &Node, long: &[&str]) -> Result<(), Diagnostic> {
    let check = |MapEntry { key, value }: &MapEntry| {
        let name = key.text.as_str();
        let items = value.as_seq().map_or(0, <[Node]>::len);
        if items > SPEC_LIST_ITEMS && !long.contains(&name) && name != "values" {
            let message = format!("`{name}` has {items} items, but at most {SPEC_LIST_ITEMS} are possible");
            let help = "remove items, or use patterns where the field allows them";
            return Err(spec_error(message).at(key.at).help(help));
        }
        match name {
            "values" => Ok(()),
            "cleanup" => check_lists(value, &[]),
            _ => check_lists(value, long),
        }
    };
    node.as_map().into_iter().flat_map(|map| map.iter()).try_for_each(check)?;
    node.as_seq().unwrap_or_default().iter().try_for_each(|item| check_lists(item, long))
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
