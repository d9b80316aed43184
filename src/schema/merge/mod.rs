//! How the items of the lists of objects are identified: the keys of their items, by kind.
//!
//! For strategic merge patches, the built-in table has the same data as kustomize: the OpenAPI document of Kubernetes 1.21. The lists
//! of newer kinds and of custom resources are replaced, not merged. A kustomization may name an OpenAPI document that replaces the
//! table. Comparisons of objects have a table of Kubernetes 1.25 to 1.37, and the lists of the `CustomResourceDefinition`s at hand.
//! This module neither merges nor compares.

mod builtin;
mod comment;
mod custom;
mod document;

pub(super) use builtin::is_cluster_scoped;
pub(crate) use comment::ITEMS;

use crate::diagnostic::Result;
use crate::node::Node;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How lists merge, for every known kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct MergeSchema {
    /// `apiVersion` and kind to the shape of the object, sorted.
    kinds: Vec<(SmolStr, SmolStr, MergeShape)>,
    types: Vec<MergeType>,
    /// The types that a `$ref` can name.
    named: BTreeMap<SmolStr, MergeShape>,
}

/// The index of a type. A known value can have a type without fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MergeShape(usize);

#[derive(Clone, Debug, Default)]
struct MergeType {
    /// Sorted by name.
    fields: Vec<(SmolStr, MergeShape)>,
    /// The type of all fields that are not in `fields`.
    others: Option<MergeShape>,
    items: Option<MergeShape>,
    /// For a list that merges: the keys that identify its items. Empty for a set of scalars.
    keys: Option<Vec<SmolStr>>,
}

impl MergeSchema {
    /// The number of its types and kinds.
    pub(crate) fn size(&self) -> usize {
        self.types.len() + self.kinds.len()
    }

