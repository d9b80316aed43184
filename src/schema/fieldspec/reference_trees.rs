//! The fields that may refer to other objects, by the kind of the object that has the field.
//!
//! Each kind has one tree of paths, so that one pass over an object finds all its references.

use super::{FieldSpec, NameReference};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The reference fields of all kinds.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReferenceTrees {
    kinds: BTreeMap<SmolStr, ReferenceTree>,
    /// The fields of all kinds that have no tree of their own.
    others: ReferenceTree,
}

/// The reference fields below one part of a path.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReferenceTree {
    /// The reference fields whose path ends here, in lookup order.
    pub(crate) ends: Vec<ReferenceField>,
    /// The parts below.
    pub(crate) parts: Vec<(SmolStr, ReferenceTree)>,
}

/// A field that may name objects of a kind.
#[derive(Clone, Debug)]
pub(crate) struct ReferenceField {
    /// The field, and the kinds that have it.
    pub(crate) field: FieldSpec,
    /// The index of the name reference that defines the field.
    pub(crate) reference: usize,
}

impl ReferenceTrees {
    pub(super) fn new(references: &[NameReference]) -> Self {
        let ends = references.iter().enumerate().flat_map(|(reference, named)| {
            named.fields.iter().map(move |field| ReferenceField { field: field.clone(), reference })
        });
        let mut referrers = ReferenceTrees::default();
        for end in ends.clone().filter(|end| !end.field.kind.is_empty()) {
            referrers.kinds.entry(end.field.kind).or_default();
        }
        for end in ends {
            if end.field.kind.is_empty() {
                referrers.kinds.values_mut().for_each(|tree| tree.insert(&end));
                referrers.others.insert(&end);
            } else if let Some(tree) = referrers.kinds.get_mut(&end.field.kind) {
                tree.insert(&end);
            }
        }
        referrers
    }

    /// The reference fields of objects of a kind. Check group and version with [`ReferenceField::field`].
    pub(crate) fn of(&self, kind: &str) -> &ReferenceTree {
        self.kinds.get(kind).unwrap_or(&self.others)
    }
}

impl ReferenceTree {
    fn insert(&mut self, end: &ReferenceField) {
        let mut branch = self;
        for part in end.field.parts() {
            // Lists are visited whether or not the path marks them with `[]`.
            let part = part.strip_suffix("[]").unwrap_or(&part);
            let i = branch.parts.iter().position(|(known, _)| *known == part).unwrap_or_else(|| {
                branch.parts.push((part.into(), ReferenceTree::default()));
                branch.parts.len() - 1
            });
            branch = &mut branch.parts[i].1;
        }
        branch.ends.push(end.clone());
    }

    /// All reference fields here or below.
    pub(crate) fn all(&self) -> Box<dyn Iterator<Item = &ReferenceField> + '_> {
        Box::new(self.ends.iter().chain(self.parts.iter().flat_map(|(_, branch)| branch.all())))
    }
}

#[cfg(test)]
mod tests {
    use super::super::FieldSpecs;

    #[test]
    fn fields_by_kind() {
        let referrers = FieldSpecs::builtin().reference_trees();
        let count = |kind: &str| referrers.of(kind).all().count();
        assert_eq!((count("Ingress"), count("HorizontalPodAutoscaler"), count("Unheard")), (11, 4, 0));
        let role_ref = &referrers.of("RoleBinding").parts.iter().find(|(part, _)| part == "roleRef").unwrap().1;
        let targets: Vec<_> = role_ref.parts[0].1.ends.iter().map(|end| end.reference).collect();
        assert_eq!(targets.len(), 2);
        assert!(targets.is_sorted());
    }
}
