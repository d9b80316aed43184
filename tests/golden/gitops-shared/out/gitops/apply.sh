#!/bin/sh
# app.kubernetes.io/managed-by: pleach
# Applies the folder of each branch, or of the branches with the given slugs. Then deletes the objects that have the labels
# of the branch and one of the kinds below, were applied by kubectl, and are no longer in the folder.
#
#   sh apply.sh [SLUG...]
#
# Variables: KUBECTL (default: kubectl) is the command to run; PRUNE is a list of more kinds to delete, such as
# 'monitoring.coreos.com/v1/Probe'.
set -eu

kinds='
core/v1/ConfigMap
core/v1/LimitRange
core/v1/PersistentVolumeClaim
core/v1/Pod
core/v1/ReplicationController
core/v1/ResourceQuota
core/v1/Service
core/v1/ServiceAccount
apps/v1/DaemonSet
apps/v1/Deployment
apps/v1/StatefulSet
autoscaling/v2/HorizontalPodAutoscaler
batch/v1/CronJob
batch/v1/Job
networking.k8s.io/v1/Ingress
networking.k8s.io/v1/NetworkPolicy
policy/v1/PodDisruptionBudget
rbac.authorization.k8s.io/v1/Role
rbac.authorization.k8s.io/v1/RoleBinding
'
labels="pleach.dev/project=demo,pleach.dev/branch="

apply_branch() {
    folder=$1
    set -- --selector "$labels$2"
    for kind in $kinds ${PRUNE:-}; do
        set -- "$@" "--prune-allowlist=$kind"
    done
    "$kubectl" apply --prune "$@" -f "$folder"
}

kubectl=${KUBECTL:-kubectl}
folders=$(dirname -- "$0")/../namespaces
if [ $# -eq 0 ]; then
    for folder in "$folders"/*/; do
        if [ -f "$folder/pleach.lock" ]; then
            set -- "$@" "$(basename -- "$folder")"
        fi
    done
fi
failed=
# Branches may need the objects that they share. Nothing deletes these: `pleach teardown` lists them when no branch has them.
shared=$(dirname -- "$0")/../shared
if ls "$shared"/*.yaml >/dev/null 2>&1; then
    echo "# shared"
    "$kubectl" apply --server-side -f "$shared" || failed=" shared"
fi
for slug in "$@"; do
    echo "# $slug"
    if [ ! -f "$folders/$slug/pleach.lock" ]; then
        echo "$folders/$slug: not the folder of a branch" >&2
        failed="$failed $slug"
    elif ! apply_branch "$folders/$slug" "$slug"; then
        failed="$failed $slug"
    fi
done
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
