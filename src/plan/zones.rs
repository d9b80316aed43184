//! Hosts that are in no zone of the spec and therefore get no DNS records.

use super::{Branch, BranchHost};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::name::DnsName;
use crate::spec::{Spec, Zone};

/// A warning for each host that is in no zone, unless the spec has no zones. Equal warnings are reported once.
pub(super) fn warnings(spec: &Spec, branches: &[Branch]) -> Vec<Diagnostic> {
    if spec.zones.is_empty() {
        return Vec::new();
    }
    let is_in_zone = |host: &DnsName| Zone::of(&spec.zones, host).is_some();
    let all = branches.iter().flat_map(|branch| branch.hosts.iter().map(move |host| (branch, host)));
    all.filter(|(_, host)| !is_in_zone(&host.name)).map(|(branch, host)| warning(spec, branch, host)).collect()
}

fn warning(spec: &Spec, branch: &Branch, host: &BranchHost) -> Diagnostic {
    let zones: Vec<&str> = spec.zones.keys().map(DnsName::as_str).collect();
    let message = "this host is in no zone of the spec and gets no DNS record";
    let warning = Diagnostic::new(Code::Dns, message).at(host.at).in_branch(&branch.name);
    let parent = host.name.as_str().split_once('.').map_or("", |(_, parent)| parent);
    match nearest(parent, zones.iter().copied()) {
        Some(near) => warning.help(format!("did you mean the zone `{near}`?")),
        None => warning.help(format!("`zones` has {}", zones.join(", "))),
    }
}
