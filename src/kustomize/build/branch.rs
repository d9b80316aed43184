//! What a branch is made of: the base, overlays on top of it, and the settings of the branch in the spec.

use super::accumulate::Accumulator;
use super::trail::FolderTrail;
use crate::diagnostic::{Code, Diagnostic, Result, Severity};
use crate::kustomize::build::BuiltObjects;
use crate::kustomize::finish;
use crate::kustomize::input::accumulated::Accumulated;
use crate::kustomize::input::{BuildRules, Input, LoadRestrictor, Warnings};
use crate::kustomize::model::Kustomization;
use crate::source::{Found, Location, RelPath};

/// What a branch is made of.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The folder of the base.
    pub base: RelPath,
    /// The folders of the overlays, each applied onto everything before it.
    pub overlays: Vec<RelPath>,
    /// The settings of this branch in the spec; their paths are relative to the root of the project.
    pub own: Kustomization,
    /// How to report data that kustomize would lose.
    pub lossy: Severity,
}

/// What a branch needs: the base, then the overlays in order, each applied like a component onto everything so far, then
/// what is the branch's own. A folder without a kustomization is all its manifests. The objects are in the order in
/// which they were read.
pub fn branch(input: &Input, layers: &Layers) -> Result<BuiltObjects> {
    let warnings = Warnings::default();
    let rules =
        BuildRules { load: LoadRestrictor::RootOnly, unmatched: Severity::Error, lossy: layers.lossy, absolute: false };
    let mut builder = Accumulator::new(input, rules, &warnings);
    let mut accumulated = Accumulated::default();
    layer(&builder, &mut accumulated, &layers.base)?;
    builder.present = Some(layers.base.clone());
    for overlay in &layers.overlays {
        layer(&builder, &mut accumulated, overlay)?;
    }
    let root = RelPath::root();
    let spec = root.join("branches.yaml").unwrap_or_default();
    builder.accumulate(&mut accumulated, &spec, &layers.own, &FolderTrail::root(input, &root))?;

    let context = builder.context(&root, accumulated.configuration.specs());
    let resources = finish::finish(accumulated, &context, None)?.into_vec();
    Ok(BuiltObjects { resources, warnings: warnings.into_inner() })
}

fn layer(builder: &Accumulator, into: &mut Accumulated, folder: &RelPath) -> Result<()> {
    match builder.open(folder)? {
        Some((file, kustomization)) => {
            builder.accumulate(into, &file.path, &kustomization, &FolderTrail::root(builder.input, folder))
        }
        None if matches!(builder.input.project.look(folder), Found::Folder(_)) => {
            builder.input.manifest_files(folder)?.iter().try_for_each(|file| builder.file(into, file, Location::NONE))
        }
        None => Err(Diagnostic::new(
            Code::Overlay,
            format!("the folder `{}` does not exist", builder.input.project.show(folder)),
        )
        .into()),
    }
}
