//! Entries of `vars`.

use super::selector::{Selector, object};
use super::text::{Text, text};
use crate::node::Node;
use crate::schema::Gvk;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// An entry of `vars`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Var {
    /// The name between `$(` and `)`.
    pub(crate) name: Text,
    /// The object that has the value; exact texts.
    pub(crate) object: Selector,
    /// The field of the value; `metadata.name` if there is none.
    pub(crate) field_path: Option<Text>,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// An entry of `vars`.
pub(crate) fn var(node: &Node, errors: &mut FieldErrors) -> Option<Var> {
    Fields::read(node, "a var", errors, |fields| {
        let object = fields.node("objref").and_then(|node| objref(node, fields.errors()));
        let field_path = fields.node("fieldref").and_then(|node| {
            Fields::read(node, "`fieldref`", fields.errors(), |fields| Some(text(fields, "fieldpath")))
        });
        Some(Var {
            name: text(fields, "name").unwrap_or_default(),
            object: object.unwrap_or_default(),
            field_path: field_path.flatten(),
            at: node.at,
        })
    })
}

fn objref(node: &Node, errors: &mut FieldErrors) -> Option<Selector> {
    Fields::read(node, "`objref`", errors, |fields| {
        let api_version = text(fields, "apiVersion");
        let object = object(fields, node);
        let Some(api_version) = api_version else { return Some(object) };
        let gvk = Gvk::new(&api_version, "");
        let part = |text| Some(Text { text, at: api_version.at }).filter(|text| !text.is_empty());
        Some(Selector { group: part(gvk.group), version: part(gvk.version), ..object })
    })
}
