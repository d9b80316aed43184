//! Routes whose back end is a Service of `type: ExternalName`, which few controllers follow.

use super::{CheckInput, Finding};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;
use crate::resource::Resource;
use crate::source::Location;

/// A warning for each Service of these that an Ingress or a route of the Gateway API uses as its back end: most
/// controllers do not forward traffic to hosts outside of the cluster.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let branch = input.branch;
    let mut warnings = Vec::new();
    for object in input.objects.iter().filter(|_| !branch.externals.is_empty()) {
        let resource = object.resource;
        for (name, at) in back_ends(resource) {
            let Some(external) = branch.externals.iter().find(|external| external.name == name) else { continue };
            let route = format!("{} {}", resource.gvk().kind, resource.name());
            let message = format!("`{route}` points to the Service `{name}`, which is of type ExternalName here");
            let warning = Diagnostic::new(Code::Resource, message).at(at).at(resource.origin);
            let help = "few controllers follow an ExternalName: let a front end of the branch forward such requests";
            let warning = match &external.baseline {
                Some(host) => warning.help(format!("{help}, or let callers use `{host}`")),
                None => warning.help(help),
            };
            warnings.push(Finding::warning(warning));
        }
    }
    warnings
}

/// The names of the Services that a route points to, with their source locations.
fn back_ends<'a>(resource: &'a Resource) -> Vec<(&'a str, Location)> {
    let gvk = resource.gvk();
    let Some(spec) = resource.node.get("spec") else { return Vec::new() };
    let named = |node: Option<&'a Node>| node.and_then(|name| Some((name.as_text()?, name.at)));
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("networking.k8s.io", "Ingress") => {
            let rules = list(spec, "rules").filter_map(|rule| rule.get("http"));
            let paths = rules.flat_map(|http| list(http, "paths")).filter_map(|path| path.get("backend"));
            let all = spec.get("defaultBackend").into_iter().chain(paths);
            all.filter_map(|back_end| named(back_end.at_path(&["service", "name"]))).collect()
        }
        ("gateway.networking.k8s.io", kind) if kind.ends_with("Route") => {
            let refs = list(spec, "rules").flat_map(|rule| list(rule, "backendRefs"));
            let is_own = |back_end: &&Node| {
                back_end.str_at(&["kind"]).is_none_or(|kind| kind == "Service")
                    && back_end.str_at(&["namespace"]).is_none_or(|namespace| namespace == resource.namespace())
            };
            refs.filter(is_own).filter_map(|back_end| named(back_end.get("name"))).collect()
        }
        _ => Vec::new(),
    }
}

fn list<'a>(node: &'a Node, key: &str) -> impl Iterator<Item = &'a Node> + use<'a> {
    node.get(key).and_then(Node::as_seq).unwrap_or_default().iter()
}
