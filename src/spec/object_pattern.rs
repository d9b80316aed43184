//! Patterns of objects, `Kind/name`.

use super::spec_error;
use crate::diagnostic::Diagnostic;
use crate::glob;
use crate::schema::scope::GroupKind;
use smol_str::SmolStr;
use std::fmt;

/// Objects of one kind whose names match a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectPattern {
    /// The kind.
    kind: SmolStr,
    /// The API group; `None` matches all.
    group: Option<SmolStr>,
    /// The name; `*` matches any text.
    pub(super) name: SmolStr,
}

impl ObjectPattern {
    /// Parses `Kind/name` or `Kind.group/name`, or returns an error.
    pub(super) fn parse(text: &str) -> Result<Self, Diagnostic> {
        Self::parsed(text).ok_or_else(|| {
            let error = spec_error(format!("`{text}` does not name an object"));
            error.help("write the kind and the name, such as `ClusterIssuer/letsencrypt`")
        })
    }

    /// Parses `Kind/name` or `Kind.group/name`.
    pub(super) fn parsed(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once('/').unwrap_or((text, ""));
        let GroupKind { group, kind } = GroupKind::parse(kind);
        let is_kind =
            kind.starts_with(|c: char| c.is_ascii_uppercase()) && kind.chars().all(|c| c.is_ascii_alphanumeric());
        let is_name = !name.is_empty() && !name.contains('/');
        let group = Some(group).filter(|group| !group.is_empty());
        (is_kind && is_name).then(|| ObjectPattern { kind, group, name: name.into() })
    }

    /// Whether it has objects of this kind.
    pub(crate) fn has_kind(&self, object: &GroupKind) -> bool {
        self.kind == object.kind && self.group.as_ref().is_none_or(|group| *group == object.group)
    }

    /// The kind, with its API group if the pattern has one.
    pub(crate) fn kind(&self) -> GroupKind {
        GroupKind { group: self.group.clone().unwrap_or_default(), kind: self.kind.clone() }
    }

    /// Whether it matches the object of this kind and name.
    pub(crate) fn matches(&self, object: &GroupKind, name: &str) -> bool {
        self.has_kind(object) && glob::matches(&self.name, name)
    }
}

impl fmt::Display for ObjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.group.as_ref().map(|group| format!(".{group}")).unwrap_or_default();
        write!(f, "{}{group}/{}", self.kind, self.name)
    }
}
