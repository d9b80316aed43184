//! A build: the root kustomization with everything that it names, then what is finished once at the end.

mod accumulate;
mod branch;
mod branch_images;
mod configure;
mod layers;
mod openapi;
mod plugins;
mod trail;

pub(crate) use super::steps::BranchReplica;
pub(crate) use branch::{Layers, branch};
pub(crate) use branch_images::ImageReplacements;

use super::Reorder;
use super::finish::metadata;
use super::finish::{self, order};
use super::input::accumulated::Accumulated;
use super::input::build_metadata::{self, BuildMetadata};
use super::input::{BuildRules, Input, LoadRestrictor, PatchOptions, Warnings};
use crate::diagnostic::{Code, Diagnostic, Result, Severity};
use crate::resource::Resource;
use crate::source::RelPath;
use accumulate::Accumulator;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use trail::FolderTrail;

/// The options of `kubectl kustomize`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `--load-restrictor`.
    pub(crate) load_restrictor: LoadRestrictor,
    /// `--reorder`.
    pub(crate) reorder: Reorder,
    /// `--enable-managedby-label`.
    pub(crate) managed_by_label: bool,
}

/// The outcome of a build.
#[derive(Debug, Default)]
pub(crate) struct BuiltObjects {
    /// The objects in the order of the output.
    pub(crate) resources: Vec<Resource>,
    /// Warnings, which do not stop a build.
    pub(crate) warnings: Vec<Diagnostic>,
    /// The names of the images of a branch, before those of the spec replace them.
    pub(crate) image_names: BTreeSet<SmolStr>,
    /// The options of the patches of a branch.
    pub(crate) patch_options: PatchOptions,
    /// The names in the replicas of a branch that a workload has.
    pub(crate) scaled: BTreeSet<SmolStr>,
    /// The errors of the replicas of a branch, which do not affect its other objects and fields.
    pub(crate) errors: Vec<Diagnostic>,
}

/// What `kubectl kustomize` makes of a folder of a project that is the whole disk.
pub(crate) fn kustomize(input: &Input, folder: &RelPath, options: Options) -> Result<BuiltObjects> {
    let warnings = Warnings::default();
    let rules = BuildRules {
        load: options.load_restrictor,
        unmatched: Severity::Warning,
        lossy: Severity::Warning,
        absolute: true,
        is_branch: false,
        folds: true,
        version: None,
    };
    let mut builder = Accumulator::new(input, rules, &warnings);
    let Some((file, kustomization)) = builder.open(folder)? else {
        let message = format!("`{}` has no `kustomization.yaml`", input.project.show(folder));
        return Err(Diagnostic::new(Code::Overlay, message).into());
    };
    builder.trace = BuildMetadata::requested(&kustomization.build_metadata, folder, input.project, &warnings);
    let mut accumulated = Accumulated::default();
    builder.accumulate(&mut accumulated, &file.path, &kustomization, &FolderTrail::root(input, folder))?;

    let context = builder.context(folder, accumulated.configuration.specs());
    let mut resources = finish::finish(accumulated, &context, builder.trace.as_ref())?;
    order::sort(&mut resources, kustomization.sort_options.as_ref(), options.reorder)?;
    if options.managed_by_label || build_metadata::requests_managed_by(&kustomization.build_metadata) {
        metadata::managed_by(&mut resources);
    }
    let (resources, (warnings, _)) = (resources.into_vec(), warnings.into_inner());
    Ok(BuiltObjects { resources, warnings, ..BuiltObjects::default() })
}
