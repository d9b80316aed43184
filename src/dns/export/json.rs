//! JSON: an object with `apiVersion`, `kind` and `zones`, each with `present` and `absent`.

use crate::dns::PresentName;
use crate::dns::zone_change::ZoneChangeFile;
use crate::name::DnsName;
use crate::record::RecordData;
use crate::visible::visible_json;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub(super) fn write(files: &[ZoneChangeFile]) -> String {
    let mut zones: BTreeMap<&DnsName, (Vec<Value>, Vec<Value>)> = BTreeMap::new();
    for file in files {
        let (present, absent) = zones.entry(&file.change.zone).or_default();
        present.extend(file.change.present.iter().map(|(name, present_name)| entry(file, name, present_name)));
        absent.extend(
            file.change.absent.iter().map(|name| json!({"name": name.as_str(), "branch": file.change.branch.as_str()})),
        );
    }
    let zone = |(name, (present, absent)): (&DnsName, (Vec<Value>, Vec<Value>))| {
        (name.to_string(), json!({"present": present, "absent": absent}))
    };
    let zones: Map<String, Value> = zones.into_iter().map(zone).collect();
    let json = format!("{:#}\n", json!({"apiVersion": "pleach/v1", "kind": "ZoneChangeList", "zones": zones}));
    visible_json(&json)
}

fn entry(file: &ZoneChangeFile, name: &DnsName, present_name: &PresentName) -> Value {
    let mut records = Map::new();
    for (kind, set) in present_name.records.sets() {
        records.insert(kind.name().into(), set.iter().map(|data: &RecordData| data.value(kind)).collect());
    }
    let mut entry = json!({
        "name": name.as_str(), "branch": file.change.branch.as_str(), "owner": file.change.owner.project.as_str(), "ttl": present_name.ttl, "records": records,
    });
    if let Some(proxied) = present_name.proxied {
        entry["proxied"] = proxied.into();
    }
    if let Some(id) = &file.change.owner.id {
        entry["ownerId"] = id.as_str().into();
    }
    if let Some(object) = &present_name.address_from {
        let (kind, namespace, name) = (object.kind.as_str(), object.namespace.as_str(), object.name.as_str());
        entry["addressFrom"] = json!({"kind": kind, "namespace": namespace, "name": name});
    }
    entry
}
