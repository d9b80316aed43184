//! Record sets for `gcloud dns record-sets import`: one YAML document each.

use crate::diagnostic::Result;
use crate::dns::zone_change::ZoneChangeFile;
use crate::node::{Map, Node};
use crate::yaml::{self, Quoting};

pub(super) fn write(files: &[ZoneChangeFile]) -> Result<String> {
    let mut text = String::new();
    for (name, present) in super::names(files) {
        for (kind, set) in present.records.sets() {
            let data = set.iter().map(|data| Node::str(data.presentation(kind)));
            let document: Map = [
                ("kind", Node::str("dns#resourceRecordSet")),
                ("name", Node::str(format!("{name}."))),
                ("rrdatas", Node::seq(data)),
                ("ttl", Node::int(present.ttl.into())),
                ("type", Node::str(kind.name())),
            ]
            .into_iter()
            .collect();
            text += "---\n";
            yaml::write(&mut text, &document.into(), Quoting::Safe)?;
        }
    }
    Ok(text)
}
