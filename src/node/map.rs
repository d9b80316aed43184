//! Mappings: entries in the byte order of their keys, shared until changed.
//!
//! One order for all makes equal data equal bytes, finds a key by halving and merges in one pass. The order that the
//! emitter prints is another one and belongs to `yaml`.

use super::{Node, Style, Tag};
use crate::source::Location;
use smol_str::SmolStr;
use std::sync::Arc;

/// Up to this many entries are looked through one by one.
const SHORT: usize = 16;

/// A mapping with unique keys, in the byte order of their text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map(Arc<Vec<MapEntry>>);

/// A key and what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    /// The key.
    pub key: MapKey,
    /// The value.
    pub value: Node,
}

/// The key of a mapping: its text is what counts, tag and style say how it was written.
#[derive(Clone, Debug)]
pub struct MapKey {
    /// The text, after unquoting.
    pub text: SmolStr,
    /// The type that it resolved to; Kubernetes takes strings only.
    pub tag: Tag,
    /// How it was written.
    pub style: Style,
    /// Where it stands.
    pub at: Location,
}

impl PartialEq for MapKey {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<T: Into<SmolStr>> From<T> for MapKey {
    fn from(text: T) -> Self {
        MapKey { text: text.into(), tag: Tag::Str, style: Style::Quoted, at: Location::NONE }
    }
}

impl Map {
    /// The mapping of `entries`, or the first two keys that are the same.
    pub fn from_entries(mut entries: Vec<MapEntry>) -> Result<Self, (MapKey, MapKey)> {
        if !entries.is_sorted_by(|a, b| a.key.text < b.key.text) {
            entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
            if let Some(twins) = entries.windows(2).find(|pair| pair[0].key.text == pair[1].key.text) {
                return Err((twins[0].key.clone(), twins[1].key.clone()));
            }
        }
        Ok(Map(Arc::new(entries)))
    }

    /// Where the entry of `key` is, or where it would be.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.key.text.as_str().cmp(key))
    }

    /// Where the entry of `key` is.
    fn position(&self, key: &str) -> Option<usize> {
        // In a short list most keys differ by their length already, which costs less than halving.
        if self.0.len() <= SHORT {
            return self.0.iter().position(|entry| entry.key.text == key);
        }
        self.find(key).ok()
    }

    /// What stands under `key`.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.position(key).map(|i| &self.0[i].value)
    }

    /// The entry of `key`, for the place of the key itself.
    pub fn entry(&self, key: &str) -> Option<&MapEntry> {
        self.position(key).map(|i| &self.0[i])
    }

    /// What stands under `key`, to be changed; copies the entries if they are shared.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let i = self.position(key)?;
        Some(&mut Arc::make_mut(&mut self.0)[i].value)
    }

    /// Whether there is such a key.
    pub fn has(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// Puts `value` under `key` and returns what stood there. A key that is there keeps its spelling and place.
    pub fn insert(&mut self, key: impl Into<MapKey>, value: Node) -> Option<Node> {
        let key = key.into();
        match self.find(&key.text) {
            Ok(i) => Some(std::mem::replace(&mut Arc::make_mut(&mut self.0)[i].value, value)),
            Err(i) => {
                Arc::make_mut(&mut self.0).insert(i, MapEntry { key, value });
                None
            }
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Node> {
        let i = self.position(key)?;
        Some(Arc::make_mut(&mut self.0).remove(i).value)
    }

    /// Keeps the entries that `keep` wants.
    pub fn retain(&mut self, keep: impl FnMut(&MapEntry) -> bool) {
        Arc::make_mut(&mut self.0).retain(keep);
    }

    /// The entries in the byte order of their keys.
    pub fn iter(&self) -> std::slice::Iter<'_, MapEntry> {
        self.0.iter()
    }

    /// Keys and values, the values to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&MapKey, &mut Node)> {
        Arc::make_mut(&mut self.0).iter_mut().map(|entry| (&entry.key, &mut entry.value))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a Map {
    type Item = &'a MapEntry;
    type IntoIter = std::slice::Iter<'a, MapEntry>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Into<MapKey>> FromIterator<(K, Node)> for Map {
    /// Later values win over earlier ones of the same key.
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        let mut map = Map::default();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}
