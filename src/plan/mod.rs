//! The plan: all branches with their derived slugs, namespaces, hosts and merged settings.
//!
//! A plan depends on the spec only, and not on the order of branches. A branch is derived independently of the others,
//! except for the baseline branch. Collisions between branches are errors.

mod collisions;
mod database;
mod derive;
mod external;
mod host;
mod known_branches;
mod labels;
pub(crate) mod list;
mod merge;
mod namespace;
mod slots;
mod slug_limit;
mod variables;
mod zones;

pub(crate) use database::BranchDatabase;
pub(crate) use external::ExternalService;
pub(crate) use known_branches::{EntryOwner, KnownBranches};
pub(crate) use slots::{BranchSlots, SlotVersion};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::name::DnsName;
use crate::node::{Map, MapEntry, Node};
use crate::slug::Slug;
use crate::source::{Location, RelPath};
use crate::spec::{self, BranchImage, Date, HostContent, Join, PatternScope, Pin, Placed, PullRequest, Spec};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// All branches of a project, as a build needs them.
#[derive(Clone, Debug)]
pub(crate) struct BuildPlan {
    /// The name of the project.
    pub(crate) project: SmolStr,
    /// The branches in the order of their names.
    pub(crate) branches: Vec<Branch>,
    /// The warnings.
    pub(crate) warnings: Vec<Diagnostic>,
}

impl BuildPlan {
    /// The slugs of all branches.
    pub(crate) fn slugs(&self) -> BTreeSet<&str> {
        self.branches.iter().map(|branch| branch.slug.as_str()).collect()
    }
}

/// A branch with its derived names and merged settings.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    /// Its name in git.
    pub(crate) name: SmolStr,
    /// Its name as a DNS label.
    pub(crate) slug: Slug,
    /// The platform that serves it.
    pub(crate) platform: Platform,
    /// Its hosts. The first one is `branch.host` in templates.
    pub(crate) hosts: Vec<BranchHost>,
    /// The folders of its overlays, in order.
    pub(crate) overlays: Vec<RelPath>,
    /// The errors about overlays that do not exist. With errors, the branch cannot be built.
    pub(crate) missing: Vec<Diagnostic>,
    /// Whether it runs all services itself.
    pub(crate) runs_all: bool,
    /// Its database, if the spec has `database`.
    pub(crate) database: Option<BranchDatabase>,
    /// Where its entry sets the mode of the database.
    pub(crate) database_at: Option<Location>,
    /// Its slots.
    pub(crate) slots: Option<BranchSlots>,
    /// Its Services of type `ExternalName`.
    pub(crate) externals: Vec<ExternalService>,
    /// The variables of templates.
    pub(crate) variables: Node,
    /// Its images, by image name in the manifests.
    pub(crate) images: BTreeMap<SmolStr, BranchImage>,
    /// The replicas of its workloads, by name.
    pub(crate) replicas: BTreeMap<SmolStr, Placed<u32>>,
    /// Its patches, as entries of `patches:` in a kustomization; paths are relative to the workspace.
    pub(crate) patches: Vec<Node>,
    /// The labels of all its objects, including those of pleach.
    pub(crate) labels: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// The annotations of all its objects, including those of pleach.
    pub(crate) annotations: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// The annotations of its namespace only.
    pub(crate) namespace_annotations: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// Who is responsible for it.
    pub(crate) owner: Option<Placed<SmolStr>>,
    /// A link, such as its pull request.
    pub(crate) link: Option<Placed<SmolStr>>,
    /// Its pull request.
    pub(crate) pull_request: Option<PullRequest>,
    /// The day on which it was added.
    pub(crate) added: Option<Placed<Date>>,
    /// Its expiry date.
    pub(crate) expires: Option<Placed<Date>>,
    /// Why `expire` and `sync` keep it.
    pub(crate) pin: Option<Pin>,
    /// The source location of its name.
    pub(crate) at: Location,
}

/// The platform that serves a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Platform {
    /// Kubernetes, in a namespace that no other branch has.
    Kubernetes {
        /// The namespace.
        namespace: Placed<SmolStr>,
        /// Whether others own the namespace, so that pleach neither writes nor deletes it.
        adopted: bool,
    },
    /// App Engine. The branch has no namespace and no objects.
    AppEngine {
        /// The id of the Google Cloud project.
        project: SmolStr,
        /// The service.
        service: SmolStr,
        /// The version.
        version: SmolStr,
        /// The DNS name of the version, if the spec has the domain of App Engine.
        host: Option<DnsName>,
    },
}

