//! The objects of files that differ, and which object became which.
//!
//! An object keeps its identity: kind, API group, namespace and name. Of the rest, those become each other that differ in one part of
//! it: the hash in a generated name, the namespace, the API group. The last are objects of the same kind with much equal content.

use super::change::ObjectName;
use super::derived;
use crate::node::{Node, Value};
use crate::output::OutputPath;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Objects with at least this part of equal values, in percent, may have been renamed.
const SIMILAR: usize = 60;
/// A value that more objects have says nothing about which object became which.
const COMMON: usize = 64;

/// An object of a file.
#[derive(Clone, Debug)]
pub(super) struct DiffObject<'t> {
    pub(super) node: Node,
    pub(super) path: &'t OutputPath,
    pub(super) name: ObjectName<SmolStr>,
}

impl<'t> DiffObject<'t> {
    /// An object of a file. A file of pleach itself is named after its zone, or else its branch.
    pub(super) fn new(node: Node, path: &'t OutputPath) -> Self {
        let text = |path: &[&str]| node.at_path(path).and_then(Node::as_text).map(SmolStr::from);
        let own = || text(&["zone"]).or_else(|| text(&["branch"]));
        let name = ObjectName {
            kind: text(&["kind"]).unwrap_or_else(|| "File".into()),
            name: text(&["metadata", "name"]).or_else(own).unwrap_or_else(|| path.as_str().into()),
            namespace: text(&["metadata", "namespace"]),
            api_version: text(&["apiVersion"]).unwrap_or_default(),
        };
        DiffObject { node, path, name }
    }

    fn group(&self) -> &str {
        self.name.api_version.rsplit_once('/').map_or("", |(group, _)| group)
    }

    fn stem(&self) -> &str {
        derived::stem(&self.name.kind, &self.name.name).unwrap_or(&self.name.name)
    }
}

/// An object before and after; one of them exists.
pub(super) type ObjectPair<'t> = (Option<DiffObject<'t>>, Option<DiffObject<'t>>);

/// What identifies an object, more or less strictly: kind, API group, namespace, name.
type PairingKey = (SmolStr, SmolStr, SmolStr, SmolStr);

/// How objects are paired, in order.
const RULES: [fn(&DiffObject) -> PairingKey; 4] = [
    |object| key(object, object.group(), namespace(object), &object.name.name),
    |object| key(object, object.group(), namespace(object), object.stem()),
    |object| key(object, object.group(), "", object.stem()),
    |object| key(object, "", "", object.stem()),
];

fn key(object: &DiffObject, group: &str, namespace: &str, name: &str) -> PairingKey {
    (object.name.kind.clone(), group.into(), namespace.into(), name.into())
}

fn namespace<'o>(object: &'o DiffObject) -> &'o str {
    object.name.namespace.as_deref().unwrap_or_default()
}

/// All objects in pairs, in the order of their names.
pub(super) fn pairs<'t>(before: Vec<DiffObject<'t>>, after: Vec<DiffObject<'t>>) -> Vec<ObjectPair<'t>> {
    let mut before: Vec<Option<DiffObject>> = before.into_iter().map(Some).collect();
    let mut after: Vec<Option<DiffObject>> = after.into_iter().map(Some).collect();
    let mut pairs: Vec<ObjectPair> = Vec::new();
    for rule in RULES {
        pair_by(rule, &mut before, &mut after, &mut pairs);
    }
    pair_similar(&mut before, &mut after, &mut pairs);
    pairs.extend(before.into_iter().flatten().map(|object| (Some(object), None)));
    pairs.extend(after.into_iter().flatten().map(|object| (None, Some(object))));
    pairs.sort_by(|a, b| position(a).cmp(&position(b)));
    pairs
}

fn position<'p>((before, after): &'p ObjectPair) -> (&'p str, &'p str) {
    let object = after.as_ref().or(before.as_ref()).expect("one of them exists");
    (object.path.as_str(), &object.name.name)
}

/// Pairs the objects for which a rule finds one on each side.
fn pair_by<'t>(
    rule: fn(&DiffObject) -> PairingKey,
    before: &mut [Option<DiffObject<'t>>],
    after: &mut [Option<DiffObject<'t>>],
    pairs: &mut Vec<ObjectPair<'t>>,
) {
    let index = |objects: &[Option<DiffObject>]| {
        let mut positions: BTreeMap<PairingKey, Vec<usize>> = BTreeMap::new();
        for (at, object) in objects.iter().enumerate() {
            if let Some(object) = object {
                positions.entry(rule(object)).or_default().push(at);
            }
        }
        positions
    };
    let (old, new) = (index(before), index(after));
    for (identity, old) in old {
        if let ([old], Some([new])) = (&old[..], new.get(&identity).map(Vec::as_slice)) {
            pairs.push((before[*old].take(), after[*new].take()));
        }
    }
}

/// Pairs the objects of the same kind with the most equal values.
fn pair_similar<'t>(
    before: &mut [Option<DiffObject<'t>>],
    after: &mut [Option<DiffObject<'t>>],
    pairs: &mut Vec<ObjectPair<'t>>,
) {
    if before.iter().all(Option::is_none) || after.iter().all(Option::is_none) {
        return;
    }
    let old: Vec<BTreeSet<String>> =
        before.iter().map(|object| object.as_ref().map(content).unwrap_or_default()).collect();
    let new: Vec<BTreeSet<String>> =
        after.iter().map(|object| object.as_ref().map(content).unwrap_or_default()).collect();
    let mut with_value: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, values) in new.iter().enumerate() {
        for value in values {
            with_value.entry(value).or_default().push(at);
        }
    }
    let mut candidates: Vec<(usize, usize, usize)> = Vec::new();
    for (at, values) in old.iter().enumerate() {
        let mut common: BTreeMap<usize, usize> = BTreeMap::new();
        for positions in values.iter().filter_map(|value| with_value.get(value.as_str())) {
            for position in positions.iter().take(COMMON) {
                *common.entry(*position).or_default() += 1;
            }
        }
        let percent = |new_at: usize, count: usize| 200 * count / (values.len() + new[new_at].len()).max(1);
        candidates.extend(common.into_iter().map(|(new_at, count)| (percent(new_at, count), at, new_at)));
    }
    candidates.retain(|(percent, ..)| *percent >= SIMILAR);
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, old_at, new_at) in candidates {
        if before[old_at].is_some() && after[new_at].is_some() {
            pairs.push((before[old_at].take(), after[new_at].take()));
        }
    }
}

/// The values of an object with their paths, without its name. All of them have the kind, so objects of other kinds have none in
/// common.
fn content(object: &DiffObject) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    let mut path = format!("{}\n", object.name.kind);
    add_content(&object.node, &mut path, &mut values);
    values.remove(&format!("{}\n/metadata/name={}", object.name.kind, object.name.name));
    values
}

fn add_content(node: &Node, path: &mut String, values: &mut BTreeSet<String>) {
    let end = path.len();
    match &node.value {
        Value::Scalar(scalar) => {
            values.insert(format!("{path}={}", scalar.text));
        }
        Value::Map(map) => {
            for entry in map {
                let _ = write!(path, "/{}", entry.key.text);
                add_content(&entry.value, path, values);
                path.truncate(end);
            }
        }
        Value::Seq(items) => {
            path.push_str("/-");
            items.iter().for_each(|item| add_content(item, path, values));
            path.truncate(end);
        }
    }
}
