//! Zone changes: which names of one zone must be present or absent for one branch.
//!
//! [`mod@file`] is the format of the files, [`decide()`] makes them for a build, and [`check()`] has the rules between files. A
//! zone change has no previous values, no hashes and no dates, so that a file changes only when the names do.

mod check;
mod decide;
mod file;
mod known_hosts;
mod recorded;

pub(crate) use check::check;
pub(crate) use decide::{DecidedZoneChanges, decide};

use super::ownership::Owner;
use super::present_name::PresentName;
use crate::name::DnsName;
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The content of a zone change file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ZoneChange {
    /// The zone.
    pub(crate) zone: DnsName,
    /// Who owns the names.
    pub(crate) owner: Owner,
    /// The name of the branch.
    pub(crate) branch: SmolStr,
    /// The names that must be present.
    pub(crate) present: BTreeMap<DnsName, PresentName>,
    /// The names that must be absent.
    pub(crate) absent: BTreeSet<DnsName>,
}

/// A zone change file and its source location.
#[derive(Clone, Debug)]
pub(crate) struct ZoneChangeFile {
    /// The slug of the branch, which is the name of the file.
    pub(crate) slug: SmolStr,
    /// The content.
    pub(crate) change: ZoneChange,
    /// The source location.
    pub(crate) at: Location,
}
