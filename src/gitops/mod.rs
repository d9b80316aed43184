//! The files that tell Argo CD, Flux and pipelines with `kubectl` how to apply the output.
//!
//! Files of a branch are in a folder for each tool in `gitops/`. Files directly in `gitops/` belong to the whole project and
//! name no branch. So two branches never share a file, and adding or removing a branch changes no file of another. The objects that
//! branches share are applied before the branches, and by themselves.

mod apply;
mod argocd;
mod deployer;
mod flux;

pub(crate) use deployer::DeployedKinds;

use crate::annotation::{BRANCH_LABEL, BRANCH_NAME_ANNOTATION, PROJECT_LABEL};
use crate::diagnostic::{Diagnostic, Result, gather};
use crate::node::{Map, Node};
use crate::output::{GITOPS_TOOLS, MANAGED_BY, OutputFolder, OutputPath, SHARED_SLUG};
use crate::plan::{Branch, BuildPlan};
use crate::source::RelPath;
use crate::spec::{Applications, GitOps, Spec};
use crate::yaml;
use std::sync::Arc;

const ARGOCD: &str = GITOPS_TOOLS[0];
const FLUX: &str = GITOPS_TOOLS[1];

/// The files of the branches whose slugs are `wanted`, and the project files, whose slug is their path. `deployed` is what all
/// branches have in the cluster.
pub(crate) fn files(
    spec: &Spec,
    plan: &BuildPlan,
    wanted: impl Fn(&str) -> bool,
    deployed: impl FnOnce() -> Result<DeployedKinds>,
) -> Result<Vec<(OutputPath, Arc<str>)>> {
    let GitOps { argocd, flux, apply } = &spec.gitops;
    let has_shared = spec.shared.has_objects();
    let mut files = if has_shared { shared_files(spec)? } else { Vec::new() };
    if let Some(argocd) = argocd.as_ref().filter(|argocd| argocd.applications == Applications::Set) {
        let mut documents = text(&argocd::application_set(argocd, &plan.project))?.to_string();
        if has_shared {
            documents.push_str("---\n");
            documents.push_str(&text(&argocd::shared_application(argocd, &plan.project))?);
        }
        files.push((OutputPath::project_gitops("applicationset.yaml"), documents.into()));
    }
    if let Some(apply) = apply {
        files.push((OutputPath::project_gitops("apply.sh"), apply::script(*apply, &plan.project).into()));
        let path = OutputPath::project_gitops("deployer.yaml");
        if wanted(path.slug()) {
            files.push((path, deployer::cluster_role(*apply, &plan.project, &deployed()?)?.into()));
        }
    }
    files.retain(|(path, _)| wanted(path.slug()));
    let branches = plan.branches.iter().filter(|branch| branch.namespace().is_some() && wanted(branch.slug.as_str()));
    let each = gather(branches, |branch| {
        let mut files = Vec::new();
        if let Some(argocd) = argocd.as_ref().filter(|argocd| argocd.applications == Applications::Each) {
            let application = argocd::application(argocd, Subject { project: &plan.project, branch });
            files.push((OutputPath::branch_gitops(ARGOCD, branch.slug.as_str()), text(&application)?));
        }
        if let Some(flux) = flux {
            let kustomization = flux::kustomization(flux, Subject { project: &plan.project, branch }, has_shared);
            files.push((OutputPath::branch_gitops(FLUX, branch.slug.as_str()), text(&kustomization)?));
        }
        Ok::<_, Diagnostic>(files)
    })?;
    files.extend(each.into_iter().flatten());
    Ok(files)
}

/// The files for the objects that branches share, beside those of the branches.
fn shared_files(spec: &Spec) -> Result<Vec<(OutputPath, Arc<str>)>, Diagnostic> {
    let GitOps { argocd, flux, .. } = &spec.gitops;
    let each = argocd.as_ref().filter(|argocd| argocd.applications == Applications::Each);
    let argocd = each.map(|argocd| (ARGOCD, argocd::shared_application(argocd, &spec.project)));
    let flux = flux.as_ref().map(|flux| (FLUX, flux::shared_kustomization(flux, &spec.project)));
    let file = |(tool, object): (&str, Node)| Ok((OutputPath::branch_gitops(tool, SHARED_SLUG), text(&object)?));
    argocd.into_iter().chain(flux).map(file).collect()
}

/// The metadata of the object that deploys what branches share.
fn shared_metadata(project: &str, namespace: &str) -> Node {
    let labels = [(MANAGED_BY.0, Node::str(MANAGED_BY.1)), (PROJECT_LABEL, Node::str(project))];
    let metadata = [
        ("name", Node::str(GitOps::shared_name(project))),
        ("namespace", Node::str(namespace)),
        ("labels", Node::from(labels)),
    ];
    metadata.into_iter().collect::<Map>().into()
}

/// The folder of the objects that branches share, in the repository whose output is at `output`.
fn shared_folder(output: &RelPath) -> String {
    format!("{output}/{}", OutputFolder::Shared.name())
}

/// A branch that has a namespace, and its project.
#[derive(Clone, Copy)]
struct Subject<'a> {
    project: &'a str,
    branch: &'a Branch,
}

impl Subject<'_> {
    /// The metadata of the object that deploys the branch.
    fn metadata(self, namespace: &str) -> Vec<(&'static str, Node)> {
        let labels = [
            (MANAGED_BY.0, Node::str(MANAGED_BY.1)),
            (PROJECT_LABEL, Node::str(self.project)),
            (BRANCH_LABEL, Node::str(self.branch.slug.as_str())),
        ];
        vec![
            ("name", Node::str(GitOps::name(self.project, self.branch.slug.as_str()))),
            ("namespace", Node::str(namespace)),
            ("labels", Node::from(labels)),
            ("annotations", Node::from([(BRANCH_NAME_ANNOTATION, Node::str(self.branch.name.clone()))])),
        ]
    }

    /// The namespace folder of the branch in the repository, whose output is at `output`.
    fn folder(self, output: &RelPath) -> String {
        format!("{output}/{}/{}", OutputFolder::Namespaces.name(), self.branch.slug)
    }
}

fn text(node: &Node) -> Result<Arc<str>, Diagnostic> {
    Ok(yaml::document(node)?.into())
}
