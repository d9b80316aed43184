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
