#!/bin/sh
# Databases and images of teardown plans. Written by `pleach teardown --format script`.
# Nothing runs before the last line, so a truncated script does nothing.
set -uf

start() {
    work=$(mktemp -d) || exit 1
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    for list in failures used protected compared unknown; do
        : >"$work/$list"
    done
}

# failure TEXT: reports a failure. The script goes on.
failure() {
    printf '%s\n' "$1" >>"$work/failures"
    printf 'failed: %s\n' "$1" >&2
}

# drop_database KIND INSTANCE NAME
drop_database() {
    $DROP_DATABASE "$1" "$2" "$3" </dev/null || failure "drop the $1 $3 in $2"
}

# resolve REFERENCE: writes the digests of an image to the file `digests`, its own first. The file is empty if the registry
# reports that the image or its repository does not exist.
resolve() {
    : >"$work/digests"
    if $RESOLVE_IMAGE "$1" </dev/null >"$work/output" 2>"$work/errors"; then
        tr -s '[:space:]' '\n' <"$work/output" | grep -E '^sha(256:[0-9a-f]{64}|512:[0-9a-f]{128})$' >"$work/digests"
        if [ -s "$work/digests" ] || ! grep -q '[^[:space:]]' "$work/output"; then
            return 0
        fi
        printf '%s: no digest in the output of RESOLVE_IMAGE\n' "$1" >&2
        return 1
    fi
    if grep -Eqi 'manifest[ _]unknown|name[ _]unknown|http 404' "$work/errors"; then
        return 0
    fi
    cat "$work/errors" >&2
    return 1
}

# in_use REPOSITORY REFERENCE: an existing branch refers to the image.
in_use() {
    printf '%s %s\n' "$1" "$2" >>"$work/used"
}

# compare REPOSITORY: resolves all images in use there, once.
compare() {
    if grep -Fqx -e "$1" "$work/compared"; then
        return 0
    elif grep -Fqx -e "$1" "$work/unknown"; then
        return 1
    fi
    while read -r repository reference; do
        [ "$repository" = "$1" ] || continue
        if ! resolve "$reference"; then
            failure "resolve $reference, which an existing branch uses"
            printf '%s\n' "$1" >>"$work/unknown"
            return 1
        fi
        [ -s "$work/digests" ] || printf 'warning: an existing branch uses %s, which does not exist\n' "$reference" >&2
        while read -r digest; do
            printf '%s %s\n' "$1" "$digest" >>"$work/protected"
        done <"$work/digests"
    done <"$work/used"
    printf '%s\n' "$1" >>"$work/compared"
}

# delete_image REPOSITORY REFERENCE
delete_image() {
    if ! resolve "$2"; then
        failure "resolve $2"
        return
    fi
    if [ ! -s "$work/digests" ]; then
        printf 'does not exist: %s\n' "$2"
        return
    fi
    read -r own <"$work/digests"
    if ! compare "$1"; then
        failure "delete $2, because it is not known what existing branches use"
        return
    fi
    if grep -Fqx -e "$1 $own" "$work/protected"; then
        printf 'kept, because an existing branch uses its digest: %s\n' "$2"
        return
    fi
    name=${2%@*}
    case ${name##*/} in
    *:*) name=${name%:*} ;;
    esac
    if $DELETE_IMAGE "$name@$own" </dev/null; then
        printf 'deleted: %s\n' "$2"
    elif resolve "$name@$own" && [ ! -s "$work/digests" ]; then
        printf 'does not exist: %s\n' "$2"
    else
        failure "delete $2"
    fi
}

finish() {
    [ -s "$work/failures" ] || return 0
    printf '\nfailures:\n' >&2
    cat "$work/failures" >&2
    exit 1
}
