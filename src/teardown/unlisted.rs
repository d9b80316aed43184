//! What the objects of an existing branch create and no teardown plan will list when the branch is removed.
//!
//! It is reported while the branch exists, because its output is the only record of it.

use super::footprint::Footprint;
use super::footprint_entry::{EntryOwner, EntryText};
use super::project_names::ProjectNames;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;

/// A warning for each object of a branch that creates something whose name is not known to belong to the project.
pub(crate) fn warnings<'n>(
    owner: EntryOwner,
    objects: impl IntoIterator<Item = &'n Node>,
    names: &ProjectNames,
) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for object in objects {
        let mut footprint = Footprint::default();
        footprint.add_object(object, &[]);
        let unknown = footprint.entries().filter(|(entry, _)| !names.knows_without_branch(owner, *entry));
        warnings.extend(unknown.filter_map(|(entry, _)| Some(warning(&EntryText::of(entry)?, owner.slug, object))));
    }
    warnings
}

fn warning(entry: &EntryText, slug: &str, object: &Node) -> Diagnostic {
    let EntryText { noun, pattern, key, rule, .. } = &entry.for_all_branches(slug);
    let message = format!(
        "nothing in its name says that the {noun} `{pattern}` belongs to the branch, so no teardown plan will list it"
    );
    let help = format!("use {rule}, or add `{pattern}` to `cleanup.{key}`");
    Diagnostic::new(Code::Output, message).at(object.at).help(help)
}
