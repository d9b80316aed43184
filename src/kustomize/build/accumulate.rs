//! A kustomization with everything that it names, depth first: resources, generators, components, transformers.
//!
//! A folder of `resources` is built on its own and added; a component changes the objects gathered so far. Hashes,
//! references and order come after all of this, in `finish`.

use super::layers::LayerFolders;
use super::trail::FolderTrail;
use super::{configure, plugins};
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field::linked;
use crate::kustomize::input::accumulated::Accumulated;
use crate::kustomize::input::build_metadata::BuildMetadata;
use crate::kustomize::input::load::NamedPath;
use crate::kustomize::input::resources::GeneratedObject;
use crate::kustomize::input::{BuildRules, Input, Resources, StepContext, Warnings, books, cause, manifest};
use crate::kustomize::model::{Kustomization, Text};
use crate::kustomize::{model, parsed, steps};
use crate::node::Node;
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpecs;
use crate::schema::merge::MergeSchema;
use crate::source::{File, Location, RelPath};
use rayon::prelude::*;
use std::sync::{Arc, OnceLock};

/// From how many entries on folders are made on all cores.
const MANY: usize = 16;

/// One build on its way.
pub(crate) struct Accumulator<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) rules: BuildRules,
    pub(crate) warnings: &'a Warnings,
    /// The annotations that the root of the build requests.
    pub(crate) trace: Option<BuildMetadata<'a>>,
    /// The layers of the branch, if this is the build of one.
    pub(super) layers: LayerFolders,
    /// Set by the first kustomization with `openapi`, for all later ones.
    pub(super) schema: OnceLock<Arc<MergeSchema>>,
    /// Set as soon as there is an object.
    pub(super) has_objects: OnceLock<()>,
}

/// How a folder comes into a build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FolderRole {
    /// Built on its own, then added.
    Resource,
    /// In place.
    Component,
    /// A resource that is applied in place, because it has what the branch has already.
    Overlay,
}

impl<'a> Accumulator<'a> {
    /// A build that has read nothing yet.
    pub(crate) fn new(input: &'a Input<'a>, rules: BuildRules, warnings: &'a Warnings) -> Self {
        Accumulator {
            input,
            rules,
            warnings,
            trace: None,
            layers: LayerFolders::default(),
            schema: OnceLock::new(),
            has_objects: OnceLock::new(),
        }
    }

