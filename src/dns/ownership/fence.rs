//! The fence of a project in a zone.

use super::{FORMAT, Owner, ParsedRecord, Words, read, txt};
use crate::record::RecordSets;
use std::fmt::Write;

/// The highest revision that a project has applied to a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The owner.
    pub(crate) owner: Owner,
    /// A number that increases with each commit or run.
    pub(crate) rev: u64,
}

impl Fence {
    /// The TXT record.
    pub(crate) fn records(&self) -> RecordSets {
        let mut text = String::new();
        write!(text, "{FORMAT} {} rev={}", self.owner.words(), self.rev).expect("a string takes all");
        txt(&text)
    }

    /// Reads the records at the name of a fence. If a provider has no compare-and-set, two runs at the same time may both
    /// have written one: the highest revision counts.
    pub(crate) fn read(records: &RecordSets) -> ParsedRecord<Fence> {
        let fence = |words: &mut Words| {
            let owner = Owner::read(words)?;
            let rev = words.next()?.strip_prefix("rev=")?.parse().ok()?;
            Some(Fence { owner, rev })
        };
        let mut highest: Option<Fence> = None;
        for (kind, data) in records.iter() {
            match (read(&RecordSets::one(kind, data.clone()), fence), &highest) {
                (ParsedRecord::Valid(fence), Some(other)) if fence.owner != other.owner => {
                    return ParsedRecord::Unreadable;
                }
                (ParsedRecord::Valid(fence), Some(other)) if fence.rev < other.rev => {}
                (ParsedRecord::Valid(fence), _) => highest = Some(fence),
                _ => return ParsedRecord::Unreadable,
            }
        }
        highest.map_or(ParsedRecord::Absent, ParsedRecord::Valid)
    }
}
