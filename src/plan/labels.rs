//! The labels and annotations by which all objects of a branch are known.
//!
//! `app.kubernetes.io/managed-by` and its like belong to the manifests and are left to them.

use super::merge;
use crate::slug::Slug;
use crate::source::Location;
use crate::spec::{Branch, Placed, Spec};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The label that holds the project.
pub const PROJECT_LABEL: &str = "pleach.dev/project";
/// The label that holds the slug.
pub const BRANCH_LABEL: &str = "pleach.dev/branch";
/// The annotation that holds the branch name as it is in git.
pub const BRANCH_NAME_ANNOTATION: &str = "pleach.dev/branch-name";
/// The annotation of a namespace that names the database which goes with it: `schema/<database>/<schema>` or
/// `database/<shared database>/<database>`.
pub const DATABASE_ANNOTATION: &str = "pleach.dev/database";

type Pairs = BTreeMap<SmolStr, Placed<SmolStr>>;

/// Where what no file says would stand.
fn own(value: SmolStr) -> Placed<SmolStr> {
    Placed { value, at: Location::NONE }
}

/// All labels of a branch.
pub(super) fn labels(spec: &Spec, branch: &Branch, slug: &Slug) -> Pairs {
    let mut labels = merge::named(&spec.defaults.labels, &branch.settings.labels, |own, _| own.clone());
    labels.insert(SmolStr::new_static(PROJECT_LABEL), own(spec.project.clone()));
    labels.insert(SmolStr::new_static(BRANCH_LABEL), own(slug.into()));
    labels
}

/// All annotations of a branch.
pub(super) fn annotations(spec: &Spec, branch: &Branch) -> Pairs {
    let mut annotations = merge::named(&spec.defaults.annotations, &branch.settings.annotations, |own, _| own.clone());
    annotations.insert(SmolStr::new_static(BRANCH_NAME_ANNOTATION), own(branch.name.clone()));
    annotations
}

/// What the namespace of a branch says to kube-janitor: when the last day of the branch is over, in UTC.
const JANITOR_ANNOTATION: &str = "janitor/expires";

/// The annotations of the namespace of a branch alone; `database` names the database that is the branch's own.
pub(super) fn of_namespace(spec: &Spec, branch: &Branch, database: Option<SmolStr>) -> Pairs {
    let expires = branch.expires.as_ref().filter(|_| spec.janitor).map(|expires| {
        let value = format!("{}T23:59:59Z", expires.value).into();
        (SmolStr::new_static(JANITOR_ANNOTATION), Placed { value, at: expires.at })
    });
    let database = database.map(|text| (SmolStr::new_static(DATABASE_ANNOTATION), own(text)));
    expires.into_iter().chain(database).collect()
}
