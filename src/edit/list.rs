//! A list of the branches that exist, as `git`, GitHub, GitLab or a script prints it.
//!
//! A list that may have been cut off is refused: what is missing from it would be taken for deleted.

use crate::diagnostic::{Code, Diagnostic, Result};
use serde::Deserialize;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The branches of a list, by name, each with its commit if the list says it.
pub type GitHeads = BTreeMap<SmolStr, Option<SmolStr>>;

/// A branch as the APIs of GitHub and GitLab list it; what else they say of it does not matter.
#[derive(Deserialize)]
struct ListedHead {
    name: String,
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    /// GitHub.
    sha: Option<String>,
    /// GitLab.
    id: Option<String>,
}

/// Reads a list: JSON of GitHub or GitLab (several pages one after the other too), lines of `git ls-remote` or `git
/// for-each-ref`, or names, one a line.
pub fn read(text: &str) -> Result<GitHeads> {
    let listed = match text.trim_start().chars().next() {
        Some('[' | '{') => json(text)?,
        _ => lines(text)?,
    };
    if listed.is_empty() {
        let error = refused("the list of branches is empty");
        return Err(error.help("an empty list is no reason to take all branches out: look at what made it").into());
    }
    Ok(listed)
}

fn refused(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Guard, message)
}

fn json(text: &str) -> Result<GitHeads> {
    let mut listed = GitHeads::new();
    for page in serde_json::Deserializer::from_str(text).into_iter::<Vec<ListedHead>>() {
        let page = page.map_err(|error| {
            let what = if error.is_eof() { "is cut off" } else { "is not the JSON of GitHub or GitLab" };
            refused(format!("the list of branches {what}: {error}"))
                .help("it is a list of objects, each with the `name` of a branch and its `commit`")
        })?;
        for ListedHead { name, commit } in page {
            let commit = commit.and_then(|commit| commit.sha.or(commit.id));
            if let Some(odd) = commit.as_ref().filter(|commit| !is_commit(commit)) {
                let what = format!("`{}`, which is no commit, for the branch `{name}`", odd.escape_debug());
                return Err(refused(format!("the list of branches holds {what}"))
                    .help("a commit is 40 or 64 characters of 0-9 and a-f, in full")
                    .into());
            }
            add(&mut listed, &name, commit.as_deref())?;
        }
    }
    Ok(listed)
}

fn lines(text: &str) -> Result<GitHeads> {
    if !text.is_empty() && !text.ends_with('\n') {
        let error = refused("the list of branches does not end with a line break, so it may be cut off");
        return Err(error.help("end every line, the last one too").into());
    }
    let mut listed = GitHeads::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, commit) = match words[..] {
            [name] => (name, None),
            [commit, name] if is_commit(commit) => (name, Some(commit)),
            [name, commit] if is_commit(commit) => (name, Some(commit)),
            _ => {
                let error = refused(format!("line {} of the list of branches is none: `{}`", i + 1, line.trim()));
                return Err(error
                    .help("a line is a name, or a commit and a name as `git ls-remote` prints them")
                    .into());
            }
        };
        match (name.strip_prefix("refs/heads/"), name.starts_with("refs/") || name == "HEAD") {
            (Some(branch), _) => add(&mut listed, branch, commit)?,
            (None, true) => {}
            (None, false) => add(&mut listed, name, commit)?,
        }
    }
    Ok(listed)
}

fn is_commit(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether git takes a name for a branch (git-check-ref-format).
fn is_branch(name: &str) -> bool {
    let is_lock = |part: &str| part.rsplit_once('.').is_some_and(|(_, end)| end == "lock");
    let part = |part: &str| !part.is_empty() && !part.starts_with('.') && !is_lock(part);
    let odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    name.split('/').all(part)
        && !name.contains(odd)
        && !name.contains("..")
        && !name.contains("@{")
        && !name.ends_with('.')
        && !name.starts_with('-')
        && name != "@"
}

fn add(listed: &mut GitHeads, name: &str, commit: Option<&str>) -> Result<()> {
    if !is_branch(name) {
        return Err(refused(format!("the list of branches holds the name `{}`", name.escape_debug())).into());
    }
    listed.insert(name.into(), commit.map(SmolStr::from));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn names(text: &str) -> Vec<String> {
        read(text).unwrap().into_iter().map(|(name, commit)| format!("{name} {}", commit.is_some())).collect()
    }

    #[test]
    fn lists_of_all_sorts() {
        for (text, want) in [
            ("main\nfeature/login\n".to_owned(), &["feature/login false", "main false"][..]),
            ("main\r\n\r\n".to_owned(), &["main false"]),
            (format!("{COMMIT}\tHEAD\n{COMMIT}\trefs/heads/main\n{COMMIT}\trefs/tags/v1\n"), &["main true"]),
            (format!("refs/heads/a/b {COMMIT}\n"), &["a/b true"]),
            (
                format!(r#"[{{"name": "main", "commit": {{"sha": "{COMMIT}", "url": "x"}}, "protected": true}}]"#),
                &["main true"],
            ),
            (format!(r#"[{{"name": "a", "commit": {{"id": "{COMMIT}"}}}}] [{{"name": "b"}}]"#), &["a true", "b false"]),
        ] {
            assert_eq!(names(&text), want, "{text}");
        }
    }

    #[test]
    fn what_may_be_cut_off_is_no_list() {
        for (text, why) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("[]", "is empty"),
            ("main\nfeat", "may be cut off"),
            (r#"[{"name": "main"}, {"na"#, "is cut off"),
            (r#"{"message": "Bad credentials"}"#, "is not the JSON"),
            ("fatal: unable to access\n", "line 1 of the list"),
            (r#"[{"name": ""}]"#, "holds the name"),
            (r#"[{"name": "a", "commit": {"sha": "abc"}}]"#, "holds `abc`, which is no commit, for the branch `a`"),
            (r#"[{"name": "a", "commit": {"id": ""}}]"#, "which is no commit"),
            (r#"[{"name": "a", "commit": {"sha": "HEAD\n"}}]"#, "holds `HEAD\\n`"),
            ("a..b\n", "holds the name"),
        ] {
            let errors = read(text).unwrap_err();
            let said: String = errors.iter().map(ToString::to_string).collect();
            assert!(said.contains(why), "{text}: {said}");
            assert_eq!(errors.status(), 3);
        }
    }
}
