#!/bin/sh
# A kubectl for tests. It logs its calls to $LOG, fails the call $FAILS and those that match it as a pattern, and knows the calls of
# apply.sh only.
# The cluster is the folder $CLUSTER: objects/<namespace>/<Kind>.<name>, with `_` for objects outside of namespaces.
set -eu
call=$(echo "$*" | tr '\n' ' ')
call=${call% }
echo "${KUBECTL_APPLYSET:+KUBECTL_APPLYSET=$KUBECTL_APPLYSET }$call" >>"$LOG"
case "$call" in $FAILS | "$FAILS")
    echo "Error from server (Forbidden)" >&2
    exit 1
    ;;
esac

objects=$CLUSTER/objects
documents=$CLUSTER/documents.$$
trap 'rm -rf "$documents"' EXIT
command=$1
subject=${2:-}
mkdir -p "$objects/_"
files= namespace= selector= applyset= allowed= output= prune= label=
for word in "$@"; do
    case $word in
        --prune) prune=1 ;;
        --applyset=*) applyset=${word#*=} ;;
        --prune-allowlist=*) allowed="$allowed ${word##*/} " ;;
        applyset.kubernetes.io/part-of=*) label=$word ;;
    esac
    case ${flag:-} in
        --filename) files="$files $word" ;;
        --namespace) namespace=$word ;;
        --selector) selector=$word ;;
        --output) output=$word ;;
    esac
    flag=$word
done

# Prints a field of the metadata of an object: name, namespace, or a label.
field() {
    awk -v key="$2:" '
        /^[^ ]/ { metadata = ($1 == "metadata:") }
        /^  [^ ]/ { labels = ($1 == "labels:") }
        metadata && $1 == key && (labels || /^  [^ ]/) { gsub(/"/, "", $2); print $2; exit }
    ' "$1"
}
kind_of() { sed -n 's/^kind: //p' "$1"; }
id_of() { echo "applyset-$(echo "$1" | cksum | cut -d' ' -f1)"; }
missing() {
    echo "Error from server (NotFound): namespaces \"$1\" not found" >&2
    exit 1
}

# Prints the input files, separated by `---`.
input() {
    for file in $files; do
        [ ! -d "$file" ] || file=$file/*.yaml
        for path in $file; do
            echo ---
            cat "$path"
        done
    done
}

# Writes each document of the input that has the labels of the selector to a file of its own.
documents() {
    mkdir "$documents"
    input | awk -v to="$documents/" '/^---$/ { n++; next } { if (!n) n = 1; print > (to n) }'
    for document in "$documents"/*; do
        [ -z "$selector" ] || selected "$document" || rm "$document"
    done
    if [ -z "$(ls "$documents")" ]; then
        echo "error: no objects passed to apply" >&2
        exit 1
    fi
}

with_label() { sed "s|^  labels:$|  labels:\n    ${1%%=*}: ${1#*=}|" "$2"; }

apply() {
    documents
    applied=' '
    visited=' '
    part_of=
    if [ -n "$applyset" ]; then
        part_of=$(id_of "$namespace.$applyset")
        [ -f "$objects/_/Namespace.$namespace" ] || missing "$namespace"
        mkdir -p "$objects/$namespace"
        printf 'kind: ConfigMap\nmetadata:\n  labels:\n    applyset.kubernetes.io/id: %s\n  name: %s\n' "$part_of" "${applyset#*/}" \
            >"$objects/$namespace/ConfigMap.${applyset#*/}"
    fi
    for document in "$documents"/*; do
        of=$(field "$document" namespace)
        if [ -n "$of" ]; then
            [ -f "$objects/_/Namespace.$of" ] || missing "$of"
            [ ! -f "$CLUSTER/terminating/$of" ] || { echo "Error from server (Forbidden): being terminated" >&2; exit 1; }
            [ -z "$namespace" ] || [ "$namespace" = "$of" ] || { echo "error: the namespace does not match" >&2; exit 1; }
        fi
        object=${of:-_}/$(kind_of "$document").$(field "$document" name)
        mkdir -p "$objects/${of:-_}"
        if [ -n "$part_of" ]; then
            with_label "applyset.kubernetes.io/part-of=$part_of" "$document" >"$objects/$object"
        else
            cp "$document" "$objects/$object"
        fi
        applied="$applied$object "
        visited="$visited${of:-_} "
        echo "$object applied"
    done
    [ -n "$prune" ] || return 0
    for file in $(grep -lr "${part_of:-pleach.dev/branch}" "$objects"); do
        object=${file#"$objects"/}
        case $applied in *" $object "*) continue ;; esac
        if [ -n "$applyset" ]; then
            [ "$(field "$file" applyset.kubernetes.io/part-of)" = "$part_of" ] || continue
        else
            case $visited in *" ${object%/*} "*) ;; *) continue ;; esac
            case $allowed in *" $(kind_of "$file") "*) ;; *) continue ;; esac
            selected "$file" || continue
        fi
        rm "$file"
        echo "$object pruned"
    done
}

# Whether an object has both labels of the selector.
selected() {
    project=${selector%%,*}
    branch=${selector#*,}
    [ "$(field "$1" pleach.dev/project)" = "${project#*=}" ] && [ "$(field "$1" pleach.dev/branch)" = "${branch#*=}" ]
}

case "$command $subject" in
    "get namespace")
        file=$objects/_/Namespace.$3
        [ ! -f "$file" ] || echo "$([ -f "$CLUSTER/terminating/$3" ] && echo Terminating || echo Active)/$(field "$file" pleach.dev/project)"
        ;;
    "get configmaps/"*)
        file=$objects/$namespace/ConfigMap.${subject#*/}
        [ ! -f "$file" ] || case $output in
            *part-of* | */id*) field "$file" applyset.kubernetes.io/id ;;
            *) echo ConfigMap,Deployment.apps ;;
        esac
        ;;
    "get configmap") [ ! -f "$objects/$namespace/ConfigMap.$3" ] || sed -n 's/^  kinds: "\(.*\)"$/\1/p' "$objects/$namespace/ConfigMap.$3" ;;
    get\ *) [ ! -f "$CLUSTER/unseen" ] || cat "$CLUSTER/unseen" ;;
    wait\ *)
        namespace=${3#*/}
        rm -rf "$CLUSTER/terminating/$namespace" "$objects/$namespace" "$objects/_/Namespace.$namespace"
        ;;
    apply\ *) apply ;;
    label\ *)
        documents
        for document in "$documents"/*; do
            echo ---
            with_label "$label" "$document"
        done
        ;;
    "rollout status") echo "successfully rolled out" ;;
    delete\ *)
        for file in "$objects/$namespace"/*; do
            [ "$(field "$file" applyset.kubernetes.io/part-of)" != "${selector#*=}" ] || rm "$file"
        done
        ;;
    api-resources\ *) [ ! -f "$CLUSTER/resources" ] || grep " ${subject#*=}/" "$CLUSTER/resources" || true ;;
    *)
        echo "unknown call: $*" >&2
        exit 64
        ;;
esac
