//! The `ClusterRole` with the rights that `apply.sh` needs for the objects of all branches, and no others.

use super::MANAGED_BY;
use super::apply::PRUNED_KINDS;
use crate::annotation::PROJECT_LABEL;
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::schema::{Gvk, copied_labels};
use crate::spec::ApplyScript;
use crate::yaml;
use std::collections::{BTreeMap, BTreeSet};

const RBAC: &str = "rbac.authorization.k8s.io";
const NAMESPACE: (&str, &str) = ("", "Namespace");

/// What the deployer applies.
#[derive(Debug, Default)]
pub(crate) struct DeployedKinds {
    /// The API group and kind of each object.
    kinds: BTreeSet<(String, String)>,
    /// The rules of Roles, by their text. Only a user who has these rights may write the Role.
    rules: BTreeMap<String, Node>,
    /// The name of each `ClusterRole` that is bound.
    bound: BTreeSet<String>,
}

impl DeployedKinds {
    /// Adds objects.
    pub(crate) fn add<'n>(&mut self, objects: impl Iterator<Item = &'n Node>) -> Result<(), Diagnostic> {
        for object in objects {
            let gvk = Gvk::of(object);
            let (group, kind) = (gvk.group.to_string(), gvk.kind.to_string());
            if group == RBAC {
                for rule in object.get("rules").and_then(Node::as_seq).unwrap_or_default() {
                    self.rules.insert(yaml::document(rule)?, rule.clone());
                }
                if object.str_at(&["roleRef", "kind"]) == Some("ClusterRole") {
                    self.bound.extend(object.str_at(&["roleRef", "name"]).map(str::to_owned));
                }
            }
            self.kinds.insert((group, kind));
        }
        Ok(())
    }
}

/// The file `deployer.yaml`.
pub(super) fn cluster_role(apply: ApplyScript, project: &str, deployed: &DeployedKinds) -> Result<String, Diagnostic> {
    let name = format!("{project}-deployer");
    let labels = [(MANAGED_BY.0, Node::str(MANAGED_BY.1)), (PROJECT_LABEL, Node::str(project))];
    let role = Node::from([
        ("apiVersion", Node::str(format!("{RBAC}/v1"))),
        ("kind", Node::str("ClusterRole")),
        ("metadata", Node::from([("name", Node::str(name.as_str())), ("labels", Node::from(labels))])),
        ("rules", Node::seq(rules(apply, deployed))),
    ]);
    Ok(format!(
        "# The rights that apply.sh needs. Bind them to the user of the pipeline:\n\
         #   kubectl create clusterrolebinding {name} --clusterrole={name} --serviceaccount=NAMESPACE:NAME\n\
         # Only a user with the rights of a Role may write it. So the rules of all Roles in the output are here too.\n{}",
        yaml::document(&role)?
    ))
}

fn rules(apply: ApplyScript, deployed: &DeployedKinds) -> Vec<Node> {
    let mut verbs: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    let mut allow = |group, kind, more: &[&'static str]| verbs.entry((group, kind)).or_default().extend(more);
    for (group, kind) in &deployed.kinds {
        allow(group, kind, &["create", "get", "patch"]);
        if is_pruned(apply, group, kind) {
            allow(group, kind, &["delete", "list"]);
        }
        // To wait until a workload is up to date, and until an old namespace is deleted.
        if group == "apps" || (group.as_str(), kind.as_str()) == NAMESPACE {
            allow(group, kind, &["list", "watch"]);
        }
    }
    // To see that a namespace exists and is not being deleted.
    allow("", "Namespace", &["get"]);
    // In which the script records what it has applied.
    allow("", "ConfigMap", &["create", "get", "patch"]);
    if apply == ApplyScript::PruneLabel {
        for kind in PRUNED_KINDS {
            let mut parts = kind.split('/');
            let group = parts.next().filter(|group| *group != "core").unwrap_or_default();
            allow(group, parts.next_back().unwrap_or_default(), &["delete", "list"]);
        }
    }
    let mut resources: BTreeMap<(&str, &BTreeSet<&str>), Vec<Node>> = BTreeMap::new();
    for ((group, kind), verbs) in &verbs {
        resources.entry((group, verbs)).or_default().push(Node::str(plural(kind)));
    }
    let mut rules: Vec<Node> = resources
        .into_iter()
        .map(|((group, verbs), resources)| rule(group, resources, verbs.iter().copied()))
        .collect();
    if !deployed.bound.is_empty() {
        rules.push(Node::from([
            ("apiGroups", Node::seq([Node::str(RBAC)])),
            ("resourceNames", Node::seq(deployed.bound.iter().map(|name| Node::str(name.as_str())))),
            ("resources", Node::seq([Node::str("clusterroles")])),
            ("verbs", Node::seq([Node::str("bind")])),
        ]));
    }
    rules.extend(deployed.rules.values().cloned());
    rules
}

fn rule<'v>(group: &str, resources: Vec<Node>, verbs: impl Iterator<Item = &'v str>) -> Node {
    Node::from([
        ("apiGroups", Node::seq([Node::str(group)])),
        ("resources", Node::seq(resources)),
        ("verbs", Node::seq(verbs.map(Node::str))),
    ])
}

/// Whether the script may delete objects of this kind.
fn is_pruned(apply: ApplyScript, group: &str, kind: &str) -> bool {
    let is_copied = copied_labels::kinds().any(|copied| copied == (group, kind));
    (group, kind) != NAMESPACE && (apply == ApplyScript::ApplySet || !is_copied)
}

/// The resource of a kind, by the rule that kubectl uses where it cannot ask the cluster.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    if kind == "endpoints" {
        kind
    } else if kind.ends_with(['s', 'x']) || kind.ends_with("ch") || kind.ends_with("sh") {
        format!("{kind}es")
    } else {
        match kind.strip_suffix('y') {
            Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
            _ => format!("{kind}s"),
        }
    }
}
