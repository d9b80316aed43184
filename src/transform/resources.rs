//! The objects of a build so far, in order, each id once.

use crate::error::{Error, Kind, Result};
use crate::resource::{Id, Resource};
use std::collections::HashSet;

/// Objects in order. No two have the same id at the time one is added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    list: Vec<Resource>,
    /// The ids of `list`, kept while objects are only added, dropped when they are changed.
    ids: Option<HashSet<Key>>,
}

/// What makes two ids the same: kind, name, effective namespace.
type Key = (crate::schema::Gvk, smol_str::SmolStr, smol_str::SmolStr);

fn key(id: Id) -> Key {
    let namespace = id.effective_namespace().into();
    (id.gvk, id.name, namespace)
}

impl Resources {
    /// The objects.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Resource> {
        self.list.iter()
    }

    /// The objects, to be read.
    pub(crate) fn as_slice(&self) -> &[Resource] {
        &self.list
    }

    /// The objects, to be changed, taken out or put in another order.
    pub(crate) fn as_mut(&mut self) -> &mut Vec<Resource> {
        self.ids = None;
        &mut self.list
    }

    /// Each object, to be changed.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.as_mut().iter_mut()
    }

    /// Adds an object at the end; refused if its id is taken.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<(), Error> {
        let list = &self.list;
        let ids = self.ids.get_or_insert_with(|| list.iter().map(|other| key(other.id())).collect());
        let id = resource.id();
        if !ids.insert(key(id.clone())) {
            let first = self.list.iter().find(|other| other.id().same(&id));
            let error = Error::new(Kind::Resource, format!("`{id}` is already part of this build")).at(resource.origin);
            return Err(match first {
                Some(first) => error.note(first.origin, "first added here"),
                None => error,
            });
        }
        self.list.push(resource);
        Ok(())
    }

    /// The positions of the objects that have, or ever had, an id that `wanted` wants.
    pub(crate) fn by_any_id(&self, wanted: impl Fn(&Id) -> bool) -> Vec<usize> {
        (0..self.list.len()).filter(|&i| self.list[i].ids().any(|id| wanted(&id))).collect()
    }
}
