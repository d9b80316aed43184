//! Reads JSON lists of objects, one object at a time: what GitHub and GitLab say about a branch is much longer than its name.

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Calls `each` for every object of the lists in `text`, which follow each other.
pub(super) fn each_item<E>(
    text: &str,
    mut each: impl FnMut(&Map<String, Value>) -> Result<(), E>,
) -> Result<Result<(), E>, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut failure = None;
    while json.end().is_err() {
        let page = Page { each: &mut each, failure: &mut failure };
        let read = page.deserialize(&mut json);
        if let Some(failure) = failure {
            return Ok(Err(failure));
        }
        read?;
    }
    Ok(Ok(()))
}

/// A list of objects.
struct Page<'p, F, E> {
    each: &'p mut F,
    /// The first error of `each`.
    failure: &'p mut Option<E>,
}

impl<'de, E, F: FnMut(&Map<String, Value>) -> Result<(), E>> DeserializeSeed<'de> for Page<'_, F, E> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de, E, F: FnMut(&Map<String, Value>) -> Result<(), E>> Visitor<'de> for Page<'_, F, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while let Some(Item(item)) = items.next_element()? {
            if let Err(failure) = (self.each)(&item) {
                *self.failure = Some(failure);
                return Err(A::Error::custom("the list is not read to its end"));
            }
        }
        Ok(())
    }
}

/// An object without duplicate keys.
struct Item(Map<String, Value>);

impl<'de> serde::Deserialize<'de> for Item {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(ItemVisitor)
    }
}

struct ItemVisitor;

impl<'de> Visitor<'de> for ItemVisitor {
    type Value = Item;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Item, A::Error> {
        let mut item = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if item.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate key `{key}`")));
            }
            item.insert(key, entries.next_value()?);
        }
        Ok(Item(item))
    }
}
