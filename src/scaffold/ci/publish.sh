#!/bin/sh
# Changes the spec, builds, commits and pushes; where somebody else was faster, begins again from what they pushed.
#
#   sh ci/publish.sh MESSAGE COMMAND [ARGUMENT...]      such as `pleach branch remove -- "$BRANCH"` for a command
#
# It wants a clean checkout of the repository of the environments that may push. TRUNK names its branch, if not main.
set -eu

main() {
    message=$1
    shift
    trunk=${TRUNK:-main}
    cd -- "$(dirname -- "$0")/.."
    git config user.name >/dev/null || git config user.name pleach
    git config user.email >/dev/null || git config user.email pleach@example.com
    attempt=1
    while :; do
        git fetch -q origin "+refs/heads/$trunk:refs/remotes/origin/$trunk"
        git reset -q --hard "origin/$trunk"
        # What was pushed is what this begins from, whatever the default branch of the repository is.
        case "$1 ${2:-}" in
            # A second build would put back what `pleach build --prune` dropped.
            "pleach build") "$@" --base "origin/$trunk" ;;
            *)
                "$@"
                pleach build --base "origin/$trunk"
                ;;
        esac
        git add -A .
        if git diff --cached --quiet; then
            echo "nothing to publish"
            return
        fi
        git commit -q -m "$message"
        if git push -q origin "HEAD:refs/heads/$trunk"; then
            return
        fi
        if [ "$attempt" -ge 20 ]; then
            echo "others were faster $attempt times" >&2
            return 1
        fi
        sleep "$attempt"
        attempt=$((attempt + 1))
    done
}

# The file may change while it runs, so all of it is read before anything happens.
main "$@"; exit
