//! The teardown records of a file of the output: the entries of a teardown plan, or the absent names of a zone change.

use crate::dns::zone_change::ZoneChange;
use crate::output::{OutputKind, OutputPath};
use crate::teardown::{Footprint, TeardownPlan};
use std::collections::{BTreeMap, BTreeSet};

/// A teardown plan or a zone change.
pub(super) struct RecordFile {
    /// What the file has besides its records.
    header: Header,
    pub(super) records: Footprint,
}

#[derive(Clone, PartialEq, Eq)]
enum Header {
    Plan(TeardownPlan),
    ZoneChange(ZoneChange),
}

impl RecordFile {
    /// Reads the text of a file. `None` if it is not a teardown plan or a zone change.
    pub(super) fn read(path: &OutputPath, text: &str) -> Option<Self> {
        match path.kind() {
            OutputKind::TeardownPlan => {
                let mut plan = TeardownPlan::parse(text).ok()?;
                // Whether an image may be in use changes with the other branches.
                let records = std::mem::take(&mut plan.footprint).with_all_images();
                Some(RecordFile { header: Header::Plan(plan), records })
            }
            OutputKind::ZoneChange => {
                let mut change = ZoneChange::parse(text).ok()?;
                let names = std::mem::take(&mut change.absent).into_iter().map(|name| (change.zone.clone(), name));
                let records = Footprint { names: names.collect(), ..Footprint::default() };
                Some(RecordFile { header: Header::ZoneChange(change), records })
            }
            _ => None,
        }
    }

    /// Reads the text of a file that may not exist; then it has nothing, neither records nor present names.
    pub(super) fn read_if_exists(path: &OutputPath, text: Option<&str>, other: &RecordFile) -> Option<Self> {
        text.map_or_else(|| Some(other.emptied()), |text| RecordFile::read(path, text))
    }

    fn emptied(&self) -> Self {
        let header = match &self.header {
            Header::Plan(plan) => Header::Plan(plan.clone()),
            Header::ZoneChange(change) => {
                Header::ZoneChange(ZoneChange { present: BTreeMap::new(), absent: BTreeSet::new(), ..change.clone() })
            }
        };
        RecordFile { header, records: Footprint::default() }
    }

    /// Whether the two differ only in their records.
    pub(super) fn has_same_header(&self, other: &RecordFile) -> bool {
        self.header == other.header
    }
}
