//! The built-in tables: the merge keys and scopes of Kubernetes 1.21, as in kustomize, from `schema/merge.json`, and the keys of the
//! lists of Kubernetes 1.25 to 1.37 from `schema/lists.json`.

use super::{MergeSchema, MergeShape, MergeType};
use crate::schema::Gvk;
use foldhash::fast::FixedState;
use serde::Deserialize;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock};

/// Whether objects of this kind are outside of namespaces.
pub(in crate::schema) fn is_cluster_scoped(gvk: &Gvk) -> bool {
    BUILTIN.cluster_scoped.contains(gvk)
}

pub(super) fn schema() -> &'static Arc<MergeSchema> {
    &BUILTIN.schema
}

pub(super) fn lists() -> &'static Arc<MergeSchema> {
    &LISTS.schema
}

struct BuiltinSchema {
    schema: Arc<MergeSchema>,
    cluster_scoped: HashSet<Gvk, FixedState>,
}

static BUILTIN: LazyLock<BuiltinSchema> = LazyLock::new(|| {
    let table = serde_json::from_str(include_str!("../../../schema/merge.json")).expect("the embedded table is valid");
    BuiltinSchema::of(&table)
});

static LISTS: LazyLock<BuiltinSchema> = LazyLock::new(|| {
    let table = serde_json::from_str(include_str!("../../../schema/lists.json")).expect("the embedded table is valid");
    BuiltinSchema::of(&table)
});

/// `schema/merge.json` or `schema/lists.json`: the fields of Kubernetes objects that are lists with keys, and the fields that contain
/// these.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MergeTable<'a> {
    /// `apiVersion/Kind`. Only `schema/merge.json` has them.
    #[serde(borrow, default)]
    cluster_scoped: Vec<&'a str>,
    /// `apiVersion/Kind` to the name of a type.
    #[serde(borrow)]
    kinds: BTreeMap<&'a str, &'a str>,
    #[serde(borrow)]
    types: BTreeMap<&'a str, BTreeMap<&'a str, MergeField<'a>>>,
}

/// A field: a mapping of a `type`, or a list that merges by `keys` and has `items` of a type.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MergeField<'a> {
    #[serde(borrow)]
    r#type: Option<&'a str>,
    #[serde(borrow)]
    keys: Option<Vec<&'a str>>,
    #[serde(borrow)]
    items: Option<&'a str>,
}

impl BuiltinSchema {
    fn of(table: &MergeTable) -> Self {
        let named: BTreeMap<&str, MergeShape> =
            table.types.keys().enumerate().map(|(i, name)| (*name, MergeShape(i))).collect();
        let mut types: Vec<MergeType> = vec![MergeType::default(); table.types.len()];
        for (i, fields) in table.types.values().enumerate() {
            for (name, field) in fields {
                let shape = if let Some(name) = field.r#type {
                    named[name]
                } else {
                    let keys = field.keys.as_ref().map(|keys| keys.iter().copied().map(SmolStr::from).collect());
                    types.push(MergeType { items: field.items.map(|name| named[name]), keys, ..MergeType::default() });
                    MergeShape(types.len() - 1)
                };
                types[i].fields.push(((*name).into(), shape));
            }
        }
        let kinds = table.kinds.iter().map(|(kind, name)| {
            let (version, kind) = split(kind);
            (version.into(), kind.into(), named[name])
        });
        let scoped = table.cluster_scoped.iter().map(split).map(|(version, kind)| Gvk::new(version, kind));
        let cluster_scoped = scoped.collect();
        let kinds = kinds.collect();
        let named = named.iter().map(|(name, shape)| (format!("io.k8s.api.{name}").into(), *shape)).collect();
        BuiltinSchema { schema: Arc::new(MergeSchema { kinds, types, named }.sorted()), cluster_scoped }
    }
}

fn split<'a>(text: &&'a str) -> (&'a str, &'a str) {
    text.rsplit_once('/').expect("a version and a kind")
}

#[cfg(test)]
mod tests {
    use super::is_cluster_scoped;
    use crate::schema::Gvk;

    #[test]
    fn cluster_scoped_kinds_are_known() {
        for (version, kind, want) in [
            ("v1", "Namespace", true),
            ("rbac.authorization.k8s.io/v1", "ClusterRole", true),
            ("rbac.authorization.k8s.io/v1", "Role", false),
            ("apps/v1", "Namespace", false),
            ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", false),
        ] {
            assert_eq!(is_cluster_scoped(&Gvk::new(version, kind)), want, "{version} {kind}");
        }
    }
}
