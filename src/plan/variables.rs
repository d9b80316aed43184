//! The variables of a branch in templates.
//!
//! - `project`: the name of the project
//! - `branch`: `name`, `slug`, `namespace`, `host`, `hosts`, `owner`, `link`, `expires` and `pullRequest`, which are null without a value,
//!   and `services` and `aliases`, the first host of each by name
//! - `values`: the merged values
//! - `images`: full references by image name in the manifests and by alias
//! - `services`, `database`, `slots` and `shared`: only if the spec has these fields

use super::{Branch, BranchHost, mapping};
use crate::node::{Map, Node, Tag};
use crate::source::Location;
use crate::spec::{BranchImage, Placed, PullRequest, Spec};
use smol_str::{SmolStr, ToSmolStr};
use std::collections::BTreeMap;

/// All variables of a branch. `optional_variables` are those that exist only if the spec has their field.
pub(super) fn variables(
    spec: &Spec,
    branch: &Branch,
    values: Node,
    optional_variables: [(&'static str, Option<Node>); 3],
) -> Node {
    let hosts = || branch.hosts.iter().map(|host| Node::str(host.name.as_str()).placed(host.at));
    let optional =
        |value: Option<(SmolStr, Location)>| value.map_or_else(Node::null, |(text, at)| Node::str(text).placed(at));
    let text = |text: &Option<Placed<SmolStr>>| optional(text.as_ref().map(|text| (text.value.clone(), text.at)));
    let branch_variable = mapping([
        ("aliases", first_hosts(branch, |host| host.alias.as_ref()).into()),
        ("expires", optional(branch.expires.as_ref().map(|date| (date.value.to_smolstr(), date.at)))),
        ("host", hosts().next().unwrap_or_else(Node::null)),
        ("hosts", Node::seq(hosts())),
        ("link", text(&branch.link)),
        ("name", Node::str(branch.name.clone()).placed(branch.at)),
        ("namespace", optional(branch.namespace().map(|namespace| (namespace.into(), branch.at)))),
        ("owner", text(&branch.owner)),
        ("pullRequest", branch.pull_request.as_ref().map_or_else(Node::null, pull_request)),
        ("services", first_hosts(branch, |host| host.service.as_ref()).into()),
        ("slug", Node::str(&branch.slug).placed(branch.at)),
    ]);
    let mut variables = mapping([
        ("branch", branch_variable.placed(branch.at)),
        ("images", images(spec, &branch.images).into()),
        ("project", Node::str(spec.project.clone())),
        ("values", values),
    ]);
    let shared = ("shared", spec.shared.node.clone());
    for (name, node) in optional_variables.into_iter().chain([shared]) {
        if let (Some(node), Some(map)) = (node, variables.as_map_mut()) {
            map.insert(name, node);
        }
    }
    variables
}

/// The pull request of a branch.
fn pull_request(pull_request: &PullRequest) -> Node {
    let text = |text: &Option<Placed<SmolStr>>| {
        text.as_ref().map_or_else(Node::null, |text| Node::str(text.value.clone()).placed(text.at))
    };
    let PullRequest { number, url, title } = pull_request;
    let shown = Node::plain(number.value.to_smolstr(), Tag::Int).placed(number.at);
    mapping([("number", shown), ("title", text(title)), ("url", text(url))]).placed(number.at)
}

/// The first host of each name that `of` returns.
fn first_hosts<'a>(branch: &'a Branch, of: impl Fn(&'a BranchHost) -> Option<&'a SmolStr>) -> Map {
    let mut first = Map::default();
    for host in &branch.hosts {
        if let Some(name) = of(host).filter(|name| !first.has(name)) {
            first.insert(name.clone(), Node::str(host.name.as_str()).placed(host.at));
        }
    }
    first
}

/// The full references of images, by image name in the manifests and by alias.
pub(super) fn images(spec: &Spec, images: &BTreeMap<SmolStr, BranchImage>) -> Map {
    let full = images.iter().map(|(name, image)| (name.clone(), Node::str(image.value.of(name)).placed(image.at)));
    let mut images: Map = full.collect();
    for (alias, name) in &spec.image_aliases {
        if let Some(image) = images.get(&name.value) {
            images.insert(alias.clone(), image.clone());
        }
    }
    images
}
