//! Merging field specs as kustomize does, which is coarser than it seems.
//!
//! A new spec counts as known already if one with the same path has all that the new one says of group, version and
//! kind: after `{path: p, kind: A}` a `{path: p}` for all kinds is dropped. And every merge sorts by kind, so that the
//! order of two lists is not that of their files.

use super::{FieldSpec, FieldSpecs, NameReference};
use crate::error::{Error, Kind};
use crate::schema::Gvk;
use crate::schema::order;
use std::sync::OnceLock;

/// Adds `more` to `list`; refused where both hold the same field with another `create`.
pub fn extend(list: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), Error> {
    more.iter().try_for_each(|spec| add(list, spec))
}

fn add(list: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<(), Error> {
    match list.iter().find(|known| known.path == spec.path && spec.fits(&known.gvk())) {
        None => list.push(spec.clone()),
        Some(known) if known.create == spec.create => {}
        Some(known) => {
            let kind = if known.kind.is_empty() { "all kinds" } else { &known.kind };
            let message = format!("the field `{}` of {kind} is configured with and without `create: true`", spec.path);
            return Err(Error::new(Kind::Overlay, message).help("one of the two may be a default of kustomize"));
        }
    }
    Ok(())
}

impl NameReference {
    fn gvk(&self) -> Gvk {
        Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }
}

impl FieldSpecs {
    /// Adds `more`; refused where both hold the same field with another `create`.
    pub fn merge(&mut self, more: &FieldSpecs) -> Result<(), Error> {
        for (list, more) in self.lists().into_iter().zip(more.clone().lists()) {
            extend(list, more)?;
        }
        for reference in &more.name_reference {
            let same = |known: &&mut NameReference| known.gvk() == reference.gvk();
            match self.name_reference.iter_mut().find(same) {
                Some(known) => extend(&mut known.fields, &reference.fields)?,
                None => self.name_reference.push(reference.clone()),
            }
        }
        self.sort();
        Ok(())
    }

    fn lists(&mut self) -> [&mut Vec<FieldSpec>; 10] {
        [
            &mut self.name_prefix,
            &mut self.name_suffix,
            &mut self.namespace,
            &mut self.common_labels,
            &mut self.labels,
            &mut self.template_labels,
            &mut self.common_annotations,
            &mut self.var_reference,
            &mut self.images,
            &mut self.replicas,
        ]
    }

    /// Sorts by kind, which decides who wins where two specs want the same field.
    pub(super) fn sort(&mut self) {
        for list in self.lists() {
            list.sort_by_cached_key(|spec| order::rank(&spec.gvk()));
        }
        self.name_reference.sort_by_cached_key(|reference| order::rank(&reference.gvk()));
        self.referrers = OnceLock::new();
    }
}
