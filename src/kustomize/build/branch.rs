//! What a branch is made of: the base, overlays on top of it, and the settings of the branch in the spec.

use super::accumulate::Accumulator;
use super::branch_images;
use super::layers::LayerFolders;
use super::trail::FolderTrail;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Note, Result, Severity};
use crate::kustomize::build::{BuiltObjects, ImageReplacements};
use crate::kustomize::field::linked;
use crate::kustomize::finish;
use crate::kustomize::input::accumulated::Accumulated;
use crate::kustomize::input::{BuildRules, Input, LoadRestrictor, StepContext, Warnings};
use crate::kustomize::model::{KUSTOMIZATION_NAMES, Kustomization};
use crate::kustomize::steps::{self, BranchReplica};
use crate::resource::Resource;
use crate::source::{Found, Location, RelPath};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What a branch is made of.
#[derive(Clone, Debug)]
pub(crate) struct Layers {
    /// The folder of the base.
    pub(crate) base: RelPath,
    /// The folders of the overlays, each applied onto everything before it.
    pub(crate) overlays: Vec<RelPath>,
    /// The settings of this branch in the spec; their paths are relative to the root of the project.
    pub(crate) own: Kustomization,
    /// The replicas of this branch, applied after its other settings.
    pub(crate) replicas: Vec<BranchReplica>,
    /// The images of this branch in the spec, applied after everything else.
    pub(crate) images: ImageReplacements,
    /// How to report patches and replacements that match nothing.
    pub(crate) unmatched: Severity,
    /// How to report data that kustomize would lose.
    pub(crate) lossy: Severity,
    /// Whether folded texts change as kustomize changes them.
    pub(crate) folds: bool,
    /// The minor version of kustomize 5 whose fields the kustomizations may have, and where it is required.
    pub(crate) version: Option<(u8, Location)>,
}

/// What a branch needs: the base, then the overlays in order, each applied like a component onto everything so far, then
/// what is the branch's own. A folder without a kustomization is all its manifests. The objects are in the order in
/// which they were read.
pub(crate) fn branch(input: &Input, layers: &Layers) -> Result<BuiltObjects> {
    let warnings = Warnings::default();
    let rules = BuildRules {
        load: LoadRestrictor::RootOnly,
        unmatched: layers.unmatched,
        lossy: layers.lossy,
        absolute: false,
        is_branch: true,
        folds: layers.folds,
        version: layers.version,
    };
    let mut builder = Accumulator::new(input, rules, &warnings);
    let mut accumulated = Accumulated::default();
    layer(&builder, &mut accumulated, &layers.base)?;
    builder.layers = LayerFolders::of(layers.overlays.iter().chain([&layers.base]).cloned());
    builder.layers.add(&layers.base);
    for overlay in &layers.overlays {
        // Another overlay may have named it.
        if !builder.layers.is_present(overlay) {
            layer(&builder, &mut accumulated, overlay)
                .map_err(|errors| missing_kustomization(&builder, overlay, errors))?;
            builder.layers.add(overlay);
        }
    }
    let root = RelPath::root();
    let spec = root.join("branches.yaml").unwrap_or_default();
    builder.accumulate(&mut accumulated, &spec, &layers.own, &FolderTrail::root(input, &root))?;

    let context = builder.context(&root, accumulated.configuration.specs());
    let (scaled, errors) = steps::replicas_of_branch(&mut accumulated.resources, &layers.replicas, &context);
    let finished = finished(accumulated, &layers.images, &context);
    let (resources, image_names) =
        finished.map_err(|others| errors.iter().cloned().map(Diagnostics::from).chain([others]).collect::<Vec<_>>())?;
    let (warnings, patch_options) = warnings.into_inner();
    Ok(BuiltObjects { resources, warnings, image_names, patch_options, scaled, errors })
}

/// The objects with the images of the branch, and the names of the images before.
fn finished(
    mut accumulated: Accumulated,
    images: &ImageReplacements,
    context: &StepContext,
) -> Result<(Vec<Resource>, BTreeSet<SmolStr>)> {
    let resources = &mut accumulated.resources;
    linked::settle_all(resources, context)?;
    let image_names = branch_images::apply(resources, images, context)?;
    linked::settle_all(resources, context)?;
    Ok((finish::finish(accumulated, context, None)?.into_vec(), image_names))
}

/// The errors of an overlay. If it has no kustomization file, the usual reason is a patch that was added as a resource.
fn missing_kustomization(builder: &Accumulator, overlay: &RelPath, errors: Diagnostics) -> Diagnostics {
    if !matches!(builder.open(overlay), Ok(None)) || !matches!(builder.input.project.look(overlay), Found::Folder(_)) {
        return errors;
    }
    let folder = builder.input.project.show(overlay);
    let [names @ .., last] = KUSTOMIZATION_NAMES.map(|name| format!("`{name}`"));
    let help = format!(
        "create {} or {last} in it, with or without `.j2`, and list patches in `patches`; without it, every file is a resource",
        names.join(", ")
    );
    errors.map(|error| match error.parts() {
        parts if matches!(parts.code, Code::Overlay | Code::Resource) => {
            let message = format!("the overlay `{folder}` has no kustomization file");
            let location = parts.at.or(parts.notes.last().map_or(Location::NONE, Note::at));
            let cause = Diagnostic::new(Code::Overlay, message).at(location).note(location, parts.message.clone());
            cause.notes(&parts.notes).help(&help)
        }
        _ => error,
    })
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
