//! Merges the settings of a branch over the defaults: mappings are merged, lists and scalars are replaced, `null` removes.

use crate::node::Node;
use crate::spec::BranchImage;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// Merges values by name. `both` merges a branch's value with the default of the same name.
pub(super) fn named<T: Clone>(
    defaults: &BTreeMap<SmolStr, Option<T>>,
    own: &BTreeMap<SmolStr, Option<T>>,
    both: impl Fn(&T, &T) -> T,
) -> BTreeMap<SmolStr, T> {
    let kept = defaults.iter().filter(|(name, _)| !own.contains_key(*name));
    let kept = kept.filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let overridden = own.iter().filter_map(|(name, value)| {
        let value = value.as_ref()?;
        let default = defaults.get(name).and_then(Option::as_ref);
        Some((name.clone(), default.map_or_else(|| value.clone(), |default| both(value, default))))
    });
    kept.chain(overridden).collect()
}

/// Merges images. Each part of a reference overrides that of the default.
pub(super) fn images(
    defaults: &BTreeMap<SmolStr, Option<BranchImage>>,
    own: &BTreeMap<SmolStr, Option<BranchImage>>,
) -> BTreeMap<SmolStr, BranchImage> {
    named(defaults, own, |own, default| BranchImage { value: own.value.over(&default.value), ..own.clone() })
}

/// Merges values as in a JSON merge patch (RFC 7396). Every value keeps its source location.
pub(super) fn values(defaults: &Node, own: &Node) -> Node {
    let Some(changes) = own.as_map() else { return own.clone() };
    if changes.is_empty() && defaults.as_map().is_some() {
        return defaults.clone();
    }
    let mut map = defaults.as_map().cloned().unwrap_or_default();
    for entry in changes {
        if entry.value.is_null() {
            map.remove(&entry.key.text);
        } else {
            let null = Node::null();
            let value = values(map.get(&entry.key.text).unwrap_or(&null), &entry.value);
            map.insert(entry.key.clone(), value);
        }
    }
    Node::from(map).placed(own.at.or(defaults.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Map;
    use crate::source::Location;
    use crate::yaml::{Dialect, parse};

    fn yaml(text: &str) -> Node {
        parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().pop().unwrap()
    }

    #[test]
    fn values_merge_deeply() {
        for (defaults, own, want) in [
            ("{a: 1}", "{}", "{a: 1}"),
            ("{}", "{a: 1}", "{a: 1}"),
            ("{a: 1}", "{a: 2, b: 3}", "{a: 2, b: 3}"),
            ("{a: {b: 1, c: 2}}", "{a: {b: 3}}", "{a: {b: 3, c: 2}}"),
            ("{a: {b: {c: 1, d: 2}}}", "{a: {b: {c: null}}}", "{a: {b: {d: 2}}}"),
            ("{a: [1, 2]}", "{a: [3]}", "{a: [3]}"),
            ("{a: [1]}", "{a: {b: 1}}", "{a: {b: 1}}"),
            ("{a: {b: 1}}", "{a: [null]}", "{a: [null]}"),
            ("{a: {b: 1}}", "{a: x}", "{a: x}"),
            ("{a: 1, b: 2}", "{a: null}", "{b: 2}"),
            ("{a: null}", "{b: 1}", "{a: null, b: 1}"),
            ("{}", "{a: {b: null, c: 1}}", "{a: {c: 1}}"),
            ("{a: 1}", "{a: {b: {c: null}}}", "{a: {b: {}}}"),
            ("{a: {b: 1}}", "{a: {}}", "{a: {b: 1}}"),
        ] {
            assert_eq!(values(&yaml(defaults), &yaml(own)), yaml(want), "{defaults} and {own}");
        }
    }

    #[test]
    fn untouched_parts_are_shared() {
        let defaults = yaml("{a: {b: 1}, c: {d: 2}}");
        let merged = values(&defaults, &yaml("{c: {e: 3}}"));
        let entries =
            |node: &Node| node.get("a").and_then(Node::as_map).map(|map: &Map| map.iter().as_slice().as_ptr());
        assert_eq!(entries(&merged), entries(&defaults));
    }
}
