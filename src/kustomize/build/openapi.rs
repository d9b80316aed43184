//! `openapi`: the schema with the merge keys of lists in custom resources.

use super::accumulate::Accumulator;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::cause;
use crate::kustomize::model::Kustomization;
use crate::schema::fieldspec::FieldSpecs;
use crate::schema::merge::MergeSchema;
use crate::source::RelPath;
use crate::yaml::Dialect;
use std::sync::Arc;

impl Accumulator<'_> {
    /// Uses the schema of a kustomization for it and all later ones, unless an earlier one has set a schema.
    pub(super) fn use_schema(&self, kustomization: &Kustomization, folder: &RelPath) -> Result<()> {
        let Some(openapi) = &kustomization.openapi else { return Ok(()) };
        let schema = match (&openapi.version, &openapi.path) {
            (Some(_), Some(_)) => {
                let message = "`openapi` has both `version` and `path`";
                return Err(Diagnostic::new(Code::Overlay, message).at(openapi.at).into());
            }
            (Some(version), None) if &**version != "v1.21.2" => {
                let message = format!("the OpenAPI version `{version}` is not built in");
                return Err(Diagnostic::new(Code::Overlay, message).at(version.at).help("use `v1.21.2`").into());
            }
            (_, None) => Arc::clone(MergeSchema::builtin()),
            (None, Some(path)) => {
                let context = self.context(folder, FieldSpecs::builtin());
                let blamed = cause::entry(path.at, "openapi");
                let documents = context.documents(&context.file(path)?, Dialect::Yaml11).map_err(&blamed)?;
                match documents.first() {
                    // kustomize has read the built-in table once there is an object, and keeps it.
                    Some(document) if self.has_objects.get().is_some() => {
                        Arc::new(MergeSchema::read_more(document).map_err(&blamed)?)
                    }
                    Some(document) => Arc::new(MergeSchema::read(document).map_err(&blamed)?),
                    None => {
                        return Err(Diagnostic::new(Code::Overlay, format!("`{path}` is empty")).at(path.at).into());
                    }
                }
            }
        };
        self.schema.get_or_init(|| schema);
        Ok(())
    }
}
