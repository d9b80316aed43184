//! Flux: a `Kustomization` for one branch. It prunes objects that are no longer in the folder. When it is deleted, Flux deletes
//! all objects that it applied, including the namespace.

use super::Subject;
use crate::node::{Map, Node};
use crate::spec::Flux;

pub(super) fn kustomization(flux: &Flux, subject: Subject) -> Node {
    let source = [("kind", Node::str("GitRepository")), ("name", Node::str(flux.source.clone()))];
    let spec = [
        ("interval", Node::str(flux.interval.clone())),
        ("path", Node::str(format!("./{}", subject.folder(&flux.path)))),
        ("prune", Node::bool(true)),
        ("sourceRef", Node::from(source)),
    ];
    Node::from([
        ("apiVersion", Node::str("kustomize.toolkit.fluxcd.io/v1")),
        ("kind", Node::str("Kustomization")),
        ("metadata", subject.metadata(&flux.namespace).into_iter().collect::<Map>().into()),
        ("spec", Node::from(spec)),
    ])
}
