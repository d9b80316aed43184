//! Fields of one object that share one value in kustomize.
//!
//! Where kustomize adds a label in several places, it uses one node for all of them. A later change of one of them
//! changes all, even in a selector; only an operation that rebuilds the object separates them. This is a mistake of kustomize's, but it decides its output.

use crate::diagnostic::Diagnostic;
use crate::node::{Map, Node};
use crate::source::Location;
use crate::work::WorkCounter;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Entries of mappings within one object that change together.
#[derive(Clone, Debug, Default)]
pub(crate) struct LinkedFields(Vec<LinkedGroup>);

/// Entries with the same keys in several mappings. Those with one key have one value.
#[derive(Clone, Debug)]
struct LinkedGroup {
    keys: Vec<SmolStr>,
    maps: Vec<LinkedMap>,
}

/// A mapping of an object, and its path.
#[derive(Clone, Debug)]
pub(crate) struct LinkedMap {
    /// Its path.
    pub(crate) path: Arc<[PathStep]>,
    /// The mapping when its entries were last compared with those of others.
    pub(crate) map: Map,
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

    /// Notes that the entries with one of the `keys` in all `maps` are one from now on. Nothing was changed since the last
    /// call of [`LinkedFields::settle`] but these entries, which were added.
    pub(crate) fn add(&mut self, keys: Vec<SmolStr>, maps: Vec<LinkedMap>) {
        if maps.len() < 2 {
            return;
        }
        let is_here =
            |group: &&mut LinkedGroup| group.maps.iter().map(|map| &map.path).eq(maps.iter().map(|map| &map.path));
        match self.0.iter_mut().find(is_here) {
            Some(group) => {
                group.keys.extend(keys);
                group.maps = maps;
            }
            None => self.0.push(LinkedGroup { keys, maps }),
        }
    }

    /// Forgets all, as the object was rebuilt.
    pub(crate) fn separate(&mut self) {
        self.0.clear();
    }

    /// Whether a strategic merge patch changes an entry that is linked.
    pub(crate) fn are_patched(&self, patch: &Node) -> bool {
        self.0.iter().any(|group| group.maps.iter().any(|map| is_patched(patch, &map.path, &group.keys)))
    }

    /// Forgets what a strategic merge patch put something new in the place of.
    pub(crate) fn patched(&mut self, patch: &Node) {
        for group in &mut self.0 {
            group.maps.retain(|map| !is_replaced(patch, &map.path));
        }
    }

    /// Lets all linked follow those that were changed since.
    pub(crate) fn settle(&mut self, object: &mut Node, work: &WorkCounter) -> Result<Vec<Followed>, Diagnostic> {
        let mut followed = Vec::new();
        work.found(self.0.iter().map(|group| group.maps.len()).sum())?;
        for group in std::mem::take(&mut self.0).into_iter().filter(|group| group.maps.len() > 1) {
            if group.is_changed(object) {
                work.searched(group.keys.len().saturating_mul(group.maps.len()), 0)?;
                // What changes next is a copy, because the group has the mapping too.
                work.copied(group.maps.iter().map(|map| map.map.len()).sum())?;
                self.0.extend(group.settled(object, &mut followed));
            } else {
                self.0.push(group);
            }
        }
        Ok(followed)
    }
}

impl LinkedGroup {
    /// Whether something in one of the mappings may have changed.
    fn is_changed(&self, object: &Node) -> bool {
        self.maps.iter().any(|map| !map.now(object).is_some_and(|now| now.is_shared_with(&map.map)))
    }