/// A host of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BranchHost {
    /// Its name.
    pub(crate) name: DnsName,
    /// The service that it belongs to, if not the whole branch.
    pub(crate) service: Option<SmolStr>,
    /// The alias that it has in place of the slug.
    pub(crate) alias: Option<SmolStr>,
    /// How the branch joins services and names.
    pub(crate) join: Join,
    /// Its DNS content, if it is not that of its zone.
    pub(crate) content: Option<Arc<HostContent>>,
    /// The source location of its pattern, in the branch or the defaults.
    pub(crate) at: Location,
}

impl Branch {
    /// The namespace, if Kubernetes serves the branch.
    pub(crate) fn namespace(&self) -> Option<&str> {
        match &self.platform {
            Platform::Kubernetes { namespace, .. } => Some(&namespace.value),
            Platform::AppEngine { .. } => None,
        }
    }

    /// Whether others own its namespace, so that pleach neither writes nor deletes it.
    pub(crate) fn adopts_namespace(&self) -> bool {
        matches!(self.platform, Platform::Kubernetes { adopted: true, .. })
    }

    /// The variables of patterns of the spec for this branch.
    pub(crate) fn scope<'a>(&'a self, project: &'a str) -> PatternScope<'a> {
        let values = self.variables.get("values").expect("every branch has a mapping of values");
        PatternScope { project, values }
    }

    /// The full reference of an image by its name in the manifests. The name itself if the spec does not set the image.
    pub(crate) fn image(&self, name: &str) -> String {
        match self.images.get(name) {
            Some(image) => image.value.of(name),
            None => name.to_owned(),
        }
    }
}

/// The plan of a spec, or all its errors. More branches than `maxBranches` are an error.
pub(crate) fn build_plan(spec: &Spec) -> Result<BuildPlan> {
    match (build_unlimited_plan(spec), too_many_branches(spec)) {
        (plan, None) => plan,
        (plan, Some(error)) => Err([plan.err(), Some(error.into())].into_iter().flatten().collect::<Vec<_>>().into()),
    }
}

/// The plan of a spec with any number of branches.
pub(crate) fn build_unlimited_plan(spec: &Spec) -> Result<BuildPlan> {
    let (plan, errors) = build_partial_plan(spec);
    Diagnostics::check(errors, plan)
}

/// The plan of the branches of a spec that have no errors of their own, and all errors.
pub(crate) fn build_partial_plan(spec: &Spec) -> (BuildPlan, Vec<Diagnostic>) {
    let mut written: Vec<&spec::BranchEntry> = spec.branches.iter().collect();
    written.sort_unstable_by_key(|branch| &branch.name);
    // Errors of the baseline branch are reported when all branches are derived.
    let baseline = spec.baseline.as_ref().and_then(|name| written.iter().find(|branch| branch.name == name.value));
    let baseline = baseline.and_then(|branch| derive::branch(spec, branch, None).ok());
    let derived: Vec<Result<Branch>> =
        written.par_iter().map(|branch| derive::branch(spec, branch, baseline.as_ref())).collect();

    let mut errors = Vec::new();
    let mut branches = Vec::with_capacity(derived.len());
    for (written, derived) in written.into_iter().zip(derived) {
        match derived {
            Ok(branch) => branches.push(branch),
            Err(own_errors) => errors.extend(own_errors.into_iter().map(|error| error.in_branch(&written.name))),
        }
    }
    errors.extend(collisions::check(spec, &branches));
    let warnings = zones::warnings(spec, &branches);
    (BuildPlan { project: spec.project.clone(), branches, warnings }, errors)
}

/// A mapping of nodes.
fn mapping<const N: usize>(entries: [(&'static str, Node); N]) -> Node {
    let entry = |(key, value)| MapEntry { key: SmolStr::new_static(key).into(), value };
    Map::from_entries(entries.map(entry).into()).expect("keys are unique").into()
}

/// The error if the spec has more branches than `maxBranches`.
pub(crate) fn too_many_branches(spec: &Spec) -> Option<Diagnostic> {
    let max = spec.max_branches.as_ref().filter(|max| spec.branches.len() > max.value)?;
    let message = format!("the spec has {} branches, but `maxBranches` is {}", spec.branches.len(), max.value);
    Some(Diagnostic::new(Code::Guard, message).at(max.at).help(
        "nothing was written: remove branches (`pleach branch expire` removes expired ones), or raise `maxBranches`",
    ))
}

#[cfg(test)]
mod tests;
