//! One branch, from templates to files. A branch does not depend on any other.

use super::image_use::ImageUse;
use super::{Inputs, branch_kustomization, scopes};
use crate::checks::{self, AddressSource, CheckInput, CheckedObject};
use crate::claims::{self, Claim};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, gather};
use crate::dns::AddressObject;
use crate::dns::WantedNames;
use crate::kustomize::{self, Input, Layers, Memo, PatchOptions};
use crate::node::Node;
use crate::objects::{ContributorInput, ZoneEndpoints};
use crate::output::OutputPath;
use crate::plan::Branch;
use crate::resource::Resource;
use crate::schema::scope::Scopes;
use crate::source::{File, Location, RelPath};
use crate::spec::Backend;
use crate::template::{TemplateContext, TemplateEngine};
use crate::work::{self, WorkCounter};
use crate::yaml::{Dialect, DocumentCache};
use crate::{dns, emit, objects};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A branch that was built.
#[derive(Debug)]
pub(crate) struct BuiltBranch<'a> {
    /// The branch.
    pub(crate) branch: &'a Branch,
    /// Its objects as they are written, each with its source location.
    pub(crate) objects: Vec<Resource>,
    /// The errors with which it was built. With errors, its files are not complete.
    pub(super) errors: Vec<Diagnostic>,
    /// The names of images that have an effect in it.
    pub(super) images: ImageUse,
    /// The names of workloads whose replicas the spec sets.
    pub(super) scaled: BTreeSet<SmolStr>,
    /// The source locations of the values that its templates read.
    pub(super) reads: BTreeSet<Location>,
    /// The options of its patches.
    pub(super) patch_options: PatchOptions,
    /// Its objects outside of namespaces that branches share, without labels of the branch.
    pub(crate) shared: Vec<Resource>,
    /// Its files.
    pub(super) files: Vec<(OutputPath, Arc<str>)>,
    pub(super) claims: Vec<Claim>,
    pub(super) warnings: Vec<Diagnostic>,
}

impl<'a> BuiltBranch<'a> {
    /// A branch that Kubernetes does not serve.
    fn without_objects(branch: &'a Branch) -> Self {
        let (objects, files, claims, warnings) = Default::default();
        let (errors, shared, images, scaled, reads, patch_options) = Default::default();
        BuiltBranch { branch, objects, errors, images, scaled, reads, patch_options, shared, files, claims, warnings }
    }
}

/// What all branches share while they are built.
pub(super) struct BranchBuilder<'a> {
    inputs: &'a Inputs<'a>,
    /// The objects of each branch, by slug, whose addresses DNS names take.
    addressed: BTreeMap<&'a str, BTreeMap<AddressObject, Location>>,
    /// What each branch, by slug, writes as DNSEndpoint objects.
    endpoints: BTreeMap<&'a str, Vec<WantedNames<'a>>>,
    cache: DocumentCache,
    memo: Memo,
    /// The engine that has rendered the templates of the branches.
    pub(super) engine: TemplateEngine,
    /// The scopes of the kinds of the workspace.
    pub(super) scopes: Scopes,
}

