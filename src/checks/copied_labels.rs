//! Objects whose labels a controller copies to other objects. An `ApplySet` recognizes its objects by a label, so that it would
//! delete such a copy, which is not in the output, if the output has another object of that kind.

use super::{CheckInput, CheckedObject, Finding};
use crate::schema::copied_labels::LabelSource;
use crate::spec::ApplyScript;

/// Warns of each object to whose kind labels are copied, if `apply.sh` uses an `ApplySet`.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    if input.spec.gitops.apply != Some(ApplyScript::ApplySet) {
        return Vec::new();
    }
    LabelSource::ALL.into_iter().filter_map(|source| warning(input, source)).collect()
}

fn warning(input: &CheckInput, from: LabelSource) -> Option<Finding> {
    let (group, kind) = from.kind();
    let is_source = |object: &&CheckedObject| object.is(group, kind) && is_copied(object, from);
    let is_target = |object: &&CheckedObject| from.copies().iter().any(|(group, kind)| object.is(group, kind));
    let source = input.objects.iter().find(is_source)?;
    let target = input.objects.iter().find(is_target)?;
    let message = format!(
        "the ApplySet deletes the {} of `{source}`, because a controller copies the labels of the {kind} to it",
        target.gvk.kind
    );
    let diagnostic =
        source.fault(source.node(), message).note(target.resource.origin, "the ApplySet has objects of this kind");
    Some(Finding::warning(diagnostic.help(help(from))))
}

/// Whether the labels of this object are copied.
fn is_copied(object: &CheckedObject, from: LabelSource) -> bool {
    match from {
        // The labels of a template replace those of the ExternalSecret.
        LabelSource::ExternalSecret => object.node().at_path(&["spec", "target", "template"]).is_none(),
        LabelSource::Service => object.node().at_path(&["spec", "selector"]).is_some(),
    }
}

fn help(from: LabelSource) -> &'static str {
    match from {
        LabelSource::ExternalSecret => {
            "add `spec.target.template: {metadata: {labels: {}}}` to the ExternalSecret, or use `gitops.apply: pruneLabel`"
        }
        LabelSource::Service => {
            "use a Service of type ExternalName instead of the Endpoints, or `gitops.apply: pruneLabel`"
        }
    }
}
