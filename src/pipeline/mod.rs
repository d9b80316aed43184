//! The stages in order: a [`Project`] becomes a [`Tree`]. No disk, no clock, no environment; branches run on all cores,
//! and what comes out does not depend on how many there are.

mod base;
mod own;
mod part;
mod retiring;

pub use base::Base;
pub use part::{Part, Shard};

use crate::checks::{AddressSource, CheckInput, CheckedObject, Claim};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, Severity, gather};
use crate::dns::change::Object;
use crate::kustomize::{self, Input, Layers, Memo};
use crate::node::Node;
use crate::objects::{ContributorInput, ZoneEndpoints};
use crate::plan::{self, Branch, Plan};
use crate::render::{self, Context, Engine};
use crate::resource::Resource;
use crate::source::{File, Location, Project, RelPath};
use crate::spec::{self, Backend, Compat, Spec};
use crate::teardown::{self, Footprint};
use crate::tree::{TEARDOWN, Tree, slug_of};
use crate::yaml::{Cache, Dialect};
use crate::{checks, dns, emit, gitops, objects};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use retiring::Retiring;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The outcome of a build.
#[derive(Debug)]
pub struct Built {
    /// The spec.
    pub spec: Spec,
    /// All branches, built or not.
    pub plan: Plan,
    /// The files of the branches that were built.
    pub tree: Tree,
    /// What becomes of zone change files and plans without what had to go in the base already.
    pruned: BTreeMap<RelPath, Option<Arc<str>>>,
    /// The names in DNS that go over from one branch to another.
    moves: Vec<dns::file::Move>,
    retiring: Retiring,
    /// What deserves a word but does not stop a build.
    pub warnings: Vec<Diagnostic>,
    /// Those of them that are about retired branches.
    told: Vec<Diagnostic>,
    /// The branches that failed, by slug, and why.
    pub failed: Vec<(String, Diagnostics)>,
}

/// How far a build is, for somebody who watches.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many branches are to be built; 0 as long as that is not known.
    pub all: AtomicUsize,
    /// How many are done.
    pub done: AtomicUsize,
}

/// What the spec says, and what follows from it for every branch.
pub fn plan(project: &Project) -> Result<(Spec, Plan)> {
    let spec = spec::read(project)?;
    let plan = plan::make(&spec)?;
    Ok((spec, plan))
}

/// The same where a branch that names overlays which are not there is to fail alone.
pub fn plan_apart(project: &Project) -> Result<(Spec, Plan)> {
    let spec = spec::read_apart(project)?;
    let plan = plan::make(&spec)?;
    Ok((spec, plan))
}

/// Builds a part of the branches of a plan. `base` is the output that the build starts from, of which four things matter as
/// far as they belong to the part: zone change files, plans, the folders of branches that are no more, and those files of
/// live branches that are to be others. Nothing that they record is forgotten. A branch that fails keeps no other from
/// being built.
pub fn build(
    project: &Project,
    (spec, plan): (Spec, Plan),
    base: &dyn Base,
    part: &Part,
    progress: &Progress,
) -> Result<Built> {
    part.check(&plan)?;
    let names = dns::host::names(&spec, &plan)?;
    let mut objects: BTreeMap<&str, BTreeMap<Object, Location>> = BTreeMap::new();
    for names in names.iter().filter(|names| !names.objects.is_empty()) {
        objects.entry(names.branch.slug.as_str()).or_default().extend(names.objects.clone());
    }
    let (names, endpoints): (Vec<_>, Vec<_>) =
        names.into_iter().partition(|names| names.backend == Backend::ZoneChange);
    let changes = dns::file::files(&spec, &plan, names, base.recorded(), part.slugs(&plan))?;
    let mut retiring = Retiring::of(&spec, &plan, base.recorded(), part)?;
    retiring.names(changes.gone, &plan);
    let wiring = gitops::files(&spec, &plan, part.slugs(&plan))?;
    let house = House {
        project,
        spec: &spec,
        asked: objects,
        endpoints: by_branch(endpoints),
        cache: Cache::default(),
        memo: Memo::default(),
        engine: Engine::new(project),
    };
    let (wanted, others): (Vec<&Branch>, Vec<_>) =
        plan.branches.iter().partition(|branch| part.has(&branch.name, branch.slug.as_str()));
    let expect = |retiring: &Retiring| {
        let others = if retiring.asks() { others.len() } else { 0 };
        progress.all.store(wanted.len() + others, Ordering::Relaxed);
    };
    expect(&retiring);
    let workers = workers()?;
    let build = |branch: &&Branch| {
        let room = house.build(branch, &retiring).map_err(|errors| errors.map(|error| error.in_branch(&branch.name)));
        progress.done.fetch_add(1, Ordering::Relaxed);
        room
    };
    let results: Vec<Result<Room>> = workers.install(|| wanted.par_iter().map(build).collect());

    let (mut tree, mut warnings, mut failed) = (Tree::default(), plan.warnings.clone(), Vec::new());
    warnings.extend(changes.warnings);
    let (mut claims, mut made, mut unknown) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (branch, result) in wanted.iter().copied().zip(results) {
        match result {
            Ok(room) => {
                tree.extend(room.files);
                warnings.extend(room.warnings.into_iter().map(|warning| warning.in_branch(&branch.name)));
                claims.push((branch.name.as_str(), room.claims));
                retiring.lives.has.add(room.has);
                made.push(branch);
            }
            Err(errors) => {
                failed.push((branch.slug.to_string(), errors));
                unknown.insert(branch.name.clone());
            }
        }
    }
    warnings.extend(retiring.replaced(&plan, &made, &tree, base, part)?);
    expect(&retiring);
    if retiring.asks() {
        let look = |branch: &&Branch| {
            // What cannot be written stays as it was, so that all has to be checked that is checked elsewhere.
            let has = house.build(branch, &retiring).map(|room| room.has);
            progress.done.fetch_add(1, Ordering::Relaxed);
            has
        };
        let seen: Vec<Result<Footprint>> = workers.install(|| others.par_iter().map(look).collect());
        for (branch, has) in others.into_iter().zip(seen) {
            match has {
                Ok(has) => retiring.lives.has.add(has),
                Err(_) => drop(unknown.insert(branch.name.clone())),
            }
        }
        retiring.lives.unknown = unknown;
    }
    tree.extend(changes.files.into_iter().chain(wiring));
    checks::contested(claims.iter().map(|(name, claims)| (*name, claims.as_slice())))?;
    let mut outcome = Built {
        spec,
        plan,
        tree,
        pruned: changes.pruned,
        moves: changes.moves,
        retiring,
        warnings,
        told: Vec::new(),
        failed,
    };
    outcome.retire()?;
    outcome.hold();
    Ok(outcome)
}

