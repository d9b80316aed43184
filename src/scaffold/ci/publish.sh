#!/bin/sh
# Runs a command that changes the spec, builds, commits and pushes. If the push fails because another pipeline pushed first,
# starts again from the new commit.
#
#   sh ci/publish.sh MESSAGE COMMAND [ARGUMENT...]
#
# Example: sh ci/publish.sh "remove $BRANCH" pleach branch remove -- "$BRANCH"
#
# Run it in a clean checkout of the repository of the environments, with permission to push. The variable TRUNK (default:
# main) is the branch to push to.
set -eu

main() {
    message=$1
    shift
    trunk=${TRUNK:-main}
    cd -- "$(dirname -- "$0")/.."
    git config user.name >/dev/null || git config user.name pleach
    git config user.email >/dev/null || git config user.email pleach@example.com
    case " $* " in
        *" --carried-out"*) ;;
        # A teardown before this has carried out the plans of the commit that is checked out, not those that were merged since.
        " pleach build"*" --prune"*) set -- "$@" --carried-out "$(git rev-parse HEAD)" ;;
    esac
    attempt=1
    while :; do
        git fetch -q origin "+refs/heads/$trunk:refs/remotes/origin/$trunk"
        git reset -q --hard "origin/$trunk"
        # The base revision is the fetched commit, even if the default branch of the repository is another one.
        case "$1 ${2:-}" in
            # Without `--prune`, a second build would restore the pruned entries.
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
            echo "cannot push: the remote branch changed during each of $attempt attempts" >&2
            return 1
        fi
        sleep "$attempt"
        attempt=$((attempt + 1))
    done
}

# `git reset` may change this file while it runs, so the shell reads all of it before it runs `main`.
main "$@"; exit
