//! The objects of a build so far, in order, each id once.

use crate::annotation::ORIGIN_ANNOTATION;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::input::books;
use crate::kustomize::model::Behavior;
use crate::node::{Map, Node, Tag, Value};
use crate::resource::{Generated, Id, Resource};
use crate::source::Location;
use crate::work::WorkCounter;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::HashMap;

/// The number of searches for ids from which the positions of all ids are kept.
const SEARCHES: usize = 8;

/// The number of objects from which a query uses all cores.
const MANY: usize = 200;

/// An object that a generator made.
pub(crate) struct GeneratedObject {
    /// The object.
    pub(crate) resource: Resource,
    /// What happens to an existing object of the same id.
    pub(crate) behavior: Behavior,
}

/// Objects in order. No two have the same id at the time one is added.
#[derive(Clone, Debug, Default)]
pub(crate) struct Resources {
    list: Vec<Resource>,
    /// The positions of `list` by id, kept while objects are only added, dropped when they are changed.
    ids: Option<HashMap<IdKey, usize, FixedState>>,
    /// The positions of the objects that have or had an id, kept likewise from the first generated object on, or from the time
    /// on at which ids are searched again and again. An object may have lost an id since.
    holders: Option<HashMap<IdKey, Vec<usize>, FixedState>>,
    /// How often an id was searched since the objects were changed.
    searches: usize,
    /// Whether something gave an object a name of its own choice.
    renamed: bool,
}

/// What to do if a namespace step gives two objects `Namespace` one name.
const ONE_NAMESPACE: &str = "`namespace` gives them one name: remove one of them, and create that namespace elsewhere; in a build, \
                             objects with the annotation `pleach.dev/namespace: keep` stay in their namespaces";

/// What makes two ids the same: kind, name, effective namespace.
type IdKey = (crate::schema::Gvk, smol_str::SmolStr, smol_str::SmolStr);

