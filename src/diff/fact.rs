//! What matters first in the changes of an environment: images, DNS names, databases, pods that restart, Jobs that run again,
//! requests, and dangers.

use super::change::ObjectName;
use super::derived;
use super::object::ObjectPair;
use crate::annotation::DATABASE_ANNOTATION;
use crate::image::{self, ImageParts};
use crate::node::{Node, Value};
use crate::schema::{immutable, quantity};
use smol_str::{SmolStr, format_smolstr};
use std::collections::{BTreeMap, BTreeSet};

/// Something that a reviewer wants to know. The order is the order of reports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fact {
    /// A change that can lose data, that the API server refuses, or that gives more rights: what, and the object.
    Danger(Danger, SmolStr),
    /// Another version of an image: its name, and the versions before and after. `None` where it is not used.
    Image(SmolStr, Option<SmolStr>, Option<SmolStr>),
    /// A DNS name, and whether it is present before and after.
    Dns(SmolStr, bool, bool),
    /// A database or schema of the branch, and whether the branch has it after.
    Database(SmolStr, bool),
    /// The pods of a workload restart.
    Restart(SmolStr),
    /// A Job runs again, or for the first time.
    Job(SmolStr),
}

/// Why a change needs attention.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Danger {
    /// Such an object is removed.
    Removed,
    /// The API server refuses the change of this field.
    Immutable(SmolStr),
    /// A container becomes privileged.
    Privileged(SmolStr),
    /// The workload has no replicas any more.
    NoReplicas,
    /// It is bound to rights in the whole cluster.
    ClusterWide,
    /// An image has another major version: its name, and the versions.
    MajorVersion(SmolStr, SmolStr, SmolStr),
}

/// The kinds whose removal loses data, or takes away protection.
const PRECIOUS: [&str; 6] = [
    "Namespace",
    "StatefulSet",
    "PersistentVolumeClaim",
    "PersistentVolume",
    "CustomResourceDefinition",
    "NetworkPolicy",
];
/// The kinds whose pods restart when their template changes.
const ROLLED_OUT: [&str; 4] = ["DaemonSet", "Deployment", "Rollout", "StatefulSet"];

/// The CPU and memory that pods request, in thousandths of a CPU and of a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Requests {
    /// CPU.
    pub(crate) cpu: i128,
    /// Memory.
    pub(crate) memory: i128,
}

impl std::ops::AddAssign for Requests {
    fn add_assign(&mut self, other: Self) {
        *self = Requests { cpu: self.cpu.saturating_add(other.cpu), memory: self.memory.saturating_add(other.memory) };
    }
}

/// The facts of an object that differs, and what it requests more.
pub(super) fn of((before, after): &ObjectPair) -> (BTreeSet<Fact>, Requests) {
    let Some(object) = after.as_ref().or(before.as_ref()) else { return Default::default() };
    let nodes = (before.as_ref().map(|object| &object.node), after.as_ref().map(|object| &object.node));
    let name = shown(&object.name);
    let mut facts = BTreeSet::new();
    let mut danger = |danger| facts.insert(Fact::Danger(danger, name.clone()));
    match nodes {
        (Some(_), None) if PRECIOUS.contains(&&*object.name.kind) => {
            danger(Danger::Removed);
        }
        (Some(before), Some(after)) => {
            for field in immutable::changed(before, after) {
                danger(Danger::Immutable(field.into()));
            }
            if replicas(before) != Some(0) && replicas(after) == Some(0) {
                danger(Danger::NoReplicas);
            }
        }
        (None, Some(_)) if object.name.kind == "ClusterRoleBinding" => {
            danger(Danger::ClusterWide);
        }
        _ => {}
    }
    let privileged = |node: Option<&Node>| node.map(privileged).unwrap_or_default();
    for container in privileged(nodes.1).difference(&privileged(nodes.0)) {
        danger(Danger::Privileged(container.clone()));
    }
    images(nodes, &name, &mut facts);
    match &*object.name.kind {
        "ZoneChange" => facts.extend(dns_names(nodes)),
        "Namespace" => facts.extend(databases(nodes)),
        "Job" if nodes.1.is_some() => {
            facts.insert(Fact::Job(name.clone()));
        }
        kind if ROLLED_OUT.contains(&kind) => {
            let template = ["spec", "template"];
            if let (Some(before), Some(after)) = nodes
                && before.at_path(&template) != after.at_path(&template)
            {
                facts.insert(Fact::Restart(name.clone()));
            }
        }
        _ => {}
    }
    let (old, new) = (nodes.0.map(requests).unwrap_or_default(), nodes.1.map(requests).unwrap_or_default());
    (facts, Requests { cpu: new.cpu.saturating_sub(old.cpu), memory: new.memory.saturating_sub(old.memory) })
}

/// `Deployment/web`, without the hash of a generated name.
pub(super) fn shown(object: &ObjectName<SmolStr>) -> SmolStr {
    let name = derived::stem(&object.kind, &object.name).unwrap_or(&object.name);
    format_smolstr!("{}/{name}", object.kind)
}

fn replicas(node: &Node) -> Option<i64> {
    node.at_path(&["spec", "replicas"])?.as_text()?.parse().ok()
}

/// Calls `visit` with each list of containers or volumes in an object: the key of the list and its items.
fn pod_lists<'n>(node: &'n Node, visit: &mut impl FnMut(&'n str, &'n [Node])) {
    match &node.value {
        Value::Map(map) => {
            for entry in map {
                match entry.value.as_seq() {
                    Some(items) if image::path_in_pod_list(&entry.key.text).is_some() => visit(&entry.key.text, items),
                    _ => pod_lists(&entry.value, visit),
                }
            }
        }
        Value::Seq(items) => items.iter().for_each(|item| pod_lists(item, visit)),
        Value::Scalar(_) => {}
    }
}

