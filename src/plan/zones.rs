//! Hosts that no declared zone holds, for which there will be no DNS records.

use super::{Branch, Host};
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::name::DnsName;
use crate::spec::{Spec, Zone};

/// A warning for each host outside of the zones; none where no zone is declared. Those of one pattern are told as one.
pub(super) fn outside(spec: &Spec, branches: &[Branch]) -> Vec<Diagnostic> {
    if spec.zones.is_empty() {
        return Vec::new();
    }
    let holds = |host: &DnsName| Zone::of(&spec.zones, host).is_some();
    let all = branches.iter().flat_map(|branch| branch.hosts.iter().map(move |host| (branch, host)));
    all.filter(|(_, host)| !holds(&host.name)).map(|(branch, host)| warning(spec, branch, host)).collect()
}

fn warning(spec: &Spec, branch: &Branch, host: &Host) -> Diagnostic {
    let zones: Vec<&str> = spec.zones.keys().map(DnsName::as_str).collect();
    let message = "this host lies in no declared zone and gets no DNS record";
    let warning = Diagnostic::new(Code::Dns, message).at(host.at).in_branch(&branch.name);
    let parent = host.name.as_str().split_once('.').map_or("", |(_, parent)| parent);
    match nearest(parent, zones.iter().copied()) {
        Some(near) => warning.help(format!("did you mean the zone `{near}`?")),
        None => warning.help(format!("the declared zones are {}", zones.join(", "))),
    }
}