fn key(id: Id) -> IdKey {
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

    /// The result of `call` for each object and its position, in order.
    pub(crate) fn each<'r, T: Send>(&'r self, call: impl Fn(usize, &'r Resource) -> T + Sync) -> Vec<T> {
        if self.list.len() < MANY {
            return self.list.iter().enumerate().map(|(i, resource)| call(i, resource)).collect();
        }
        self.list.par_iter().enumerate().map(|(i, resource)| call(i, resource)).collect()
    }

    /// The objects, to be changed, taken out or put in another order.
    pub(crate) fn as_mut(&mut self) -> &mut Vec<Resource> {
        (self.ids, self.holders, self.searches) = (None, None, 0);
        &mut self.list
    }

    /// An object, to be changed in a way that leaves its ids as they are.
    pub(crate) fn with_same_ids(&mut self, i: usize) -> &mut Resource {
        &mut self.list[i]
    }

    /// Sorts the objects; those with equal keys stay in their order.
    pub(crate) fn sort_by_key<K: Ord + Send>(&mut self, key: impl Fn(&Resource) -> K + Sync) {
        let mut keyed: Vec<(K, usize)> = self.each(|i, resource| (key(resource), i));
        keyed.sort_unstable();
        let mut list: Vec<Option<Resource>> = self.list.drain(..).map(Some).collect();
        self.list.extend(keyed.into_iter().filter_map(|(_, i)| list[i].take()));
    }

    /// Each object, to be changed.
    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Resource> {
        self.as_mut().iter_mut()
    }

    /// The objects, no longer to be added to.
    pub(crate) fn into_vec(self) -> Vec<Resource> {
        self.list
    }

    /// Adds an object at the end; refused if its id is taken. The diagnostic has no location; the caller adds it.
    pub(crate) fn append(&mut self, resource: Resource) -> Result<(), Diagnostic> {
        let list = &self.list;
        let positions = || list.iter().enumerate().rev().map(|(i, other)| (key(other.id()), i)).collect();
        let ids = self.ids.get_or_insert_with(positions);
        let id = resource.id();
        if let Some(first) = ids.get(&key(id.clone())) {
            let error = Diagnostic::new(Code::Resource, format!("`{id}` is already part of this build"));
            return Err(error.note(list[*first].origin, "the first one").note(resource.origin, "the second one"));
        }
        ids.insert(key(id), list.len());
        if let Some(holders) = &mut self.holders {
            hold(holders, self.list.len(), &resource);
        }
        self.list.push(resource);
        Ok(())
    }

    /// Adds a generated object, merges it into the object with the same id or replaces that object.
    pub(crate) fn absorb(
        &mut self,
        GeneratedObject { mut resource, behavior }: GeneratedObject,
        (is_branch, work): (bool, &WorkCounter),
    ) -> Result<(), Diagnostic> {
        let id = resource.id();
        let at = resource.origin;
        let new_error = |message: String| Diagnostic::new(Code::Overlay, message).at(at);
        self.searches = SEARCHES;
        let holders = self.holders_of(&id, work).map_err(|error| error.at(at))?;
        match (&holders[..], behavior) {
            ([], Behavior::Merge | Behavior::Replace) => {
                Err(new_error(format!("no object `{id}` exists to merge with or replace"))
                    .help("write `behavior: create`, or use the name of an object in `resources`"))
            }
            ([], _) => self.append(resource),
            ([i], Behavior::Merge | Behavior::Replace) => {
                // It keeps the ids of the old object.
                let old = &mut self.list[*i];
                inherit(&mut resource, old, behavior, (is_branch, work)).map_err(|error| error.at(at))?;
                *old = resource;
                Ok(())
            }
            ([i], _) => Err(new_error(format!("`{id}` already exists"))
                .note(self.list[*i].origin, "this one")
                .help("write `behavior: merge` or `behavior: replace`")),
            (many, _) => Err(new_error(format!("{} objects have or had the name `{id}`", many.len()))),
        }
    }

    /// Notes that an object may have got the id of another one, which matters in the end only.
    pub(crate) fn renamed(&mut self) {
        self.renamed = true;
    }

    /// Errors about objects with the same id at the end of a build.
    pub(crate) fn refuse_same_ids(&self) -> Result<()> {
        if self.renamed { self.refuse_collisions("at the end of the build", Location::NONE) } else { Ok(()) }
    }

    /// Errors about objects that now have the same id. `when` is the reason, such as ``in the namespace `x` ``.
    pub(crate) fn refuse_collisions(&self, when: &str, at: Location) -> Result<()> {
        let mut seen: HashMap<IdKey, &Resource, FixedState> =
            HashMap::with_capacity_and_hasher(self.list.len(), FixedState::default());
        gather(&self.list, |resource| {
            let id = resource.id();
            match seen.insert(key(id.clone()), resource) {
                None => Ok(()),
                Some(first) => {
                    let error = Diagnostic::new(Code::Overlay, format!("two objects are `{id}` {when}"))
                        .at(at)
                        .at(resource.origin)
                        .note(first.origin, "this one")
                        .note(resource.origin, "and this one");
                    let is_namespace = id.gvk.group.is_empty() && id.gvk.kind == "Namespace";
                    Err(if is_namespace { error.help(ONE_NAMESPACE) } else { error })
                }
            }
        })?;
        Ok(())
    }

    /// The positions of the objects that have, or ever had, an id.
    pub(crate) fn holders_of(&mut self, id: &Id, work: &WorkCounter) -> Result<Vec<usize>, Diagnostic> {
        self.searches += 1;
        if self.holders.is_none() && self.searches <= SEARCHES {
            self.count_search(work)?;
            return Ok(self.by_any_id(&id.name, |other| other.same(id)));
        }
        if self.holders.is_none() {
            work.merged(self.list.len())?;
            let mut holders = HashMap::default();
            self.list.iter().enumerate().for_each(|(i, resource)| hold(&mut holders, i, resource));
            self.holders = Some(holders);
        }
        let known = self.holders.as_ref().and_then(|holders| holders.get(&key(id.clone())));
        let known = known.map(Vec::as_slice).unwrap_or_default();
        work.searched(2 + known.len(), 0)?;
        Ok(known.iter().copied().filter(|&i| self.list[i].ids().any(|other| other.same(id))).collect())
    }

    /// The positions of the objects that have, or ever had, a name and an id that `wanted` accepts.
    pub(crate) fn by_any_id(&self, name: &str, wanted: impl Fn(&Id) -> bool) -> Vec<usize> {
        let is_meant = |resource: &Resource| resource.has_or_had(name) && resource.ids().any(|id| wanted(&id));
        (0..self.list.len()).filter(|&i| is_meant(&self.list[i])).collect()
    }

    /// Counts a search for objects by the names that they have or had.
    pub(crate) fn count_search(&self, work: &WorkCounter) -> Result<(), Diagnostic> {
        work.compared(self.list.iter().map(|resource| 1 + resource.previous.len()).sum())
    }
}

