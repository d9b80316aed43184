//! Entries of `patches` and `patchesJson6902`.

use super::target::{PatchTarget, patch_target};
use super::text::{Text, text};
use crate::diagnostic::{Code, Result};
use crate::node::Node;
use crate::source::Location;
use crate::yaml::{FieldErrors, Fields};

/// An entry of `patches` or `patchesJson6902`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patch {
    /// The file of the patch.
    pub(crate) path: Option<Text>,
    /// The patch itself, a string of YAML or JSON.
    pub(crate) patch: Option<Node>,
    /// What it applies to.
    pub(crate) target: Option<PatchTarget>,
    /// Where it is allowed to change the name of its target.
    pub(crate) allow_name_change: Option<Location>,
    /// Where it is allowed to change the kind of its target.
    pub(crate) allow_kind_change: Option<Location>,
    /// Whether it may match nothing; an addition of pleach.
    pub(crate) optional: bool,
    /// The location of the entry.
    pub(crate) at: Location,
}

/// Reads entries of `patches` in the spec.
pub(crate) fn patches(entries: &[Node]) -> Result<Vec<Patch>> {
    let mut errors = FieldErrors::new(Code::Spec);
    let patches = entries.iter().filter_map(|entry| patch(entry, &mut errors)).collect();
    errors.check(patches)
}

/// An entry of `patches` or `patchesJson6902`.
pub(crate) fn patch(node: &Node, errors: &mut FieldErrors) -> Option<Patch> {
    Fields::read(node, "a patch", errors, |fields| Some(patch_of(fields, node)))
}

/// A patch among other fields.
pub(crate) fn patch_of(fields: &mut Fields, node: &Node) -> Patch {
    let options = fields.map("options");
    let option = |name: &str| {
        let option = options.and_then(|options| options.get(name));
        option.filter(|option| option.as_bool() == Some(true)).map(|option| option.at)
    };
    Patch {
        path: text(fields, "path"),
        patch: fields.text("patch").filter(|patch| patch.as_str() != Some("")).cloned(),
        target: fields.node("target").and_then(|target| patch_target(target, fields.errors())),
        allow_name_change: option("allowNameChange"),
        allow_kind_change: option("allowKindChange"),
        optional: fields.bool("optional").unwrap_or_default(),
        at: node.at,
    }
}
