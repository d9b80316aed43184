//! `pleach kustomize`: prints what `kubectl kustomize` prints.

use super::Outcome;
use super::screen::{Screen, report};
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::disk;
use crate::kustomize::{self, Input, LoadRestrictor, Memo, Options, Reorder};
use crate::resource::Resource;
use crate::source::{Project, RelPath};
use crate::work::{self, WorkCounter};
use crate::yaml::{self, Quoting};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Print what `kubectl kustomize DIR` prints
///
/// The output is byte for byte the same. Kustomizations that need a network or an external program are refused. Templates and branches.yaml are not used.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pleach kustomize overlays/production
  pleach kustomize . | kubectl diff -f -
  pleach kustomize . -o rendered/      one file per object, if the folder exists

Exit status: 0 success, 2 invalid input, 4 I/O error")]
pub(super) struct KustomizeArgs {
    /// The folder of the kustomization
    #[arg(value_name = "DIR", default_value = ".")]
    pub(super) folder: PathBuf,
    /// Which files a kustomization can refer to
    #[arg(long, value_name = "WHICH", value_parser = load_restrictor(), default_value = "LoadRestrictionsRootOnly", ignore_case = true)]
    load_restrictor: LoadRestrictor,
    /// The order of the objects if the kustomization does not set one
    #[arg(long, value_name = "ORDER", value_parser = reorder(), default_value = "legacy")]
    reorder: Reorder,
    /// Write to a file, or to an existing folder with one file per object
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Label every object `app.kubernetes.io/managed-by`
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set, num_args = 0..=1, require_equals = true, default_value_t = false, default_missing_value = "true", hide_possible_values = true, hide_default_value = true)]
    enable_managedby_label: bool,
    #[command(flatten)]
    programs: ProgramArgs,
}

/// Flags of `kubectl kustomize` for charts and functions. They change nothing here, because a kustomization with charts or
/// functions is refused whatever they say.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of kubectl without effect, for charts and functions")]
struct ProgramArgs {
    /// Kustomizations with charts are refused
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    enable_helm: Option<bool>,
    /// Plugins that are programs are refused
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    enable_alpha_plugins: Option<bool>,
    /// The program helm, which does not run
    #[arg(long, value_name = "PROGRAM")]
    helm_command: Option<String>,
    /// API versions for charts
    #[arg(long, value_name = "VERSION")]
    helm_api_versions: Vec<String>,
    /// The Kubernetes version for charts
    #[arg(long, value_name = "VERSION")]
    helm_kube_version: Option<String>,
    /// Output of helm
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    helm_debug: Option<bool>,
    /// Environment variables of functions
    #[arg(short, long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Folders for functions
    #[arg(long, value_name = "MOUNT")]
    mount: Vec<String>,
    /// The network for functions
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    network: Option<bool>,
    /// The name of the network for functions
    #[arg(long, value_name = "NAME")]
    network_name: Option<String>,
    /// The user of functions
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true", hide_possible_values = true)]
    as_current_user: Option<bool>,
}

fn load_restrictor() -> impl TypedValueParser<Value = LoadRestrictor> {
    PossibleValuesParser::new([
        PossibleValue::new("LoadRestrictionsRootOnly").help("Files in or below its folder"),
        PossibleValue::new("LoadRestrictionsNone").help("Any file"),
    ])
    .try_map(|name| name.parse::<LoadRestrictor>())
}

fn reorder() -> impl TypedValueParser<Value = Reorder> {
    PossibleValuesParser::new([
        PossibleValue::new("legacy").help("By kind, so that the objects can be applied in this order"),
        PossibleValue::new("none").help("As read"),
    ])
    .try_map(|name| name.parse::<Reorder>())
}

/// Builds the folder at `root`. The project is the whole disk, because a kustomization may name any folder.
pub(super) fn run(
    args: &KustomizeArgs,
    project: &Project,
    root: &RelPath,
    here: &Path,
    screen: Screen,
) -> Result<Outcome> {
    let options = Options {
        load_restrictor: args.load_restrictor,
        reorder: args.reorder,
        managed_by_label: args.enable_managedby_label,
    };
    let (cache, memo) = (yaml::DocumentCache::default(), Memo::default());
    let work = WorkCounter::default();
    let input = Input { project, cache: &cache, memo: &memo, work: &work, templates: None };
    let built = kustomize::kustomize(&input, root, options).map_err(work::reported)?;
    match &args.output {
        None => report(&text(&built.resources)?)?,
        Some(folder) if here.join(folder).is_dir() => {
            let names = file_names(&built.resources);
            gather(names.iter().zip(&built.resources), |(name, resource)| {
                let message = || format!("`{name}` is not a file name");
                if name.contains('/') {
                    Err(resource.blame(Diagnostic::new(Code::Resource, message())))
                } else {
                    Ok(())
                }
            })?;
            for (name, resource) in names.iter().zip(&built.resources) {
                disk::save((here, here), &folder.join(name), &text(std::slice::from_ref(resource))?)?;
            }
        }
        Some(file) => disk::save((here, here), file, &text(&built.resources)?)?,
    }
    screen.warn(&built.warnings, project);
    // The process ends here, and the system frees the memory faster than the destructors do.
    std::mem::forget((built, cache, memo));
    Ok(Outcome::Done)
}

/// How many objects a thread writes at a time.
const CHUNK: usize = 200;

/// The objects as YAML documents. Many objects are written in parallel.
fn text(resources: &[Resource]) -> Result<String> {
    let one = |out: &mut String, resource: &Resource| {
        yaml::write(out, &resource.node, Quoting::Kustomize).map_err(|error| resource.blame(error))
    };
    let write = |resources: &[Resource]| Ok(yaml::stream(resources, one)?);
    if resources.len() <= CHUNK {
        return write(resources);
    }
    let chunks: Vec<Result<String>> = resources.par_chunks(CHUNK).map(write).collect();
    Ok(chunks.into_iter().collect::<Result<Vec<_>>>()?.join("---\n"))
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
