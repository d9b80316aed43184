//! `configurations` and `crds`: the field specs of a kustomization and of those that refer to it.
//!
//! kustomize merges the defaults with the files of a kustomization, and that with what its folders brought along. The
//! order shows: see [`crate::schema::fieldspec`] on what counts as the same field.

use crate::diagnostic::Diagnostic;
use crate::schema::fieldspec::FieldSpecs;
use crate::work::WorkCounter;
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
    pub(crate) fn merge(&mut self, other: &Configuration, work: &WorkCounter) -> Result<(), Diagnostic> {
        self.add(&other.specs, work)
    }

    pub(crate) fn add(&mut self, more: &Arc<FieldSpecs>, work: &WorkCounter) -> Result<(), Diagnostic> {
        if self.merged.iter().any(|known| Arc::ptr_eq(known, more)) {
            return Ok(());
        }
        if self.merged.is_empty() && Arc::ptr_eq(more, FieldSpecs::builtin()) {
            // The defaults merged into nothing are the defaults; a test checks this.
            self.specs = Arc::clone(more);
        } else {
            work.merged(self.specs.count() + more.count())?;
            Arc::make_mut(&mut self.specs).merge(more)?;
        }
        self.merged.push(Arc::clone(more));
        Ok(())
    }
}