fn privileged(node: &Node) -> BTreeSet<SmolStr> {
    let mut names = BTreeSet::new();
    pod_lists(node, &mut |_, items| {
        let is_privileged =
            |item: &&Node| item.at_path(&["securityContext", "privileged"]).and_then(Node::as_bool) == Some(true);
        names.extend(
            items.iter().filter(is_privileged).filter_map(|item| item.get("name")?.as_text().map(SmolStr::from)),
        );
    });
    names
}

/// The images of an object, by list and name of the item.
fn images_of(node: &Node) -> BTreeMap<(&str, &str), &str> {
    let mut images = BTreeMap::new();
    pod_lists(node, &mut |list, items| {
        for item in items {
            let path = image::path_in_pod_list(list).unwrap_or_default();
            let name = item.get("name").and_then(Node::as_text).unwrap_or_default();
            if let Some(image) = item.str_at(path) {
                images.insert((list, name), image);
            }
        }
    });
    images
}

fn images(nodes: (Option<&Node>, Option<&Node>), object: &SmolStr, facts: &mut BTreeSet<Fact>) {
    let (old, new) = (nodes.0.map(images_of).unwrap_or_default(), nodes.1.map(images_of).unwrap_or_default());
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        match (old.get(key).map(|image| ImageParts::of(image)), new.get(key).map(|image| ImageParts::of(image))) {
            (Some(before), Some(after)) if before.name == after.name => {
                let (old, new) = (version(before), version(after));
                if old != new {
                    if major(&old).zip(major(&new)).is_some_and(|(old, new)| old != new) {
                        let danger = Danger::MajorVersion(before.name.into(), old.clone(), new.clone());
                        facts.insert(Fact::Danger(danger, object.clone()));
                    }
                    facts.insert(Fact::Image(before.name.into(), Some(old), Some(new)));
                }
            }
            (before, after) => {
                facts.extend(before.map(|image| Fact::Image(image.name.into(), Some(version(image)), None)));
                facts.extend(after.map(|image| Fact::Image(image.name.into(), None, Some(version(image)))));
            }
        }
    }
}

/// `1.2`, `1.2@sha256:…` or `latest`.
fn version(image: ImageParts) -> SmolStr {
    match (image.tag, image.digest) {
        (Some(tag), Some(digest)) => format_smolstr!("{tag}@{digest}"),
        (Some(tag), None) => tag.into(),
        (None, Some(digest)) => digest.into(),
        (None, None) => "latest".into(),
    }
}

/// The first number of a version with at least two: `v2.1` has 2, a commit has none.
fn major(version: &str) -> Option<u32> {
    let (major, rest) = version.strip_prefix('v').unwrap_or(version).split_once('.')?;
    rest.starts_with(|c: char| c.is_ascii_digit()).then(|| major.parse().ok())?
}

/// The names that a zone change file has at one side only, and those whose records differ.
fn dns_names((before, after): (Option<&Node>, Option<&Node>)) -> Vec<Fact> {
    let present = |node: Option<&Node>| -> BTreeMap<SmolStr, Node> {
        let entries = node.and_then(|node| node.get("present")).and_then(Node::as_seq).unwrap_or_default();
        entries.iter().filter_map(|entry| Some((entry.get("name")?.as_text()?.into(), entry.clone()))).collect()
    };
    let (old, new) = (present(before), present(after));
    let names = old.keys().chain(new.keys()).collect::<BTreeSet<_>>();
    let differ = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    differ.map(|name| Fact::Dns(name.clone(), old.contains_key(name), new.contains_key(name))).collect()
}

fn databases((before, after): (Option<&Node>, Option<&Node>)) -> Vec<Fact> {
    let names = |node: Option<&Node>| -> BTreeSet<SmolStr> {
        let text = node.and_then(|node| node.str_at(&["metadata", "annotations", DATABASE_ANNOTATION]));
        text.unwrap_or_default().split(' ').filter(|name| !name.is_empty()).map(SmolStr::from).collect()
    };
    let (old, new) = (names(before), names(after));
    let removed = old.difference(&new).map(|name| Fact::Database(name.clone(), false));
    let added = new.difference(&old).map(|name| Fact::Database(name.clone(), true));
    removed.chain(added).collect()
}

/// What the pods of a workload request: containers and sidecars, times its replicas. A `DaemonSet` counts once.
fn requests(node: &Node) -> Requests {
    let kind = node.str_at(&["kind"]).unwrap_or_default();
    if !ROLLED_OUT.contains(&kind) && !matches!(kind, "Pod" | "ReplicaSet") {
        return Requests::default();
    }
    let mut sum = Requests::default();
    pod_lists(node, &mut |list, items| {
        let runs = |item: &&Node| match list {
            "containers" => true,
            "initContainers" => item.str_at(&["restartPolicy"]) == Some("Always"),
            _ => false,
        };
        for item in items.iter().filter(runs) {
            let request = |name| {
                let text = item.at_path(&["resources", "requests", name]).and_then(Node::as_text);
                text.and_then(quantity::milli).unwrap_or_default()
            };
            sum += Requests { cpu: request("cpu"), memory: request("memory") };
        }
    });
    let pods = i128::from(replicas(node).unwrap_or(1));
    Requests { cpu: sum.cpu.saturating_mul(pods), memory: sum.memory.saturating_mul(pods) }
}
