//! Merge keys from a comment beside a field, as in kustomize: `items: # {"type": "array", …}`.

use super::document::{KeySource, OpenApiReader};
use super::{MergeSchema, MergeShape, MergeType};
use crate::node::Node;

/// The step of a path from a list to its items.
pub(crate) const ITEMS: &str = "*";

impl MergeSchema {
    /// This schema, with `definition` for the field at `path` in objects of one kind.
    #[must_use]
    pub(crate) fn with(&self, api_version: &str, kind: &str, path: &[&str], definition: &Node) -> MergeSchema {
        let known = self.kind(api_version, kind);
        let mut reader = OpenApiReader::new(self.clone(), KeySource::MergeStrategy);
        let Some(shape) = reader.shape(definition) else { return self.clone() };
        let mut schema = reader.schema;
        let object = schema.with_shape_at(known, path, shape);
        schema.kinds.retain(|(v, k, _)| (v.as_str(), k.as_str()) != (api_version, kind));
        schema.kinds.push((api_version.into(), kind.into(), object));
        schema.sorted()
    }

    /// Adds a copy of the shape `known` whose field at `path` has the shape `last`, and returns it.
    fn with_shape_at(&mut self, known: Option<MergeShape>, path: &[&str], last: MergeShape) -> MergeShape {
        let Some((step, rest)) = path.split_first() else { return last };
        let mut made: MergeType = known.map(|shape| self.types[shape.0].clone()).unwrap_or_default();
        if *step == ITEMS {
            made.items = Some(self.with_shape_at(made.items, rest, last));
        } else {
            let below = known.and_then(|shape| self.field(shape, step));
            let below = self.with_shape_at(below, rest, last);
            made.fields.retain(|(name, _)| name != step);
            made.fields.push(((*step).into(), below));
            made.fields.sort_by(|a, b| a.0.cmp(&b.0));
        }
        self.types.push(made);
        MergeShape(self.types.len() - 1)
    }
}
