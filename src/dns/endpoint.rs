//! DNS names as entries of a `DNSEndpoint`, the object that external-dns reads.

use super::PresentName;
use super::wanted_names::WantedNames;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::name::DnsName;
use crate::node::{Map, Node};
use crate::record::{RecordData, RecordType};

/// The entries for the names of a branch in one zone.
pub(crate) fn of_branch(names: &WantedNames) -> Result<Vec<Node>> {
    let branch = names.branch;
    if branch.namespace().is_none() {
        let message = format!("the zone `{}` needs a DNSEndpoint, but this branch has no namespace", names.zone);
        let error = Diagnostic::new(Code::Dns, message).at(branch.at);
        return Err(error.help("use hosts in a zone that `pleach dns` changes").into());
    }
    let endpoints = gather(&names.present, |(name, present)| endpoints(name, present).map_err(|e| e.at(branch.at)))?;
    Ok(endpoints.into_iter().flatten().collect())
}

/// The property of an endpoint that external-dns reads for Cloudflare.
const PROXIED: &str = "external-dns.alpha.kubernetes.io/cloudflare-proxied";

/// The entries for one name.
pub(super) fn endpoints(name: &DnsName, present: &PresentName) -> Result<Vec<Node>, Diagnostic> {
    if present.address_from.is_some() {
        let error =
            Diagnostic::new(Code::Dns, format!("a DNSEndpoint needs the address of `{name}`, which is not known"));
        return Err(error.help("external-dns reads the addresses of Services, Ingresses and Gateways itself"));
    }
    if present.records.get(RecordType::Caa).is_some() {
        let error =
            Diagnostic::new(Code::Dns, format!("`{name}` has a CAA record, which external-dns does not support"));
        return Err(error.help("put it at the apex of the zone, where it applies to all hosts"));
    }
    let endpoint = |(kind, set): (RecordType, &[RecordData])| {
        let mut endpoint = map([
            ("dnsName", Node::str(name.as_str())),
            ("recordTTL", Node::int(present.ttl.into())),
            ("recordType", Node::str(kind.name())),
            ("targets", Node::seq(set.iter().map(|data| Node::str(data.value(kind))))),
        ]);
        if let (Some(proxied), Some(fields)) = (present.proxied.filter(|_| kind.has_address()), endpoint.as_map_mut()) {
            let value = Node::str(if proxied { "true" } else { "false" });
            fields.insert("providerSpecific", Node::seq([map([("name", Node::str(PROXIED)), ("value", value)])]));
        }
        endpoint
    };
    Ok(present.records.sets().map(endpoint).collect())
}

pub(super) fn map<const N: usize>(entries: [(&'static str, Node); N]) -> Node {
    entries.into_iter().collect::<Map>().into()
}
