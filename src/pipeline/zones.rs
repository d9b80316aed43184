//! Zones that the spec has and the output does not, or the other way round. Both depend on what is pruned.

use super::unused::{changed_zones, hosts, unused};
use super::{Build, Inputs, Selection};
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::output::Tree;
use crate::spec::Zone;
use std::collections::BTreeSet;

impl Build<'_> {
    /// The warnings about the zones of `tree`, which is the tree of this build after pruning.
    pub(crate) fn zone_warnings(&self, inputs: &Inputs, tree: &Tree) -> Vec<Diagnostic> {
        let mut warnings = undeclared(inputs, tree);
        let is_whole = matches!(inputs.selection, Selection::All) && self.failures.is_empty();
        if is_whole && !inputs.plan.branches.is_empty() {
            warnings.extend(unused_zones(inputs, tree));
        }
        warnings
    }
}

/// Zones with zone changes that the spec does not declare.
fn undeclared(inputs: &Inputs, tree: &Tree) -> Vec<Diagnostic> {
    let zones = changed_zones(tree).into_iter().filter_map(|zone| DnsName::host(&zone).ok());
    let undeclared = zones.filter(|zone| !inputs.spec.zones.contains_key(zone));
    let warning = |zone: DnsName| {
        let message = format!("the zone `{zone}` is not declared any more, but some of its names are not deleted yet");
        Diagnostic::new(Code::Dns, message)
            .help("declare it until `pleach dns apply` has deleted them, then run `pleach build --prune`")
    };
    undeclared.map(warning).collect()
}

/// Zones without a host and without a zone change.
fn unused_zones(inputs: &Inputs, tree: &Tree) -> Vec<Diagnostic> {
    let used: BTreeSet<&DnsName> = hosts(inputs).map(|(_, _, zone, _)| zone).collect();
    let changed = changed_zones(tree);
    let zones = inputs.spec.zones.iter().filter(|(name, _)| !used.contains(name) && !changed.contains(name.as_str()));
    let warning = |(name, zone): (&DnsName, &Zone)| {
        unused("zone", name.as_str(), zone.at).help("no host of a branch is in this zone")
    };
    zones.map(warning).collect()
}
