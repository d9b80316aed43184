//! Settings that only templates use, as the variables `database` and `slots`, and that no template reads.

use super::super::branch::BuiltBranch;
use super::words::TextWords;
use super::{TemplateReads, UsedParts};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::plan::{BranchSlots, SlotVersion};
use crate::source::Location;
use smol_str::SmolStr;
use std::cell::LazyCell;
use std::collections::BTreeSet;

/// `database`, if no template reads it, no branch has a schema or database of its own, and there is no migration Job.
pub(super) fn database(build: &UsedParts, reads: &TemplateReads) -> Option<Diagnostic> {
    let database = build.inputs.spec.database.as_ref().filter(|database| database.job.is_none())?;
    let mut own = build.branches.iter().filter_map(|built| built.branch.database.as_ref()?.own());
    let is_mentioned = || ["mode", "name", "schema"].iter().any(|field| reads.mention(&format!("database.{field}")));
    if own.next().is_some() || reads.locations.contains(&database.at) || is_mentioned() {
        return None;
    }
    let message = "`database` has no effect: all branches share one database, and no template reads `database`";
    Some(
        Diagnostic::new(Code::Spec, message).at(database.at).help(
            "pass `{{ database.name }}` to the application, set `job` to its migration Job, or remove `database`",
        ),
    )
}

/// Slots whose versions or weights the templates of the branch do not read.
pub(super) fn slots(build: &UsedParts, reads: &TemplateReads) -> Vec<Diagnostic> {
    let slots = build.branches.iter().filter_map(|built| Some((built, built.branch.slots.as_ref()?)));
    slots.flat_map(|(built, slots)| of_branch(built, slots, reads)).collect()
}

fn of_branch(built: &BuiltBranch, slots: &BranchSlots, reads: &TemplateReads) -> Vec<Diagnostic> {
    let warning =
        |message: String, at: Location| Diagnostic::new(Code::Spec, message).at(at).in_branch(&built.branch.name);
    let is_read = |at: Location| built.reads.contains(&at);
    let is_active_read = is_read(slots.active.at);
    let is_weight_read = slots.weights.iter().any(|at| is_read(*at));
    let of_branch: BTreeSet<Location> = built.branch.images.values().map(|image| image.at).collect();
    let is_version_read = |version: &SlotVersion| {
        let mut own_images = version.images.values().filter(|image| !of_branch.contains(&image.at));
        is_read(version.at) || is_read(version.weight.at) || own_images.any(|image| is_read(image.at))
    };
    if !is_active_read && !slots.versions.values().any(is_version_read) {
        let message = "no template of this branch reads `slots`".to_owned();
        let help = "use `{{ slots.active }}` and `slots.versions` in a template of the branch, or remove `slots`";
        return vec![warning(message, slots.at).help(help)];
    }
    let mut warnings = Vec::new();
    if !is_weight_read && !slots.weights.is_empty() {
        let message = "no template of this branch reads `slots.weights`".to_owned();
        warnings
            .push(warning(message, slots.weights[0]).help("use `slots.weights` in a template, or remove the weights"));
    } else if !is_weight_read && !is_active_read {
        let message = "no template of this branch reads `slots.active` or `slots.weights`".to_owned();
        let help = "use `{{ slots.active }}` in the selector of a Service, for example";
        warnings.push(warning(message, slots.active.at).help(help));
    }
    // The manifests may have a version as a constant.
    let written = LazyCell::new(|| {
        let mut texts = Vec::new();
        built.objects.iter().for_each(|object| add_texts(&object.node, &mut texts));
        TextWords::of(texts)
    });
    let is_used = |(name, version): &(&SmolStr, &SlotVersion)| {
        let is_active = is_active_read && slots.active.value == **name;
        is_active || is_version_read(version) || reads.mention(name) || written.have(name)
    };
    let unused = slots.versions.iter().filter(|version| !is_used(version));
    warnings.extend(unused.map(|(name, version)| {
        let message = format!("no template and no object of this branch has the version `{name}` of `slots`");
        warning(message, version.at)
            .help(format!("use `slots.versions.{name}` or `slots.names` in a template, or remove it"))
    }));
    warnings
}

/// Adds the scalars in a node.
fn add_texts<'n>(node: &'n Node, texts: &mut Vec<&'n str>) {
    match &node.value {
        Value::Scalar(scalar) => texts.push(&scalar.text),
        Value::Seq(items) => items.iter().for_each(|item| add_texts(item, texts)),
        Value::Map(map) => map.iter().for_each(|entry| add_texts(&entry.value, texts)),
    }
}
