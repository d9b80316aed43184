//! Claims: what only one branch can have. They are read from the objects of all branches and compared.
//!
//! Two branches that have the same host and path, DNS name, port of the nodes, address of a load balancer, volume or object
//! outside of namespaces would take it from each other. `shared.claims` of the spec lists what branches may have in common.

mod compare;
mod hosts;
mod objects;
mod reader;
mod route;
mod service;
mod shared_object;
mod unused;

pub(crate) use compare::contested;
pub(crate) use hosts::host_warnings;
pub(crate) use objects::{claims, kept_namespaces, own_objects};
pub(crate) use shared_object::{shared_objects, take_shared};
pub(crate) use unused::unused;

use crate::schema::scope::GroupKind;
use crate::source::Location;
use crate::spec::{CommonClaim, SharedClaim};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// A claim of a branch.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    claimed: Claimed,
    /// The part of it that the branch claims.
    part: ClaimPart,
    /// The object that makes the claim, for messages.
    object: SmolStr,
    /// Where it is written.
    at: Location,
}

/// What is claimed. Two branches cannot have equal ones, except for listeners.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claimed {
    /// An object outside of namespaces.
    Object { kind: GroupKind, name: SmolStr },
    /// An object of a namespace in which a branch that has another one keeps objects.
    NamespacedObject { kind: GroupKind, namespace: SmolStr, name: SmolStr },
    /// The requests to a host, or to all hosts of a shared proxy, with a path and under a condition.
    Route { host: RouteHost, path: SmolStr, condition: SmolStr },
    /// The DNS records of a type.
    Record { host: SmolStr, record: SmolStr },
    /// A certificate for a host.
    Certificate { host: SmolStr },
    /// A port of all nodes, with its protocol.
    NodePort { port: SmolStr, protocol: SmolStr },
    /// The address of a load balancer.
    Address { address: SmolStr },
    /// The address of a Service in the cluster.
    ClusterIp { address: SmolStr },
    /// A `PersistentVolume`.
    Volume { name: SmolStr },
    /// A port of the node that a pod runs on, with its protocol.
    HostPort { port: SmolStr, protocol: SmolStr },
    /// A host that the branch serves, which other branches can serve too; `*` stands for all hosts.
    Listener { host: SmolStr },
}

/// Stands for all hosts.
const ALL_HOSTS: &str = "*";
/// The record of all types that give a host its address, which exclude each other.
const ADDRESS_RECORD: &str = "address";

/// The host of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RouteHost {
    /// A host name.
    Name(SmolStr),
    /// All hosts of a proxy that is not the branch's.
    All(SharedProxy),
}

/// What forwards the requests of several branches.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SharedProxy {
    /// A gateway, as `namespace/name`.
    Gateway(SmolStr),
    /// The controller of an ingress class.
    IngressClass(SmolStr),
    /// The controller of Ingresses without a class. It may give each of them a load balancer.
    DefaultIngressClass,
    /// The load balancer of Ingresses with the same group.
    IngressGroup(SmolStr),
    /// A port of the gateway pods that a Gateway of Istio selects.
    IstioGateway(SmolStr),
    /// Traefik, with the ingress class of its routes if they have one.
    Traefik(SmolStr),
}

/// A part of what is claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ClaimPart {
    /// All of it.
    Whole,
    /// One of several with names: a listener of a gateway, a record set with an identifier.
    Named(SmolStr),
    /// Ports of an address, with their protocols, that Services with the same key share.
    Ports { key: SmolStr, ports: BTreeSet<SmolStr> },
}

impl ClaimPart {
    /// The part with a name, if it has one.
    fn named(name: Option<&str>) -> Self {
        name.filter(|name| !name.is_empty()).map_or(ClaimPart::Whole, |name| ClaimPart::Named(name.into()))
    }

    /// Whether both parts have something in common.
    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (ClaimPart::Named(one), ClaimPart::Named(other)) => one == other,
            (ClaimPart::Ports { key, ports }, ClaimPart::Ports { key: other, ports: others }) => {
                key != other || !ports.is_disjoint(others)
            }
            _ => true,
        }
    }
}

impl Claimed {
    /// The host name, if it is about one.
    fn host(&self) -> Option<&str> {
        match self {
            Claimed::Route { host: RouteHost::Name(host), .. }
            | Claimed::Record { host, .. }
            | Claimed::Certificate { host } => Some(host),
            _ => None,
        }
    }

    /// Whether branches that have it in common certainly exclude each other.
    fn is_exclusive(&self) -> bool {
        !matches!(
            self,
            Claimed::HostPort { .. } | Claimed::Route { host: RouteHost::All(SharedProxy::DefaultIngressClass), .. }
        )
    }

    /// Whether it is a record set without an address.
    fn is_text_record(&self) -> bool {
        matches!(self, Claimed::Record { record, .. } if record != ADDRESS_RECORD)
    }

    /// Whether an entry of `shared.claims` lists it.
    fn is_allowed_by(&self, allowed: &SharedClaim) -> bool {
        match (self, &allowed.claim) {
            (Claimed::NodePort { port, .. }, CommonClaim::NodePort(common)) => port == common,
            (Claimed::Address { address }, CommonClaim::Address(common)) => address == common,
            (Claimed::Object { kind, name }, CommonClaim::Object { .. }) => allowed.claim.names(kind, name),
            (Claimed::Route { host: RouteHost::All(_), .. }, CommonClaim::Host(common)) => common.as_str() == ALL_HOSTS,
            (_, CommonClaim::Host(common)) => self.host() == Some(common.as_str()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests;
