//! Addresses that only the cluster knows, from what `kubectl get svc,ingress,gateway -A -o json` prints.
//!
//! An object that is not listed or has no address yet has no records: an unknown address never means that a name is absent.

use crate::diagnostic::{Code, Diagnostic};
use crate::dns::{ADDRESS_KINDS, AddressObject};
use crate::name::DnsName;
use crate::record::{RecordData, RecordSets, RecordType};
use crate::spec::Range;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The addresses of Services, Ingresses and Gateways.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClusterAddresses(BTreeMap<AddressObject, BTreeSet<String>>);

impl ClusterAddresses {
    /// Reads a list of objects. Other kinds are ignored.
    pub(crate) fn read(json: &str) -> Result<Self, Diagnostic> {
        let fault =
            |reason: String| Diagnostic::new(Code::Usage, format!("the status is not the output of kubectl: {reason}"));
        let list: Value = serde_json::from_str(json).map_err(|error| fault(error.to_string()))?;
        let help = "pipe `kubectl get svc,ingress,gateway -A -o json` into `--status -`";
        let items = list["items"].as_array().ok_or_else(|| fault("it has no list `items`".into()).help(help))?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut found = BTreeMap::new();
        for item in items {
            let kind = text(&item["kind"]);
            if !ADDRESS_KINDS.contains(&kind.as_str()) {
                continue;
            }
            let (entries, keys): (&Value, &[&str]) = match kind.as_str() {
                "Gateway" => (&item["status"]["addresses"], &["value"]),
                _ => (&item["status"]["loadBalancer"]["ingress"], &["ip", "hostname"]),
            };
            let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
            let addresses = entries.iter().flat_map(|entry| keys.iter().filter_map(|key| entry[*key].as_str()));
            let meta = &item["metadata"];
            let (namespace, name) = (text(&meta["namespace"]).into(), text(&meta["name"]).into());
            let object = AddressObject { kind: kind.into(), namespace, name };
            found.insert(object, addresses.filter(|address| !address.is_empty()).map(str::to_owned).collect());
        }
        Ok(ClusterAddresses(found))
    }

    /// The records for the address of `object`: A and AAAA for IP addresses, else CNAME; `None` if the address is not known
    /// yet. Every address must be in one of the `ranges`.
    pub(crate) fn resolve(&self, object: &AddressObject, ranges: &[Range]) -> Result<Option<RecordSets>, Diagnostic> {
        let Some(addresses) = self.0.get(object).filter(|addresses| !addresses.is_empty()) else { return Ok(None) };
        let AddressObject { kind, namespace, name } = object;
        let fault = |reason: String| Diagnostic::new(Code::Dns, format!("{kind} `{namespace}/{name}` {reason}"));
        let outside = |address: &str| {
            fault(format!("has the address `{address}`, which is outside of the ranges of the zone"))
                .help("add the networks and names of your load balancers to `addresses:` of the zone")
        };
        let mut records = RecordSets::default();
        let mut names = Vec::new();
        for address in addresses {
            match address.parse::<IpAddr>() {
                Ok(ip) if !ranges.iter().any(|range| range.contains_address(ip)) => return Err(outside(address)),
                Ok(ip) => {
                    let kind = if ip.is_ipv4() { RecordType::A } else { RecordType::Aaaa };
                    records.insert(kind, RecordData::parse(kind, address)?);
                }
                Err(_) => names.push(DnsName::target(address)?),
            }
        }
        if records.is_empty() {
            let [target] = &names[..] else {
                return Err(fault(format!("has {} host names, but a CNAME has one target", names.len())));
            };
            if !ranges.iter().any(|range| range.contains_name(target)) {
                return Err(outside(target.as_str()));
            }
            records.insert(RecordType::Cname, RecordData::parse(RecordType::Cname, target.as_str())?);
        }
        Ok(Some(records))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = r#"{"kind": "List", "items": [
        {"kind": "Service", "metadata": {"namespace": "a", "name": "ip"},
         "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}, {"ip": "2001:db8::7"}]}}},
        {"kind": "Service", "metadata": {"namespace": "a", "name": "waiting"}, "status": {"loadBalancer": {}}},
        {"kind": "Service", "metadata": {"namespace": "a", "name": "inner"}, "spec": {"clusterIP": "10.0.0.1"}},
        {"kind": "Service", "metadata": {"namespace": "a", "name": "local"},
         "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}},
        {"kind": "Ingress", "metadata": {"namespace": "a", "name": "name"},
         "status": {"loadBalancer": {"ingress": [{"hostname": "x.elb.example.net"}]}}},
        {"kind": "Ingress", "metadata": {"namespace": "a", "name": "names"},
         "status": {"loadBalancer": {"ingress": [{"hostname": "x.elb.example.net"}, {"hostname": "y.elb.example.net"}]}}},
        {"kind": "Ingress", "metadata": {"namespace": "a", "name": "other"},
         "status": {"loadBalancer": {"ingress": [{"hostname": "x.example.org"}]}}},
        {"kind": "Gateway", "metadata": {"namespace": "a", "name": "gw"},
         "status": {"addresses": [{"type": "IPAddress", "value": "203.0.113.9"}]}},
        {"kind": "Pod", "metadata": {"namespace": "a", "name": "ip"}}
    ]}"#;

    #[test]
    fn addresses_become_records() {
        let addresses = ClusterAddresses::read(STATUS).unwrap();
        let ranges = ["203.0.113.0/24", "2001:db8::/32", "elb.example.net"].map(|range| Range::parse(range).unwrap());
        let resolved = |kind: &str, name: &str| {
            let object = AddressObject { kind: kind.into(), namespace: "a".into(), name: name.into() };
            match addresses.resolve(&object, &ranges) {
                Ok(Some(records)) => {
                    let record =
                        |(kind, data): (RecordType, &RecordData)| format!("{kind} {}", data.presentation(kind));
                    records.iter().map(record).collect::<Vec<_>>().join(", ")
                }
                Ok(None) => "unknown".to_owned(),
                Err(error) => error.to_string(),
            }
        };
        for (kind, name, want) in [
            ("Service", "ip", "A 203.0.113.7, AAAA 2001:db8::7"),
            ("Service", "waiting", "unknown"),
            ("Service", "inner", "unknown"),
            ("Service", "missing", "unknown"),
            (
                "Service",
                "local",
                "Service `a/local` has the address `10.0.0.1`, which is outside of the ranges of the zone",
            ),
            ("Ingress", "name", "CNAME x.elb.example.net."),
            ("Ingress", "names", "Ingress `a/names` has 2 host names, but a CNAME has one target"),
            (
                "Ingress",
                "other",
                "Ingress `a/other` has the address `x.example.org`, which is outside of the ranges of the zone",
            ),
            ("Gateway", "gw", "A 203.0.113.9"),
        ] {
            assert_eq!(resolved(kind, name), want);
        }
        for bad in ["", "{}", "[]", "{\"items\": 1}"] {
            assert!(ClusterAddresses::read(bad).is_err(), "{bad}");
        }
    }
}
