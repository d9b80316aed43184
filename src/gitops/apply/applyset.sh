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

