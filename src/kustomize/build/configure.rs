//! Reads the files of `configurations` and `crds`.

use crate::diagnostic::Result;
use crate::kustomize::field::configuration::Configuration;
use crate::kustomize::field::crd;
use crate::kustomize::input::{StepContext, cause};
use crate::kustomize::model::Kustomization;
use crate::schema::fieldspec::FieldSpecs;
use crate::yaml::Dialect;
use std::sync::Arc;

/// Adds the field specs of a kustomization, and the defaults.
pub(super) fn configure(
    configuration: &mut Configuration,
    kustomization: &Kustomization,
    context: &StepContext,
) -> Result<()> {
    let work = context.input.work;
    if kustomization.configurations.is_empty() {
        configuration.add(FieldSpecs::builtin(), work).map_err(|error| error.at(kustomization.at))?;
    } else {
        let mut files = FieldSpecs::default();
        for path in &kustomization.configurations {
            // kustomize reads the first document only.
            let blamed = cause::entry(path.at, "configurations");
            let documents = context.documents(&context.file(path)?, Dialect::Yaml11).map_err(&blamed)?;
            if let Some(document) = documents.first() {
                let file = FieldSpecs::read(document).map_err(&blamed)?;
                let counted = work.merged(files.count() + file.count());
                counted.and_then(|()| files.merge(&file)).map_err(|error| error.at(path.at))?;
            }
        }
        let mut own = FieldSpecs::clone(FieldSpecs::builtin());
        let at = kustomization.configurations[0].at;
        own.merge(&files).and_then(|()| configuration.add(&Arc::new(own), work)).map_err(|error| error.at(at))?;
    }
    for path in &kustomization.crds {
        let documents = context.documents(&context.file(path)?, Dialect::Yaml11);
        let blamed = cause::entry(path.at, "crds");
        let specs = documents.and_then(|documents| Ok(crd::field_specs(&documents, work)?)).map_err(blamed)?;
        let mut crd = FieldSpecs::default();
        crd.merge(&specs).and_then(|()| configuration.add(&Arc::new(crd), work)).map_err(|error| error.at(path.at))?;
    }
    Ok(())
}
