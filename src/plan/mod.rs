//! The branches with everything derived: slugs, namespaces, hosts, merged settings; and checks over the whole set.
//!
//! A plan depends on the spec alone and not on the order in which branches are written. A branch is derived without a
//! look at others; only what must be unique is compared, and reported, never mended.

mod derive;
mod labels;
pub mod list;
mod merge;
mod room;
mod unique;
mod variables;
mod zones;

pub use labels::{BRANCH_LABEL, BRANCH_NAME_ANNOTATION, PROJECT_LABEL};

use crate::error::{Error, Errors, Result};
use crate::name::DnsName;
use crate::node::Node;
use crate::slug::Slug;
use crate::source::{Place, RelPath};
use crate::spec::{Date, Pin, Placed, Reference, Spec};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What is to be built.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The name of the project.
    pub project: SmolStr,
    /// The branches in the order of their names.
    pub branches: Vec<Branch>,
    /// What deserves a word but does not stop a build.
    pub warnings: Vec<Error>,
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
    /// What templates see: `project`, `branch`, `values` and `images`.
    pub variables: Node,
    /// What its images become, by their names in the manifests.
    pub images: BTreeMap<SmolStr, Placed<Reference>>,
    /// How many replicas its workloads have, by their names.
    pub replicas: BTreeMap<SmolStr, Placed<u32>>,
    /// Its patches, as entries of `patches:` in a kustomization; paths are relative to the workspace.
    pub patches: Vec<Node>,
    /// The labels of all its objects, those of pleach included.
    pub labels: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// The annotations of all its objects, those of pleach included.
    pub annotations: BTreeMap<SmolStr, Placed<SmolStr>>,
    /// Who answers for it.
    pub owner: Option<Placed<SmolStr>>,
    /// Where it is discussed.
    pub link: Option<Placed<SmolStr>>,
    /// When it goes.
    pub expires: Option<Placed<Date>>,
    /// Why it stays when others go.
    pub pin: Option<Pin>,
    /// Where its name is written.
    pub at: Place,
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
    },
}

/// A host of a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name.
    pub name: DnsName,
    /// Where its pattern is written, for the branch alone or for all.
    pub at: Place,
}

impl Branch {
    /// The namespace, if Kubernetes serves the branch.
    pub fn namespace(&self) -> Option<&str> {
        match &self.platform {
            Platform::Kubernetes { namespace } => Some(&namespace.value),
            Platform::AppEngine { .. } => None,
        }
    }

    /// The full reference of an image by its name in the manifests; the name itself if the spec does not set it.
    pub fn image(&self, name: &str) -> String {
        match self.images.get(name) {
            Some(image) => image.value.of(name),
            None => name.to_owned(),
        }
    }
}

/// Derives everything, and tells every fault of the whole set.
pub fn make(spec: &Spec) -> Result<Plan> {
    let mut faults = Vec::new();
    let mut branches = Vec::with_capacity(spec.branches.len());
    for branch in &spec.branches {
        match derive::branch(spec, branch) {
            Ok(branch) => branches.push(branch),
            Err(errors) => faults.extend(errors.into_iter().map(|error| error.in_branch(&branch.name))),
        }
    }
    branches.sort_unstable_by(|a: &Branch, b| a.name.cmp(&b.name));
    faults.extend(unique::check(&branches));
    let warnings = zones::outside(spec, &branches);
    Errors::check(faults, Plan { project: spec.project.clone(), branches, warnings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;
    use crate::spec;

    #[test]
    fn sample() {
        let overlays = ["preview", "shared-services", "cloudsql", "tls", "monitoring", "quota", "blue-green"];
        let files = overlays.iter().map(|name| (format!("overlays/{name}/kustomization.yaml"), "x"));
        let project = Project::in_memory(files.chain([
            ("branches.yaml".to_owned(), include_str!("../../branches.yaml")),
            ("base/a.yaml".to_owned(), ""),
        ]));
        let show = |errors: Errors| {
            errors
                .iter()
                .map(|e| crate::error::human::render(crate::error::Level::Error, e, &project))
                .collect::<String>()
        };
        let spec = spec::read(&project).map_err(show).unwrap();
        let plan = make(&spec).map_err(show).unwrap();
        let namespaces: Vec<_> = plan.branches.iter().map(|branch| branch.namespace().unwrap_or("none")).collect();
        let want = [
            "shop-feature-login-df7c7aeb",
            "shop-feature-search-38e7a3a2",
            "shop-fix-grosse-xl-1-1-3-42-50afd648",
            "none",
            "shop-main",
            "shop-release-2-4-fcffc1ff",
        ];
        assert_eq!(namespaces, want);
        assert_eq!(plan.warnings, []);
    }
}
