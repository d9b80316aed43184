//! The keys of lists from `CustomResourceDefinition`s: `x-kubernetes-list-type` and `x-kubernetes-list-map-keys`.

use super::document::{KeySource, OpenApiReader};
use super::{MergeSchema, MergeShape};
use crate::node::Node;
use crate::schema::Gvk;
use smol_str::SmolStr;

/// `known` with the kinds of `definitions`, which take precedence. What is not a valid definition is ignored.
pub(super) fn with_kinds<'n>(known: &MergeSchema, definitions: impl IntoIterator<Item = &'n Node>) -> MergeSchema {
    let mut reader = OpenApiReader::new(known.clone(), KeySource::ListType);
    for definition in definitions {
        add(&mut reader, definition);
    }
    reader.schema.sorted()
}

fn add(reader: &mut OpenApiReader, definition: &Node) -> Option<()> {
    let spec = definition.get("spec")?;
    let (group, kind) = (spec.str_at(&["group"])?, spec.str_at(&["names", "kind"])?);
    for version in spec.get("versions")?.as_seq()? {
        let (Some(name), Some(openapi)) =
            (version.get("name").and_then(Node::as_text), version.at_path(&["schema", "openAPIV3Schema"]))
        else {
            continue;
        };
        let Some(shape) = reader.shape(openapi) else { continue };
        let gvk = Gvk { group: group.into(), version: name.into(), kind: kind.into() };
        set(&mut reader.schema.kinds, gvk.api_version().into(), gvk.kind, shape);
    }
    Some(())
}

fn set(kinds: &mut Vec<(SmolStr, SmolStr, MergeShape)>, version: SmolStr, kind: SmolStr, shape: MergeShape) {
    match kinds.iter_mut().find(|(v, k, _)| *v == version && *k == kind) {
        Some(known) => known.2 = shape,
        None => kinds.push((version, kind, shape)),
    }
}