impl<'a> BranchBuilder<'a> {
    /// A builder for the branches of a plan, which have these DNS names.
    pub(super) fn new(inputs: &'a Inputs<'a>, names: &[WantedNames<'a>]) -> Self {
        let (mut addressed, mut endpoints) = (BTreeMap::<_, BTreeMap<_, _>>::new(), BTreeMap::<_, Vec<_>>::new());
        for names in names {
            let slug = names.branch.slug.as_str();
            if !names.objects.is_empty() {
                addressed.entry(slug).or_default().extend(names.objects.clone());
            }
            if names.backend == Backend::DnsEndpoint {
                endpoints.entry(slug).or_default().push(names.clone());
            }
        }
        let engine = TemplateEngine::new(inputs.project);
        let scopes = scopes::of_workspace(inputs.project, inputs.spec);
        let (cache, memo) = (DocumentCache::default(), Memo::default());
        BranchBuilder { inputs, addressed, endpoints, cache, memo, engine, scopes }
    }

    /// The files that the branches built so far are made of, without those of generators.
    pub(super) fn files(&self) -> BTreeSet<RelPath> {
        let project = self.inputs.project;
        let parsed = self.cache.files().into_iter().filter_map(|id| project.file_at(Location::new(id, 0, 0, 0)));
        parsed.map(|file| file.path.clone()).chain(self.engine.rendered()).collect()
    }

    /// Builds a branch. One that Kubernetes does not serve has no objects and no files. Errors about its objects do not stop the build:
    /// what follows finds its own.
    pub(super) fn build<'b>(&self, branch: &'b Branch) -> Result<BuiltBranch<'b>> {
        Diagnostics::check(branch.missing.clone(), ())?;
        let endpoints = self.endpoints(branch)?;
        let Some(namespace) = branch.namespace() else { return Ok(BuiltBranch::without_objects(branch)) };
        let context = TemplateContext::new(&branch.variables)?;
        let templates = BranchTemplates { engine: &self.engine, context: &context };
        let kustomize::BuiltObjects { mut resources, mut warnings, image_names, patch_options, scaled, mut errors } =
            self.objects(branch, namespace, &templates)?;
        let reads = context.read_locations();
        let images = ImageUse::of(branch, image_names, &reads);
        let scopes = scopes::with_own(&self.scopes, &resources);
        scopes::remove_namespaces(&scopes, &mut resources);
        // What the spec contributes is compared in the plan.
        let claims = claims::claims(&resources, &scopes, namespace);
        match self.complete(branch, (namespace, &endpoints), &mut resources) {
            Ok(found) => warnings.extend(found),
            Err(found) => errors.extend(found),
        }
        let shared = claims::take_shared(&mut resources, &scopes, &self.inputs.spec.shared.claims);
        let objects = emit::objects(branch, namespace, resources);
        let files = emit::files(branch, &objects).unwrap_or_else(|found| {
            errors.extend(found);
            Vec::new()
        });
        let in_branch = |found: Vec<Diagnostic>| found.into_iter().map(|found| found.in_branch(&branch.name)).collect();
        let (errors, warnings) = (in_branch(errors), in_branch(warnings));
        Ok(BuiltBranch {
            branch,
            objects,
            errors,
            images,
            scaled,
            reads,
            patch_options,
            shared,
            files,
            claims,
            warnings,
        })
    }

    /// What the branch writes as DNSEndpoint objects.
    fn endpoints(&self, branch: &Branch) -> Result<Vec<ZoneEndpoints<'_>>> {
        let names = self.endpoints.get(branch.slug.as_str()).map(Vec::as_slice).unwrap_or_default();
        gather(names, |names| {
            dns::endpoint::of_branch(names).map(|endpoints| ZoneEndpoints { zone: names.zone.as_str(), endpoints })
        })
    }

    /// Adds the objects that the spec contributes, and checks all objects. Without these objects, the checks would find what the
    /// errors about them say.
    fn complete(
        &self,
        branch: &Branch,
        (namespace, endpoints): (&str, &[ZoneEndpoints]),
        resources: &mut Vec<Resource>,
    ) -> Result<Vec<Diagnostic>> {
        let spec = self.inputs.spec;
        let mut warnings = objects::add(&ContributorInput { spec, branch, namespace, endpoints }, resources)?;
        let sources = self.addressed.get(branch.slug.as_str()).into_iter().flatten();
        let sources: Vec<AddressSource> = sources.map(|(object, at)| address_source(object, *at)).collect();
        let objects = resources.iter().map(CheckedObject::new).collect();
        warnings.extend(checks::check(&CheckInput { spec, branch, namespace, objects, address_sources: &sources })?);
        Ok(warnings)
    }

    /// The objects that the base directory, the overlays and the branch's own settings make.
    fn objects(
        &self,
        branch: &Branch,
        namespace: &str,
        templates: &BranchTemplates,
    ) -> Result<kustomize::BuiltObjects> {
        let Inputs { project, spec, .. } = self.inputs;
        let layers = Layers {
            base: spec.base.clone(),
            overlays: branch.overlays.clone(),
            own: branch_kustomization::of(branch, namespace)?,
            replicas: branch_kustomization::replicas(branch, &spec.defaults),
            images: branch_kustomization::images(branch, &spec.image_fields),
            unmatched: spec.compat.unmatched,
            lossy: spec.compat.lossy,
            folds: spec.compat.folds,
            version: spec.compat.version.as_ref().map(|version| (version.value, version.at)),
        };
        let work = WorkCounter::default();
        let input = Input { project, cache: &self.cache, memo: &self.memo, work: &work, templates: Some(templates) };
        kustomize::branch(&input, &layers).map_err(work::reported)
    }
}

fn address_source(object: &AddressObject, at: Location) -> AddressSource<'_> {
    AddressSource { kind: &object.kind, namespace: &object.namespace, name: &object.name, at }
}

/// The templates of the project, for one branch.
struct BranchTemplates<'a> {
    engine: &'a TemplateEngine,
    context: &'a TemplateContext,
}

impl kustomize::TemplateRenderer for BranchTemplates<'_> {
    fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Vec<Node>> {
        self.engine.documents(file, self.context, dialect)
    }

    fn text(&self, file: &Arc<File>) -> Result<String> {
        self.engine.text(file, self.context)
    }
}
