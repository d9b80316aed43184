//! Kubernetes objects with their current and earlier identities.
//!
//! kustomize finds an object by any name that it had during a build, so a [`Resource`] stores them all. This module does
//! not know the transformers.

mod linked;
pub(crate) mod parsed;

pub(crate) use linked::{LinkedFields, LinkedMap, PathStep};
pub(crate) use parsed::ParsedNode;

use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::schema::Gvk;
use crate::source::Location;
use smol_str::SmolStr;
use std::fmt;

/// The identity of an object in a build.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Id {
    /// The kind.
    pub(crate) gvk: Gvk,
    /// `metadata.name`.
    pub(crate) name: SmolStr,
    /// `metadata.namespace` as written; empty if there is none.
    pub(crate) namespace: SmolStr,
}

/// The namespace of cluster-scoped objects in comparisons.
const NO_NAMESPACE: &str = "_non_namespaceable_";

impl Id {
    /// The namespace for comparing: `default` if none is written, one constant for cluster-scoped kinds.
    pub(crate) fn effective_namespace(&self) -> &str {
        if self.gvk.is_cluster_scoped() {
            NO_NAMESPACE
        } else if self.namespace.is_empty() {
            "default"
        } else {
            &self.namespace
        }
    }

    /// Whether both name the same object: kind, name and effective namespace agree.
    pub(crate) fn same(&self, other: &Id) -> bool {
        self.gvk == other.gvk && self.name == other.name && self.effective_namespace() == other.effective_namespace()
    }
}

impl fmt::Display for Id {
    /// `Kind namespace/name`, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.namespace.is_empty() {
            write!(f, "{} {}", self.gvk.kind, self.name)
        } else {
            write!(f, "{} {}/{}", self.gvk.kind, self.namespace, self.name)
        }
    }
}

/// Options of a generated object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generated {
    /// Whether the hash of the content is put behind the name.
    pub(crate) hash: bool,
}

/// One object on its way through a build.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The object itself.
    pub(crate) node: Node,
    /// The ids it had before renames, the first one first.
    pub(crate) previous: Vec<Id>,
    /// Prefixes put before its name, in order of application; distinguishes two objects that had the same name.
    pub(crate) prefixes: Vec<SmolStr>,
    /// Suffixes put behind its name, in order of application.
    pub(crate) suffixes: Vec<SmolStr>,
    /// The names of the `vars` whose values it has.
    pub(crate) vars: Vec<SmolStr>,
    /// Fields that change together.
    pub(crate) linked: LinkedFields,
    /// Its values as kustomize would have parsed and made them, if a hash of all that is requested and known.
    pub(crate) parsed: Option<Box<ParsedNode>>,
    /// Set for what a generator made.
    pub(crate) generated: Option<Generated>,
    /// The name without the hash of the content that was put behind it.
    pub(crate) name_before_hash: Option<SmolStr>,
    /// Where it came from: the document, or the entry of the generator.
    pub(crate) origin: Location,
    /// The entry of a kustomization that lists the file it came from.
    pub(crate) listed: Location,
}

impl Resource {
    /// An object just read from `origin`.
    pub(crate) fn new(node: Node) -> Self {
        let origin = node.at;
        let (previous, prefixes, suffixes, vars) = Default::default();
        let linked = LinkedFields::default();
        let (parsed, generated, name_before_hash, listed) = (None, None, None, Location::NONE);
        Resource {
            node,
            previous,
            prefixes,
            suffixes,
            vars,
            linked,
            parsed,
            generated,
            name_before_hash,
            origin,
            listed,
        }
    }

    /// A diagnostic about it, with what it is and where it came from.
    pub(crate) fn within(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.at(self.origin).note(self.origin, format!("in `{}`", self.id()))
    }

    /// An error that no step caused: with the entry that lists the file of the object.
    pub(crate) fn blame(&self, diagnostic: Diagnostic) -> Diagnostic {
        self.within(diagnostic).caused_by(self.listed, "resources")
    }

    /// Its kind.
    pub(crate) fn gvk(&self) -> Gvk {
        Gvk::of(&self.node)
    }

    fn metadata(&self, key: &str) -> &str {
        self.node.at_path(&["metadata", key]).and_then(Node::as_text).unwrap_or("")
    }

    /// `metadata.name`; empty if there is none.
    pub(crate) fn name(&self) -> &str {
        self.metadata("name")
    }

    /// `metadata.namespace`; empty if there is none.
    pub(crate) fn namespace(&self) -> &str {
        self.metadata("namespace")
    }

    /// What names it now.
    pub(crate) fn id(&self) -> Id {
        Id { gvk: self.gvk(), name: self.name().into(), namespace: self.namespace().into() }
    }

    /// Its kind when it was read.
    pub(crate) fn original_gvk(&self) -> Gvk {
        self.previous.first().map_or_else(|| self.gvk(), |id| id.gvk.clone())
    }

    /// What named it when it was read.
    pub(crate) fn original_id(&self) -> Id {
        self.previous.first().cloned().unwrap_or_else(|| self.id())
    }

    /// Every id it has or had, the first one first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> + '_ {
        self.previous.iter().cloned().chain(std::iter::once_with(|| self.id()))
    }

    /// Whether it has or had a name.
    pub(crate) fn has_or_had(&self, name: &str) -> bool {
        self.name() == name || self.previous.iter().any(|id| id.name == name)
    }

    /// Keeps the present id among the previous ones; call it before a rename.
    pub(crate) fn remember_id(&mut self) {
        let id = self.id();
        if self.parsed.as_mut().is_some_and(|parsed| parsed.note_id(&id).is_none()) {
            self.parsed = None;
        }
        if self.previous.last() != Some(&id) {
            self.previous.push(id);
        }
    }

    /// Notes a text that is put before its name.
    pub(crate) fn add_prefix(&mut self, prefix: &SmolStr) {
        self.prefixes.push(prefix.clone());
        self.note("prefixes", prefix);
    }

    /// Notes a text that is put behind its name.
    pub(crate) fn add_suffix(&mut self, suffix: &SmolStr) {
        self.suffixes.push(suffix.clone());
        self.note("suffixes", suffix);
    }

    fn note(&mut self, list: &str, text: &str) {
        if self.parsed.as_mut().is_some_and(|parsed| parsed.note(list, text).is_none()) {
            self.parsed = None;
        }
    }

    /// Puts a hash of the content behind its name, or behind a `stem` of it.
    pub(crate) fn append_hash(&mut self, stem: &str, hash: &str) {
        let name = format!("{stem}-{hash}");
        self.name_before_hash.get_or_insert_with(|| stem.into());
        if let Some(old) = self.node.map_entry("metadata").and_then(|metadata| metadata.get_mut("name")) {
            *old = Node::str(name).placed(old.at);
        }
    }

    /// Whether it was renamed or generated.
    pub(crate) fn has_history(&self) -> bool {
        let renamed = !(self.previous.is_empty() && self.prefixes.is_empty() && self.suffixes.is_empty());
        renamed || self.generated.is_some()
    }

    /// Makes it an object that has always been what it is now.
    pub(crate) fn forget(&mut self) {
        self.previous.clear();
        self.prefixes.clear();
        self.suffixes.clear();
        self.generated = None;
    }
}
