//! A script that calls `kubectl apply` for the folder of each branch and takes away what a branch no longer has.
//!
//! It looks itself which folders there are, so that it is the same whatever branches there are. A branch that is no more
//! has no folder and is not looked at.

use super::MANAGED_BY;
use crate::annotation::{BRANCH_LABEL, PROJECT_LABEL};
use crate::spec::ApplyScript;
use std::fmt::Write;

/// What is done for one branch.
const APPLYSET: &str = include_str!("applyset.sh");
const PRUNE_LABEL: &str = include_str!("prune-label.sh");
/// For which branches.
const EACH: &str = include_str!("each.sh");

/// Kinds that a branch may lose, with group and version as kubectl wants them. Namespaces and what stands outside of them
/// are not among them: nothing but the end of a branch takes its namespace. Nor are Secrets: an operator that makes one
/// of another object may have given it all the labels and annotations of that.
const KINDS: &[&str] = &[
    "core/v1/ConfigMap",
    "core/v1/LimitRange",
    "core/v1/PersistentVolumeClaim",
    "core/v1/Pod",
    "core/v1/ReplicationController",
    "core/v1/ResourceQuota",
    "core/v1/Service",
    "core/v1/ServiceAccount",
    "apps/v1/DaemonSet",
    "apps/v1/Deployment",
    "apps/v1/StatefulSet",
    "autoscaling/v2/HorizontalPodAutoscaler",
    "batch/v1/CronJob",
    "batch/v1/Job",
    "networking.k8s.io/v1/Ingress",
    "networking.k8s.io/v1/NetworkPolicy",
    "policy/v1/PodDisruptionBudget",
    "rbac.authorization.k8s.io/v1/Role",
    "rbac.authorization.k8s.io/v1/RoleBinding",
];

pub(super) fn script(apply: ApplyScript, project: &str) -> String {
    let (key, value) = MANAGED_BY;
    let mut text = format!("#!/bin/sh\n# {key}: {value}\n");
    match apply {
        ApplyScript::ApplySet => text.push_str(APPLYSET),
        ApplyScript::PruneLabel => {
            let (head, rest) = PRUNE_LABEL.split_once("# kinds\n").expect("the script has that line");
            text.push_str(head);
            let _ = writeln!(text, "kinds='\n{}\n'", KINDS.join("\n"));
            let _ = writeln!(text, "labels=\"{PROJECT_LABEL}={project},{BRANCH_LABEL}=\"");
            text.push_str(rest);
        }
    }
    text.push_str(EACH);
    text
}