    /// The built-in table: Kubernetes 1.21.
    pub(crate) fn builtin() -> &'static Arc<MergeSchema> {
        builtin::schema()
    }

    /// The table for comparisons: Kubernetes 1.25 to 1.37.
    pub(crate) fn lists() -> &'static Arc<MergeSchema> {
        builtin::lists()
    }

    /// The same with the kinds of `CustomResourceDefinition`s.
    #[must_use]
    pub(crate) fn with_custom_kinds<'n>(&self, definitions: impl IntoIterator<Item = &'n Node>) -> Self {
        custom::with_kinds(self, definitions)
    }

    /// Reads an OpenAPI document that replaces the built-in table.
    pub(crate) fn read(document: &Node) -> Result<MergeSchema> {
        document::read(document, &MergeSchema::default())
    }

    /// Reads an OpenAPI document that adds to the built-in table.
    pub(crate) fn read_more(document: &Node) -> Result<MergeSchema> {
        document::read(document, MergeSchema::builtin())
    }

    fn sorted(mut self) -> Self {
        self.kinds.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        self
    }

    /// The shape of an object.
    pub(crate) fn kind(&self, api_version: &str, kind: &str) -> Option<MergeShape> {
        let found = self.kinds.binary_search_by(|(v, k, _)| (v.as_str(), k.as_str()).cmp(&(api_version, kind))).ok()?;
        Some(self.kinds[found].2)
    }

    /// The shape of a field of a mapping.
    pub(crate) fn field(&self, shape: MergeShape, name: &str) -> Option<MergeShape> {
        let MergeType { fields, others, .. } = &self.types[shape.0];
        match fields.binary_search_by(|(field, _)| field.as_str().cmp(name)) {
            Ok(found) => Some(fields[found].1),
            Err(_) => *others,
        }
    }

    /// The shape of the items of a list.
    pub(crate) fn items(&self, shape: MergeShape) -> Option<MergeShape> {
        self.types[shape.0].items
    }

    /// For a list that merges, the keys that identify its items. Empty for a set of scalars. `None` for a value that is
    /// replaced as a whole.
    pub(crate) fn keys(&self, shape: MergeShape) -> Option<&[SmolStr]> {
        self.types[shape.0].keys.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::MergeSchema;
    use crate::node::{Map, Node};
    use smol_str::SmolStr;

    /// The keys of the list at a path, with `*` for the items of a list.
    fn keys(schema: &MergeSchema, version: &str, kind: &str, path: &str) -> Option<String> {
        let mut shape = schema.kind(version, kind)?;
        for step in path.split('/') {
            shape = if step == "*" { schema.items(shape)? } else { schema.field(shape, step)? };
        }
        Some(schema.keys(shape)?.join("+"))
    }

    #[test]
    fn builtin_merge_keys_are_those_of_kubernetes() {
        let pod = "spec/template/spec";
        for (version, kind, path, want) in [
            ("apps/v1", "Deployment", &*format!("{pod}/containers"), Some("name")),
            ("apps/v1", "Deployment", &format!("{pod}/containers/*/ports"), Some("containerPort+protocol")),
            ("apps/v1", "Deployment", &format!("{pod}/containers/*/volumeMounts"), Some("mountPath")),
            ("apps/v1", "Deployment", &format!("{pod}/containers/*/command"), None),
            (
                "apps/v1",
                "Deployment",
                &format!("{pod}/topologySpreadConstraints"),
                Some("topologyKey+whenUnsatisfiable"),
            ),
            ("batch/v1", "CronJob", "spec/jobTemplate/spec/template/spec/volumes", Some("name")),
            ("v1", "Pod", "spec/ephemeralContainers/*/env", Some("name")),
            ("v1", "Service", "spec/ports", Some("port+protocol")),
            ("v1", "ServiceAccount", "secrets", Some("name")),
            ("v1", "ServiceAccount", "imagePullSecrets", None),
            ("v1", "ConfigMap", "metadata/finalizers", Some("")),
            ("v1", "ConfigMap", "metadata/ownerReferences", Some("uid")),
            ("autoscaling/v2", "HorizontalPodAutoscaler", "metadata/finalizers", None),
            ("apps/v1beta1", "Deployment", &format!("{pod}/containers"), None),
        ] {
            assert_eq!(keys(MergeSchema::builtin(), version, kind, path).as_deref(), want, "{version} {kind} {path}");
        }
    }

    fn map<const N: usize>(entries: [(&str, Node); N]) -> Node {
        Map::from_iter(entries).into()
    }

    #[test]
    fn lists_have_the_keys_of_newer_versions() {
        for (version, kind, path, want) in [
            ("v1", "ServiceAccount", "imagePullSecrets", None),
            ("v1", "Pod", "spec/imagePullSecrets", Some("name")),
            ("v1", "Pod", "spec/containers/*/ports", Some("containerPort+protocol")),
            ("v1", "Pod", "spec/containers/*/args", None),
            ("v1", "Pod", "metadata/finalizers", Some("")),
            ("batch/v1", "CronJob", "spec/jobTemplate/spec/template/spec/volumes", Some("name")),
            ("flowcontrol.apiserver.k8s.io/v1beta2", "FlowSchema", "status/conditions", Some("type")),
            ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "spec/matchConditions", Some("name")),
            ("networking.k8s.io/v1", "Ingress", "spec/rules", None),
        ] {
            assert_eq!(keys(MergeSchema::lists(), version, kind, path).as_deref(), want, "{version} {kind} {path}");
        }
        let by_other_keys = |keys: &Option<Vec<SmolStr>>| {
            keys.as_ref().is_some_and(|keys| !matches!(&*keys.join("+"), "" | "name" | "key" | "id"))
        };
        let count = MergeSchema::lists().types.iter().filter(|list| by_other_keys(&list.keys)).count();
        assert!(count > 40, "a guess by `name`, `key` and `id` would not find {count} lists");
    }

    #[test]
    fn lists_of_custom_resources_have_the_keys_of_their_definition() {
        let list = map([
            ("type", "array".into()),
            ("x-kubernetes-list-type", "map".into()),
            ("x-kubernetes-list-map-keys", Node::seq(["zone".into(), "role".into()])),
            (
                "items",
                map([(
                    "properties",
                    map([("tags", map([("type", "array".into()), ("x-kubernetes-list-type", "set".into())]))]),
                )]),
            ),
        ]);
        let order_counts = map([("type", "array".into()), ("x-kubernetes-list-type", "atomic".into())]);
        let openapi = map([("properties", map([("replicas", list), ("steps", order_counts)]))]);
        let version = map([("name", "v1".into()), ("schema", map([("openAPIV3Schema", openapi)]))]);
        let definition = map([(
            "spec",
            map([
                ("group", "x.io".into()),
                ("names", map([("kind", "Thing".into())])),
                ("versions", Node::seq([version])),
            ]),
        )]);
        let schema = MergeSchema::lists().with_custom_kinds([&definition, &Node::null()]);
        for (path, want) in [("replicas", Some("zone+role")), ("replicas/*/tags", Some("")), ("steps", None)] {
            assert_eq!(keys(&schema, "x.io/v1", "Thing", path).as_deref(), want, "{path}");
        }
        assert_eq!(keys(&schema, "v1", "Pod", "spec/containers").as_deref(), Some("name"));
    }

    #[test]
    fn merge_keys_are_read_from_a_document() {
        let list = |keys: Node| {
            map([
                ("type", "array".into()),
                ("items", map([("$ref", "#/definitions/a~1b".into())])),
                ("x-kubernetes-patch-strategy", "merge,retainKeys".into()),
                ("x-kubernetes-patch-merge-key", "id".into()),
                ("x-kubernetes-list-map-keys", keys),
            ])
        };
        let definition = map([
            (
                "x-kubernetes-group-version-kind",
                Node::seq([map([("group", "x.io".into()), ("version", "v1".into()), ("kind", "Thing".into())])]),
            ),
            (
                "properties",
                map([
                    ("list", list(Node::null())),
                    ("keyed", list(Node::seq(["a".into(), "b".into()]))),
                    ("lost", map([("$ref", "#/definitions/none".into())])),
                    ("any", map([("additionalProperties", map([("$ref", "#/definitions/thing".into())]))])),
                ]),
            ),
        ]);
        let document = map([(
            "definitions",
            map([("thing", definition), ("a/b", map([("properties", map([("deep", list(Node::null()))]))]))]),
        )]);
        let schema = MergeSchema::read(&document).unwrap();
        for (path, want) in [
            ("list", Some("id")),
            ("keyed", Some("a+b")),
            ("list/*/deep", Some("id")),
            ("any/whatever/keyed", Some("a+b")),
            ("lost", None),
            ("missing", None),
        ] {
            assert_eq!(keys(&schema, "x.io/v1", "Thing", path).as_deref(), want, "{path}");
        }
        assert!(MergeSchema::read(&map([])).is_ok() && MergeSchema::read(&"x".into()).is_err());
    }
}
