//! A script that runs `kubectl apply` for the folder of each branch and deletes objects that a branch no longer has.
//!
//! The script lists the folders itself, so it does not depend on the branches. It does not delete the objects of a removed
//! branch, which has no folder.

use super::MANAGED_BY;
use crate::schema::copied_labels;
use crate::spec::ApplyScript;

/// The functions that apply one branch.
const APPLYSET: &str = include_str!("applyset.sh");
const PRUNE_LABEL: &str = include_str!("prune-label.sh");
/// The loop over the branches.
const EACH: &str = include_str!("each.sh");

/// Built-in kinds of objects that the script may delete, in the notation of `--prune-allowlist`. The script adds the kinds of the
/// folder. Namespaces and cluster-scoped objects are not listed: only the teardown of a branch deletes them. Kinds of copied labels
/// are not listed either.
pub(super) const PRUNED_KINDS: &[&str] = &[
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
    let body = match apply {
        ApplyScript::ApplySet => APPLYSET,
        ApplyScript::PruneLabel => PRUNE_LABEL,
    };
    let copied = copied_labels::kinds().fold(String::new(), |list, (group, kind)| {
        let group = if group.is_empty() { "core" } else { group };
        list + " " + group + "/" + kind
    });
    let settings = [
        ("# project\n", format!("project={project}\nrecord={}\n", apply.record(project))),
        ("# kinds\n", format!("kinds='\n{}\n'\ncopied='{copied} '\n", PRUNED_KINDS.join("\n"))),
    ];
    let body = settings.iter().fold(body.to_owned(), |body, (line, setting)| body.replacen(line, setting, 1));
    format!("#!/bin/sh\n# {key}: {value}\n{body}{EACH}")
}
