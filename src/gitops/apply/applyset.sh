# Applies the folder of each branch, or of the branches with the given slugs. Then waits until the Deployments, StatefulSets and
# DaemonSets of a branch are up to date, and deletes its objects that are no longer in the folder. kubectl records what it
# applied in an ApplySet in the namespace of the branch. Needs kubectl 1.28 or later.
#
#   sh apply.sh [SLUG...]
#
# Variables: KUBECTL (default: kubectl) is the command to run; TIMEOUT (default: 5m) is how long it waits for a Deployment,
# StatefulSet or DaemonSet, and for an old namespace to be deleted.
set -eu

# project
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

