//! Merge keys from an OpenAPI document.
//!
//! Only the `definitions` are read, and their `x-kubernetes-group-version-kind`, `x-kubernetes-patch-strategy`,
//! `x-kubernetes-patch-merge-key` and `x-kubernetes-list-map-keys`. The rest of the document is not checked.

use super::{MergeSchema, MergeShape, MergeType};
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::node::Node;
use crate::schema::Gvk;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The schema of a document. The definitions and kinds of `known` take precedence over its own.
pub(super) fn read(document: &Node, known: &MergeSchema) -> Result<MergeSchema> {
    let wrong_type = |what: &str, node: &Node| {
        let message = format!("{what} must be a mapping, got {}", node.kind_name());
        Diagnostic::new(Code::Overlay, message).at(node.at).at(document.at)
    };
    let whole = document.as_map().ok_or_else(|| wrong_type("an OpenAPI document", document))?;
    let none = Node::map();
    let definitions = whole.get("definitions").unwrap_or(&none);
    let definitions = definitions.as_map().ok_or_else(|| wrong_type("`definitions`", definitions))?;
    let first = known.types.len();
    let own = definitions.iter().enumerate().map(|(i, entry)| (entry.key.text.clone(), MergeShape(first + i)));
    let mut named: BTreeMap<SmolStr, MergeShape> = own.collect();
    named.extend(known.named.iter().map(|(name, shape)| (name.clone(), *shape)));
    let mut reader = OpenApiReader { named, ..OpenApiReader::new(known.clone(), KeySource::MergeStrategy) };
    reader.schema.types.resize(first + definitions.len(), MergeType::default());
    for (i, definition) in definitions.iter().enumerate() {
        let i = first + i;
        reader.schema.types[i] = reader.type_of(&definition.value);
        for gvk in definition.value.get("x-kubernetes-group-version-kind").and_then(Node::as_seq).unwrap_or_default() {
            let text = |key| gvk.get(key).and_then(Node::as_text).unwrap_or("").into();
            let gvk = Gvk { group: text("group"), version: text("version"), kind: text("kind") };
            if known.kind(&gvk.api_version(), &gvk.kind).is_none() {
                reader.schema.kinds.push((gvk.api_version().into(), gvk.kind, MergeShape(i)));
            }
        }
    }
    reader.schema.named = reader.named;
    Ok(reader.schema.sorted())
}

/// What says that the items of a list have keys.
#[derive(Clone, Copy, Debug)]
pub(super) enum KeySource {
    /// `x-kubernetes-patch-strategy: merge`, for strategic merge patches.
    MergeStrategy,
    /// `x-kubernetes-list-type: map` or `set`, the only one in a `CustomResourceDefinition`.
    ListType,
}

/// Turns the schemas of an OpenAPI document, nested ones included, into types.
pub(super) struct OpenApiReader {
    named: BTreeMap<SmolStr, MergeShape>,
    keys: KeySource,
    pub(super) schema: MergeSchema,
}

impl OpenApiReader {
    /// A reader that adds to `schema`.
    pub(super) fn new(schema: MergeSchema, keys: KeySource) -> Self {
        OpenApiReader { named: schema.named.clone(), keys, schema }
    }

    fn type_of(&mut self, schema: &Node) -> MergeType {
        let properties = schema.get("properties").and_then(Node::as_map);
        let fields = properties.into_iter().flatten();
        let fields = fields.filter_map(|entry| Some((entry.key.text.clone(), self.shape(&entry.value)?))).collect();
        let is_list = schema.str_at(&["type"]) == Some("array");
        let others = schema.get("additionalProperties").filter(|node| node.as_map().is_some());
        let items = schema.get("items").filter(|_| is_list);
        let is_keyed = match self.keys {
            KeySource::MergeStrategy => {
                let strategy = schema.str_at(&["x-kubernetes-patch-strategy"]).unwrap_or("");
                strategy.split(',').any(|word| word == "merge")
            }
            KeySource::ListType => matches!(schema.str_at(&["x-kubernetes-list-type"]), Some("map" | "set")),
        };
        let keys = is_keyed.then(|| {
            let several = schema.get("x-kubernetes-list-map-keys").and_then(Node::as_seq);
            let one = schema.get("x-kubernetes-patch-merge-key").map(std::slice::from_ref);
            let keys = several.or(one).unwrap_or_default();
            keys.iter().filter_map(Node::as_text).map(SmolStr::from).collect()
        });
        MergeType {
            fields,
            others: others.and_then(|node| self.shape(node)),
            items: items.and_then(|node| self.shape(node)),
            keys,
        }
    }

    /// The shape of a schema. `None` for a reference to a definition that does not exist.
    pub(super) fn shape(&mut self, schema: &Node) -> Option<MergeShape> {
        if let Some(reference) = schema.str_at(&["$ref"]) {
            let name = reference.strip_prefix("#/definitions/")?.replace("~1", "/").replace("~0", "~");
            return self.named.get(name.as_str()).copied();
        }
        let made = self.type_of(schema);
        self.schema.types.push(made);
        Some(MergeShape(self.schema.types.len() - 1))
    }
}
