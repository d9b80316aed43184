//! What the objects of an existing branch create and no teardown plan will list when the branch is removed.
//!
//! It is reported while the branch exists, because its output is the only record of it.

use super::footprint::{Footprint, is_in_adopted_namespace};
use super::footprint_entry::{EntryText, FootprintEntry};
use super::project_names::ProjectNames;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::EntryOwner;
use crate::resource::Resource;

/// A warning for each object of a branch that creates something whose name is not known to belong to the project.
pub(crate) fn warnings(owner: EntryOwner, objects: &[Resource], names: &ProjectNames) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for object in objects {
        let mut footprint = Footprint::default();
        footprint.add_object(&object.node, &[]);
        let unknown = footprint.entries().filter(|(entry, _)| !names.knows_without_branch(owner, *entry));
        warnings.extend(unknown.filter_map(|(entry, _)| warning(entry, owner.slug, object)));
    }
    warnings
}

/// `None` if `cleanup:` cannot accept the entry.
fn warning(entry: FootprintEntry, slug: &str, object: &Resource) -> Option<Diagnostic> {
    let text = EntryText::of(entry)?;
    let (shown, is_broad) = match (entry, &object.name_before_hash) {
        (FootprintEntry::Object(found), Some(stem)) => (text.for_all_hashes(&found.name, stem), false),
        // Only one branch has them.
        (FootprintEntry::Namespace(_), _) => (text, false),
        (FootprintEntry::Object(_), None) if is_in_adopted_namespace(&object.node) => (text, false),
        (FootprintEntry::Object(found), None) => {
            let all = text.for_all_branches(slug);
            // In a namespace of others, the pattern would match their objects too.
            let is_broad = !found.namespace.is_empty() && all.pattern != text.pattern;
            (all, is_broad)
        }
        _ => (text.for_all_branches(slug), false),
    };
    let EntryText { noun, pattern, key, rule, .. } = &shown;
    let message = format!(
        "nothing in its name says that the {noun} `{pattern}` belongs to the branch, so no teardown plan will list it"
    );
    let entry = if is_broad {
        format!("list the object of each branch in `cleanup.{key}`")
    } else {
        format!("add `{pattern}` to `cleanup.{key}`")
    };
    Some(Diagnostic::new(Code::Output, message).at(object.node.at).help(format!("use {rule}, or {entry}")))
}
