//! `DNSEndpoint` objects for external-dns, one for each file. They have no namespace: use `kubectl apply --namespace`.

use crate::diagnostic::{Result, gather};
use crate::dns::endpoint::{self, map};
use crate::dns::zone_change::ZoneChangeFile;
use crate::node::Node;
use crate::yaml::{self, Quoting};

pub(super) fn write(files: &[ZoneChangeFile]) -> Result<String> {
    let mut text = String::new();
    for object in gather(files, object)?.into_iter().flatten() {
        text += "---\n";
        yaml::write(&mut text, &object, Quoting::Safe)?;
    }
    Ok(text)
}

fn object(file: &ZoneChangeFile) -> Result<Option<Node>> {
    let mut endpoints = Vec::new();
    for (name, present) in super::names(std::slice::from_ref(file)) {
        endpoints.extend(endpoint::endpoints(name, present).map_err(|error| error.at(file.at))?);
    }
    let object = |endpoints| {
        map([
            ("apiVersion", Node::str("externaldns.k8s.io/v1alpha1")),
            ("kind", Node::str("DNSEndpoint")),
            ("metadata", map([("name", Node::str(format!("{}.{}", file.slug, file.change.zone)))])),
            ("spec", map([("endpoints", Node::seq(endpoints))])),
        ])
    };
    Ok((!endpoints.is_empty()).then(|| object(endpoints)))
}
