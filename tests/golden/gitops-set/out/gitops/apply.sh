#!/bin/sh
# app.kubernetes.io/managed-by: pleach
# Applies the folder of each branch, or of the branches with the given slugs, and deletes the objects that are no longer in
# the folder. kubectl records what it applied in an ApplySet in the namespace of the branch. Needs kubectl 1.27 or later.
#
#   sh apply.sh [SLUG...]
#
# Variables: KUBECTL (default: kubectl) is the command to run.
set -eu

apply_branch() {
    set -- "$1" "$1"/00-namespace-*.yaml
    if [ $# -ne 2 ]; then
        echo "$1: an ApplySet needs exactly one namespace in the folder" >&2
        return 1
    fi
    namespace=${2##*/00-namespace-}
    namespace=${namespace%.yaml}
    # The ApplySet is an object in the namespace, so the namespace must exist first.
    "$kubectl" get namespace "$namespace" >/dev/null 2>&1 || "$kubectl" create --save-config -f "$2" || return 1
    KUBECTL_APPLYSET=true "$kubectl" apply --namespace "$namespace" \
        --prune --applyset=configmaps/applyset.pleach.dev -f "$1"
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
