#!/bin/sh
# app.kubernetes.io/managed-by: pleach
# Applies the folder of each branch, or of the branches with the given slugs. Then waits until the Deployments, StatefulSets and
# DaemonSets of a branch are up to date, and deletes its objects that are no longer in the folder. kubectl records what it
# applied in an ApplySet in the namespace of the branch. Needs kubectl 1.28 or later.
#
#   sh apply.sh [SLUG...]
#
# Variables: KUBECTL (default: kubectl) is the command to run; TIMEOUT (default: 5m) is how long it waits for a Deployment,
# StatefulSet or DaemonSet, and for an old namespace to be deleted.
set -eu

project=shop
record=shop.applyset.pleach.dev
parent=configmaps/$record

# Applies the objects with the label of the ApplySet, but deletes none: pods that still run may need them.
apply_branch() {
    apply_namespace && apply_elsewhere && read_part_of || return 1
    if [ -z "$part_of" ]; then
        prune_objects
        return
    fi
    set --
    for file in "$folder"/*.yaml; do
        is_member "$file" && set -- "$@" --filename "$file"
    done
    [ $# -eq 0 ] ||
        "$kubectl" label --local --overwrite --output json "$@" "applyset.kubernetes.io/part-of=$part_of" |
        "$kubectl" apply --namespace "$namespace" --filename -
}

prune_branch() {
    wait_for_workloads && read_part_of && prune_objects
}

# Reads the identifier of the ApplySet, which is empty before the first run.
read_part_of() {
    part_of=$("$kubectl" get "$parent" --namespace "$namespace" --ignore-not-found \
        --output 'jsonpath={.metadata.labels.applyset\.kubernetes\.io/id}')
}

prune_objects() {
    set --
    for file in "$folder"/*.yaml; do
        is_member "$file" && set -- "$@" --filename "$file"
    done
    if [ $# -gt 0 ]; then
        KUBECTL_APPLYSET=true "$kubectl" apply --namespace "$namespace" --prune --applyset="$parent" "$@"
    elif [ -n "$part_of" ]; then
        # kubectl does not apply an empty set.
        kinds=$("$kubectl" get "$parent" --namespace "$namespace" \
            --output 'jsonpath={.metadata.annotations.applyset\.kubernetes\.io/contains-group-kinds}') || return 1
        [ -z "$kinds" ] || "$kubectl" delete "$kinds" --namespace "$namespace" \
            --selector "applyset.kubernetes.io/part-of=$part_of"
    fi
}

# Whether a file belongs to the ApplySet. The namespace does not, so that no run deletes it, and neither does an object of
# another namespace, which kubectl refuses.
is_member() {
    case ${1##*/} in 00-namespace-*) return 1 ;; esac
    ! is_elsewhere "$1"
}

apply_elsewhere() {
    set --
    for file in "$folder"/*.yaml; do
        is_elsewhere "$file" && set -- "$@" --filename "$file"
    done
    [ $# -eq 0 ] || "$kubectl" apply "$@"
}

# Whether the object of a file is in a namespace other than that of the branch.
is_elsewhere() {
    of=$(namespace_of "$1")
    [ -n "$of" ] && [ "$of" != "$namespace" ]
}

# Creates or updates the namespace of the branch. Waits if an old one is being deleted. Fails if it belongs to another project.
apply_namespace() {
    check_other_namespaces || return 1
    owns "$namespace" || return 0
    read_namespace "$namespace" || return 1
    case $state in
        Terminating/*)
            echo "$namespace: waiting until the old namespace is deleted"
            "$kubectl" wait --for=delete "namespace/$namespace" --timeout="$timeout" || return 1
            ;;
        '' | */ | "${state%%/*}/$project") ;;
        *)
            echo "$namespace: the namespace belongs to the project \`${state#*/}\`" >&2
            return 1
            ;;
    esac
    "$kubectl" apply --filename "$folder/00-namespace-$namespace.yaml"
}

# Fails if a namespace of others, in which the branch has objects, is not there or is being deleted. kubectl would report
# objects that are deleted with it as unchanged.
check_other_namespaces() {
    for other in $(namespace_of "$folder"/*.yaml | sort -u); do
        ! owns "$other" || continue
        read_namespace "$other" || return 1
        case $state in
            '') echo "$other: the namespace does not exist" >&2 && return 1 ;;
            Terminating/*) echo "$other: the namespace is being deleted" >&2 && return 1 ;;
        esac
    done
}

# Whether the branch has the Namespace of this name.
owns() {
    [ -f "$folder/00-namespace-$1.yaml" ]
}

# Reads the phase and the project of a namespace as `phase/project`, and nothing if it does not exist.
read_namespace() {
    state=$("$kubectl" get namespace "$1" --ignore-not-found \
        --output 'jsonpath={.status.phase}/{.metadata.labels.pleach\.dev/project}')
}

wait_for_workloads() {
    for file in "$folder"/*-deployment-*.yaml "$folder"/*-statefulset-*.yaml "$folder"/*-daemonset-*.yaml; do
        if [ -f "$file" ] && grep -q '^apiVersion: apps/' "$file" &&
            ! grep -q -e '^  paused: true$' -e '^    type: OnDelete$' "$file"; then
            "$kubectl" rollout status --filename "$file" --timeout="$timeout" || return 1
        fi
    done
}

# The namespace of the object in each file, if it has one.
namespace_of() {
    awk '
        /^[^ ]/ { metadata = ($1 == "metadata:") }
        metadata && /^  namespace: / { gsub(/"/, "", $2); print $2 }
    ' "$@"
}

# Runs a step for a branch. One without objects in its namespace has only objects elsewhere, which no run deletes.
run_step() {
    if [ -n "$namespace" ]; then
        "$1"
    elif [ "$1" = prune_branch ]; then
        wait_for_workloads
    elif ls "$folder"/*.yaml >/dev/null 2>&1; then
        check_other_namespaces && "$kubectl" apply --filename "$folder"
    fi
}

# Sets the variables of a branch.
use_branch() {
    slug=$1
    folder=$folders/$slug
    if [ ! -f "$folder/pleach.lock" ]; then
        echo "$folder: not the folder of a branch" >&2
        return 1
    fi
    for file in "$folder"/00-namespace-*.yaml; do
        namespace=${file##*/00-namespace-}
        namespace=${namespace%.yaml}
    done
    if [ ! -f "$file" ]; then
        # A branch that adopts its namespace has no Namespace, but its objects are marked. Without objects there, its namespace is
        # not needed: teardown plans list what it had.
        file=$(grep -ls '^    pleach\.dev/namespace: adopted$' "$folder"/*.yaml | head -n 1)
        namespace=
        [ -z "$file" ] || namespace=$(namespace_of "$file")
    fi
}

kubectl=${KUBECTL:-kubectl}
timeout=${TIMEOUT:-5m}
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
    "$kubectl" apply --server-side --filename "$shared" || failed=" out/shared"
fi
# All branches are applied before the first one is waited for.
for step in apply_branch prune_branch; do
    for slug in "$@"; do
        case " $failed " in *" $slug "*) continue ;; esac
        echo "# $slug: ${step%_branch}"
        use_branch "$slug" && run_step $step || failed="$failed $slug"
    done
done
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
