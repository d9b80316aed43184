//! What templates see of a branch.
//!
//! `project`; `branch` with `name`, `slug`, `namespace`, `host`, `hosts`, `owner`, `link` and `expires`, those that it
//! does not have being null, and `services` and `aliases`, the first host of each by name; `values`; and `images`, full
//! references by the names in the manifests and by alias. Further ones, such as `services` or `database`, are there if the
//! spec says something of them.

use super::{Branch, Host, mapping};
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::{BranchImage, Placed, Spec};
use smol_str::{SmolStr, ToSmolStr};
use std::collections::BTreeMap;

/// `more` are variables that a branch has only if the spec says something of them.
pub(super) fn variables(spec: &Spec, branch: &Branch, values: Node, more: [(&'static str, Option<Node>); 3]) -> Node {
    let hosts = || branch.hosts.iter().map(|host| Node::str(host.name.as_str()).placed(host.at));
    let optional =
        |value: Option<(SmolStr, Location)>| value.map_or_else(Node::null, |(text, at)| Node::str(text).placed(at));
    let text = |text: &Option<Placed<SmolStr>>| optional(text.as_ref().map(|text| (text.value.clone(), text.at)));
    let about = mapping([
        ("aliases", first_hosts(branch, |host| host.alias.as_ref()).into()),
        ("expires", optional(branch.expires.as_ref().map(|date| (date.value.to_smolstr(), date.at)))),
        ("host", hosts().next().unwrap_or_else(Node::null)),
        ("hosts", Node::seq(hosts())),
        ("link", text(&branch.link)),
        ("name", Node::str(branch.name.clone()).placed(branch.at)),
        ("namespace", optional(branch.namespace().map(|namespace| (namespace.into(), branch.at)))),
        ("owner", text(&branch.owner)),
        ("services", first_hosts(branch, |host| host.service.as_ref()).into()),
        ("slug", Node::str(&branch.slug).placed(branch.at)),
    ]);
    let mut variables = mapping([
        ("branch", about.placed(branch.at)),
        ("images", images(spec, &branch.images).into()),
        ("project", Node::str(spec.project.clone())),
        ("values", values),
    ]);
    let shared = ("shared", spec.shared.node.clone());
    for (name, node) in more.into_iter().chain([shared]) {
        if let (Some(node), Some(map)) = (node, variables.as_map_mut()) {
            map.insert(name, node);
        }
    }
    variables
}

/// The first host of everything that `of` names.
fn first_hosts<'a>(branch: &'a Branch, of: impl Fn(&'a Host) -> Option<&'a SmolStr>) -> Map {
    let mut first = Map::default();
    for host in &branch.hosts {
        if let Some(name) = of(host).filter(|name| !first.has(name)) {
            first.insert(name.clone(), Node::str(host.name.as_str()).placed(host.at));
        }
    }
    first
}

/// Full references of images, by their names in the manifests and by alias.
pub(super) fn images(spec: &Spec, images: &BTreeMap<SmolStr, BranchImage>) -> Map {
    let full = images.iter().map(|(name, image)| (name.clone(), Node::str(image.value.of(name)).placed(image.at)));
    let mut images: Map = full.collect();
    for (alias, name) in &spec.image_aliases {
        if let Some(image) = images.get(name) {
            images.insert(alias.clone(), image.clone());
        }
    }
    images
}
