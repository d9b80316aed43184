//! Reads a list of Git branches, as `git`, GitHub, GitLab or a script prints it.
//!
//! A list that may be truncated is an error, because the missing branches would be removed.

use crate::diagnostic::{Code, Diagnostic, Result};
use serde::Deserialize;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The branches of a list by name, each with its commit if the list has it.
pub(crate) type GitHeads = BTreeMap<SmolStr, Option<SmolStr>>;

/// A branch in the APIs of GitHub and GitLab. Other fields are ignored.
#[derive(Deserialize)]
struct ListedHead {
    name: String,
    commit: Option<ListedCommit>,
}

#[derive(Deserialize)]
struct ListedCommit {
    /// The field of GitHub.
    sha: Option<String>,
    /// The field of GitLab.
    id: Option<String>,
}

/// Reads a list: JSON of GitHub or GitLab, also as several pages; or lines of `git ls-remote` or `git for-each-ref`; or one
/// name per line.
pub(crate) fn read(text: &str) -> Result<GitHeads> {
    let listed = match text.trim_start().chars().next() {
        Some('[' | '{') => json(text)?,
        _ => lines(text)?,
    };
    if listed.is_empty() {
        let error = list_error("the list of branches is empty");
        return Err(error.help("an empty list would remove all branches: check the command that created it").into());
    }
    Ok(listed)
}

fn list_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Guard, message)
}

fn json(text: &str) -> Result<GitHeads> {
    let mut listed = GitHeads::new();
    for page in serde_json::Deserializer::from_str(text).into_iter::<Vec<ListedHead>>() {
        let page = page.map_err(|error| {
            let what = if error.is_eof() { "is truncated" } else { "is not JSON of GitHub or GitLab" };
            list_error(format!("the list of branches {what}: {error}"))
                .help("it must be a list of objects with the `name` of a branch and its `commit`")
        })?;
        for ListedHead { name, commit } in page {
            let commit = commit.and_then(|commit| commit.sha.or(commit.id));
            if let Some(invalid) = commit.as_ref().filter(|commit| !is_commit(commit)) {
                let message =
                    format!("invalid commit `{}` of branch `{name}` in the list of branches", invalid.escape_debug());
                return Err(list_error(message).help("a commit has 40 or 64 characters 0-9 and a-f").into());
            }
            add(&mut listed, &name, commit.as_deref())?;
        }
    }
    Ok(listed)
}

fn lines(text: &str) -> Result<GitHeads> {
    if !text.is_empty() && !text.ends_with('\n') {
        let error = list_error("the list of branches does not end with a line break, so it may be truncated");
        return Err(error.help("end every line with a line break").into());
    }
    let mut listed = GitHeads::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (name, commit) = match words[..] {
            [name] => (name, None),
            [commit, name] if is_commit(commit) => (name, Some(commit)),
            [name, commit] if is_commit(commit) => (name, Some(commit)),
            _ => {
                let error =
                    list_error(format!("line {} of the list of branches is not a branch: `{}`", i + 1, line.trim()));
                return Err(error.help("a line must be a name, or a commit and a name as in `git ls-remote`").into());
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

/// Whether Git accepts a branch name (`git check-ref-format`).
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
        return Err(list_error(format!("invalid branch name `{}` in the list of branches", name.escape_debug())).into());
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
    fn all_formats_are_read() {
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
    fn truncated_lists_are_refused() {
        for (text, why) in [
            ("", "is empty"),
            ("\n", "is empty"),
            ("[]", "is empty"),
            ("main\nfeat", "may be truncated"),
            (r#"[{"name": "main"}, {"na"#, "is truncated"),
            (r#"{"message": "Bad credentials"}"#, "is not JSON"),
            ("fatal: unable to access\n", "line 1 of the list"),
            (r#"[{"name": ""}]"#, "invalid branch name"),
            (r#"[{"name": "a", "commit": {"sha": "abc"}}]"#, "invalid commit `abc` of branch `a`"),
            (r#"[{"name": "a", "commit": {"id": ""}}]"#, "invalid commit ``"),
            (r#"[{"name": "a", "commit": {"sha": "HEAD\n"}}]"#, "invalid commit `HEAD\\n`"),
            ("a..b\n", "invalid branch name"),
        ] {
            let errors = read(text).unwrap_err();
            let messages: String = errors.iter().map(ToString::to_string).collect();
            assert!(messages.contains(why), "{text}: {messages}");
            assert_eq!(errors.status(), 3);
        }
    }
}
