//! Objects whose labels a controller copies to other objects. An `ApplySet` recognizes its objects by a label, so that it would
//! delete such a copy, which is not in the output, if the output has another object of that kind.

use super::{CheckInput, CheckedObject, Finding};
use crate::spec::ApplyScript;

/// A kind whose objects get the labels of others.
struct CopiedLabels {
    to: &'static [(&'static str, &'static str)],
    from: (&'static str, &'static str),
    is_copied: fn(&CheckedObject) -> bool,
    help: &'static str,
}

const COPIES: [CopiedLabels; 2] = [
    CopiedLabels {
        to: &[("", "Secret")],
        from: ("external-secrets.io", "ExternalSecret"),
        // The labels of a template replace those of the ExternalSecret.
        is_copied: |object| object.node().at_path(&["spec", "target", "template"]).is_none(),
        help: "add `spec.target.template: {metadata: {labels: {}}}` to the ExternalSecret, or use `gitops.apply: pruneLabel`",
    },
    CopiedLabels {
        to: &[("", "Endpoints"), ("discovery.k8s.io", "EndpointSlice")],
        from: ("", "Service"),
        is_copied: |object| object.node().at_path(&["spec", "selector"]).is_some(),
        help: "use a Service of type ExternalName instead of the Endpoints, or `gitops.apply: pruneLabel`",
    },
];

/// Warns of each object to whose kind labels are copied, if `apply.sh` uses an `ApplySet`.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    if input.spec.gitops.apply != Some(ApplyScript::ApplySet) {
        return Vec::new();
    }
    COPIES.iter().filter_map(|copies| warning(input, copies)).collect()
}

fn warning(input: &CheckInput, copies: &CopiedLabels) -> Option<Finding> {
    let is_source = |object: &&CheckedObject| object.is(copies.from.0, copies.from.1) && (copies.is_copied)(object);
    let is_target = |object: &&CheckedObject| copies.to.iter().any(|(group, kind)| object.is(group, kind));
    let source = input.objects.iter().find(is_source)?;
    let target = input.objects.iter().find(is_target)?;
    let message = format!(
        "the ApplySet deletes the {} of `{source}`, because a controller copies the labels of the {} to it",
        target.gvk.kind, copies.from.1
    );
    let diagnostic =
        source.fault(source.node(), message).note(target.resource.origin, "the ApplySet has objects of this kind");
    Some(Finding::warning(diagnostic.help(copies.help)))
}
