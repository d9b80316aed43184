//! The branches of a repository.

use super::{failed, is_bare, repository, run, stdout};
use crate::diagnostic::{Code, Diagnostic};
use std::path::Path;

/// The branches of the repository at `repo`, a line `commit name` each: those of `remote` in a clone, its own in a bare
/// one. A repository that cannot be read, or that does not fetch all branches, is a reason to change nothing.
pub(crate) fn branches(repo: &Path, remote: &str) -> Result<String, Diagnostic> {
    let unlisted = |error: Diagnostic| {
        Diagnostic::new(Code::Guard, format!("the branches of `{}` cannot be listed: {error}", repo.display()))
            .help("`--repo` names a clone or a bare mirror, `--remote` one of its remotes")
    };
    // In a folder of another repository, such as a clone that failed, Git would list the branches of that one.
    if let Some(other) = repository(repo).filter(|other| *other != repo && !is_bare(repo)) {
        return Err(unlisted(failed(&format!("it is a folder of the repository `{}`", other.display()))));
    }
    let query = |args: &[&str]| {
        let output = run(repo, args, b"").and_then(stdout).map_err(unlisted)?;
        Ok::<_, Diagnostic>(String::from_utf8_lossy(&output).into_owned())
    };
    let bare = query(&["rev-parse", "--is-bare-repository"])?.trim() == "true";
    let prefix = if bare { "refs/heads/".to_owned() } else { format!("refs/remotes/{remote}/") };
    let listed = query(&["for-each-ref", "--format=%(objectname) %(refname) %(symref)", &prefix])?;
    let heads: String = listed
        .lines()
        .filter_map(|line| {
            // A symbolic ref, such as `origin/HEAD`, is not a branch.
            let (commit, name) = line.trim_end().split_once(' ').filter(|(_, rest)| !rest.contains(' '))?;
            Some(format!("{commit} {}\n", name.strip_prefix(&prefix)?))
        })
        .collect();
    if heads.is_empty() {
        return Err(unlisted(failed(&format!("no ref begins with `{prefix}`"))));
    }
    // It ends with status 1 where there are none.
    let refspecs = run(repo, &["config", "--get-all", &format!("remote.{remote}.fetch")], b"")?;
    let refspecs = String::from_utf8_lossy(&refspecs.stdout);
    // So `--depth` leaves even a mirror, and so do the checkouts of pipelines, whatever their refspecs say.
    let cut = heads.lines().count() == 1 && query(&["rev-parse", "--is-shallow-repository"])?.trim() == "true";
    let all = fetches_all(&refspecs, (!bare).then_some(&prefix));
    if cut || !all {
        let message = format!("`{}` may not have all branches of `{remote}`", repo.display());
        let error = Diagnostic::new(Code::Guard, message)
            .help("a branch that was never fetched would be taken for deleted; nothing was written");
        return Err(error.help(if all {
            format!("it is shallow and has a single branch: `git fetch --unshallow {remote}` fetches the rest")
        } else {
            format!("fetch all: `git remote set-branches {remote} '*' && git fetch {remote}`, or use a bare mirror")
        }));
    }
    Ok(heads)
}

/// Whether refspecs of a remote, one a line, fetch all its branches: those of a clone to below `prefix`. A bare clone has
/// no refspecs and its own branches.
fn fetches_all(refspecs: &str, prefix: Option<&String>) -> bool {
    let leaves_out = |refspec: &str| refspec.strip_prefix('^').is_some_and(|name| name.starts_with("refs/heads/"));
    let all = |refspec: &str| {
        let (from, to) = refspec.trim_start_matches('+').split_once(':').unwrap_or((refspec, ""));
        match prefix {
            Some(prefix) => from == "refs/heads/*" && to.strip_suffix('*') == Some(prefix),
            None => matches!(from, "refs/heads/*" | "refs/*"),
        }
    };
    !refspecs.lines().any(leaves_out) && (refspecs.lines().any(all) || prefix.is_none() && refspecs.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refspecs_that_fetch_all() {
        let clone = "refs/remotes/origin/".to_owned();
        for (refspecs, of_clone, of_bare) in [
            ("", false, true),
            ("+refs/heads/*:refs/remotes/origin/*\n", true, true),
            ("+refs/heads/main:refs/remotes/origin/main\n+refs/heads/*:refs/remotes/origin/*\n", true, true),
            ("refs/heads/*:refs/remotes/origin/*\n+refs/pull/*/head:refs/remotes/origin/pr/*\n", true, true),
            ("+refs/heads/main:refs/remotes/origin/main\n", false, false),
            ("+refs/heads/feature/*:refs/remotes/origin/feature/*\n", false, false),
            ("+refs/heads/*:refs/remotes/origin/*\n^refs/heads/wip/*\n", false, false),
            ("+refs/heads/*:refs/remotes/origin/*\n^refs/tags/*\n", true, true),
            ("+refs/*:refs/*\n", false, true),
        ] {
            assert_eq!(fetches_all(refspecs, Some(&clone)), of_clone, "{refspecs}");
            assert_eq!(fetches_all(refspecs, None), of_bare, "{refspecs}");
        }
    }
}
