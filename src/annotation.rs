//! The keys of labels and annotations that pleach writes or reads.
//!
//! `app.kubernetes.io/name` and its like belong to the manifests and are left to them.

/// What all keys of pleach begin with; the spec sets none of them.
pub const KEY_PREFIX: &str = "pleach.dev/";
/// The label that has the project.
pub const PROJECT_LABEL: &str = "pleach.dev/project";
/// The label that has the slug.
pub const BRANCH_LABEL: &str = "pleach.dev/branch";
/// The annotation that has the branch name as Git spells it.
pub const BRANCH_NAME_ANNOTATION: &str = "pleach.dev/branch-name";
/// The annotation of an object that names databases which are removed with it, as [`crate::database::Database`] writes
/// them, separated by blanks.
pub const DATABASE_ANNOTATION: &str = "pleach.dev/database";
/// The annotation of a namespace that kube-janitor reads: when the namespace is deleted.
pub const JANITOR_ANNOTATION: &str = "janitor/expires";
/// The label that names the tool which manages an object.
pub const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
