//! What the existing branches use, so that `pleach teardown` does not show it.
//!
//! Both the output and a build in memory count: the output is what a cluster has, and the build is what it gets next. A branch that
//! cannot be built needs all of its output.

use crate::database::Database;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::disk::OutputDir;
use crate::dns;
use crate::name::DnsName;
use crate::node::Node;
use crate::output::{LOCK_FILE, Lock, OutputFolder, Tree};
use crate::pipeline::{self, Inputs, OnFailure, Progress, Selection};
use crate::plan::{Branch, BuildPlan};
use crate::source::{Project, RelPath};
use crate::spec::Spec;
use crate::teardown::Footprint;
use crate::teardown::report::ListedPlan;
use crate::teardown::usage::UsageCandidates;
use crate::yaml;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What the existing branches use.
#[derive(Default)]
pub(super) struct BranchUsage {
    /// The part of the plans that they use.
    pub(super) in_use: Footprint,
    /// All images in the repositories of the plans that they and the spec refer to.
    pub(super) references: BTreeSet<SmolStr>,
    /// The databases of the plans that a text of their objects names.
    named_databases: BTreeSet<Database>,
}

impl BranchUsage {
    /// What the branches use of the entries of `plans`.
    pub(super) fn of(
        (project, output): (&Project, &OutputDir),
        (spec, plan): (&Spec, &BuildPlan),
        plans: &[ListedPlan],
    ) -> Result<Self> {
        let candidates = UsageCandidates::of(plans.iter().map(|listed| &listed.plan.footprint), &spec.image_fields);
        let mut usage = BranchUsage::default();
        if candidates.is_empty() {
            return Ok(usage);
        }
        let repositories = candidates.repositories();
        let failed = usage.add_built(project, (spec, plan), &candidates)?;
        usage.add_output(output, &candidates, &failed)?;
        let wanted = dns::wanted_names(spec, plan)?;
        let wanted: BTreeSet<&DnsName> = wanted.iter().flat_map(|names| names.present.keys()).collect();
        let listed = plans.iter().flat_map(|listed| &listed.plan.footprint.names);
        usage.in_use.names.extend(listed.filter(|(_, name)| wanted.contains(name)).cloned());
        // The output has no object for an adopted namespace.
        usage.in_use.namespaces.extend(plan.branches.iter().filter_map(Branch::namespace).map(SmolStr::from));
        // A branch that has replaced its database may have another one with the same name, which a text may as well be about.
        let databases: BTreeSet<&SmolStr> =
            plan.branches.iter().filter_map(|branch| branch.database.as_ref()?.own()).collect();
        usage.named_databases.retain(|database| !databases.contains(&database.name));
        usage.in_use.databases.append(&mut usage.named_databases);
        let of_spec = plan.branches.iter().flat_map(|branch| branch.images.keys().map(|name| branch.image(name)));
        usage.references.extend(of_spec.filter_map(|image| UsageCandidates::reference(&image, &repositories)));
        Ok(usage)
    }

    /// Adds what the objects of a build use. Returns the slugs of the branches that cannot be built.
    fn add_built(
        &mut self,
        project: &Project,
        (spec, plan): (&Spec, &BuildPlan),
        candidates: &UsageCandidates,
    ) -> Result<BTreeSet<SmolStr>> {
        let (previous, selection, progress) = (&Tree::default(), &Selection::All, &Progress::default());
        let on_failure = OnFailure::KeepGoing;
        let inputs = Inputs { project, spec, plan, previous, selection, progress, on_failure };
        let build = pipeline::build(&inputs).map_err(Diagnostics::from)?;
        let objects = build.branches.iter().flat_map(|branch| branch.objects.iter().chain(&branch.shared));
        self.add_objects(objects.map(|object| &object.node), candidates);
        Ok(build.failures.iter().map(|failure| failure.branch.slug.as_str().into()).collect())
    }

    /// Adds what the objects in the output use.
    fn add_output(
        &mut self,
        output: &OutputDir,
        candidates: &UsageCandidates,
        failed: &BTreeSet<SmolStr>,
    ) -> Result<()> {
        let is_object = |path: &RelPath| path.name().strip_suffix(".yaml").is_some();
        let files = output
            .read(&[OutputFolder::Namespaces.path(), OutputFolder::Shared.path()], |path: &RelPath| {
                path.name() == LOCK_FILE || is_object(path)
            })?;
        let unknown = |path: &RelPath| {
            let message = format!("cannot read `{}`, so what its branch uses is unknown", output.show(path));
            Diagnostic::new(Code::Output, message).help("run `pleach build` first")
        };
        let (locks, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|(path, _)| path.name() == LOCK_FILE);
        let readable: BTreeSet<&RelPath> =
            files.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(path, _)| &**path).collect();
        let locked: BTreeSet<&RelPath> = locks.iter().map(|(path, _)| &**path).collect();
        let needed = failed.iter().filter_map(|slug| OutputFolder::Namespaces.path().join(slug)?.join(LOCK_FILE));
        let unlocked = needed.filter(|lock| !locked.contains(lock));
        let listed = locks
            .iter()
            .flat_map(|(lock, text)| Lock::names(text).into_iter().filter_map(|name| lock.parent().join(&name)));
        let missing = listed.filter(|path| is_object(path) && !readable.contains(path));
        Diagnostics::check(unlocked.chain(missing).map(|path| unknown(&path)).collect(), ())?;
        let read = gather(files, |(path, text)| yaml::objects(&text).map_err(|_| unknown(&path)))?;
        self.add_objects(read.iter().flatten(), candidates);
        Ok(())
    }

    fn add_objects<'n>(&mut self, objects: impl Iterator<Item = &'n Node> + Clone, candidates: &UsageCandidates) {
        self.in_use.add(candidates.used_by(objects.clone()));
        self.in_use.namespaces.extend(objects.clone().filter_map(namespace));
        self.named_databases.append(&mut candidates.named_databases(objects.clone()));
        self.references.append(&mut candidates.references(objects));
    }
}

/// The namespace of an object. It may be that of a removed branch.
fn namespace(object: &Node) -> Option<SmolStr> {
    object.str_at(&["metadata", "namespace"]).map(SmolStr::from)
}
