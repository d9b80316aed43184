//! Built-in checks: what a cluster would refuse whatever its version, what must not be committed, and what rarely means
//! what it looks like.
//!
//! [`CHECKS`] lists them. There is no schema of all kinds here: what only some versions or a custom resource's schema
//! refuse is left to the cluster.

mod address_sources;
mod ambiguous;
mod autoscaling;
mod copied_labels;
mod copy_size;
mod data;
mod database;
mod identity;
mod metadata;
mod namespaces;
mod pods;
mod routes;
mod sealed_secrets;
mod secrets;

pub(crate) use address_sources::AddressSource;
pub(crate) use secrets::has_values;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, Severity};
use crate::node::Node;
use crate::plan::Branch;
use crate::resource::Resource;
use crate::schema::Gvk;
use crate::spec::Spec;

/// What a check reads.
#[derive(Debug)]
pub(crate) struct CheckInput<'a> {
    /// The spec.
    pub(crate) spec: &'a Spec,
    /// The branch whose objects are checked.
    pub(crate) branch: &'a Branch,
    /// The namespace of the branch.
    pub(crate) namespace: &'a str,
    /// All objects of the branch.
    pub(crate) objects: Vec<CheckedObject<'a>>,
    /// The objects that hosts of the branch get their addresses from.
    pub(crate) address_sources: &'a [AddressSource<'a>],
}

/// A built-in check.
pub(crate) type BuiltInCheck = fn(&CheckInput) -> Vec<Finding>;

/// All checks; the order of their findings does not matter, because diagnostics are sorted by location.
pub(crate) const CHECKS: &[BuiltInCheck] = &[
    routes::check,
    address_sources::check,
    secrets::check,
    identity::check,
    metadata::check,
    namespaces::check,
    data::check,
    database::check,
    pods::check,
    ambiguous::check,
    autoscaling::check,
    sealed_secrets::check,
    copied_labels::check,
    copy_size::check,
];

/// A diagnostic about an object.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// Whether it stops the build of the branch.
    pub(crate) severity: Severity,
    /// What was found.
    pub(crate) diagnostic: Diagnostic,
}

impl Finding {
    fn warning(diagnostic: Diagnostic) -> Self {
        Finding { severity: Severity::Warning, diagnostic }
    }

    fn errors(diagnostics: Vec<Diagnostic>) -> Vec<Self> {
        let error = |diagnostic| Finding { severity: Severity::Error, diagnostic };
        diagnostics.into_iter().map(error).collect()
    }
}

/// Runs all checks on the objects of one branch. Returns the warnings, or all errors if there are any.
pub(crate) fn check(input: &CheckInput) -> Result<Vec<Diagnostic>> {
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for Finding { severity, diagnostic } in CHECKS.iter().flat_map(|check| check(input)) {
        match severity {
            Severity::Error => errors.push(diagnostic),
            Severity::Warning => warnings.push(diagnostic),
        }
    }
    Diagnostics::check(errors, warnings)
}

/// An object with its kind, which every check uses.
#[derive(Debug)]
pub(crate) struct CheckedObject<'a> {
    resource: &'a Resource,
    gvk: Gvk,
}

impl<'a> CheckedObject<'a> {
    /// An object to check.
    pub(crate) fn new(resource: &'a Resource) -> Self {
        CheckedObject { resource, gvk: resource.gvk() }
    }

    /// Whether it has this API group and kind.
    fn is(&self, group: &str, kind: &str) -> bool {
        self.gvk.group == group && self.gvk.kind == kind
    }

    fn node(&self) -> &'a Node {
        &self.resource.node
    }

    /// A diagnostic about a part of it.
    fn fault(&self, part: &Node, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Code::Resource, message).at(part.at).at(self.resource.origin)
    }
}

