//! Names of branches in Git: what Git allows, and names of refs that are not branches.

use smol_str::{SmolStr, format_smolstr};

/// The usual names of remotes: `origin/x` beside the branch `x` is a remote-tracking branch.
pub(crate) const REMOTES: [&str; 2] = ["origin", "upstream"];

/// The prefixes of the temporary branches of merge queues.
const MERGE_QUEUES: [&str; 2] = ["gh-readonly-queue/", "mergify/merge-queue/"];

/// Why Git does not allow a name (`git check-ref-format --branch`), as the end of a sentence about it.
pub(crate) fn invalid(name: &str) -> Option<String> {
    let contains = |what: &str| Some(format!("it contains {what}"));
    if name.is_empty() {
        return Some("it is empty".to_owned());
    }
    if name.contains(char::is_control) {
        return contains("a control character");
    }
    if let Some(c) = name.chars().find(|c| " ~^:?*[\\".contains(*c)) {
        return if c == ' ' { contains("a space") } else { contains(&format!("`{c}`")) };
    }
    if let Some(pair) = ["..", "@{", "//"].into_iter().find(|pair| name.contains(pair)) {
        return contains(&format!("`{pair}`"));
    }
    if name == "@" {
        return Some("it is short for `HEAD`".to_owned());
    }
    if let Some(c) = ['-', '/'].into_iter().find(|c| name.starts_with(*c)) {
        return Some(format!("it begins with `{c}`"));
    }
    if let Some(c) = ['/', '.'].into_iter().find(|c| name.ends_with(*c)) {
        return Some(format!("it ends with `{c}`"));
    }
    if name.split('/').any(|part| part.starts_with('.')) {
        return Some("a part of it begins with `.`".to_owned());
    }
    let is_lock = |part: &str| part.rsplit_once('.').is_some_and(|(_, end)| end == "lock");
    name.split('/').any(is_lock).then(|| "a part of it ends with `.lock`".to_owned())
}

/// What to try in place of a name that [`other_ref`] refuses.
pub(crate) fn instead(name: &str) -> String {
    match (name.strip_prefix("refs/heads/"), pull_request(name)) {
        (Some(short), _) => format!("use `{short}`"),
        (_, Some(number)) => format!("use the name of the branch of pull request {number}"),
        _ if name == "HEAD" => "use the name of the branch: `git branch --show-current` prints it".to_owned(),
        _ if name.starts_with("refs/") => "only refs in `refs/heads/` are branches".to_owned(),
        _ => "it exists only until the merge, so it gets no environment".to_owned(),
    }
}

/// Why a name is not that of a branch although Git allows it, as the end of a sentence about it.
pub(crate) fn other_ref(name: &str) -> Option<String> {
    if name == "HEAD" {
        return Some("it is the current commit, not a branch".to_owned());
    }
    if name.starts_with("refs/") {
        return Some("it is the full name of a ref".to_owned());
    }
    if let Some(number) = pull_request(name) {
        return Some(format!("it is a ref of pull request {number}, not a branch"));
    }
    MERGE_QUEUES.iter().any(|prefix| name.starts_with(prefix)).then(|| "it is a branch of a merge queue".to_owned())
}

/// The number in `12/merge` and `12/head`.
fn pull_request(name: &str) -> Option<&str> {
    let (number, end) = name.split_once('/')?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    (is_number && matches!(end, "merge" | "head")).then_some(number)
}

/// The name of the environment of a pull request that is not known by its branch.
pub(crate) fn of_pull_request(number: u64) -> SmolStr {
    format_smolstr!("pr-{number}")
}

/// Whether a name has the form of [`of_pull_request`].
pub(crate) fn is_of_pull_request(name: &str) -> bool {
    name.strip_prefix("pr-").is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}

/// The branch that a name of a remote-tracking branch stands for, such as `x` for `origin/x`.
pub(crate) fn tracked<'a>(name: &'a str, remotes: &[&str]) -> Option<&'a str> {
    remotes.iter().find_map(|remote| name.strip_prefix(remote)?.strip_prefix('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn git_allows_the_same_names() {
        for name in [
            "main",
            "feature/login",
            "a.b",
            "x@y",
            "@x",
            "a@{b",
            "a..b",
            ".a",
            "a/.b",
            "a.",
            "a/b.",
            "a.lock",
            "a.lock/b",
            "a.LOCK",
            ".lock",
            "a/",
            "/a",
            "a//b",
            "-a",
            "a/-b",
            "a b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "[a",
            "a]",
            "a\\b",
            "a\tb",
            "a\u{7f}",
            "<html>",
            "</html>",
            "<!DOCTYPE",
            "it's",
            "\"a\"",
            "a;b",
            "${x}",
            "#1",
            "Größe+1=3",
            "日本",
            "a\u{202e}b",
            "a\u{200b}",
            "HEAD",
            "refs/heads/x",
            "a/HEAD",
        ] {
            let done = Command::new("git").args(["check-ref-format", "--branch", name]).output().unwrap();
            let is_refused = invalid(name).is_some() || name == "HEAD";
            assert_eq!(done.status.success(), !is_refused, "{name}: {:?}", invalid(name));
        }
    }

    #[test]
    fn names_of_other_refs() {
        assert!(invalid("@").is_some(), "Git allows it, and reads it as `HEAD`");
        for (name, why) in [
            ("HEAD", "current commit"),
            ("refs/heads/x", "full name"),
            ("refs/x", "full name"),
            ("12/merge", "pull request 12"),
            ("12/head", "pull request 12"),
            ("gh-readonly-queue/main/pr-1-abc", "merge queue"),
        ] {
            assert!(other_ref(name).is_some_and(|reason| reason.contains(why)), "{name}");
        }
        assert_eq!(instead("refs/heads/x"), "use `x`");
        assert_eq!(instead("12/merge"), "use the name of the branch of pull request 12");
        for name in ["head", "a/HEAD", "x/merge", "12/merge/x", "/merge", "12", "gh-readonly-queue", "refs"] {
            assert_eq!(other_ref(name), None, "{name}");
        }
        assert_eq!(tracked("origin/a/b", &REMOTES), Some("a/b"));
        assert_eq!(tracked("origins/a", &REMOTES), None);
        assert_eq!(tracked("origin", &REMOTES), None);
        assert!(is_of_pull_request(&of_pull_request(7)) && !is_of_pull_request("pr-") && !is_of_pull_request("pr-x"));
    }
}
