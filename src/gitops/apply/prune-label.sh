# Applies the folder of every branch, or of those whose slugs are given, and deletes what has the labels of the branch,
# is of one of the kinds below, was applied by kubectl and is not in the folder any more.
#
#   sh apply.sh [SLUG...]       KUBECTL names another kubectl, PRUNE more kinds: 'monitoring.coreos.com/v1/Probe ...'
set -eu

# kinds

apply_branch() {
    folder=$1
    set -- --selector "$labels$2"
    for kind in $kinds ${PRUNE:-}; do
        set -- "$@" "--prune-allowlist=$kind"
    done
    "$kubectl" apply --prune "$@" -f "$folder"
}