    /// What the steps of a kustomization in `folder` may look at.
    pub(crate) fn context(&self, folder: &RelPath, specs: &Arc<FieldSpecs>) -> StepContext<'a> {
        StepContext {
            input: self.input,
            rules: self.rules,
            folder: folder.clone(),
            specs: Arc::clone(specs),
            schema: Arc::clone(self.schema.get().unwrap_or_else(|| MergeSchema::builtin())),
            warnings: self.warnings,
        }
    }

    /// The kustomization of a folder, its `openapi` obeyed.
    pub(crate) fn open(&self, folder: &RelPath) -> Result<Option<(Arc<File>, Arc<Kustomization>)>> {
        let found = self.input.kustomization(folder, self.rules.load)?;
        if let Some((_, kustomization)) = &found {
            self.use_schema(kustomization, folder)?;
            for (field, instead) in &kustomization.deprecated {
                let message = format!("`{field}` is deprecated by kustomize");
                let warning = Diagnostic::new(Code::Overlay, message).at(field.at).help(format!("use `{instead}`"));
                self.warnings.say(warning);
            }
        }
        Ok(found)
    }

    /// Everything that a kustomization makes, added to `into` and changed together with what is there.
    pub(crate) fn accumulate(
        &self,
        into: &mut Accumulated,
        file: &RelPath,
        kustomization: &Kustomization,
        trail: &FolderTrail,
    ) -> Result<()> {
        let folder = file.parent();
        self.entries(into, &kustomization.resources, (FolderRole::Resource, "resources"), &folder, trail)?;

        let context = self.context(&folder, into.configuration.specs());
        configure::configure(&mut into.configuration, kustomization, &context)?;

        for made in steps::generated(kustomization, &context)? {
            self.absorb(&mut into.resources, made, file)?;
        }
        plugins::generate(self, into, &kustomization.generators, &context, trail)?;
        self.entries(into, &kustomization.components, (FolderRole::Component, "components"), &folder, trail)?;

        let context = self.context(&folder, into.configuration.specs());
        for step in steps::STEPS {
            let count = (step.count)(kustomization);
            if count == 0 {
                continue;
            }
            (step.apply)(&mut into.resources, kustomization, &context)?;
            linked::settle_all(&mut into.resources, &context)?;
            if let Some(trace) = &self.trace {
                trace.step(&mut into.resources, step.transformer, count, (file, context.input.work))?;
                into.resources.iter_mut().for_each(parsed::annotate_anew);
            }
        }
        plugins::transform(self, into, &kustomization.transformers, &context, trail)?;
        plugins::validate(self, into, &kustomization.validators, &context, trail)?;
        into.record(&kustomization.vars, self.input.work)
    }

    /// Adds what the paths of a field name, such as `resources`.
    pub(crate) fn entries(
        &self,
        into: &mut Accumulated,
        paths: &[Text],
        (role, field): (FolderRole, &'static str),
        folder: &RelPath,
        trail: &FolderTrail,
    ) -> Result<()> {
        let context = self.context(folder, FieldSpecs::builtin());
        let mut made = self.many_folders(paths, role, &context, trail).into_iter().flatten();
        let mut overlay: Option<&Text> = None;
        gather(paths, |path| {
            if let Some(Some(own)) = made.next() {
                return own.and_then(|own| self.merge(into, own, path)).map_err(cause::entry(path.at, field));
            }
            let added = match (context.entry(path)?, role) {
                (NamedPath::File(file), FolderRole::Resource | FolderRole::Overlay) => {
                    self.file(into, &file, path.at).map_err(|e| e.map(|e| e.at(path.at)))
                }
                (NamedPath::File(_), FolderRole::Component) => {
                    let message = format!("`{path}` is a file; a component is a folder with a kustomization");
                    Err(Diagnostic::new(Code::Overlay, message).at(path.at).into())
                }
                (NamedPath::Folder(folder), _) => {
                    let role = self.role_of(&folder, role);
                    let first = if role == FolderRole::Overlay { overlay.replace(path) } else { None };
                    match first {
                        Some(first) => Err(same_base(first, path).into()),
                        None => self.subfolder(into, path, &folder, role, trail),
                    }
                }
            };
            added.map_err(cause::entry(path.at, field))
        })?;
        Ok(())
    }

    /// The objects of the folders among many entries, built on all cores; [`None`] for few entries, or if the order
    /// matters: one of them may define how lists merge in the next ones.
    fn many_folders(
        &self,
        paths: &[Text],
        role: FolderRole,
        context: &StepContext,
        trail: &FolderTrail,
    ) -> Option<Vec<Option<Result<Accumulated>>>> {
        if paths.len() < MANY || role == FolderRole::Component || self.trace.is_some() || !self.layers.is_empty() {
            return None;
        }
        let (warnings, done) = (Warnings::default(), self.input.work.done());
        let attempt = Accumulator {
            warnings: &warnings,
            trace: None,
            layers: LayerFolders::default(),
            schema: self.schema.clone(),
            has_objects: self.has_objects.clone(),
            ..*self
        };
        let whole = |path: &Text| match attempt.context(&context.folder, FieldSpecs::builtin()).entry(path) {
            Ok(NamedPath::Folder(folder)) => Some(attempt.whole(path, &folder, trail)),
            _ => None,
        };
        let made = paths.par_iter().map(whole).collect();
        // Which folder exceeds the work limit depends on the order too.
        let exceeds = self.input.work.is_exceeded();
        if exceeds || attempt.schema.get().is_some() && self.schema.get().is_none() {
            self.input.work.reset(done);
            return None;
        }
        let (said, options) = warnings.into_inner();
        for warning in said {
            self.warnings.say(warning);
        }
        self.warnings.add_options(options);
        Some(made)
    }

    /// Adds the objects of a file, which is `listed` there.
    pub(crate) fn file(&self, into: &mut Accumulated, file: &Arc<File>, listed: Location) -> Result<()> {
        let manifests = self.input.manifests(file)?;
        self.input.work.objects(manifests.len())?;
        if !manifests.is_empty() {
            self.has_objects.get_or_init(|| ());
        }
        for node in &*manifests {
            let mut resource = Resource { listed, ..Resource::new(node.clone()) };
            if let Some(wrong) = manifest::wrong_annotations(node) {
                let diagnostic = Diagnostic::new(Code::Resource, manifest::no_annotations(wrong)).at(wrong.at);
                let context = self.context(&file.path.parent(), FieldSpecs::builtin());
                context.lossy(diagnostic.help("kustomize drops it"))?;
                resource.node.get_mut("metadata").and_then(Node::as_map_mut).map(|fields| fields.remove("annotations"));
            }
            books::take_previous(&mut resource)?;
            parsed::begin(&mut resource, file);
            if let Some(trace) = &self.trace {
                trace.read(&mut resource, &file.path);
                parsed::add_origin(&mut resource);
            }
            into.resources.append(resource)?;
        }
        Ok(())
    }

    fn subfolder(
        &self,
        into: &mut Accumulated,
        path: &Text,
        folder: &RelPath,
        role: FolderRole,
        trail: &FolderTrail,
    ) -> Result<()> {
        if self.layers.is_present(folder) {
            return Ok(());
        }
        if role == FolderRole::Resource {
            let own = self.whole(path, folder, trail)?;
            return self.merge(into, own, path);
        }
        self.input.work.folder(into.resources.as_slice().len()).map_err(|error| error.at(path.at))?;
        let trail = trail.down(self.input, folder).map_err(|error| error.at(path.at))?;
        let (file, kustomization) = self.named(path, folder)?;
        check_role(path, &kustomization, role)?;
        self.accumulate(into, &file.path, &kustomization, &trail)?;
        if role == FolderRole::Overlay {
            self.layers.add(folder);
        }
        Ok(())
    }

    /// The role of a folder: one among resources may be an overlay on what the branch has.
    fn role_of(&self, folder: &RelPath, role: FolderRole) -> FolderRole {
        let is_new = role == FolderRole::Resource && !self.layers.is_present(folder);
        let is_overlay = is_new && self.layers.is_on_layer(folder, |folder| self.named_folders(folder));
        if is_overlay { FolderRole::Overlay } else { role }
    }

    /// The folders among the resources of a folder. One that cannot be read is an error where it is built.
    fn named_folders(&self, folder: &RelPath) -> Vec<RelPath> {
        let Ok(Some((_, kustomization))) = self.input.kustomization(folder, self.rules.load) else { return Vec::new() };
        let context = self.context(folder, FieldSpecs::builtin());
        let folders = kustomization.resources.iter().filter_map(|path| match context.entry(path) {
            Ok(NamedPath::Folder(inner)) => Some(inner),
            Ok(NamedPath::File(_)) | Err(_) => None,
        });
        folders.collect()
    }

    /// Adds the objects of the folder `path`, which were built separately.
    fn merge(&self, into: &mut Accumulated, own: Accumulated, path: &Text) -> Result<()> {
        self.input.work.objects(own.resources.as_slice().len()).map_err(|error| error.at(path.at))?;
        into.merge(own, self.input.work).map_err(|errors| errors.map(|error| error.at(path.at)))
    }

    /// The objects of a folder of `resources`, built separately.
    fn whole(&self, path: &Text, folder: &RelPath, trail: &FolderTrail) -> Result<Accumulated> {
        self.input.work.folder(0).map_err(|error| error.at(path.at))?;
        let trail = trail.down(self.input, folder).map_err(|error| error.at(path.at))?;
        let (file, kustomization) = self.named(path, folder)?;
        check_role(path, &kustomization, FolderRole::Resource)?;
        let build = || {
            let mut own = Accumulated::default();
            self.accumulate(&mut own, &file.path, &kustomization, &trail)?;
            Ok(own)
        };
        // The objects of a folder depend only on its own files, unless one of these is set.
        let alone = self.trace.is_none() && self.schema.get().is_none() && self.input.templates.is_none();
        let made = if alone { self.input.memo.whole(folder, build) } else { build() };
        if made.as_ref().is_ok_and(|made| !made.resources.as_slice().is_empty()) {
            self.has_objects.get_or_init(|| ());
        }
        made
    }

    /// The kustomization of a folder that an entry names.
    fn named(&self, path: &Text, folder: &RelPath) -> Result<(Arc<File>, Arc<Kustomization>)> {
        self.open(folder)?.ok_or_else(|| {
            Diagnostic::new(Code::Overlay, format!("the folder `{path}` has no kustomization file"))
                .at(path.at)
                .help("create a `kustomization.yaml` in it, or list its files")
                .into()
        })
    }

    /// Takes in what a generator of the kustomization `file` made.
    pub(crate) fn absorb(&self, resources: &mut Resources, mut made: GeneratedObject, file: &RelPath) -> Result<()> {
        if let Some(trace) = &self.trace {
            trace.made(&mut made.resource, file);
        }
        self.has_objects.get_or_init(|| ());
        Ok(resources.absorb(made, (self.rules.is_branch, self.input.work))?)
    }
}

/// Refuses a component among resources, and the reverse.
fn check_role(path: &Text, kustomization: &Kustomization, role: FolderRole) -> Result<(), Diagnostic> {
    let (wrong, help) = match (role, kustomization.kind) {
        (FolderRole::Resource | FolderRole::Overlay, model::KustomizationKind::Component) => {
            ("a component", "list it in `components`")
        }
        (FolderRole::Component, model::KustomizationKind::Kustomization) => {
            ("not a component", "list it in `resources`")
        }
        _ => return Ok(()),
    };
    Err(Diagnostic::new(Code::Overlay, format!("`{path}` is {wrong}")).at(path.at).help(help))
}

/// The error about two overlays in one list: kustomize has their base twice, a branch has it once.
fn same_base(first: &Text, second: &Text) -> Diagnostic {
    let message = format!("`{second}` is an overlay of the same base as `{first}`, and a branch has its base once");
    Diagnostic::new(Code::Overlay, message)
        .at(second.at)
        .note(first.at, "the first one")
        .help("to apply both to the same objects, list them in `overlays` of the branch")
        .help("to have the objects twice, build the folder with `pleach kustomize`, and use the result as a resource")
}
