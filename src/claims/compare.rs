//! Claims that several branches make.

use super::{Claim, ClaimPart, Claimed, RouteHost, SharedProxy};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::source::Location;
use crate::spec::SharedClaim;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// At most this many locations are named beside the first one.
const NAMED: usize = 3;

/// A claim, and the branch that makes it.
type BranchClaim<'a> = (&'a str, &'a Claim);

/// Refuses what several of the branches, given by name, claim and `allowed` does not list. Returns the warnings.
pub(crate) fn contested<'a>(
    branches: impl IntoIterator<Item = (&'a str, &'a [Claim])>,
    allowed: &[SharedClaim],
) -> Result<Vec<Diagnostic>> {
    let mut by_claimed: BTreeMap<&Claimed, Vec<BranchClaim>> = BTreeMap::new();
    for (branch, claims) in branches {
        for claim in claims {
            by_claimed.entry(&claim.claimed).or_default().push((branch, claim));
        }
    }
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for (claimed, claims) in by_claimed {
        if matches!(claimed, Claimed::Listener { .. }) || allowed.iter().any(|allowed| claimed.is_allowed_by(allowed)) {
            continue;
        }
        let claims = excluded(&claims);
        if claims.is_empty() {
            continue;
        }
        let found = if claimed.is_exclusive() { &mut errors } else { &mut warnings };
        found.push(diagnostic(claimed, &claims));
    }
    Diagnostics::check(errors, warnings)
}

/// Those of equal claims that other branches exclude.
fn excluded<'a>(claims: &[BranchClaim<'a>]) -> Vec<BranchClaim<'a>> {
    let (mut named, mut unnamed): (BTreeMap<&str, Vec<&BranchClaim>>, Vec<&BranchClaim>) = Default::default();
    for claim in claims {
        match &claim.1.part {
            ClaimPart::Named(name) => named.entry(name).or_default().push(claim),
            ClaimPart::Whole | ClaimPart::Ports { .. } => unnamed.push(claim),
        }
    }
    // Each branch may have a name of its own.
    let is_excluded = |one: &&BranchClaim| match &one.1.part {
        ClaimPart::Named(name) => unnamed.iter().chain(&named[name.as_str()]).any(|other| excludes(one, other)),
        ClaimPart::Whole | ClaimPart::Ports { .. } => claims.iter().any(|other| excludes(one, other)),
    };
    claims.iter().filter(is_excluded).copied().collect()
}

/// Whether two equal claims exclude each other.
fn excludes((branch, claim): &BranchClaim, (other_branch, other): &BranchClaim) -> bool {
    branch != other_branch && claim.part.overlaps(&other.part)
}

fn diagnostic(claimed: &Claimed, claims: &[BranchClaim]) -> Diagnostic {
    let branches: BTreeSet<&str> = claims.iter().map(|(branch, _)| *branch).collect();
    let (_, first) = claims[0];
    let mut diagnostic = Diagnostic::new(Code::Resource, message(claimed)).at(first.at);
    let mut seen: BTreeSet<Location> = BTreeSet::from([first.at]);
    for (branch, claim) in claims {
        if seen.len() <= NAMED && seen.insert(claim.at) {
            diagnostic = diagnostic.note(claim.at, format!("`{}` of `{branch}`", claim.object));
        }
    }
    branches.into_iter().fold(diagnostic.help(help(claimed)), Diagnostic::in_branch)
}

fn message(claimed: &Claimed) -> String {
    let what = match claimed {
        Claimed::Object { kind, name } => format!("write the same `{} {name}`", kind.kind),
        Claimed::NamespacedObject { kind, namespace, name } => {
            format!("write the same `{} {namespace}/{name}`", kind.kind)
        }
        Claimed::Route { host, path, condition } => {
            let host = match host {
                RouteHost::Name(host) => format!("`{host}{path}`"),
                RouteHost::All(proxy) if path.is_empty() => format!("all hosts of {proxy}"),
                RouteHost::All(proxy) => format!("`{path}` of all hosts of {proxy}"),
            };
            let condition = if condition.is_empty() { String::new() } else { format!(" ({condition})") };
            format!("route {host}{condition}")
        }
        Claimed::Record { host, record, .. } if claimed.is_text_record() => {
            format!("have {record} records for `{host}`")
        }
        Claimed::Record { host, .. } => format!("have DNS records for `{host}`"),
        Claimed::Certificate { host } => format!("have a certificate for `{host}`"),
        Claimed::NodePort { port, protocol } => format!("use the node port {port}/{protocol}"),
        Claimed::Address { address } => format!("use the load balancer address `{address}`"),
        Claimed::ClusterIp { address } => format!("use the cluster IP `{address}`"),
        Claimed::Volume { name } => format!("use the PersistentVolume `{name}`"),
        Claimed::HostPort { port, protocol } => format!("use the port {port}/{protocol} of their nodes"),
        Claimed::Listener { host } => format!("serve `{host}`"),
    };
    format!("several branches {what}")
}

