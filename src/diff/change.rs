//! A change: the object, the path of the field, and the value before and after.
//!
//! Values are YAML texts in canonical form. A [`Change`] of one branch has plain texts; one of a group has texts in which the branch's
//! own names are replaced, see [`super::derived`].

use crate::node::Node;
use crate::yaml::{self, Quoting};
use smol_str::SmolStr;

/// The object of a change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectName<T> {
    /// The kind; `File` for a file that has no objects.
    pub(crate) kind: SmolStr,
    /// The name; of a file, its path.
    pub(crate) name: T,
    /// The namespace; `None` for an object outside of namespaces.
    pub(crate) namespace: Option<T>,
    /// `apiVersion`, after the change if the object still exists.
    pub(crate) api_version: SmolStr,
}

/// One change of one object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Change<T> {
    /// The object, with its name after the change if it still exists.
    pub(crate) object: ObjectName<T>,
    /// The path of the field, such as `spec.template.spec.containers[web].image`. Empty for the whole object.
    pub(crate) path: T,
    /// What became of the value.
    pub(crate) value: ValueChange<T>,
}

/// What became of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ValueChange<T> {
    /// It is new.
    Added(T),
    /// It has been removed.
    Removed(T),
    /// It has been replaced by another.
    Replaced(T, T),
    /// Lines of a text differ: hunks of changed lines, each behind a line `@@`. They have no line numbers, which would make equal
    /// changes of different texts differ.
    Lines(T),
    /// The items of a list with keys have another order: the keys before and after.
    Reordered(T, T),
}

impl<T> ObjectName<T> {
    /// The same name with other texts; `None` if there is none for one of them.
    pub(super) fn map<U>(&self, text: &impl Fn(&T) -> Option<U>) -> Option<ObjectName<U>> {
        Some(ObjectName {
            kind: self.kind.clone(),
            name: text(&self.name)?,
            namespace: self.namespace.as_ref().map_or(Some(None), |namespace| text(namespace).map(Some))?,
            api_version: self.api_version.clone(),
        })
    }
}

impl<T> Change<T> {
    /// All its texts.
    pub(super) fn texts(&self) -> impl Iterator<Item = &T> {
        let (first, second) = match &self.value {
            ValueChange::Added(text) | ValueChange::Removed(text) | ValueChange::Lines(text) => (text, None),
            ValueChange::Replaced(before, after) | ValueChange::Reordered(before, after) => (before, Some(after)),
        };
        let object = [Some(&self.object.name), self.object.namespace.as_ref()];
        [Some(&self.path), Some(first), second].into_iter().chain(object).flatten()
    }

    /// The same change with other texts; `None` if there is none for one of them.
    pub(crate) fn map<U>(&self, text: &impl Fn(&T) -> Option<U>) -> Option<Change<U>> {
        let value = match &self.value {
            ValueChange::Added(value) => ValueChange::Added(text(value)?),
            ValueChange::Removed(value) => ValueChange::Removed(text(value)?),
            ValueChange::Replaced(before, after) => ValueChange::Replaced(text(before)?, text(after)?),
            ValueChange::Lines(hunks) => ValueChange::Lines(text(hunks)?),
            ValueChange::Reordered(before, after) => ValueChange::Reordered(text(before)?, text(after)?),
        };
        Some(Change { object: self.object.map(text)?, path: text(&self.path)?, value })
    }
}

/// A value as YAML: a scalar on one line, everything else in block style, without a line break at the end.
pub(super) fn value_text(value: &Node) -> SmolStr {
    let mut text = String::new();
    // What has been read can be written, except for dates beyond the calendar.
    if yaml::write(&mut text, value, Quoting::Safe).is_err() {
        value.as_text().unwrap_or("(a value that cannot be written)").clone_into(&mut text);
    }
    text.trim_end_matches('\n').into()
}