/// Notes the ids that an object at position `i` has or had.
fn hold(holders: &mut HashMap<IdKey, Vec<usize>, FixedState>, i: usize, resource: &Resource) {
    for id in resource.ids() {
        let positions = holders.entry(key(id)).or_default();
        if positions.last() != Some(&i) {
            positions.push(i);
        }
    }
}

/// What a generated object keeps of the one that it replaces or is merged into: name, namespace, history; labels and
/// annotations, and for a merge the data, as far as it does not set them itself.
fn inherit(
    new: &mut Resource,
    old: &Resource,
    behavior: Behavior,
    (is_branch, work): (bool, &WorkCounter),
) -> Result<(), Diagnostic> {
    let hash = books::wants_hash(old) && books::wants_hash(new);
    let origin = |resource: &Resource| resource.node.at_path(&["metadata", "annotations", ORIGIN_ANNOTATION]).cloned();
    let origin_of_old = origin(old);
    for path in [["metadata", "labels"], ["metadata", "annotations"]] {
        let merged = merged(old.node.at_path(&path), new.node.at_path(&path), Nulls::Text, work)?;
        put(new.node.map_entry(path[0]), path[1], merged);
    }
    if behavior == Behavior::Merge {
        // kustomize keeps `stringData` since 5.8.2.
        for field in
            ["data", "binaryData", "stringData"].into_iter().filter(|field| is_branch || *field != "stringData")
        {
            let merged = merged(old.node.get(field), new.node.get(field), Nulls::Empty, work)?;
            put(Some(&mut new.node), field, merged);
        }
        if let (Some(origin), Some(annotations)) =
            (origin_of_old, new.node.map_entry("metadata").and_then(|m| m.map_entry("annotations")))
        {
            put(Some(annotations), ORIGIN_ANNOTATION, origin);
        }
    }
    for (field, text) in [("name", old.name()), ("namespace", old.namespace())] {
        if !text.is_empty() {
            put(new.node.map_entry("metadata"), field, Node::str(text));
        }
    }
    books::drop_request(new);
    new.generated = Some(Generated { hash });
    new.previous.clone_from(&old.previous);
    new.prefixes.clone_from(&old.prefixes);
    new.suffixes.clone_from(&old.suffixes);
    new.vars.clone_from(&old.vars);
    Ok(())
}

/// How `null` is written where kustomize requires a string.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// As the text `null`: in labels and annotations.
    Text,
    /// The empty string: in data.
    Empty,
}

/// The strings of two mappings, those of `new` winning.
fn merged(old: Option<&Node>, new: Option<&Node>, nulls: Nulls, work: &WorkCounter) -> Result<Node, Diagnostic> {
    let entries = |node: Option<&Node>| node.and_then(Node::as_map).cloned().unwrap_or_default();
    let (old, new) = (entries(old), entries(new));
    work.copied(old.len() + new.len())?;
    let strings = old.iter().chain(&new).map(|entry| {
        let text = entry.value.as_scalar().filter(|scalar| nulls == Nulls::Text || scalar.tag != Tag::Null);
        let text = text.map_or_else(SmolStr::default, |scalar| scalar.text.clone());
        (entry.key.clone(), Node::str(text).placed(entry.value.at))
    });
    Ok(strings.collect::<Map>().into())
}

/// Puts a field into a mapping, or takes it out if it would be an empty mapping.
fn put(parent: Option<&mut Node>, field: &str, value: Node) {
    if let Some(map) = parent.and_then(Node::as_map_mut) {
        if matches!(&value.value, Value::Map(entries) if entries.is_empty()) {
            map.remove(field);
        } else {
            map.insert(field, value);
        }
    }
}
