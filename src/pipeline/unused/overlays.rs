//! Folders of overlays of which no branch reads a file.

use super::super::Inputs;
use super::UsedParts;
use crate::diagnostic::{Code, Diagnostic};
use crate::kustomize::input::load::is_kustomization;
use crate::source::{Found, Location, Project, RelPath};
use crate::spec::OVERLAYS;
use std::collections::BTreeSet;

/// Folders of overlays of which no file was read.
pub(super) fn warnings(build: &UsedParts) -> Vec<Diagnostic> {
    let Inputs { project, spec, plan, .. } = build.inputs;
    let listed = plan.branches.iter().flat_map(|branch| &branch.overlays);
    let of_services = spec.services.iter().filter_map(|service| service.overlay.as_ref()).map(|overlay| &overlay.value);
    let used: BTreeSet<&RelPath> = listed.chain(of_services).collect();
    let root = RelPath::new(OVERLAYS).expect("a plain name");
    let mut found = Vec::new();
    // Those of `defaults` are for branches to come, too.
    let defaults: Vec<&RelPath> = spec.defaults.overlays.iter().flatten().map(|overlay| &overlay.value).collect();
    let is_read = |folder: &RelPath| {
        build.files.iter().any(|file| file.is_within(folder))
            || defaults.iter().any(|overlay| overlay.is_within(folder))
    };
    let is_overlay = |folder: &RelPath| used.contains(folder) || has_kustomization(project, folder);
    unread_folders(project, &root, (&is_read, &is_overlay), &mut found);
    let warning = |folder: &RelPath| {
        let name = folder.relative_to(&root);
        let at = first_file(project, folder)?;
        let message = format!("no branch uses the overlay `{name}`");
        Some(Diagnostic::new(Code::Overlay, message).at(at).help("list it in `overlays` of a branch, or remove it"))
    };
    found.iter().filter_map(warning).collect()
}

type PathTest<'a> = &'a dyn Fn(&RelPath) -> bool;

/// Adds the folders below `folder` of which no file was read. Folders inside of an overlay in use are parts of it.
fn unread_folders(
    project: &Project,
    folder: &RelPath,
    (is_read, is_overlay): (PathTest, PathTest),
    found: &mut Vec<RelPath>,
) {
    let Found::Folder(names) = project.look(folder) else { return };
    for path in names.iter().filter_map(|name| folder.join(name)).filter(|path| project.is_folder(path)) {
        if !is_read(&path) {
            found.push(path);
        } else if !is_overlay(&path) {
            unread_folders(project, &path, (is_read, is_overlay), found);
        }
    }
}

fn has_kustomization(project: &Project, folder: &RelPath) -> bool {
    matches!(project.look(folder), Found::Folder(names) if names.iter().any(|name| is_kustomization(name)))
}

/// The location of the first YAML file or template in or below a folder.
fn first_file(project: &Project, folder: &RelPath) -> Option<Location> {
    let Found::Folder(names) = project.look(folder) else { return None };
    let paths: Vec<RelPath> = names.iter().filter_map(|name| folder.join(name)).collect();
    let is_input = |path: &&RelPath| [".yaml", ".yml", ".j2"].iter().any(|end| path.name().ends_with(end));
    let file = paths.iter().filter(is_input).find_map(|path| project.file(path)).map(|file| file.location());
    file.or_else(|| paths.iter().find_map(|path| first_file(project, path)))
}