    /// The groups of the entries that are still linked, after all have followed those that were changed.
    fn settled(self, object: &mut Node, followed: &mut Vec<Followed>) -> Vec<LinkedGroup> {
        let now: Vec<Option<Map>> = self.maps.iter().map(|map| map.now(object).cloned()).collect();
        let mut groups: BTreeMap<Vec<usize>, Vec<SmolStr>> = BTreeMap::new();
        for key in self.keys {
            let entry = |i: usize| now[i].as_ref()?.get(&key).filter(|node| node.as_scalar().is_some());
            let linked: Vec<usize> = (0..self.maps.len()).filter(|i| entry(*i).is_some()).collect();
            let known = self.maps[0].map.get(&key);
            // The last one that was changed decides, as kustomize goes through an object in the order of its keys.
            let changed = linked.iter().filter(|i| entry(**i) != known);
            let leader = changed.max_by(|a, b| self.maps[**a].path.cmp(&self.maps[**b].path));
            if let Some((leader, node)) = leader.and_then(|leader| Some((*leader, entry(*leader)?))) {
                for i in linked.iter().filter(|i| entry(**i) != Some(node)) {
                    put(object, &self.maps[*i].path, &key, node.clone());
                    let name = |i: usize| DisplayPath(&self.maps[i].path, &key).to_string();
                    followed.push(Followed { field: name(*i), leader: name(leader), at: node.at });
                }
            }
            if linked.len() > 1 {
                groups.entry(linked).or_default().push(key);
            }
        }
        let paths = self.maps.into_iter().map(|map| map.path).collect::<Vec<_>>();
        let map =
            |i: usize| Some(LinkedMap { path: Arc::clone(&paths[i]), map: at(object, &paths[i])?.as_map()?.clone() });
        let maps = |maps: &[usize]| maps.iter().filter_map(|i| map(*i)).collect();
        groups.into_iter().map(|(linked, keys)| LinkedGroup { maps: maps(&linked), keys }).collect()
    }
}

impl LinkedMap {
    /// The mapping that has its path now.
    fn now<'n>(&self, object: &'n Node) -> Option<&'n Map> {
        at(object, &self.path)?.as_map()
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

/// Whether a patch has one of the keys at the end of a way.
fn is_patched(patch: &Node, way: &[PathStep], keys: &[SmolStr]) -> bool {
    let mut node = patch;
    for step in way {
        let PathStep::Key(key) = step else { return true };
        match node.get(key) {
            Some(next) => node = next,
            None => return node.as_map().is_none(),
        }
    }
    node.as_map().is_none_or(|map| keys.iter().any(|key| map.has(key)) || map.has("$patch"))
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
    use super::{Followed, LinkedFields, LinkedMap, PathStep};
    use crate::node::Node;
    use crate::source::Location;
    use crate::work::WorkCounter;
    use crate::yaml::{self, Dialect, Quoting};

    fn parse(text: &str) -> Node {
        yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0)
    }

    fn linked() -> LinkedFields {
        let map = parse("{k: v}").as_map().unwrap().clone();
        let maps = ["m", "s", "t"].map(|key| LinkedMap { path: [PathStep::Key(key.into())].into(), map: map.clone() });
        let mut linked = LinkedFields::default();
        linked.add(vec!["k".into()], maps.into());
        linked
    }

    fn settle(linked: &mut LinkedFields, object: &mut Node) -> Vec<Followed> {
        linked.settle(object, &WorkCounter::default()).unwrap()
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
            assert_eq!(settle(&mut linked(), &mut node).len(), count, "{now}");
            assert_eq!(node, parse(want), "{now}");
        }
    }

    #[test]
    fn the_entries_of_one_mapping_change_apart() {
        let mut linked = linked();
        let map = parse("{k: v, l: v}").as_map().unwrap().clone();
        let maps = ["m", "s"].map(|key| LinkedMap { path: [PathStep::Key(key.into())].into(), map: map.clone() });
        linked.add(vec!["l".into()], maps.into());
        let mut node = parse("{m: {k: v, l: w}, s: {k: v, l: v}, t: {k: x, l: v}}");
        assert_eq!(settle(&mut linked, &mut node).len(), 3);
        assert_eq!(node, parse("{m: {k: x, l: w}, s: {k: x, l: w}, t: {k: x, l: v}}"));
        assert!(settle(&mut linked, &mut node).is_empty());
    }

    #[test]
    fn what_was_gone_is_no_twin_any_more() {
        let mut linked = linked();
        let mut node = parse("{m: {}, s: {k: v}, t: {k: v}}");
        settle(&mut linked, &mut node);
        let mut node = parse("{m: {k: w}, s: {k: v}, t: {k: v}}");
        assert!(settle(&mut linked, &mut node).is_empty());
        let mut out = String::new();
        yaml::write(&mut out, &node, Quoting::Kustomize).unwrap();
        assert_eq!(out, "m:\n  k: w\ns:\n  k: v\nt:\n  k: v\n");
    }

    #[test]
    fn what_a_patch_replaces_is_no_twin_any_more() {
        let mut linked = linked();
        linked.patched(&parse("{m: {$patch: replace, k: w}, s: {k: y}}"));
        let mut node = parse("{m: {k: w}, s: {k: y}, t: {k: v}}");
        assert_eq!(settle(&mut linked, &mut node).len(), 1);
        assert_eq!(node, parse("{m: {k: w}, s: {k: y}, t: {k: y}}"));
    }
}
