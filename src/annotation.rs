//! The keys of labels and annotations that pleach writes or reads.
//!
//! Labels such as `app.kubernetes.io/name` belong to the manifests.

/// The prefix of all keys that only pleach sets.
pub(crate) const KEY_PREFIX: &str = "pleach.dev/";
/// The label with the project.
pub(crate) const PROJECT_LABEL: &str = "pleach.dev/project";
/// The label with the slug.
pub(crate) const BRANCH_LABEL: &str = "pleach.dev/branch";
/// The annotation with the branch name.
pub(crate) const BRANCH_NAME_ANNOTATION: &str = "pleach.dev/branch-name";
/// The annotation of an object in a namespace that its branch does not own. See [`NAMESPACE_KEPT`] and [`NAMESPACE_ADOPTED`].
pub(crate) const NAMESPACE_ANNOTATION: &str = "pleach.dev/namespace";
/// The value for an object that stays in the namespace of its manifest. Users set it.
pub(crate) const NAMESPACE_KEPT: &str = "keep";
/// The value for an object of a branch that adopts its namespace. Only pleach sets it.
pub(crate) const NAMESPACE_ADOPTED: &str = "adopted";
/// The annotation that lists the databases which are removed with an object, separated by spaces. See
/// [`crate::database::Database`] for the format.
pub(crate) const DATABASE_ANNOTATION: &str = "pleach.dev/database";
/// The annotation of a Job whose name ends in a hash of its pod template. Manifests set it.
pub(crate) const NAME_HASH_ANNOTATION: &str = "pleach.dev/name-hash";
/// The annotation of a namespace with the time when kube-janitor deletes it.
pub(crate) const JANITOR_ANNOTATION: &str = "janitor/expires";
/// The label with the name of the tool that manages an object.
pub(crate) const MANAGED_BY_LABEL: &str = "app.kubernetes.io/managed-by";
/// The annotation that kustomize writes for `originAnnotations`: the file that an object was read from.
pub(crate) const ORIGIN_ANNOTATION: &str = "config.kubernetes.io/origin";
/// The annotation that kustomize writes for `transformerAnnotations`: the transformers that changed an object.
pub(crate) const TRANSFORMATIONS_ANNOTATION: &str = "alpha.config.kubernetes.io/transformations";

/// The domain of the annotations with which kustomize keeps its own books.
pub(crate) const BOOKS_DOMAIN: &str = "internal.config.kubernetes.io/";
