//! Flux: a `Kustomization` for one branch. It prunes objects that are no longer in the folder. When it is deleted, Flux deletes
//! all objects that it applied, including the namespace. The Kustomization of the objects that branches share deletes nothing.

use super::{Subject, shared_folder, shared_metadata};
use crate::node::{Map, Node};
use crate::spec::{Flux, GitOps};

/// The Kustomization of a branch. It waits for the objects that branches share, if there are some.
pub(super) fn kustomization(flux: &Flux, subject: Subject, has_shared: bool) -> Node {
    let metadata = subject.metadata(&flux.namespace).into_iter().collect::<Map>().into();
    let mut spec = spec(flux, &subject.folder(&flux.path), true);
    if has_shared {
        let shared = Node::from([("name", Node::str(GitOps::shared_name(subject.project)))]);
        spec.insert("dependsOn", Node::seq([shared]));
    }
    object(metadata, spec)
}

/// The Kustomization of the objects that branches share. A teardown plan lists those that no branch has any more, so it prunes nothing.
pub(super) fn shared_kustomization(flux: &Flux, project: &str) -> Node {
    object(shared_metadata(project, &flux.namespace), spec(flux, &shared_folder(&flux.path), false))
}

fn spec(flux: &Flux, folder: &str, prune: bool) -> Map {
    let source = [("kind", Node::str("GitRepository")), ("name", Node::str(flux.source.clone()))];
    Map::from_iter([
        ("interval", Node::str(flux.interval.clone())),
        ("path", Node::str(format!("./{folder}"))),
        ("prune", Node::bool(prune)),
        ("sourceRef", Node::from(source)),
    ])
}

fn object(metadata: Node, spec: Map) -> Node {
    Node::from([
        ("apiVersion", Node::str("kustomize.toolkit.fluxcd.io/v1")),
        ("kind", Node::str("Kustomization")),
        ("metadata", metadata),
        ("spec", spec.into()),
    ])
}
