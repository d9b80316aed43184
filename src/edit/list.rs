//! Reads a list of Git branches or of pull requests, as `git`, GitHub, GitLab or a script prints it.
//!
//! A list that may be truncated is an error, because the missing branches would be removed.

use super::pages;
use super::pull_request::{self, ListedPullRequest};
use crate::branch_name;
use crate::diagnostic::{Code, Diagnostic, Result, named};
use crate::limits::SPEC_BRANCHES;
use serde_json::{Map, Value};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The branches of a list by name, each with its commit if the list has it.
pub(crate) type GitHeads = BTreeMap<SmolStr, Option<SmolStr>>;

/// A list of Git branches or of pull requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct BranchList {
    /// The branches.
    pub(crate) heads: GitHeads,
    /// The pull requests, if it is a list of pull requests.
    pub(crate) pull_requests: Option<Vec<ListedPullRequest>>,
    /// Names that are not those of branches, each with the reason.
    pub(crate) skipped: Vec<(SmolStr, String)>,
    /// Errors about parts of the list: it may not be a list of branches.
    pub(crate) errors: Vec<Diagnostic>,
}

/// Reads a list: JSON of GitHub or GitLab, also as several pages; or lines of `git ls-remote` or `git for-each-ref`; or one
/// name per line. With `allow_empty`, an empty JSON list means that no pull request is open.
pub(crate) fn read(text: &str, allow_empty: bool) -> Result<BranchList> {
    let mut reader = ListReader::default();
    match text.trim_start().chars().next() {
        Some('[' | '{') => reader.json(text)?,
        _ => reader.lines(text)?,
    }
    let is_json = text.trim_start().starts_with('[');
    let mut list = reader.finish();
    let is_empty = list.heads.is_empty() && list.pull_requests.is_none() && list.errors.is_empty();
    match (is_empty, is_json) {
        (true, true) if allow_empty => list.pull_requests = Some(Vec::new()),
        (true, _) => {
            let error = list_error("the list of branches is empty")
                .help("an empty list would remove all branches: check the command that created it");
            let help = "if no pull request is open, use `--allow-empty`: it accepts the empty JSON list `[]`";
            return Err(if is_json { error.help(help) } else { error }.into());
        }
        (false, _) => {}
    }
    Ok(list)
}

fn json_error(what: &str) -> Diagnostic {
    list_error(format!("the list of branches {what}"))
        .help("it must be a list of objects with the `name` of a branch and its `commit`, or of pull requests")
}

fn list_error(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Guard, message)
}

/// What has been read of a list.
#[derive(Default)]
struct ListReader {
    list: BranchList,
    /// Names that Git does not allow.
    invalid: Vec<String>,
    /// Lines that are not branches, with their numbers.
    other_lines: Vec<(usize, String)>,
    /// Refs that are not branches.
    other_refs: Vec<SmolStr>,
}

impl ListReader {
    fn json(&mut self, text: &str) -> Result<()> {
        pages::each_item(text, |item| self.item(item)).map_err(|error| {
            let what = if error.is_eof() { "is truncated" } else { "is not JSON of GitHub or GitLab" };
            json_error(&format!("{what}: {error}"))
        })??;
        if self.list.pull_requests.is_some() && !self.list.heads.is_empty() {
            return Err(json_error("has both branches and pull requests").into());
        }
        Ok(())
    }

