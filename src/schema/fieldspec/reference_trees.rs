//! The fields that may refer to other objects, by the kind of the object that has the field.
//!
//! Each kind has one tree of paths, so that one pass over an object finds all its references.

use super::{FieldSpec, NameReference};
use foldhash::fast::FixedState;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};

/// The reference fields of all kinds.
#[derive(Debug, Default)]
pub(crate) struct ReferenceTrees {
    /// The reference fields of each kind, with their positions among all.
    kinds: BTreeMap<SmolStr, Vec<(usize, ReferenceField)>>,
    /// Those of all kinds.
    any: Vec<(usize, ReferenceField)>,
    /// The trees that were asked for. The empty kind has the fields of all kinds.
    trees: RwLock<BTreeMap<SmolStr, Arc<ReferenceTree>>>,
}

/// The reference fields below one part of a path.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReferenceTree {
    /// The reference fields whose path ends here, in lookup order.
    pub(crate) ends: Vec<ReferenceField>,
    /// The parts below.
    pub(crate) parts: Vec<(SmolStr, ReferenceTree)>,
    /// Their positions.
    positions: HashMap<SmolStr, usize, FixedState>,
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
        let mut trees = ReferenceTrees::default();
        for (i, end) in ends.enumerate() {
            let list = if end.field.kind.is_empty() {
                &mut trees.any
            } else {
                trees.kinds.entry(end.field.kind.clone()).or_default()
            };
            list.push((i, end));
        }
        trees
    }

    /// The number of reference fields of objects of a kind.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.any.len() + self.kinds.get(kind).map_or(0, Vec::len)
    }

    /// The reference fields of objects of a kind. Check group and version with [`ReferenceField::field`].
    pub(crate) fn of(&self, kind: &str) -> Arc<ReferenceTree> {
        const LOCK: &str = "no thread panics while it locks a table";
        let (kind, own) = self.kinds.get_key_value(kind).map_or(("", &[][..]), |(kind, own)| (kind.as_str(), own));
        if let Some(tree) = self.trees.read().expect(LOCK).get(kind) {
            return Arc::clone(tree);
        }
        let mut ends: Vec<&(usize, ReferenceField)> = own.iter().chain(&self.any).collect();
        ends.sort_by_key(|(i, _)| *i);
        let mut tree = ReferenceTree::default();
        for (_, end) in ends {
            tree.insert(end);
        }
        let tree = Arc::new(tree);
        self.trees.write().expect(LOCK).insert(kind.into(), Arc::clone(&tree));
        tree
    }
}

impl ReferenceTree {
    fn insert(&mut self, end: &ReferenceField) {
        let mut branch = self;
        for part in end.field.parts() {
            // Lists are visited whether or not the path marks them with `[]`.
            let part = part.strip_suffix("[]").unwrap_or(&part);
            let i = branch.positions.get(part).copied().unwrap_or_else(|| {
                branch.positions.insert(part.into(), branch.parts.len());
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
        let tree = |kind: &str| FieldSpecs::builtin().reference_trees().of(kind);
        let count = |kind: &str| tree(kind).all().count();
        assert_eq!((count("Ingress"), count("HorizontalPodAutoscaler"), count("Unheard")), (11, 4, 0));
        let bindings = tree("RoleBinding");
        let role_ref = &bindings.parts.iter().find(|(part, _)| part == "roleRef").unwrap().1;
        let targets: Vec<_> = role_ref.parts[0].1.ends.iter().map(|end| end.reference).collect();
        assert_eq!(targets.len(), 2);
        assert!(targets.is_sorted());
    }
}
