//! Mappings: entries in the byte order of their keys, shared until changed.
//!
//! A fixed order makes equal data equal bytes and allows binary search and merging in one pass. The writer in `yaml`
//! prints keys in another order.

use super::{Node, Style, Tag};
use crate::source::Location;
use smol_str::SmolStr;
use std::sync::Arc;

/// Mappings with at most this many entries are searched linearly.
const SHORT: usize = 16;

/// A mapping with unique keys, in the byte order of their text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map(Arc<Vec<MapEntry>>);

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MapEntry {
    /// The key.
    pub(crate) key: MapKey,
    /// The value.
    pub(crate) value: Node,
}

/// The key of a mapping. Keys with the same text are equal; tag and style record how the key was written.
#[derive(Clone, Debug)]
pub(crate) struct MapKey {
    /// The text, after unquoting.
    pub(crate) text: SmolStr,
    /// The type that it resolved to. Kubernetes accepts strings only.
    pub(crate) tag: Tag,
    /// How it was written.
    pub(crate) style: Style,
    /// Its source location.
    pub(crate) at: Location,
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
    /// The mapping with `entries`, or the first two equal keys.
    pub(crate) fn from_entries(mut entries: Vec<MapEntry>) -> Result<Self, (MapKey, MapKey)> {
        if !entries.is_sorted_by(|a, b| a.key.text < b.key.text) {
            entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
            if let Some(twins) = entries.windows(2).find(|pair| pair[0].key.text == pair[1].key.text) {
                return Err((twins[0].key.clone(), twins[1].key.clone()));
            }
        }
        Ok(Map(Arc::new(entries)))
    }

    /// The position of `key`, or the position to insert it.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|entry| entry.key.text.as_str().cmp(key))
    }

    /// The position of `key`.
    fn position(&self, key: &str) -> Option<usize> {
        // In a short list, most keys differ in length, so comparing them costs less than binary search.
        if self.0.len() <= SHORT {
            return self.0.iter().position(|entry| entry.key.text == key);
        }
        self.find(key).ok()
    }

    /// The value of `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.position(key).map(|i| &self.0[i].value)
    }

    /// The entry of `key`, with the source location of the key.
    pub(crate) fn entry(&self, key: &str) -> Option<&MapEntry> {
        self.position(key).map(|i| &self.0[i])
    }

    /// The value of `key`, mutably. Copies the entries if they are shared.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Node> {
        let i = self.position(key)?;
        Some(&mut Arc::make_mut(&mut self.0)[i].value)
    }

    /// Whether `key` exists.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.position(key).is_some()
    }

    /// The number of entries from `key` on, or from where it would be.
    pub(crate) fn count_from(&self, key: &str) -> usize {
        let (Ok(at) | Err(at)) = self.find(key);
        self.len() - at
    }

    /// Sets the value of `key` and returns the previous value. An existing key keeps its style and source location.
    pub(crate) fn insert(&mut self, key: impl Into<MapKey>, value: Node) -> Option<Node> {
        let key = key.into();
        match self.find(&key.text) {
            Ok(i) => Some(std::mem::replace(&mut Arc::make_mut(&mut self.0)[i].value, value)),
            Err(i) => {
                Arc::make_mut(&mut self.0).insert(i, MapEntry { key, value });
                None
            }
        }
    }

    /// Removes `key` and returns its value.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Node> {
        let i = self.position(key)?;
        Some(Arc::make_mut(&mut self.0).remove(i).value)
    }

    /// Keeps the entries for which `keep` returns true.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&MapEntry) -> bool) {
        Arc::make_mut(&mut self.0).retain(keep);
    }

    /// The entries in the byte order of their keys.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, MapEntry> {
        self.0.iter()
    }

    /// Keys and values, the values mutably.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (&MapKey, &mut Node)> {
        Arc::make_mut(&mut self.0).iter_mut().map(|entry| (&entry.key, &mut entry.value))
    }

    /// Whether both are one mapping in memory, and so have the same entries.
    pub(crate) fn is_shared_with(&self, other: &Map) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The number of entries.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the mapping has no entries.
    pub(crate) fn is_empty(&self) -> bool {
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
    /// A later value replaces an earlier one of the same key.
    fn from_iter<I: IntoIterator<Item = (K, Node)>>(entries: I) -> Self {
        let mut entries: Vec<_> = entries.into_iter().map(|(key, value)| MapEntry { key: key.into(), value }).collect();
        // The sort keeps the order of equal keys, and is linear for entries that are in order.
        entries.sort_by(|a, b| a.key.text.cmp(&b.key.text));
        entries.dedup_by(|later, first| {
            let is_same = later.key.text == first.key.text;
            if is_same {
                std::mem::swap(&mut later.value, &mut first.value);
            }
            is_same
        });
        Map(Arc::new(entries))
    }
}
