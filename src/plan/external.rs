//! Services of type `ExternalName` of a branch: for services that only the baseline branch runs, and for shared services.

use super::{Branch, mapping};
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::{self, Placed, Service, Spec};
use smol_str::SmolStr;

/// A Service of type `ExternalName`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExternalService {
    /// Its name in the namespace of the branch.
    pub(crate) name: SmolStr,
    /// The host that it points to.
    pub(crate) host: SmolStr,
    /// The entries of `ports` of the Service.
    pub(crate) ports: Option<Node>,
    /// The first host of the baseline branch, if the service points to that branch.
    pub(crate) baseline: Option<SmolStr>,
    /// The source location of the entry in the spec.
    pub(crate) at: Location,
}

/// The DNS name of a Service in the cluster.
fn cluster_host(service: &Service, namespace: &str) -> SmolStr {
    SmolStr::from(format!("{}.{namespace}.svc.cluster.local", service.service))
}

/// The Services of a branch that does not run all services, then those that it uses. `baseline` is the branch that runs
/// all; there is one where it is needed, as the spec has checked.
pub(super) fn externals(spec: &Spec, branch: &spec::BranchEntry, baseline: Option<&Branch>) -> Vec<ExternalService> {
    let absent = spec.services.iter().filter(|service| !branch.runs(&service.name));
    let absent = absent.filter_map(|service| {
        let baseline = baseline?;
        Some(ExternalService {
            name: service.service.clone(),
            host: cluster_host(service, baseline.namespace()?),
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
        Some(ExternalService { name: name.clone(), host, ports: port, baseline: None, at: *at })
    });
    absent.chain(common).collect()
}

/// Where a branch says which services it runs.
fn listed(branch: &spec::BranchEntry) -> Location {
    branch.services.as_ref().and_then(|listed| listed.first()).map_or(branch.at, |name| name.at)
}

/// What templates see of the services: whether each is here, under which name it is reached from everywhere, and its ports.
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
        let node = mapping([
            ("here", Node::bool(here)),
            ("host", Node::str(cluster_host(service, namespace))),
            ("ports", service.ports.clone().unwrap_or_else(|| Node::seq([]))),
        ]);
        Some((service.name.clone(), node.placed(service.at)))
    };
    (!spec.services.is_empty()).then(|| spec.services.iter().filter_map(service).collect::<Map>().into())
}
