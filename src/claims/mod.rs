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
pub(crate) use objects::claims;
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
    /// For an address: what other Services may have too.
    sharing: Option<AddressSharing>,
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
    /// An object that stays in a namespace which is not the branch's.
    KeptObject { kind: GroupKind, namespace: SmolStr, name: SmolStr },
    /// The requests to a host, or to all hosts of a shared gateway, with a path and under a condition.
    Route { host: RouteHost, path: SmolStr, condition: SmolStr },
    /// A DNS record set.
    Record { host: SmolStr, record: SmolStr, set: SmolStr },
    /// A certificate for a host.
    Certificate { host: SmolStr },
    /// A port of all nodes, with its protocol.
    NodePort { port: SmolStr, protocol: SmolStr },
    /// The address of a load balancer.
    Address { address: SmolStr },
    /// A `PersistentVolume`.
    Volume { name: SmolStr },
    /// A port of the node that a pod runs on, with its protocol.
    HostPort { port: SmolStr, protocol: SmolStr },
    /// A host that the branch serves, which other branches can serve too; `*` stands for all hosts.
    Listener { host: SmolStr },
}

/// The record of all types that give a host its address, which exclude each other.
const ADDRESS_RECORD: &str = "address";

/// The host of a route.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum RouteHost {
    /// A host name.
    Name(SmolStr),
    /// All hosts of a gateway outside of the branch, as `namespace/name`.
    Gateway(SmolStr),
}

/// How a Service shares its address with others.
#[derive(Clone, Debug)]
struct AddressSharing {
    /// The value of the annotation: Services with the same value share the address.
    key: SmolStr,
    /// Its ports with their protocols.
    ports: BTreeSet<SmolStr>,
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
            (_, CommonClaim::Host(common)) => self.host() == Some(common.as_str()),
            _ => false,
        }
    }
}
