#!/bin/sh
# app.kubernetes.io/managed-by: pleach
# Applies the folder of each branch, or of the branches with the given slugs. Then waits until the Deployments, StatefulSets and
# DaemonSets of a branch are up to date, and deletes its objects that are no longer in the folder: those in its namespace that
# have the labels of the branch and a kind that pleach may write. Secrets, Endpoints and EndpointSlices are not deleted, because
# controllers copy labels to them. kubectl does not see objects that were applied on the server side; they are listed. Needs
# kubectl 1.26 or later.
#
#   sh apply.sh [SLUG...]
#
# Variables: KUBECTL (default: kubectl) is the command to run; TIMEOUT (default: 5m) is how long it waits for a Deployment,
# StatefulSet or DaemonSet, and for an old namespace to be deleted; PRUNE is a list of more kinds to delete, such as
# 'core/v1/Secret'.
set -eu

project=shop
record=shop.prune.pleach.dev
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
copied=' core/Secret core/Endpoints discovery.k8s.io/EndpointSlice '

# Applies the objects, but deletes none: pods that still run may need them.
apply_branch() {
    apply_namespace && read_kinds || return 1
    # If this run fails, the next one still knows which kinds to search.
    record_kinds "$(echo $(printf '%s\n' $recorded $current | sort -u))" || return 1
    "$kubectl" apply --filename "$folder"
}

prune_branch() {
    wait_for_workloads && read_kinds || return 1
    served=$(served_kinds) || return 1
    all=$(printf '%s\n' $kinds ${PRUNE:-} $current $served | sort -u)
    set -- --selector "pleach.dev/project=$project,pleach.dev/branch=$slug"
    for kind in $all; do
        set -- "$@" "--prune-allowlist=$kind"
    done
    # kubectl prunes in the namespaces of the objects that it applies. That of the branch may have no other object than the record.
    record_of "$recorded" | "$kubectl" apply --prune "$@" --filename "$folder" --filename - &&
        record_kinds "$current" && list_unseen
}

# Reads the kinds that earlier runs applied, and those of the folder.
read_kinds() {
    current=$(echo $(kinds_of_folder))
    recorded=$("$kubectl" get configmap "$record" --namespace "$namespace" --ignore-not-found \
        --output 'jsonpath={.data.kinds}')
}

# The kinds of the objects in the folder that may be pruned, as group/version/kind.
kinds_of_folder() {
    awk -v copied="$copied" '
        function print_kind() {
            if (api !~ /\//) api = "core/" api
            group = substr(api, 1, index(api, "/") - 1)
            if (namespaced && !index(copied, " " group "/" kind " ")) print api "/" kind
            namespaced = 0
        }
        FNR == 1 { print_kind() }
        /^apiVersion: / { api = $2 }
        /^kind: / { kind = $2 }
        /^[^ ]/ { metadata = ($1 == "metadata:") }
        metadata && /^  namespace: / { namespaced = 1 }
        END { print_kind() }
    ' "$folder"/*.yaml | sort -u
}

# The recorded kinds that are not in the folder any more, in the version that the cluster serves.
served_kinds() {
    for kind in $recorded; do
        case " $current " in *" $kind "*) continue ;; esac
        group=${kind%%/*}
        [ "$group" != core ] || group=
        resources=$("$kubectl" api-resources --api-group="$group" --no-headers) || return 1
        echo "$resources" | awk -v kind="${kind##*/}" '
            $NF == kind { print ($(NF - 2) ~ /\// ? "" : "core/") $(NF - 2) "/" kind }'
    done
}

# Remembers the kinds of the folder in the namespace, where the next run finds them.
record_kinds() {
    [ "$1" != "$recorded" ] || return 0
    record_of "$1" | "$kubectl" apply --filename - || return 1
    recorded=$1
}

# Prints the ConfigMap that has these kinds. It has the labels of the branch, because kubectl prunes what it applies by labels.
record_of() {
    cat <<END
apiVersion: v1
kind: ConfigMap
metadata:
  labels:
    pleach.dev/branch: "$slug"
    pleach.dev/project: "$project"
  name: $record
  namespace: "$namespace"
data:
  kinds: "$1"
END
}

# Lists objects with the labels of the branch that kubectl cannot prune.
list_unseen() {
    resources=
    for kind in $all; do
        version=${kind#*/}
        case $kind in
            core/*) resource=${kind##*/} ;;
            *) resource=${kind##*/}.${version%/*}.${kind%%/*} ;;
        esac
        resources=${resources:+$resources,}$resource
    done
    unseen=$("$kubectl" get "$resources" --namespace "$namespace" \
        --selector "pleach.dev/project=$project,pleach.dev/branch=$slug" --output 'go-template={{range .items}}{{
            $applied := false}}{{with .metadata.annotations}}{{if index . "kubectl.kubernetes.io/last-applied-configuration"}}{{
            $applied = true}}{{end}}{{end}}{{if not (or $applied .metadata.ownerReferences)}}  {{.kind}}/{{.metadata.name}}{{"\n"}}{{end}}{{end}}') || return 1
    [ -z "$unseen" ] || printf '%s\n' "not deleted, because \`kubectl apply\` on the client side did not create them:" "$unseen"
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
