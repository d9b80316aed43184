#!/bin/sh
# app.kubernetes.io/managed-by: pleach
# Applies the folder of every branch, or of those whose slugs are given, and deletes what a branch no longer has: kubectl
# keeps a list of what it applied, an ApplySet, in the namespace of the branch. Needs kubectl 1.27 or later.
#
#   sh apply.sh [SLUG...]       KUBECTL names another kubectl
set -eu

apply_branch() {
    set -- "$1" "$1"/00-namespace-*.yaml
    if [ $# -ne 2 ]; then
        echo "$1: an ApplySet is for one namespace, and this folder has several" >&2
        return 1
    fi
    namespace=${2##*/00-namespace-}
    namespace=${namespace%.yaml}
    # The list lies in the namespace, so that has to be there first.
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
        echo "$folders/$slug: no branch has this folder" >&2
        failed="$failed $slug"
    elif ! apply_branch "$folders/$slug" "$slug"; then
        failed="$failed $slug"
    fi
done
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
