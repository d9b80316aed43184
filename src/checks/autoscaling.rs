//! Replicas in the spec of a workload that an autoscaler scales.

use super::{CheckInput, Finding};
use crate::diagnostic::{Code, Diagnostic};
use crate::node::Node;

/// A warning for each such entry.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let scalers = input.objects.iter().filter(|object| object.is("autoscaling", "HorizontalPodAutoscaler"));
    let found = scalers.filter_map(|object| {
        let target = object.node().at_path(&["spec", "scaleTargetRef", "name"]).and_then(Node::as_str)?;
        let count = input.branch.replicas.get(target)?;
        let message = format!("the replicas of `{target}` do not last, because `{object}` sets them");
        let warning = Diagnostic::new(Code::Resource, message).at(count.at);
        let warning = warning.note(object.resource.origin, "the autoscaler is defined here");
        Some(Finding::warning(warning.help("remove them, and set `minReplicas` of the autoscaler")))
    });
    found.collect()
}
