//! The labels and annotations of all objects of a branch.

use super::merge;
use crate::annotation::{BRANCH_LABEL, BRANCH_NAME_ANNOTATION, DATABASE_ANNOTATION, JANITOR_ANNOTATION, PROJECT_LABEL};
use crate::slug::Slug;
use crate::source::Location;
use crate::spec::{BranchEntry, Placed, Spec};
use smol_str::SmolStr;
use std::collections::BTreeMap;

type MetadataPairs = BTreeMap<SmolStr, Placed<SmolStr>>;

/// A value without a source location.
fn own(value: SmolStr) -> Placed<SmolStr> {
    Placed { value, at: Location::NONE }
}

/// All labels of a branch.
pub(super) fn labels(spec: &Spec, branch: &BranchEntry, slug: &Slug) -> MetadataPairs {
    let mut labels = merge::named(&spec.defaults.labels, &branch.settings.labels, |own, _| own.clone());
    labels.insert(SmolStr::new_static(PROJECT_LABEL), own(spec.project.clone()));
    labels.insert(SmolStr::new_static(BRANCH_LABEL), own(slug.into()));
    labels
}

/// All annotations of a branch.
pub(super) fn annotations(spec: &Spec, branch: &BranchEntry) -> MetadataPairs {
    let mut annotations = merge::named(&spec.defaults.annotations, &branch.settings.annotations, |own, _| own.clone());
    annotations.insert(SmolStr::new_static(BRANCH_NAME_ANNOTATION), own(branch.name.clone()));
    annotations
}

/// The annotations of the namespace only, or of one object if the branch adopts its namespace: the end of the last day of the branch in UTC, and its own `database`.
pub(super) fn namespace_annotations(spec: &Spec, branch: &BranchEntry, database: Option<SmolStr>) -> MetadataPairs {
    let expires = spec.janitor_date(branch).map(|expires| {
        let value = format!("{}T23:59:59Z", expires.value).into();
        (SmolStr::new_static(JANITOR_ANNOTATION), Placed { value, at: expires.at })
    });
    let database = database.map(|text| (SmolStr::new_static(DATABASE_ANNOTATION), own(text)));
    expires.into_iter().chain(database).collect()
}
