//! Hosts in objects that are none of the branch's hosts, and hosts of the branch that no object serves.

use super::{ALL_HOSTS, Claim, Claimed};
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::{Branch, BranchHost, BuildPlan};
use crate::source::Location;
use crate::spec::SharedClaim;
use std::collections::{BTreeMap, BTreeSet};

/// The warnings about the hosts of some branches of the plan.
pub(crate) fn host_warnings<'a>(
    plan: &BuildPlan,
    branches: impl IntoIterator<Item = (&'a Branch, &'a [Claim])>,
    allowed: &[SharedClaim],
) -> Vec<Diagnostic> {
    let declared: BTreeMap<&str, (&Branch, &BranchHost)> = plan
        .branches
        .iter()
        .flat_map(|branch| branch.hosts.iter().map(move |host| (host.name.as_str(), (branch, host))))
        .collect();
    let mut warnings = Vec::new();
    for (branch, claims) in branches {
        let own = HostNames::of(branch.hosts.iter().map(|host| host.name.as_str()));
        let mut seen: BTreeSet<(&str, Location)> = BTreeSet::new();
        let of_hosts = claims.iter().filter(|claim| !claim.claimed.is_text_record());
        for (claim, host) in of_hosts.filter_map(|claim| Some((claim, claim.claimed.host()?))) {
            let is_allowed = own.cover(host)
                || own.are_covered_by(host)
                || allowed.iter().any(|allowed| claim.claimed.is_allowed_by(allowed));
            let owner = declared.get(host).filter(|(owner, _)| owner.name != branch.name);
            // Without hosts in the spec, nothing says which hosts a branch should have.
            if !is_allowed && (owner.is_some() || !branch.hosts.is_empty()) && seen.insert((host, claim.at)) {
                warnings.push(not_own(claim, host, owner).in_branch(&branch.name));
            }
        }
        warnings.extend(not_served(branch, claims));
    }
    warnings
}

/// Names of hosts. Few are wildcards, so most names are found without a comparison with each.
struct HostNames<'h> {
    all: BTreeSet<&'h str>,
    wildcards: Vec<&'h str>,
}

impl<'h> HostNames<'h> {
    fn of(names: impl IntoIterator<Item = &'h str>) -> Self {
        let all: BTreeSet<&str> = names.into_iter().collect();
        HostNames { wildcards: all.iter().copied().filter(|name| name.starts_with('*')).collect(), all }
    }

    /// Whether one of them is equal to a host, or a wildcard above it.
    fn cover(&self, host: &str) -> bool {
        self.all.contains(host) || self.wildcards.iter().any(|wildcard| covers(wildcard, host))
    }

    /// Whether a host is a wildcard above one of them.
    fn are_covered_by(&self, host: &str) -> bool {
        host.starts_with('*') && self.all.iter().any(|name| covers(host, name))
    }
}

/// Whether a wildcard is above a host.
fn covers(wildcard: &str, host: &str) -> bool {
    let is_above = |rest: &str| host.strip_suffix(rest).is_some_and(|labels| !labels.is_empty());
    wildcard == ALL_HOSTS || wildcard.strip_prefix('*').is_some_and(is_above)
}

fn not_own(claim: &Claim, host: &str, owner: Option<&(&Branch, &BranchHost)>) -> Diagnostic {
    let object = &claim.object;
    match owner {
        Some((owner, declared)) => {
            let message = format!("`{object}` has the host `{host}` of the branch `{}`", owner.name);
            let help = "use a host of the branch itself, such as `{{ branch.host }}`";
            Diagnostic::new(Code::Resource, message).at(claim.at).note(declared.at, "the host is defined here").help(help)
        }
        None => Diagnostic::new(Code::Resource, format!("`{object}` has the host `{host}`, which is no host of the branch"))
            .at(claim.at)
            .help(format!("use a host of the branch, such as `{{{{ branch.host }}}}`, or add it to `hosts`; if branches have it in common, add `host: \"{host}\"` to `shared.claims`")),
    }
}

/// Warnings about hosts that no object serves, in a branch whose objects serve any host. An alias may be for later, and a wildcard for
/// what the spec does not list.
fn not_served(branch: &Branch, claims: &[Claim]) -> Vec<Diagnostic> {
    let served = HostNames::of(claims.iter().filter_map(|claim| match &claim.claimed {
        Claimed::Listener { host } => Some(host.as_str()),
        Claimed::Certificate { .. } => None,
        claimed if claimed.is_text_record() => None,
        other => other.host(),
    }));
    if served.all.is_empty() {
        return Vec::new();
    }
    // A service that does not run in the branch has no route there, and a host with records of its own may point elsewhere.
    let is_needed = |host: &&BranchHost| {
        let is_elsewhere = host.content.is_some() || host.service.is_some() && !branch.runs_all;
        host.alias.is_none() && !host.name.is_wildcard() && !is_elsewhere
    };
    let missing = branch.hosts.iter().filter(is_needed).filter(|host| !served.cover(host.name.as_str()));
    let warning = |host: &BranchHost| {
        let service = host.service.as_ref().map(|service| format!(" of the service `{service}`")).unwrap_or_default();
        Diagnostic::new(Code::Resource, format!("no object of the branch serves this host{service}"))
            .at(host.at)
            .in_branch(&branch.name)
            .help("add the host to an Ingress or a route of the branch, or remove it from `hosts`")
    };
    missing.map(warning).collect()
}
