//! The Services of a branch that lead out of its namespace: to the baseline, where the branch does not run a service
//! itself, and to what it uses in common with others.

use super::{Branch, mapping};
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::{self, Placed, Service, Spec};
use smol_str::SmolStr;

/// A Service that is a name for something elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    /// Its name in the namespace of the branch.
    pub name: SmolStr,
    /// Where it leads.
    pub host: SmolStr,
    /// Entries of `ports:` as Services have them.
    pub ports: Option<Node>,
    /// The first host of the baseline, if that is where it leads and it has one.
    pub baseline: Option<SmolStr>,
    /// Where that is written.
    pub at: Location,
}

/// The name of a Service within the cluster.
fn internal(service: &Service, namespace: &str) -> SmolStr {
    SmolStr::from(format!("{}.{namespace}.svc.cluster.local", service.service))
}

/// The Services of a branch that does not run all services, then those that it uses. `baseline` is the branch that runs
/// all; there is one where it is needed, as the spec has checked.
pub(super) fn externals(spec: &Spec, branch: &spec::BranchEntry, baseline: Option<&Branch>) -> Vec<External> {
    let absent = spec.services.iter().filter(|service| !branch.runs(&service.name));
    let absent = absent.filter_map(|service| {
        let baseline = baseline?;
        Some(External {
            name: service.service.clone(),
            host: internal(service, baseline.namespace()?),
            ports: service.ports.clone(),
            baseline: baseline.hosts.first().map(|host| host.name.as_str().into()),
            at: listed(branch),
        })
    });
    let uses = branch.settings.uses.as_ref().or(spec.defaults.uses.as_ref()).into_iter().flatten();
    let common = uses.filter_map(|Placed { value: name, at }| {
        let remote = spec.shared.services.get(name)?;
        let port = remote.port.clone().map(|port| Node::seq([mapping([("port", port)])]));
        let host = remote.host.as_str().into();
        Some(External { name: name.clone(), host, ports: port, baseline: None, at: *at })
    });
    absent.chain(common).collect()
}

/// Where a branch says which services it runs.
fn listed(branch: &spec::BranchEntry) -> Location {
    branch.services.as_ref().and_then(|listed| listed.first()).map_or(branch.at, |name| name.at)
}

/// What templates see of the services: whether each is here, and under which name it is reached from everywhere.
pub(super) fn services(
    spec: &Spec,
    branch: &spec::BranchEntry,
    namespace: Option<&str>,
    baseline: Option<&Branch>,
) -> Option<Node> {
    let baseline = baseline.and_then(Branch::namespace);
    let service = |service: &Service| {
        let here = branch.runs(&service.name);
        let namespace = if here { namespace } else { baseline }?;
        let node = mapping([("here", Node::bool(here)), ("host", Node::str(internal(service, namespace)))]);
        Some((service.name.clone(), node.placed(service.at)))
    };
    (!spec.services.is_empty()).then(|| spec.services.iter().filter_map(service).collect::<Map>().into())
}
