//! `configurations` and `crds`: the field specs that hold in a kustomization and, after it, in those that name it.
//!
//! kustomize merges the defaults with the files of a kustomization, and that with what its folders brought along. The
//! order shows: see [`crate::schema::fieldspec`] on what counts as the same field.

use crate::diagnostic::{Diagnostic, Result};
use crate::kustomize::field::crd;
use crate::kustomize::input::{Scope, cause};
use crate::kustomize::model::Kustomization;
use crate::schema::fieldspec::FieldSpecs;
use crate::yaml::Dialect;
use std::sync::Arc;

/// The field specs gathered so far; none at first, not even the defaults.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configuration {
    specs: Arc<FieldSpecs>,
    /// What is merged already and need not be again.
    merged: Vec<Arc<FieldSpecs>>,
}

impl Configuration {
    /// The field specs gathered so far.
    pub(crate) fn specs(&self) -> &Arc<FieldSpecs> {
        &self.specs
    }

    /// Takes in the field specs of a folder that is a part of this one.
    pub(crate) fn merge(&mut self, other: &Configuration) -> Result<(), Diagnostic> {
        self.add(&other.specs)
    }

    /// Takes in what a kustomization says, and the defaults.
    pub(crate) fn configure(&mut self, kustomization: &Kustomization, scope: &Scope) -> Result<()> {
        if kustomization.configurations.is_empty() {
            self.add(FieldSpecs::builtin())?;
        } else {
            let mut files = FieldSpecs::default();
            for path in &kustomization.configurations {
                // kustomize reads the first document only.
                let blamed = cause::entry(path.at, "configurations");
                let documents = scope.documents(&scope.file(path)?, Dialect::Yaml11).map_err(&blamed)?;
                if let Some(document) = documents.first() {
                    files.merge(&FieldSpecs::read(document).map_err(&blamed)?).map_err(|error| error.at(path.at))?;
                }
            }
            let mut own = FieldSpecs::clone(FieldSpecs::builtin());
            let at = kustomization.configurations[0].at;
            own.merge(&files).and_then(|()| self.add(&Arc::new(own))).map_err(|error| error.at(at))?;
        }
        for path in &kustomization.crds {
            let documents = scope.documents(&scope.file(path)?, Dialect::Yaml11);
            let blamed = cause::entry(path.at, "crds");
            let specs = documents.and_then(|documents| Ok(crd::field_specs(&documents)?)).map_err(blamed)?;
            let mut crd = FieldSpecs::default();
            crd.merge(&specs).and_then(|()| self.add(&Arc::new(crd))).map_err(|error| error.at(path.at))?;
        }
        Ok(())
    }

    fn add(&mut self, more: &Arc<FieldSpecs>) -> Result<(), Diagnostic> {
        if self.merged.iter().any(|known| Arc::ptr_eq(known, more)) {
            return Ok(());
        }
        if self.merged.is_empty() && Arc::ptr_eq(more, FieldSpecs::builtin()) {
            // On top of nothing they stay as they are; a test of them says so.
            self.specs = Arc::clone(more);
        } else {
            Arc::make_mut(&mut self.specs).merge(more)?;
        }
        self.merged.push(Arc::clone(more));
        Ok(())
    }
}
