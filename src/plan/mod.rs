//! The branches with everything derived: slugs, namespaces, hosts, merged settings; and checks over the whole set.
//!
//! A plan depends on the spec alone and not on the order in which branches are written. A branch is derived without a
//! look at others; only what must be unique is compared, and reported, never mended.

mod database;
mod derive;
mod external;
mod host;
mod labels;
pub mod list;
mod merge;
mod room;
mod slots;
mod unique;
mod variables;
mod zones;

pub use database::BranchDatabase;
pub use external::External;
pub use slots::{Slots, Version};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::image::ImageReference;
use crate::name::DnsName;
use crate::node::{Map, MapEntry, Node};
use crate::slug::Slug;
use crate::source::{Location, RelPath};
use crate::spec::{self, ExpiryDate, HostContent, Join, PatternScope, Pin, Placed, Spec};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the project.
    pub project: SmolStr,
    /// The branches in the order of their names.
    pub branches: Vec<Branch>,
    /// What deserves a word but does not stop a build.
    pub warnings: Vec<Diagnostic>,
}

impl Plan {
    /// The slugs of all branches.
    pub fn slugs(&self) -> BTreeSet<&str> {
        self.branches.iter().map(|branch| branch.slug.as_str()).collect()
    }
}

/// A branch with everything derived.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its name in git.
    pub name: SmolStr,
    /// Its name as a DNS label.
    pub slug: Slug,
    /// What serves it.
    pub platform: Platform,
    /// Its hosts; the first one is `branch.host` in templates.
    pub hosts: Vec<Host>,
    /// The folders of its overlays, in order.
    pub overlays: Vec<RelPath>,
    /// What is wrong with overlays that are not there; it cannot be built then.
    pub missing: Vec<Diagnostic>,
    /// Whether it runs all services itself.
    pub runs_all: bool,
    /// Its database, if the spec speaks of databases.
    pub database: Option<BranchDatabase>,
    /// The versions that it runs side by side.
    pub slots: Option<Slots>,
    /// Its Services that lead elsewhere.
    pub externals: Vec<External>,
    /// What templates see: `project`, `branch`, `values` and `images`.
    pub variables: Node,
    /// What its images become, by their names in the manifests.
    pub images: BTreeMap<SmolStr, Placed<ImageReference>>,
    /// How many replicas its workloads have, by their names.
    pub replicas: BTreeMap<SmolStr, Placed<u32>>,
    /// Its patches, as entries of `patches:` in a kustomization; paths are relative to the workspace.
    pub patches: Vec<Node>,
    /// The labels of all its objects, those of pleach included.
    pub labels: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// The annotations of all its objects, those of pleach included.
    pub annotations: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// Those of its namespace alone.
    pub namespace_annotations: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// Who answers for it.
    pub owner: Option<Placed<SmolStr>>,
    /// Where it is discussed.
    pub link: Option<Placed<SmolStr>>,
    /// When it goes.
    pub expires: Option<Placed<ExpiryDate>>,
    /// Why it stays when others go.
    pub pin: Option<Pin>,
    /// Where its name is written.
    pub at: Location,
}

/// What serves a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Kubernetes, in a namespace of the branch's own.
    Kubernetes {
        /// The namespace.
        namespace: Placed<SmolStr>,
    },
    /// App Engine; the branch has no namespace and no objects.
    AppEngine {
        /// The id of the Google Cloud project.
        project: SmolStr,
        /// The service.
        service: SmolStr,
        /// The version.
        version: SmolStr,
        /// What App Engine calls the version in DNS, if the spec says below which domain.
        host: Option<DnsName>,
    },
}

/// A host of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: DnsName,
    /// The service that it is for, if not for the whole branch.
    pub service: Option<SmolStr>,
    /// The alias that stands in it for the slug.
    pub alias: Option<SmolStr>,
    /// How services and names are joined in this branch.
    pub join: Join,
    /// What it holds in place of what its zone says.
    pub content: Option<Arc<HostContent>>,
    /// Where its pattern is written, for the branch alone or for all.
    pub at: Location,
}

impl Branch {
    /// The namespace, if Kubernetes serves the branch.
    pub fn namespace(&self) -> Option<&str> {
        match &self.platform {
            Platform::Kubernetes { namespace } => Some(&namespace.value),
            Platform::AppEngine { .. } => None,
        }
    }

    /// What patterns of the spec are expanded with for this branch.
    pub fn scope<'a>(&'a self, project: &'a str) -> PatternScope<'a> {
        let values = self.variables.get("values").expect("every branch has values, if no more than an empty mapping");
        PatternScope { project, values }
    }

    /// The full reference of an image by its name in the manifests; the name itself if the spec does not set it.
    pub fn image(&self, name: &str) -> String {
        match self.images.get(name) {
            Some(image) => image.value.of(name),
            None => name.to_owned(),
        }
    }
}

/// Derives everything, and tells every fault of the whole set; too many branches are one.
pub fn make(spec: &Spec) -> Result<Plan> {
    match (of_any_size(spec), too_many(spec)) {
        (made, None) => made,
        (made, Some(error)) => Err([made.err(), Some(error.into())].into_iter().flatten().collect::<Vec<_>>().into()),
    }
}

/// Derives everything, however many branches there are.
pub fn of_any_size(spec: &Spec) -> Result<Plan> {
    let mut written: Vec<&spec::BranchEntry> = spec.branches.iter().collect();
    written.sort_unstable_by_key(|branch| &branch.name);
    // What others take from the baseline is a function of the spec; what is wrong with it is told when its turn comes.
    let baseline = spec.baseline.as_ref().and_then(|name| written.iter().find(|branch| branch.name == name.value));
    let baseline = baseline.and_then(|branch| derive::branch(spec, branch, None).ok());
    let derived: Vec<Result<Branch>> =
        written.par_iter().map(|branch| derive::branch(spec, branch, baseline.as_ref())).collect();

    let mut faults = Vec::new();
    let mut branches = Vec::with_capacity(derived.len());
    for (written, derived) in written.into_iter().zip(derived) {
        match derived {
            Ok(branch) => branches.push(branch),
            Err(errors) => faults.extend(errors.into_iter().map(|error| error.in_branch(&written.name))),
        }
    }
    faults.extend(unique::check(spec, &branches));
    let warnings = zones::outside(spec, &branches);
    Diagnostics::check(faults, Plan { project: spec.project.clone(), branches, warnings })
}

/// A mapping of nodes.
fn mapping<const N: usize>(entries: [(&'static str, Node); N]) -> Node {
    let entry = |(key, value)| MapEntry { key: SmolStr::new_static(key).into(), value };
    Map::from_entries(entries.map(entry).into()).expect("no key stands twice").into()
}

/// A complaint if there are more branches than the spec allows.
pub fn too_many(spec: &Spec) -> Option<Diagnostic> {
    let max = spec.max_branches.as_ref().filter(|max| spec.branches.len() > max.value)?;
    let message = format!("there are {} branches; `maxBranches` allows {}", spec.branches.len(), max.value);
    Some(Diagnostic::new(Code::Guard, message).at(max.at).help(
        "nothing was written: take branches out, with `pleach branch expire` those that are overdue, or allow more",
    ))
}

#[cfg(test)]
mod tests;
