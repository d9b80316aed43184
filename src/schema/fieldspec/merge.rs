//! Merges field specs as kustomize does.
//!
//! A new spec is dropped if a known spec has the same path and matches the group, version and kind that the new spec has:
//! after `{path: p, kind: A}`, a `{path: p}` for all kinds is dropped. Every merge sorts the specs by kind, so their order
//! is not that of the files.

use super::{FieldSpec, FieldSpecs, NameReference};
use crate::diagnostic::{Code, Diagnostic};
use crate::schema::Gvk;
use crate::schema::order;
use foldhash::fast::FixedState;
use smol_str::SmolStr;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

/// Adds `more` to `list`. It is an error if both have the same field with different values of `create`.
pub(crate) fn extend(list: &mut Vec<FieldSpec>, more: &[FieldSpec]) -> Result<(), Diagnostic> {
    let mut known = KnownFields::of(list);
    more.iter().try_for_each(|spec| known.add(list, spec))
}

/// The position of the first spec of a list that has a path and matches a group, version and kind, which may be empty for all.
struct KnownFields(HashMap<(SmolStr, Gvk), usize, FixedState>);

impl KnownFields {
    fn of(list: &[FieldSpec]) -> Self {
        let mut known = KnownFields(HashMap::default());
        list.iter().enumerate().for_each(|(i, spec)| known.note(i, spec));
        known
    }

    fn note(&mut self, i: usize, spec: &FieldSpec) {
        let all_or = |text: &SmolStr| {
            if text.is_empty() { vec![SmolStr::default()] } else { vec![text.clone(), SmolStr::default()] }
        };
        for group in all_or(&spec.group) {
            for version in all_or(&spec.version) {
                for kind in all_or(&spec.kind) {
                    let gvk = Gvk { group: group.clone(), version: version.clone(), kind };
                    self.0.entry((spec.path.clone(), gvk)).or_insert(i);
                }
            }
        }
    }

    fn add(&mut self, list: &mut Vec<FieldSpec>, spec: &FieldSpec) -> Result<(), Diagnostic> {
        let Some(known) = self.0.get(&(spec.path.clone(), spec.gvk())).map(|i| &list[*i]) else {
            self.note(list.len(), spec);
            list.push(spec.clone());
            return Ok(());
        };
        if known.create == spec.create {
            return Ok(());
        }
        let kind = if known.kind.is_empty() { "all kinds" } else { &known.kind };
        let message = format!("the field `{}` of {kind} is configured with and without `create: true`", spec.path);
        Err(Diagnostic::new(Code::Overlay, message).help("one of the two may be a default of kustomize"))
    }
}

impl NameReference {
    fn gvk(&self) -> Gvk {
        Gvk { group: self.group.clone(), version: self.version.clone(), kind: self.kind.clone() }
    }
}

impl FieldSpecs {
    /// Adds `more`. It is an error if both have the same field with different values of `create`.
    pub(crate) fn merge(&mut self, more: &FieldSpecs) -> Result<(), Diagnostic> {
        for (list, more) in self.lists().into_iter().zip(more.clone().lists()) {
            extend(list, more)?;
        }
        self.add_references(&more.name_reference)?;
        self.sort();
        Ok(())
    }

    fn add_references(&mut self, more: &[NameReference]) -> Result<(), Diagnostic> {
        let list = &mut self.name_reference;
        let mut positions: HashMap<Gvk, usize, FixedState> = HashMap::default();
        for (i, reference) in list.iter().enumerate() {
            positions.entry(reference.gvk()).or_insert(i);
        }
        let mut fields: BTreeMap<usize, KnownFields> = BTreeMap::new();
        for reference in more {
            let Some(i) = positions.get(&reference.gvk()).copied() else {
                positions.insert(reference.gvk(), list.len());
                list.push(reference.clone());
                continue;
            };
            let own = &mut list[i].fields;
            let known = fields.entry(i).or_insert_with(|| KnownFields::of(own));
            reference.fields.iter().try_for_each(|field| known.add(own, field))?;
        }
        Ok(())
    }

    /// The number of all field specs.
    pub(crate) fn count(&self) -> usize {
        let lists = [
            &self.name_prefix,
            &self.name_suffix,
            &self.namespace,
            &self.common_labels,
            &self.labels,
            &self.template_labels,
            &self.common_annotations,
            &self.var_reference,
            &self.images,
            &self.replicas,
        ];
        let references = self.name_reference.iter().map(|reference| 1 + reference.fields.len());
        lists.into_iter().map(Vec::len).chain(references).sum()
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

    /// Sorts by kind. If two specs have the same field, the order decides which one has precedence.
    pub(super) fn sort(&mut self) {
        for list in self.lists() {
            list.sort_by_cached_key(|spec| order::rank(&spec.gvk()));
        }
        self.name_reference.sort_by_cached_key(|reference| order::rank(&reference.gvk()));
        self.reference_trees = OnceLock::new();
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldSpec, FieldSpecs, NameReference, extend};

    fn spec(path: &str, kind: &str, create: bool) -> FieldSpec {
        FieldSpec { path: path.into(), kind: kind.into(), create, ..FieldSpec::default() }
    }

    #[test]
    fn a_spec_that_is_known_is_dropped() {
        for (known, new, count) in [
            (spec("a", "", true), spec("a", "", true), Ok(1)),
            (spec("a", "", true), spec("b", "", true), Ok(2)),
            (spec("a", "", true), spec("a", "K", true), Ok(2)),
            (spec("a", "K", true), spec("a", "", true), Ok(1)),
            (spec("a", "K", true), spec("a", "L", false), Ok(2)),
            (spec("a", "K", true), spec("a", "", false), Err(())),
            (spec("a", "", true), spec("a", "K", false), Ok(2)),
            (FieldSpec { group: "g".into(), ..spec("a", "K", true) }, spec("a", "K", true), Ok(1)),
            (FieldSpec { group: "g".into(), ..spec("a", "K", true) }, spec("a", "", false), Err(())),
            (spec("a", "K", true), FieldSpec { group: "g".into(), ..spec("a", "", true) }, Ok(2)),
        ] {
            let mut list = vec![known.clone()];
            let merged = extend(&mut list, std::slice::from_ref(&new)).map(|()| list.len()).map_err(|_| ());
            assert_eq!(merged, count, "{known:?} {new:?}");
        }
    }

    #[test]
    fn references_to_the_same_kind_are_merged() {
        let reference = |kind: &str, path: &str| NameReference {
            kind: kind.into(),
            fields: vec![spec(path, "Pod", false)],
            ..NameReference::default()
        };
        let of = |references| FieldSpecs { name_reference: references, ..FieldSpecs::default() };
        let mut specs = of(vec![reference("Foo", "a")]);
        specs.merge(&of(vec![reference("Secret", "b"), reference("Foo", "c")])).unwrap();
        let kinds: Vec<_> = specs.name_reference.iter().map(|r| (r.kind.as_str(), r.fields.len())).collect();
        assert_eq!(kinds, [("Secret", 1), ("Foo", 2)]);
    }

    #[test]
    fn the_defaults_merged_into_empty_specs_are_the_defaults() {
        let builtin = FieldSpecs::builtin();
        let mut merged = FieldSpecs::default();
        merged.merge(builtin).unwrap();
        assert_eq!(merged.name_reference, builtin.name_reference);
        assert_eq!(
            merged.lists().map(|list| list.clone()),
            FieldSpecs::clone(builtin).lists().map(|list| list.clone())
        );
    }
}
