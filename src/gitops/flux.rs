//! Flux: a Kustomization for one branch. It prunes what the folder no longer holds; when it goes itself, Flux deletes
//! everything that it applied, the namespace among that.

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
