//! Fields of one object that share one value in kustomize.
//!
//! Where kustomize adds a label in several places, it uses one node for all of them. A later change of one of them
//! changes all, even in a selector; only an operation that rebuilds the object separates them. This is a mistake of kustomize's, but it decides its output.

use crate::node::{Node, Scalar, Value};
use crate::source::Location;
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;

/// Entries of mappings within one object that change together.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedFields(Vec<LinkedGroup>);

/// Entries with one key and one value.
#[derive(Clone, Debug)]
struct LinkedGroup {
    key: SmolStr,
    /// Where the mappings are.
    maps: Vec<Arc<[PathStep]>>,
    value: Scalar,
}

/// A step down into an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PathStep {
    /// To the value of a key.
    Key(SmolStr),
    /// To an item of a list.
    Index(usize),
}

/// A field that followed another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Followed {
    /// The field that followed.
    pub(crate) field: String,
    /// The one that was changed.
    pub(crate) leader: String,
    /// The location of the new value.
    pub(crate) at: Location,
}

impl LinkedFields {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes that the entries `key` of all `maps` are one from now on.
    pub(crate) fn add(&mut self, key: &str, maps: Vec<Arc<[PathStep]>>, value: Scalar) {
        if maps.len() > 1 {
            self.0.push(LinkedGroup { key: key.into(), maps, value });
        }
    }

    /// Forgets all, as the object was rebuilt.
    pub(crate) fn separate(&mut self) {
        self.0.clear();
    }

    /// Forgets what a strategic merge patch put something new in the place of.
    pub(crate) fn patched(&mut self, patch: &Node) {
        for group in &mut self.0 {
            group.maps.retain(|map| !is_replaced(patch, map));
        }
    }

    /// Lets all linked follow those that were changed since.
    pub(crate) fn settle(&mut self, object: &mut Node) -> Vec<Followed> {
        let mut followed = Vec::new();
        for group in &mut self.0 {
            group.settle(object, &mut followed);
        }
        self.0.retain(|group| group.maps.len() > 1);
        followed
    }
}

impl LinkedGroup {
    fn settle(&mut self, object: &mut Node, followed: &mut Vec<Followed>) {
        let entry = |object: &Node, map: &[PathStep]| at(object, map)?.get(&self.key).cloned();
        self.maps.retain(|map| entry(object, map).is_some_and(|node| node.as_scalar().is_some()));
        // The last one that was changed decides, as kustomize goes through an object in the order of its keys.
        let changed = self.maps.iter().filter_map(|map| Some((map, entry(object, map)?)));
        let changed = changed.filter(|(_, node)| node.as_scalar() != Some(&self.value)).max_by(|a, b| a.0.cmp(b.0));
        let Some((leader, node)) = changed.map(|(map, node)| (Arc::clone(map), node)) else { return };
        for map in &self.maps {
            if entry(object, map).as_ref() != Some(&node) {
                put(object, map, &self.key, node.clone());
                let name = |map| DisplayPath(map, &self.key).to_string();
                followed.push(Followed { field: name(map), leader: name(&leader), at: node.at });
            }
        }
        if let Value::Scalar(value) = node.value {
            self.value = value;
        }
    }
}

fn at<'n>(node: &'n Node, path: &[PathStep]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, step| match step {
        PathStep::Key(key) => node.get(key),
        PathStep::Index(i) => node.as_seq()?.get(*i),
    })
}

fn put(node: &mut Node, path: &[PathStep], key: &str, value: Node) {
    let next = match path.split_first() {
        None => {
            if let Some(old) = node.get_mut(key) {
                *old = value;
            }
            return;
        }
        Some((PathStep::Key(name), _)) => node.get_mut(name),
        Some((PathStep::Index(i), _)) => node.as_seq_mut().and_then(|items| items.get_mut(*i)),
    };
    if let Some(next) = next {
        put(next, &path[1..], key, value);
    }
}

/// Whether a patch replaces one of the mappings or lists on a way instead of merging into it.
fn is_replaced(patch: &Node, way: &[PathStep]) -> bool {
    let is_new = |node: &Node| node.str_at(&["$patch"]) == Some("replace");
    let mut node = patch;
    for step in way {
        let next = match step {
            PathStep::Key(key) => node.get(key),
            PathStep::Index(_) => return node.as_seq().is_some(),
        };
        match next {
            Some(next) if !is_new(next) => node = next,
            Some(_) => return true,
            None => return false,
        }
    }
    false
}

struct DisplayPath<'a>(&'a [PathStep], &'a str);

impl fmt::Display for DisplayPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.0 {
            match step {
                PathStep::Key(key) => write!(f, "{key}.")?,
                PathStep::Index(i) => write!(f, "{i}.")?,
            }
        }
        f.write_str(self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkedFields, PathStep};
    use crate::node::Node;
    use crate::source::Location;
    use crate::yaml::{self, Dialect, Quoting};
    use std::sync::Arc;

    fn parse(text: &str) -> Node {
        yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0)
    }

    fn linked() -> LinkedFields {
        let map = |key: &str| -> Arc<[PathStep]> { [PathStep::Key(key.into())].into() };
        let mut linked = LinkedFields::default();
        linked.add(
            "k",
            vec![map("m"), map("s"), map("t")],
            Node::plain("v", crate::node::Tag::Str).as_scalar().unwrap().clone(),
        );
        linked
    }

    #[test]
    fn twins_follow() {
        for (now, want, count) in [
            ("{m: {k: v}, s: {k: v}, t: {k: v}}", "{m: {k: v}, s: {k: v}, t: {k: v}}", 0),
            ("{m: {k: w}, s: {k: v}, t: {k: v}}", "{m: {k: w}, s: {k: w}, t: {k: w}}", 2),
            ("{m: {k: w}, s: {k: v}, t: {k: x}}", "{m: {k: x}, s: {k: x}, t: {k: x}}", 2),
            ("{m: {}, s: {k: w}, t: {k: v}}", "{m: {}, s: {k: w}, t: {k: w}}", 1),
            ("{m: {k: w}}", "{m: {k: w}}", 0),
        ] {
            let mut node = parse(now);
            assert_eq!(linked().settle(&mut node).len(), count, "{now}");
            assert_eq!(node, parse(want), "{now}");
        }
    }

    #[test]
    fn what_was_gone_is_no_twin_any_more() {
        let mut linked = linked();
        let mut node = parse("{m: {}, s: {k: v}, t: {k: v}}");
        linked.settle(&mut node);
        let mut node = parse("{m: {k: w}, s: {k: v}, t: {k: v}}");
        assert!(linked.settle(&mut node).is_empty());
        let mut out = String::new();
        yaml::write(&mut out, &node, Quoting::Kustomize).unwrap();
        assert_eq!(out, "m:\n  k: w\ns:\n  k: v\nt:\n  k: v\n");
    }

    #[test]
    fn what_a_patch_replaces_is_no_twin_any_more() {
        let mut linked = linked();
        linked.patched(&parse("{m: {$patch: replace, k: w}, s: {k: y}}"));
        let mut node = parse("{m: {k: w}, s: {k: y}, t: {k: v}}");
        assert_eq!(linked.settle(&mut node).len(), 1);
        assert_eq!(node, parse("{m: {k: w}, s: {k: y}, t: {k: y}}"));
    }
}
