//! The hosts of a branch, as written: its names, the services that have a host on each of them, and how the two are joined.

use super::section::Section;
use super::{HostContent, Pattern, Placed, names, spec_error};
use crate::diagnostic::Diagnostic;
use crate::node::{Node, Value};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// The hosts of a branch or of the defaults. A field that is not set comes from the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostsEntry {
    /// The host names.
    pub(crate) names: Option<Vec<HostEntry>>,
    /// The services, each of which has a host for every name.
    pub(crate) services: Option<Vec<Placed<SmolStr>>>,
    /// The text between a service and a name.
    pub(crate) join: Option<Placed<Join>>,
}

/// A host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostEntry {
    /// The name, with variables.
    pub(crate) name: Pattern,
    /// The records that replace those of its zone.
    pub(crate) content: Option<Arc<HostContent>>,
}

/// The text between a service and a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Join {
    /// A dot: the service is a label of its own.
    #[default]
    Dot,
    /// A hyphen: both share a label, which one wildcard covers.
    Hyphen,
    /// `-dot-`, as App Engine joins names.
    Word,
}

impl Join {
    /// All variants.
    pub(crate) const ALL: [Join; 3] = [Join::Dot, Join::Hyphen, Join::Word];

    /// The text between the two.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Join::Dot => ".",
            Join::Hyphen => "-",
            Join::Word => "-dot-",
        }
    }
}

impl fmt::Display for Join {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl HostsEntry {
    /// Reads `hosts`: a list of names, or a mapping with names, services and the join.
    pub(super) fn of(section: &Section, faults: &mut Vec<Diagnostic>) -> Option<Self> {
        let node = section.node("hosts")?;
        match &node.value {
            Value::Seq(items) => Some(HostsEntry { names: Some(host_names(items, faults)), ..HostsEntry::default() }),
            Value::Map(_) => {
                let hosts = Section::new("hosts", node);
                Some(HostsEntry {
                    names: hosts.list("names").map(|list| host_names(list, faults)),
                    services: hosts.list("services").map(|list| names::read(list, "service", faults)),
                    join: hosts.placed("join").and_then(|text| {
                        let value = Join::ALL.into_iter().find(|join| join.text() == text.value)?;
                        Some(Placed { value, at: text.at })
                    }),
                })
            }
            Value::Scalar(_) => None,
        }
    }
}

fn host_names(list: &[Node], faults: &mut Vec<Diagnostic>) -> Vec<HostEntry> {
    let mut seen = BTreeSet::new();
    let hosts = list.iter().filter_map(|node| {
        let section = Section::new("host", node);
        let name = if node.as_map().is_some() { section.node("name")? } else { node };
        let pattern = Pattern::read(name, faults)?;
        if !seen.insert(pattern.to_string()) {
            faults.push(spec_error(format!("duplicate host `{pattern}`")).at(name.at));
            return None;
        }
        let content =
            node.as_map().map(|_| HostContent::of(&section, faults)).filter(|own| *own != HostContent::default());
        Some(HostEntry { name: pattern, content: content.map(Arc::new) })
    });
    hosts.collect()
}
