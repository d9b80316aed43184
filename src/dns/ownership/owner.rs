//! Who owns DNS names: a project, and the id of its spec.

use super::Words;
use crate::spec::Spec;
use smol_str::SmolStr;
use std::fmt;

/// A project and the `id:` of its spec, which distinguishes repositories whose projects have the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The project.
    pub(crate) project: SmolStr,
    /// The id; `None` if the spec had none when the record or file was written.
    pub(crate) id: Option<SmolStr>,
}

impl Owner {
    /// The owner of the names of a spec.
    pub(crate) fn of(spec: &Spec) -> Owner {
        Owner { project: spec.project.clone(), id: spec.id.clone() }
    }

    /// The owner of the records that were written before the spec had an id.
    pub(crate) fn without_id(&self) -> Owner {
        Owner { project: self.project.clone(), id: None }
    }

    /// Whether a record of `other` belongs to this owner. A record without an id belongs to every owner of its project, and
    /// gets the id with its next write.
    pub(crate) fn has_record_of(&self, other: &Owner) -> bool {
        self.project == other.project && (other.id.is_none() || other.id == self.id)
    }

    /// The words of a record: `owner=PROJECT`, and `id=ID` if there is an id.
    pub(super) fn words(&self) -> String {
        let id = self.id.iter().map(|id| format!(" id={id}"));
        format!("owner={}{}", self.project, id.collect::<String>())
    }

    /// Reads `owner=PROJECT` and, if it is there, `id=ID`.
    pub(super) fn read(words: &mut Words) -> Option<Owner> {
        let project = words.next()?.strip_prefix("owner=")?.into();
        let id = words.next_if(|word| word.starts_with("id=")).map(|word| word["id=".len()..].into());
        Some(Owner { project, id })
    }
}

impl From<&str> for Owner {
    /// A project whose spec has no id.
    fn from(project: &str) -> Self {
        Owner { project: project.into(), id: None }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.project)?;
        self.id.iter().try_for_each(|id| write!(f, " with the id `{id}`"))
    }
}