impl std::fmt::Display for CheckedObject<'_> {
    /// `Deployment web`, for messages; without the namespace, so that the same finding in several branches is shown once.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.gvk.kind, self.resource.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Project;
    use crate::yaml::{self, Dialect};
    use crate::{plan, spec};

    /// The diagnostics of a text: errors, then warnings, each with its line.
    fn diagnostics_of(text: &str) -> Vec<String> {
        let project = Project::in_memory([("a.yaml", text)]);
        let file = project.file(&crate::source::RelPath::new("a.yaml").unwrap()).unwrap();
        let nodes = yaml::documents(&file, Dialect::Kubernetes).unwrap();
        let resources: Vec<Resource> = nodes.into_iter().map(Resource::new).collect();
        let spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches: [{name: shop}]\n";
        let spec = spec::read(&Project::in_memory([("branches.yaml", spec), ("base/a.yaml", "")])).unwrap();
        let plan = plan::build_plan(&spec).unwrap();
        let objects = resources.iter().map(CheckedObject::new).collect();
        let branch = &plan.branches[0];
        let input = CheckInput { spec: &spec, branch, namespace: "shop", objects, address_sources: &[] };
        let (word, errors) = match check(&input) {
            Ok(warnings) => ("warning", warnings),
            Err(errors) => ("error", errors.into_iter().collect()),
        };
        errors.iter().map(|e| format!("{word} {}: {e}", e.parts().at.line)).collect()
    }

    fn config_map(rest: &str) -> String {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: x\n  namespace: shop\n{rest}")
    }

    fn deployment(container: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: shop}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n  \
             template:\n    metadata: {{labels: {{app: web, tier: front}}}}\n    spec:\n      containers:\n      - {container}\n"
        )
    }

    #[test]
    fn what_a_cluster_takes() {
        for text in [
            config_map("data: {a.conf: 'x', B_1: \"2\"}\nbinaryData: {c: aGk=}\n"),
            config_map("data:\nbinaryData: null\n"),
            deployment("{name: a, image: b, env: [{name: ONE, value: '1'}, {name: TWO}], args: ['1', x]}"),
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: 'system:Some_role'}\n"
                .into(),
            "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {a: '', b/c: X_1}}\n".into(),
            "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n---\n\
             apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n"
                .into(),
        ] {
            assert_eq!(diagnostics_of(&text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_a_cluster_refuses() {
        let long = "a".repeat(53);
        for (text, want) in [
            (
                "kind: ConfigMap\nmetadata: {name: x, namespace: shop}\n".to_owned(),
                "error 1: the object has no `apiVersion`",
            ),
            ("apiVersion: v1\nmetadata: {name: x, namespace: shop}\n".into(), "error 1: the object has no `kind`"),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: shop}\n".into(),
                "error 1: a `ConfigMap` has no name",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x-, namespace: shop}\n".into(),
                "error 1: a `ConfigMap` has no name",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: A_b, namespace: shop}\n".into(),
                "error 3: `A_b` is not a valid name of a `ConfigMap`",
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: 1a, namespace: shop}\n".into(),
                "error 3: `1a` is not a valid name of a `Service`",
            ),
            (
                "apiVersion: v1\nkind: Service\nmetadata: {name: a.b, namespace: shop}\n".into(),
                "error 3: `a.b` is not a valid name of a `Service`",
            ),
            (
                format!("apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {long}, namespace: shop}}\n"),
                &format!("error 3: `{long}` is not a valid name of a `CronJob`"),
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 12, namespace: shop}\n".into(),
                "error 3: `metadata.name` of `ConfigMap 12` must be a string, got an integer",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: other}\n".into(),
                "error 3: `ConfigMap x` is in the namespace `other`, which is not the branch's",
            ),
            (
                "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: a/b, namespace: shop}\n".into(),
                "error 3: `a/b` is not a valid name of a `Role`",
            ),
            (
                config_map("data: {n: 8080}\n"),
                "error 6: `n` in `data` of `ConfigMap x` must be a string, got an integer",
            ),
            (config_map("data: {n: [a]}\n"), "error 6: `n` in `data` of `ConfigMap x` must be a string, got a list"),
            (config_map("data: []\n"), "error 6: `data` of `ConfigMap x` must be a mapping, got a list"),
            (config_map("data: {'a b': x}\n"), "error 6: `a b` is not a valid key of `data` in `ConfigMap x`"),
            (
                config_map("data: {a: x}\nbinaryData: {a: aGk=}\n"),
                "error 7: `a` of `ConfigMap x` is in `data` and in `binaryData`",
            ),
            (config_map("binaryData: {a: 'h!'}\n"), "error 6: `a` in `binaryData` of `ConfigMap x` is not base64"),
            (
                config_map(&format!("data: {{a: {}, b: {0}}}\n", "x".repeat(600_000))),
                "error 1: `ConfigMap x` has 1200000 bytes of data, more than 1 MiB",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop, labels: {on: true}}\n".into(),
                "error 3: the label `on` of `ConfigMap x` must be a string, got a boolean",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop, labels: {a: 'x y'}}\n".into(),
                "error 3: `x y` is not a valid value of the label `a` in `ConfigMap x`",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop, labels: {'a b': x}}\n".into(),
                "error 3: `a b` is not a valid label key in `ConfigMap x`",
            ),
            (
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: shop, annotations: {'a b': x}}\n"
                    .into(),
                "error 3: `a b` is not a valid annotation key in `ConfigMap x`",
            ),
            (
                deployment("{name: a, image: b, env: [{name: P, value: 8080}]}"),
                "error 10: the variable `P` of container `a` in `Deployment web` must be a string, got an integer",
            ),
            (
                deployment("{name: a, image: b, args: [-p, 80]}"),
                "error 10: an item of `args` of container `a` in `Deployment web` must be a string, got an integer",
            ),
            (deployment("{image: b}"), "error 10: a container of `Deployment web` has no name"),
            (deployment("{name: a}"), "error 10: container `a` of `Deployment web` has no image"),
            (
                deployment("{name: a, image: b}\n      - {name: a, image: b}"),
                "error 11: `Deployment web` has two containers named `a`",
            ),
            (
                deployment("{name: a, image: b}").replace("matchLabels: {app: web}", "matchLabels: {app: other}"),
                "error 5: the selector of `Deployment web` does not select its own pods: they have no `app: other`",
            ),
            (format!("{}---\n{}", config_map(""), config_map("")), "error 7: two objects are `ConfigMap x`"),
        ] {
            assert_eq!(diagnostics_of(&text), [want], "{text}");
        }
    }

    #[test]
    fn words_that_other_readers_take_for_something_else() {
        for (text, want) in [
            (config_map("data: {a: on}\n"), vec!["warning 6: some YAML readers read `on` as a boolean"]),
            (config_map("data:\n  y: x\n"), vec!["warning 7: some YAML readers read `y` as a boolean"]),
            (config_map("data: {a: 'on', b: \"no\", c: online}\n"), vec![]),
        ] {
            assert_eq!(diagnostics_of(&text), want, "{text}");
        }
    }
}
