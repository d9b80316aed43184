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
        echo "$folders/$slug: not the folder of a branch" >&2
        failed="$failed $slug"
    elif ! apply_branch "$folders/$slug" "$slug"; then
        failed="$failed $slug"
    fi
done
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
