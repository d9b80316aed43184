//! What a command has found, for other programs: one model, and a writer for each format of CI systems.
//!
//! A [`Report`] has items: diagnostics, files of the output that are not up to date. The writers ([`sarif`], [`junit`],
//! [`gitlab_codequality`], [`github`], [`json`]) know nothing of the command that made it. Paths are those that the CI system
//! knows: relative to the root of the repository. Secret values never come here: diagnostics are redacted before.

pub(crate) mod github;
pub(crate) mod gitlab_codequality;
mod item;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod sarif;
mod xml;

pub(crate) use item::{ItemLevel, ItemLocation, ReportItem, Rule};

use crate::hex;
use crate::limits::REPORT_ITEMS;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The API version of the project's own JSON.
const API_VERSION: &str = "pleach/v1";

/// What a command has found.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// The command, such as `check`.
    command: &'static str,
    /// What the command checks, for formats that list what passed.
    subject: String,
    /// The file for items without a source location, in formats that need one.
    main_file: String,
    /// The items, errors first.
    items: Vec<ReportItem>,
}

/// How many items of each level a report has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ItemCounts {
    errors: usize,
    warnings: usize,
    notes: usize,
}

impl Report {
    /// A report of `command` about `subject`. An item without a source location is about `main_file`.
    pub(crate) fn new(
        command: &'static str,
        subject: impl Into<String>,
        main_file: impl Into<String>,
        mut items: Vec<ReportItem>,
    ) -> Self {
        items.sort_by_key(|item| item.level);
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for item in &mut items {
            let identity = item.identity();
            let number = known.entry(identity.clone()).and_modify(|number| *number += 1).or_insert(1);
            item.fingerprint = fingerprint(&identity, *number);
        }
        Report { command, subject: subject.into(), main_file: main_file.into(), items }
    }

    /// How many items of each level it has.
    fn counts(&self) -> ItemCounts {
        let count = |level| self.items.iter().filter(|item| item.level == level).count();
        ItemCounts {
            errors: count(ItemLevel::Error),
            warnings: count(ItemLevel::Warning),
            notes: count(ItemLevel::Note),
        }
    }

    /// The first [`REPORT_ITEMS`] items, and a sentence about the others if it has more.
    fn limited(&self) -> (&[ReportItem], Option<String>) {
        let shown = &self.items[..self.items.len().min(REPORT_ITEMS)];
        let more = self.items.len() - shown.len();
        (shown, (more > 0).then(|| format!("and {more} more, which are left out: `pleach {}` lists all", self.command)))
    }

    /// The path of an item.
    fn path<'r>(&'r self, item: &'r ReportItem) -> &'r str {
        item.locations.first().map_or(&self.main_file, |location| &location.path)
    }
}

/// What identifies the item number `number` of those that are equal.
fn fingerprint(identity: &str, number: usize) -> String {
    let text = if number == 1 { identity.to_owned() } else { format!("{identity}\0{number}") };
    hex::encode(&Sha256::digest(text)[..16])
}

#[cfg(test)]
mod tests;
