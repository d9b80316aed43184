//! The field specs of a step, by the kinds of the objects that have the fields.
//!
//! A step searches the fields of every object. It compares the specs with each kind once, and counts the fields as work.

use crate::diagnostic::Diagnostic;
use crate::schema::Gvk;
use crate::schema::fieldspec::FieldSpec;
use crate::work::WorkCounter;
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// Field specs in their order.
pub(crate) struct SpecsByKind<'s> {
    all: &'s [FieldSpec],
    kinds: HashMap<Gvk, KindSpecs<'s>, FixedState>,
}

struct KindSpecs<'s> {
    specs: Vec<&'s FieldSpec>,
    /// The length of all paths.
    bytes: usize,
}

impl<'s> SpecsByKind<'s> {
    /// The specs `all`.
    pub(crate) fn new(all: &'s [FieldSpec]) -> Self {
        SpecsByKind { all, kinds: HashMap::default() }
    }

    /// The specs of the fields that objects of a kind have. Counts the work to search the fields in one object.
    pub(crate) fn of(&mut self, gvk: &Gvk, work: &WorkCounter) -> Result<&[&'s FieldSpec], Diagnostic> {
        if !self.kinds.contains_key(gvk) {
            work.compared(self.all.len())?;
            let specs: Vec<_> = self.all.iter().filter(|spec| spec.fits(gvk)).collect();
            let bytes = specs.iter().map(|spec| spec.path.len()).sum();
            self.kinds.insert(gvk.clone(), KindSpecs { specs, bytes });
        }
        let known = &self.kinds[gvk];
        work.searched(known.specs.len(), known.bytes)?;
        Ok(&known.specs)
    }
}
