//! DNS names that have to be removed.

use crate::name::DnsName;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The DNS names of a branch that must be absent, each after its zone.
#[derive(Clone, Debug, Default)]
pub(crate) struct RemovedNames {
    /// The name of the branch.
    pub(crate) branch: SmolStr,
    /// All of them.
    pub(crate) names: BTreeSet<(DnsName, DnsName)>,
    /// Those that were not absent in the previous output.
    pub(crate) fresh: BTreeSet<(DnsName, DnsName)>,
}
