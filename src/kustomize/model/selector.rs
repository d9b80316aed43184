//! Which objects an entry of a kustomization selects, as text.

use super::text::{Text, text};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// Selects objects: every field that is present must match. In the source of a replacement the texts are exact, in the
/// targets of patches and replacements they are anchored regular expressions ([`super::IdentityPattern`]).
#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    /// API group.
    pub(crate) group: Option<Text>,
    /// API version.
    pub(crate) version: Option<Text>,
    /// Kind.
    pub(crate) kind: Option<Text>,
    /// Name.
    pub(crate) name: Option<Text>,
    /// Namespace.
    pub(crate) namespace: Option<Text>,
    /// A Kubernetes label selector over the annotations.
    pub(crate) annotation_selector: Option<Text>,
    /// A Kubernetes label selector over the labels.
    pub(crate) label_selector: Option<Text>,
    /// The location of the selector.
    pub(crate) at: Location,
}

/// Reads a selector.
pub(crate) fn selector(node: &Node, errors: &mut FieldErrors) -> Option<Selector> {
    Fields::read(node, "a selector", errors, |fields| {
        let object = object(fields, node);
        Some(Selector {
            annotation_selector: text(fields, "annotationSelector"),
            label_selector: text(fields, "labelSelector"),
            ..object
        })
    })
}

/// Reads group, version, kind, name and namespace among other fields.
pub(super) fn object(fields: &mut Fields, node: &Node) -> Selector {
    Selector {
        group: text(fields, "group"),
        version: text(fields, "version"),
        kind: text(fields, "kind"),
        name: text(fields, "name"),
        namespace: text(fields, "namespace"),
        at: node.at,
        ..Selector::default()
    }
}
