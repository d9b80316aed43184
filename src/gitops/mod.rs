//! What Argo CD, Flux and pipelines with `kubectl` have to be told, so that the output gets to the cluster.
//!
//! What belongs to a branch stands in a file of its own in a folder of [`GITOPS`]; what stands in [`GITOPS`] itself knows
//! no branch. So no file is shared by two branches, and a branch that comes or goes changes no file of another.

mod apply;
mod argocd;
mod flux;

use crate::annotation::{BRANCH_LABEL, BRANCH_NAME_ANNOTATION, MANAGED_BY_LABEL, PROJECT_LABEL};
use crate::diagnostic::{Diagnostic, Result, gather};
use crate::node::Node;
use crate::plan::{Branch, Plan};
use crate::source::RelPath;
use crate::spec::{Applications, GitOps, Spec};
use crate::tree::{GITOPS, NAMESPACES, slug_of};
use crate::yaml::{self, Quoting};
use std::sync::Arc;

/// The folders of the files of branches.
pub const FOLDERS: [&str; 2] = [ARGOCD, FLUX];
const ARGOCD: &str = "argocd";
const FLUX: &str = "flux";

/// The label by which a file says that it is pleach's, and what it says there.
pub const MANAGED_BY: (&str, &str) = (MANAGED_BY_LABEL, "pleach");

/// The files of what is `wanted`: the slugs of branches, and paths of what is of no branch.
pub fn files(spec: &Spec, plan: &Plan, wanted: impl Fn(&str) -> bool) -> Result<Vec<(RelPath, Arc<str>)>> {
    let GitOps { argocd, flux, apply } = &spec.gitops;
    let mut files = Vec::new();
    if let Some(argocd) = argocd.as_ref().filter(|argocd| argocd.applications == Applications::Set) {
        files.push((path("applicationset.yaml"), text(&argocd::application_set(argocd, &plan.project))?));
    }
    if let Some(apply) = apply {
        files.push((path("apply.sh"), apply::script(*apply, &plan.project).into()));
    }
    files.retain(|(path, _)| wanted(slug_of(path)));
    let branches = plan.branches.iter().filter(|branch| branch.namespace().is_some() && wanted(branch.slug.as_str()));
    let each = gather(branches, |branch| {
        let mut files = Vec::new();
        if let Some(argocd) = argocd.as_ref().filter(|argocd| argocd.applications == Applications::Each) {
            let application = argocd::application(argocd, Subject { project: &plan.project, branch });
            files.push((path(&format!("{ARGOCD}/{}.yaml", branch.slug)), text(&application)?));
        }
        if let Some(flux) = flux {
            let kustomization = flux::kustomization(flux, Subject { project: &plan.project, branch });
            files.push((path(&format!("{FLUX}/{}.yaml", branch.slug)), text(&kustomization)?));
        }
        Ok::<_, Diagnostic>(files)
    })?;
    files.extend(each.into_iter().flatten());
    Ok(files)
}

/// Whether a text says that pleach wrote it, be it one in which git left its conflict markers.
pub fn is_ours(text: &str) -> bool {
    let (key, value) = MANAGED_BY;
    text.lines().any(|line| {
        line.trim_start_matches(['#', ' '])
            .strip_prefix(key)
            .is_some_and(|rest| rest.trim_end() == format!(": {value}"))
    })
}

/// A branch of a project, which has a namespace.
#[derive(Clone, Copy)]
struct Subject<'a> {
    project: &'a str,
    branch: &'a Branch,
}

impl Subject<'_> {
    /// The metadata of the object that carries the branch to the cluster.
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

    /// Its folder in the repository, where the output is at `output`.
    fn folder(self, output: &RelPath) -> String {
        format!("{output}/{NAMESPACES}/{}", self.branch.slug)
    }
}

fn path(below: &str) -> RelPath {
    RelPath::new(&format!("{GITOPS}/{below}")).expect("slugs and file names are plain names")
}

fn text(node: &Node) -> Result<Arc<str>, Diagnostic> {
    let mut text = String::with_capacity(1024);
    yaml::write(&mut text, node, Quoting::Safe)?;
    Ok(text.into())
}
