//! How the lists of objects merge in strategic merge patches: the keys of their items, by kind.
//!
//! The built-in table has the same data as kustomize: the OpenAPI document of Kubernetes 1.21. The lists of newer kinds
//! and of custom resources are replaced, not merged. A kustomization may name an OpenAPI document that replaces the table.
//! This module does not merge.

mod builtin;
mod comment;
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
