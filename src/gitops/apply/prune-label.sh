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

# project
# kinds

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

