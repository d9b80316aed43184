# Applies the folder of each branch, or of the branches with the given slugs. Then deletes the objects that have the labels
# of the branch and one of the kinds below, were applied by kubectl, and are no longer in the folder.
#
#   sh apply.sh [SLUG...]
#
# Variables: KUBECTL (default: kubectl) is the command to run; PRUNE is a list of more kinds to delete, such as
# 'monitoring.coreos.com/v1/Probe'.
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