/// The threads that build branches, one a core.
fn workers() -> Result<ThreadPool, Diagnostic> {
    ThreadPoolBuilder::new().stack_size(render::STACK).build().map_err(|error| {
        Diagnostic::new(Code::Disk, format!("the system starts no threads: {error}"))
            .help("allow more of them or more address space, or set `RAYON_NUM_THREADS=1`")
    })
}

impl Built {
    /// The build, if no branch failed; else what all that did complain about.
    pub fn whole(self) -> Result<Self> {
        if self.failed.is_empty() {
            return Ok(self);
        }
        Err(self.failed.into_iter().map(|(_, errors)| errors).collect::<Vec<_>>().into())
    }

    /// The slugs of branches that cannot be built although it matters to those that are no more what they have.
    pub fn unknown(&self) -> BTreeSet<&str> {
        let unknown = &self.retiring.lives.unknown;
        let branches = self.plan.branches.iter().filter(|branch| unknown.contains(&branch.name));
        branches.map(|branch| branch.slug.as_str()).collect()
    }

    /// Makes the plans of retired branches once more, from what `stays` of branches that cannot be built: their last files.
    pub fn know(&mut self, stays: &Tree) -> Result<()> {
        self.retiring.know(&self.plan, stays);
        let is_plan = |path: &RelPath| path.parts().next() == Some(TEARDOWN);
        self.tree.retain(|path| !is_plan(path));
        self.pruned.retain(|path, _| !is_plan(path));
        self.warnings.retain(|warning| !self.told.contains(warning));
        self.retire()
    }

    /// Puts in the plans of retired branches. What belongs to a branch that failed stays as it is.
    fn retire(&mut self) -> Result<()> {
        let teardown::Files { files, pruned, warnings } = self.retiring.files(&self.plan)?;
        self.tree.extend(files);
        self.pruned.extend(pruned);
        self.told.clone_from(&warnings);
        self.warnings.extend(warnings);
        for (slug, _) in &self.failed {
            let stays = |path: &RelPath| slug_of(path) == slug;
            self.tree.retain(|path| !stays(path));
            self.pruned.retain(|path, _| !stays(path));
        }
        Ok(())
    }

    /// Lets names in DNS stay where they are as long as the branch that is to take them cannot be built, so that there is
    /// always a file that tells of them.
    fn hold(&mut self) {
        let is_failed = |slug: &str| self.failed.iter().any(|(failed, _)| failed == slug);
        let held: Vec<&dns::file::Move> =
            self.moves.iter().filter(|held| is_failed(&held.to) && !is_failed(slug_of(&held.from))).collect();
        for dns::file::Move { name, from, before, to } in held {
            self.tree.insert(from.clone(), Arc::clone(before));
            self.pruned.remove(from);
            let message = format!("`{name}` stays in `{from}` until `{to}`, which takes it over, can be built");
            self.warnings.push(Diagnostic::new(Code::Dns, message));
        }
    }

