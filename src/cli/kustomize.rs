//! `pleach kustomize`: what `kubectl kustomize` prints.

use super::Outcome;
use super::args::{self, LoadRestrictor, Reorder};
use super::screen::{Screen, report};
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::disk;
use crate::kustomize::{self, Input, Memo, Options};
use crate::resource::Resource;
use crate::source::{Project, RelPath};
use crate::yaml::{self, Quoting};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

/// Builds the folder at `root`. The project is the whole disk, because a kustomization may name any folder.
pub(super) fn run(
    args: &args::Kustomize,
    project: &Project,
    root: &RelPath,
    here: &Path,
    screen: Screen,
) -> Result<Outcome> {
    let options = Options {
        load_restrictor: match args.load_restrictor {
            LoadRestrictor::RootOnly => kustomize::LoadRestrictor::RootOnly,
            LoadRestrictor::None => kustomize::LoadRestrictor::None,
        },
        reorder: match args.reorder {
            Reorder::Legacy => kustomize::Reorder::Legacy,
            Reorder::None => kustomize::Reorder::None,
        },
        managed_by_label: args.enable_managedby_label,
    };
    let (cache, memo) = (yaml::Cache::default(), Memo::default());
    let input = Input { project, cache: &cache, memo: &memo, templates: None };
    let built = kustomize::kustomize(&input, root, options)?;
    match args.output.as_ref().map(|path| here.join(path)) {
        None => report(&text(&built.resources)?)?,
        Some(folder) if folder.is_dir() => {
            let names = file_names(&built.resources);
            gather(names.iter().zip(&built.resources), |(name, resource)| {
                let message = || format!("`{name}` would be the file of an object, but no file can be called that");
                if name.contains('/') {
                    Err(resource.blame(Diagnostic::new(Code::Resource, message())))
                } else {
                    Ok(())
                }
            })?;
            for (name, resource) in names.iter().zip(&built.resources) {
                disk::save(&folder.join(name), &text(std::slice::from_ref(resource))?)?;
            }
        }
        Some(file) => disk::save(&file, &text(&built.resources)?)?,
    }
    screen.warn(&built.warnings, project);
    // The process ends here, and the system takes all of this back faster than piece by piece.
    std::mem::forget((built, cache, memo));
    Ok(Outcome::Done)
}

/// How many objects one core writes at a time.
const PORTION: usize = 200;

/// The objects as documents, many of them written on all cores.
fn text(resources: &[Resource]) -> Result<String> {
    let one = |out: &mut String, resource: &Resource| {
        yaml::write(out, &resource.node, Quoting::Kustomize).map_err(|error| resource.blame(error))
    };
    let write = |resources: &[Resource]| Ok(yaml::stream(resources, one)?);
    if resources.len() <= PORTION {
        return write(resources);
    }
    let portions: Vec<Result<String>> = resources.par_chunks(PORTION).map(write).collect();
    Ok(portions.into_iter().collect::<Result<Vec<_>>>()?.join("---\n"))
}

/// `group_version_kind_name.yaml` in lower case; the namespace before it where there are several.
fn file_names(resources: &[Resource]) -> Vec<String> {
    let in_namespace = |resource: &&Resource| !resource.gvk().is_cluster_scoped();
    let namespaces: BTreeSet<String> =
        resources.iter().filter(in_namespace).map(|r| r.id().effective_namespace().to_owned()).collect();
    let name = |resource: &Resource| {
        let id = resource.id();
        let namespace = if namespaces.len() > 1 && in_namespace(&resource) { id.effective_namespace() } else { "" };
        let parts = [namespace, &id.gvk.group, &id.gvk.version, &id.gvk.kind, &id.name];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        format!("{}.yaml", parts.join("_").to_lowercase())
    };
    resources.iter().map(name).collect()
}
