//! DNS names that have to be removed.

use crate::name::DnsName;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The DNS names of a branch that must be absent, each after its zone.
#[derive(Clone, Debug, Default)]
pub struct RemovedNames {
    /// The name of the branch.
    pub branch: SmolStr,
    /// All of them.
    pub names: BTreeSet<(DnsName, DnsName)>,
    /// Those that were not absent in the previous output.
    pub fresh: BTreeSet<(DnsName, DnsName)>,
}