    fn item(&mut self, item: &Map<String, Value>) -> Result<(), Diagnostic> {
        if pull_request::is_pull_request(item) {
            let listed = ListedPullRequest::of(item)
                .map_err(|(what, help)| list_error(format!("the list of branches {what}")).help(help))?;
            self.commit(&listed.head, listed.commit.as_deref());
            self.list.pull_requests.get_or_insert_default().push(listed);
            return self.check_length();
        }
        let name = item.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| json_error("has an item with neither a `name` nor a `number`"))?;
        // The fields of GitHub and of GitLab.
        let commit = item.get("commit").and_then(|commit| commit.get("sha").or_else(|| commit.get("id")));
        let commit = commit.and_then(Value::as_str);
        self.commit(name, commit);
        self.branch(name, commit);
        self.check_length()
    }

    fn lines(&mut self, text: &str) -> Result<()> {
        if !text.is_empty() && !text.ends_with('\n') {
            let error = list_error("the list of branches does not end with a line break, so it may be truncated");
            return Err(error.help("end every line with a line break").into());
        }
        for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, commit) = match words[..] {
                [name] => (name, None),
                [commit, name] if is_commit(commit) => (name, Some(commit)),
                [name, commit] if is_commit(commit) => (name, Some(commit)),
                _ => {
                    self.other_lines.push((i + 1, line.trim().to_owned()));
                    continue;
                }
            };
            match name.strip_prefix("refs/heads/") {
                Some(branch) => self.branch(branch, commit),
                None if name.starts_with("refs/") => self.other_refs.push(name.into()),
                None => self.branch(name, commit),
            }
            self.check_length()?;
        }
        Ok(())
    }

    /// Refuses a list with more branches than a spec can have.
    fn check_length(&self) -> Result<(), Diagnostic> {
        let length = self.list.heads.len() + self.list.pull_requests.as_ref().map_or(0, Vec::len);
        if length <= SPEC_BRANCHES {
            return Ok(());
        }
        let error = list_error(format!("the list of branches has more than {SPEC_BRANCHES} names"));
        Err(error.help("list only the branches that can have an environment"))
    }

    /// Reports an invalid commit of a branch.
    fn commit(&mut self, name: &str, commit: Option<&str>) {
        if let Some(invalid) = commit.filter(|commit| !is_commit(commit)) {
            let message = format!("invalid commit `{invalid}` of branch `{name}` in the list of branches");
            self.list.errors.push(list_error(message).help("a commit has 40 or 64 characters 0-9 and a-f"));
        }
    }

    fn branch(&mut self, name: &str, commit: Option<&str>) {
        if branch_name::invalid(name).is_some() {
            self.invalid.push(name.to_owned());
        } else if let Some(why) = branch_name::other_ref(name) {
            self.list.skipped.push((name.into(), why));
        } else {
            self.list.heads.insert(name.into(), commit.map(SmolStr::from));
        }
    }

    fn finish(self) -> BranchList {
        let ListReader { mut list, invalid, other_lines, other_refs } = self;
        if let [first, rest @ ..] = &other_refs[..] {
            let and = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            list.skipped.push((format!("{first}{and}").into(), "only refs in `refs/heads/` are branches".to_owned()));
        }
        if let Some((number, text)) = other_lines.first() {
            let of = "of the list of branches";
            let message = match other_lines.len() {
                1 => format!("line {number} {of} is not a branch: `{text}`"),
                count => format!("{count} lines {of} are not branches, such as line {number}: `{text}`"),
            };
            let help = "a line must be a name, or a commit and a name as in `git ls-remote`";
            list.errors.push(list_error(message).help(help));
        }
        if !invalid.is_empty() {
            let message = match &invalid[..] {
                [only] => format!("invalid branch name `{only}` in the list of branches"),
                all => format!("{} invalid branch names in the list of branches", all.len()),
            };
            let error = list_error(message);
            list.errors.push(match invalid.len() {
                1 => error.help("Git does not allow this name: check the command that created the list"),
                _ => error.help(format!("Git does not allow these names: {}", named(&invalid))),
            });
        }
        list
    }
}

fn is_commit(word: &str) -> bool {
    matches!(word.len(), 40 | 64) && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Diagnostics;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn names(text: &str) -> Vec<String> {
        read(text, false)
            .unwrap()
            .heads
            .into_iter()
            .map(|(name, commit)| format!("{name} {}", commit.is_some()))
            .collect()
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
            (r#"[{"name": "a", "name": "b"}]"#, "duplicate key `name`"),
            ("[{}]", "has an item with neither a `name` nor a `number`"),
            (r#"[{"number": 1, "headRefName": "a"}, {"na"#, "is truncated"),
            (r#"[{"number": 1, "headRefName": "a"}, {"name": "b"}]"#, "has both branches and pull requests"),
            (r#"[{"number": 1}]"#, "does not have the branch name of pull request 1"),
            ("fatal: unable to access\n", "line 1 of the list"),
            (r#"[{"name": ""}]"#, "invalid branch name"),
            (r#"[{"name": "a", "commit": {"sha": "abc"}}]"#, "invalid commit `abc` of branch `a`"),
            (r#"[{"name": "a", "commit": {"id": ""}}]"#, "invalid commit ``"),
            (r#"[{"name": "a", "commit": {"sha": "HEAD\n"}}]"#, "invalid commit `HEAD\n`"),
            ("a..b\n", "invalid branch name `a..b`"),
            ("a..b\nmain\nx~1\n", "2 invalid branch names"),
            ("<!DOCTYPE html>\n<p>No access.</p>\n<p>Log in</p>\n", "3 lines of the list"),
        ] {
            let list = read(text, false).and_then(|list| Diagnostics::check(list.errors.clone(), list));
            let errors = list.unwrap_err();
            let messages: String = errors.iter().map(ToString::to_string).collect();
            assert!(messages.contains(why), "{text}: {messages}");
            assert_eq!(errors.status(), 3);
        }
    }

    #[test]
    fn lists_with_more_names_than_a_spec_are_refused() {
        let lines = |count| (0..count).map(|i: usize| format!("b{i}")).collect::<Vec<_>>().join("\n") + "\n";
        assert_eq!(read(&lines(SPEC_BRANCHES), false).unwrap().heads.len(), SPEC_BRANCHES);
        let errors = read(&lines(SPEC_BRANCHES + 1), false).unwrap_err();
        assert_eq!(errors.iter().next().unwrap().to_string(), "the list of branches has more than 100000 names");
    }

    #[test]
    fn refs_that_are_not_branches_are_skipped() {
        let skipped = |text: &str| -> Vec<String> {
            read(text, false).unwrap().skipped.into_iter().map(|(name, why)| format!("{name}: {why}")).collect()
        };
        assert_eq!(skipped("main\n12/merge\n"), ["12/merge: it is a ref of pull request 12, not a branch"]);
        assert_eq!(skipped("main\ngh-readonly-queue/main/pr-1-abc\n").len(), 1);
        assert_eq!(skipped("main\nHEAD\n"), ["HEAD: it is the current commit, not a branch"]);
        let text = format!("{COMMIT}\trefs/heads/main\n{COMMIT}\trefs/tags/v1\n{COMMIT}\trefs/pull/1/head\n");
        assert_eq!(skipped(&text), ["refs/tags/v1 and 1 more: only refs in `refs/heads/` are branches"]);
    }
}