impl fmt::Display for SharedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SharedProxy::Gateway(name) => write!(f, "the gateway `{name}`"),
            SharedProxy::IngressClass(class) => write!(f, "the ingress class `{class}`"),
            SharedProxy::DefaultIngressClass => f.write_str("the default ingress class"),
            SharedProxy::IngressGroup(group) => write!(f, "the ingress group `{group}`"),
            SharedProxy::IstioGateway(server) => f.write_str(server),
            SharedProxy::Traefik(class) if class.is_empty() => f.write_str("Traefik"),
            SharedProxy::Traefik(class) => write!(f, "Traefik with the ingress class `{class}`"),
        }
    }
}

fn help(claimed: &Claimed) -> String {
    match claimed {
        Claimed::Object { kind, name } => {
            let rename = if kind.kind == "CustomResourceDefinition" {
                format!("`{name}` belongs to the whole cluster: remove it from the branches")
            } else {
                format!(
                    "a `{}` is outside of namespaces: add `{{{{ branch.slug }}}}` to its name, or remove it from the branches",
                    kind.kind
                )
            };
            format!(
                "{rename}; if all branches write it equally, add `object: {}/{name}` to `shared.claims`, and pleach writes it once",
                kind.kind
            )
        }
        Claimed::NamespacedObject { .. } => {
            "an object that stays in its namespace is the branch's alone: add `{{ branch.slug }}` to its name"
                .to_owned()
        }
        Claimed::Route { host: RouteHost::All(proxy), .. } => {
            let use_own = match proxy {
                SharedProxy::Gateway(_) => {
                    "set `hostnames` to hosts of the branch, such as `{{ branch.host }}`, or `sectionName` to a listener of the branch"
                }
                _ => "use a host of the branch, such as `{{ branch.host }}`",
            };
            let reason = match proxy {
                SharedProxy::IstioGateway(_) => "branches have the server in common",
                SharedProxy::DefaultIngressClass => "each Ingress gets a load balancer of its own",
                _ => "branches have all hosts in common",
            };
            format!("{use_own}; if {reason}, add `host: \"*\"` to `shared.claims`")
        }
        Claimed::Route { host: RouteHost::Name(host), .. }
        | Claimed::Record { host, .. }
        | Claimed::Certificate { host }
        | Claimed::Listener { host } => format!(
            "use a host of the branch, such as `{{{{ branch.host }}}}`; if branches have it in common, add `host: \"{host}\"` to `shared.claims`"
        ),
        Claimed::NodePort { port, .. } => format!(
            "remove `nodePort`, so that the cluster assigns a port, or set it for each branch with a value; if branches have it in common, add `nodePort: {port}` to `shared.claims`"
        ),
        Claimed::Address { address } => format!(
            "remove the address, or set it for each branch with a value; if branches have it in common, add `loadBalancerIP: \"{address}\"` to `shared.claims`"
        ),
        Claimed::ClusterIp { .. } => {
            "remove the address, so that the cluster assigns one, or set it for each branch with a value".to_owned()
        }
        Claimed::Volume { .. } => {
            "a PersistentVolume has one claim: remove `volumeName`, or set it for each branch with a value".to_owned()
        }
        Claimed::HostPort { .. } => {
            "a node runs one pod with this port only: use a Service, or set the port for each branch with a value"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Claim, ClaimPart, Claimed, contested};
    use crate::source::Location;

    #[test]
    fn many_branches_with_a_part_each() {
        let claim = |i: usize| Claim {
            claimed: Claimed::Volume { name: "shared".into() },
            part: ClaimPart::Named(format!("part-{i}").into()),
            object: "object".into(),
            at: Location::NONE,
        };
        let branches: Vec<(String, Vec<Claim>)> = (0..40_000).map(|i| (format!("b{i}"), vec![claim(i)])).collect();
        // To compare each with each takes minutes.
        let found = contested(branches.iter().map(|(name, claims)| (name.as_str(), claims.as_slice())), &[]).unwrap();
        assert_eq!(found, []);
    }
}
