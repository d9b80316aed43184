//! Names that refer to other objects, followed after renames; once at the root.

use super::{Resources, Scope};
use crate::error::Result;

/// Follows the renames of all objects in the fields that `scope.specs.name_reference` names.
pub(super) fn fix(_: &mut Resources, _scope: &Scope) -> Result<()> {
    todo!()
}
