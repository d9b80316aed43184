//! Entries of `labels`.

use super::text::{TextMap, pairs};
use crate::node::Node;
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// An entry of `labels`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Label {
    /// The labels.
    pub(crate) pairs: TextMap,
    /// Whether selectors get them too, and with them templates.
    pub(crate) include_selectors: bool,
    /// Whether templates get them too.
    pub(crate) include_templates: bool,
    /// Where it says that the volume claim templates of each `StatefulSet` get them too, a field of kustomize 5.8.2.
    pub(crate) include_claims: Option<Location>,
    /// Further places for them.
    pub(crate) fields: Vec<FieldSpec>,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// An entry of `labels`.
pub(crate) fn label(node: &Node, errors: &mut FieldErrors) -> Option<Label> {
    Fields::read(node, "an entry of `labels`", errors, |fields| {
        Some(Label {
            pairs: pairs(fields, "pairs"),
            include_selectors: fields.bool("includeSelectors").unwrap_or_default(),
            include_templates: fields.bool("includeTemplates").unwrap_or_default(),
            include_claims: fields
                .bool("includeVolumeClaimTemplates")
                .filter(|include| *include)
                .map(|_| fields.at("includeVolumeClaimTemplates")),
            fields: fields.list("fields", FieldSpec::read),
            at: node.at,
        })
    })
}
