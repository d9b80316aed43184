//! Argo CD: an `ApplicationSet` for the folders of all branches, or an `Application` for one branch.
//!
//! Both prune objects that are no longer in the folder. Because of the finalizer, deleting an Application also deletes its
//! objects, including the namespace. The Application of the objects that branches share deletes nothing.

use super::{MANAGED_BY, Subject, shared_folder, shared_metadata};
use crate::annotation::{BRANCH_LABEL, PROJECT_LABEL};
use crate::node::{Map, Node};
use crate::output::OutputFolder;
use crate::spec::{ArgoCd, GitOps};

const API_VERSION: &str = "argoproj.io/v1alpha1";
/// Without this finalizer, the objects of a deleted Application remain.
const FINALIZER: &str = "resources-finalizer.argocd.argoproj.io";
/// The last part of the path that the generator found: the slug.
const SLUG: &str = "{{ .path.basename }}";

/// Names no branch: Argo CD lists the folders itself.
pub(super) fn application_set(argocd: &ArgoCd, project: &str) -> Node {
    let generator = Node::from([
        ("repoURL", Node::str(argocd.repo_url.clone())),
        ("revision", Node::str(argocd.revision.clone())),
        (
            "directories",
            Node::seq([Node::from([(
                "path",
                Node::str(format!("{}/{}/*", argocd.path, OutputFolder::Namespaces.name())),
            )])]),
        ),
    ]);
    let labels = [(BRANCH_LABEL, Node::str(SLUG)), (PROJECT_LABEL, Node::str(project))];
    let template = Node::from([
        (
            "metadata",
            Node::from([
                ("name", Node::str(GitOps::name(project, SLUG))),
                ("labels", Node::from(labels)),
                ("finalizers", Node::seq([Node::str(FINALIZER)])),
            ]),
        ),
        ("spec", spec(argocd, "{{ .path.path }}", Pruning::Yes)),
    ]);
    let labels = [(MANAGED_BY.0, Node::str(MANAGED_BY.1)), (PROJECT_LABEL, Node::str(project))];
    Node::from([
        ("apiVersion", Node::str(API_VERSION)),
        ("kind", Node::str("ApplicationSet")),
        (
            "metadata",
            Node::from([
                ("name", Node::str(project)),
                ("namespace", Node::str(argocd.namespace.clone())),
                ("labels", Node::from(labels)),
            ]),
        ),
        (
            "spec",
            Node::from([
                ("goTemplate", Node::bool(true)),
                ("goTemplateOptions", Node::seq([Node::str("missingkey=error")])),
                ("generators", Node::seq([Node::from([("git", generator)])])),
                ("template", template),
            ]),
        ),
    ])
}

pub(super) fn application(argocd: &ArgoCd, subject: Subject) -> Node {
    let mut metadata: Map = subject.metadata(&argocd.namespace).into_iter().collect();
    metadata.insert("finalizers", Node::seq([Node::str(FINALIZER)]));
    Node::from([
        ("apiVersion", Node::str(API_VERSION)),
        ("kind", Node::str("Application")),
        ("metadata", metadata.into()),
        ("spec", spec(argocd, &subject.folder(&argocd.path), Pruning::Yes)),
    ])
}

/// The Application of the objects that branches share. A teardown plan lists those that no branch has any more.
pub(super) fn shared_application(argocd: &ArgoCd, project: &str) -> Node {
    Node::from([
        ("apiVersion", Node::str(API_VERSION)),
        ("kind", Node::str("Application")),
        ("metadata", shared_metadata(project, &argocd.namespace)),
        ("spec", spec(argocd, &shared_folder(&argocd.path), Pruning::No)),
    ])
}

/// Whether objects that are no longer in the folder are deleted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pruning {
    Yes,
    No,
}

/// The spec of an Application for the folder at `path` in the repository.
fn spec(argocd: &ArgoCd, path: &str, prune: Pruning) -> Node {
    let source = [
        ("repoURL", Node::str(argocd.repo_url.clone())),
        ("targetRevision", Node::str(argocd.revision.clone())),
        ("path", Node::str(path)),
        // Read the folder as plain YAML, even if it contains a file that Argo CD would recognize as another source.
        ("directory", Node::from([("include", Node::str("*.yaml"))])),
    ];
    let automated = [("prune", Node::bool(prune == Pruning::Yes)), ("selfHeal", Node::bool(true))];
    let mut policy = Map::from_iter([("automated", Node::from(automated))]);
    if !argocd.sync_options.is_empty() {
        policy.insert("syncOptions", Node::seq(argocd.sync_options.iter().map(|option| Node::str(option.clone()))));
    }
    Node::from([
        ("project", Node::str(argocd.project.clone())),
        ("source", Node::from(source)),
        ("destination", Node::from([("server", Node::str(argocd.server.clone()))])),
        ("syncPolicy", policy.into()),
    ])
}