    /// Leaves out what had to go in the base already, in those files of which `wanted` says so: it is given the path of a
    /// file and its content without that, if any is left.
    pub fn prune(&mut self, wanted: impl Fn(&RelPath, Option<&str>) -> bool) {
        for (path, content) in &self.pruned {
            match content {
                _ if !wanted(path, content.as_deref()) => {}
                Some(content) => self.tree.insert(path.clone(), Arc::clone(content)),
                None => self.tree.remove(path),
            }
        }
    }
}

fn by_branch(names: Vec<dns::host::Names<'_>>) -> BTreeMap<&str, Vec<dns::host::Names<'_>>> {
    let mut branches: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for names in names {
        branches.entry(names.branch.slug.as_str()).or_default().push(names);
    }
    branches
}

/// What all branches share.
struct House<'a> {
    project: &'a Project,
    spec: &'a Spec,
    asked: BTreeMap<&'a str, BTreeMap<Object, Location>>,
    endpoints: BTreeMap<&'a str, Vec<dns::host::Names<'a>>>,
    cache: Cache,
    memo: Memo,
    engine: Engine,
}

/// What came of one branch.
#[derive(Default)]
struct Room {
    files: Vec<(RelPath, Arc<str>)>,
    warnings: Vec<Diagnostic>,
    claims: Vec<Claim>,
    /// What it has of that which is about to go.
    has: Footprint,
}

impl House<'_> {
    fn build(&self, branch: &Branch, retiring: &Retiring) -> Result<Room> {
        Diagnostics::check(branch.missing.clone(), ())?;
        let endpoints = self.endpoints.get(branch.slug.as_str()).map(Vec::as_slice).unwrap_or_default();
        let endpoints = gather(endpoints, |names| {
            dns::endpoint::of_branch(names).map(|endpoints| ZoneEndpoints { zone: names.zone.as_str(), endpoints })
        })?;
        let Some(namespace) = branch.namespace() else { return Ok(Room::default()) };
        let kustomize::BuiltObjects { mut resources, mut warnings } = self.objects(branch, namespace)?;
        let input = ContributorInput { spec: self.spec, branch, namespace, endpoints: &endpoints };
        warnings.extend(objects::add(&input, &mut resources)?);
        let claims = checks::claims(&resources);
        let sources = self.asked.get(branch.slug.as_str()).into_iter().flatten();
        let sources: Vec<AddressSource> = sources.map(|(object, at)| address_source(object, *at)).collect();
        let objects = resources.iter().map(CheckedObject::new).collect();
        let input = CheckInput { spec: self.spec, branch, namespace, objects, address_sources: &sources };
        warnings.extend(checks::check(&input)?);
        let resources = emit::objects(branch, namespace, resources);
        Ok(Room { files: emit::files(branch, &resources)?, warnings, claims, has: has(retiring, &resources) })
    }

    /// The objects of a branch as the base directory, overlays and its own settings make them.
    fn objects(&self, branch: &Branch, namespace: &str) -> Result<kustomize::BuiltObjects> {
        let templates = Templates { engine: &self.engine, context: Context::new(&branch.variables)? };
        let layers = Layers {
            base: self.spec.base.clone(),
            overlays: branch.overlays.clone(),
            own: own::kustomization(branch, namespace)?,
            lossy: match self.spec.compat {
                Compat::Strict => Severity::Error,
                Compat::Kustomize => Severity::Warning,
            },
        };
        let input = Input { project: self.project, cache: &self.cache, memo: &self.memo, templates: Some(&templates) };
        kustomize::branch(&input, &layers)
    }
}

fn address_source(object: &Object, at: Location) -> AddressSource<'_> {
    AddressSource { kind: &object.kind, namespace: &object.namespace, name: &object.name, at }
}

/// What the objects of a branch have of that which is about to go.
fn has(retiring: &Retiring, resources: &[Resource]) -> Footprint {
    if retiring.asks() { retiring.find(resources.iter().map(|resource| &resource.node)) } else { Footprint::default() }
}

/// The templates of the project for one branch.
struct Templates<'a> {
    engine: &'a Engine,
    context: Context,
}

impl kustomize::TemplateRenderer for Templates<'_> {
    fn documents(&self, file: &Arc<File>, dialect: Dialect) -> Result<Vec<Node>> {
        self.engine.documents(file, &self.context, dialect)
    }

    fn text(&self, file: &Arc<File>) -> Result<String> {
        self.engine.text(file, &self.context)
    }
}
