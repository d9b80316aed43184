//! What the output that a build starts from tells: plans that stand there already, the last files of branches that have
//! gone since, and files that live branches have replaced.

use super::footprint::Footprint;
use super::plan_file::{TeardownPlan, is_ours};
use crate::annotation::BRANCH_NAME_ANNOTATION;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::source::{Location, RelPath};
use crate::spec::ImageField;
use crate::tree::{LOCK, NAMESPACES, TEARDOWN, Tree, slug_of};
use crate::yaml::{self, Dialect};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of one slug. Names in DNS are not among it: these are recorded in zone change files.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The branch as git called it.
    pub branch: SmolStr,
    /// All that was left.
    pub left: Footprint,
    /// What was left since the base.
    pub fresh: Footprint,
}

impl Record {
    /// Adds what `other` knows. The branch stays that of the first who knew one.
    pub fn add(&mut self, other: Record) {
        if self.branch.is_empty() {
            self.branch = other.branch;
        }
        self.left.add(other.left);
        self.fresh.add(other.fresh);
    }
}

/// What is known, by slug.
pub type Records = BTreeMap<SmolStr, Record>;

/// What `base` tells of those slugs that are `wanted`; of those that a branch `has` no more than the plans.
pub fn records(
    base: &Tree,
    fields: &[ImageField],
    has: impl Fn(&str) -> bool + Sync,
    wanted: impl Fn(&str) -> bool + Sync,
) -> Result<Records> {
    let files: Vec<_> = base.iter().filter(|(path, text)| is_plan(path, text) || is_object(path)).collect();
    let read: Vec<Result<Option<(SmolStr, Record)>>> = files
        .into_par_iter()
        .filter(|(path, _)| wanted(slug_of(path)))
        .map(|(path, text)| {
            let slug = SmolStr::from(slug_of(path));
            let record = match is_object(path) {
                true if has(&slug) => return Ok(None),
                true => object(text, fields),
                false => plan(text),
            };
            Ok(Some((slug, record.map_err(|errors| unreadable(path, &errors))?)))
        })
        .collect();
    let mut records = Records::new();
    for (slug, record) in gather(read, |record| record)?.into_iter().flatten() {
        // Objects come before plans, and what they say is newer.
        records.entry(slug).or_default().add(record);
    }
    Ok(records)
}

/// What branches had.
#[derive(Debug, Default)]
pub struct Replaced {
    /// What was in their files.
    pub records: Records,
    /// A word about each file that cannot be read.
    pub warnings: Vec<Diagnostic>,
}

/// What those objects of branches had among `files` that are no more as they were.
pub fn replaced(files: &Tree, fields: &[ImageField]) -> Replaced {
    let files: Vec<_> = files.iter().filter(|(path, _)| is_object(path)).collect();
    let read: Vec<(&RelPath, Result<Record>)> =
        files.into_par_iter().map(|(path, text)| (path, object(text, fields))).collect();
    let mut replaced = Replaced::default();
    for (path, record) in read {
        match record {
            Ok(record) => replaced.records.entry(slug_of(path).into()).or_default().add(record),
            Err(errors) => replaced.warnings.push(unreadable(path, &errors)),
        }
    }
    replaced
}

/// Whether a path is that of a plan, and its content one: what else lies there is not pleach's.
fn is_plan(path: &RelPath, text: &Arc<str>) -> bool {
    let mut parts = path.parts();
    parts.next() == Some(TEARDOWN) && parts.count() == 1 && path.name().strip_suffix(".yaml").is_some() && is_ours(text)
}

/// Whether a path is that of an object of a branch.
pub fn is_object(path: &RelPath) -> bool {
    path.parts().next() == Some(NAMESPACES) && path.parts().count() == 3 && path.name() != LOCK
}

fn plan(text: &str) -> Result<Record> {
    let TeardownPlan { branch, mut left, .. } = TeardownPlan::parse(text)?;
    left.names.clear();
    // What a live branch named was not to go yet.
    let fresh = Footprint { named: left.named.clone(), ..Footprint::default() };
    Ok(Record { branch, left, fresh })
}

fn object(text: &str, fields: &[ImageField]) -> Result<Record> {
    let mut record = Record::default();
    for node in yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE)? {
        record.fresh.read(&node, fields);
        let name = node.str_at(&["metadata", "annotations", BRANCH_NAME_ANNOTATION]);
        record.branch = name.map_or(record.branch, Into::into);
    }
    record.left = record.fresh.clone();
    Ok(record)
}

fn unreadable(path: &RelPath, errors: &Diagnostics) -> Diagnostic {
    let why = errors.iter().next().map(ToString::to_string).unwrap_or_default();
    Diagnostic::new(
        Code::Output,
        format!("`{path}` in the base cannot be read, so what its branch leaves is not known: {why}"),
    )
    .help("mend it, or name another base, as in `--base HEAD`")
}
