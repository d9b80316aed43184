//! Pull requests in a list: the JSON of `gh pr list`, of GitHub's `pulls` and of GitLab's `merge_requests`.

use serde_json::{Map, Value};
use smol_str::SmolStr;

/// The fields that `gh pr list --json` must have.
pub(crate) const GH_FIELDS: &str = "number,headRefName,headRefOid,isCrossRepository,isDraft,labels,title,url";

/// The program whose JSON a list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PullRequestFormat {
    /// `gh pr list`.
    Gh,
    /// GitHub's REST API.
    GitHub,
    /// GitLab's REST API.
    GitLab,
}

impl PullRequestFormat {
    fn of(item: &Map<String, Value>) -> Self {
        match item {
            _ if item.contains_key("iid") => PullRequestFormat::GitLab,
            _ if item.contains_key("head") => PullRequestFormat::GitHub,
            _ => PullRequestFormat::Gh,
        }
    }

    /// The fields of a pull request that a list must have.
    pub(crate) fn required_fields(self) -> String {
        match self {
            PullRequestFormat::Gh => format!("`gh pr list` needs `--json {GH_FIELDS}`"),
            PullRequestFormat::GitHub => {
                "GitHub's REST API has `head.ref`, `head.sha`, `head.repo.full_name`, `base.repo.full_name`, `labels` and `draft`: keep them".to_owned()
            }
            PullRequestFormat::GitLab => {
                "GitLab's REST API has `source_branch`, `sha`, `source_project_id`, `target_project_id`, `labels` and `draft`: keep them".to_owned()
            }
        }
    }
}

/// A pull request of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ListedPullRequest {
    /// The program that printed it.
    pub(crate) format: PullRequestFormat,
    /// Its number.
    pub(crate) number: u64,
    /// The name of its branch, in its own repository.
    pub(crate) head: SmolStr,
    /// The last commit of its branch.
    pub(crate) commit: Option<SmolStr>,
    /// Whether its branch is in another repository, if the list says so.
    pub(crate) is_fork: Option<bool>,
    /// Whether it is a draft, if the list says so.
    pub(crate) is_draft: Option<bool>,
    /// Whether it is open.
    pub(crate) is_open: bool,
    /// Its labels, if the list has them.
    pub(crate) labels: Option<Vec<SmolStr>>,
    /// The address of its page.
    pub(crate) url: Option<SmolStr>,
    /// Its title, which anybody can write.
    pub(crate) title: Option<SmolStr>,
}

/// Whether an item of a list is a pull request.
pub(crate) fn is_pull_request(item: &Map<String, Value>) -> bool {
    item.contains_key("number") || item.contains_key("iid")
}

impl ListedPullRequest {
    /// Reads an item. The error is the end of a sentence about the list, and what to try.
    pub(crate) fn of(item: &Map<String, Value>) -> Result<Self, (String, String)> {
        let format = PullRequestFormat::of(item);
        let error = |what: String| (what, format.required_fields());
        let first = |keys: &[&str]| keys.iter().find_map(|key| at(item, key));
        let text = |keys: &[&str]| first(keys).and_then(Value::as_str).map(SmolStr::from);
        let number = first(&["number", "iid"]).and_then(Value::as_u64).filter(|number| *number > 0);
        let number = number.ok_or_else(|| error("has a pull request with an invalid number".to_owned()))?;
        let head = text(&["headRefName", "head/ref", "source_branch"]);
        let head = head.ok_or_else(|| error(format!("does not have the branch name of pull request {number}")))?;
        let label = |label: &Value| label.get("name").unwrap_or(label).as_str().map(SmolStr::from);
        let is_closed = |state: SmolStr| ["closed", "merged"].contains(&state.to_lowercase().as_str());
        Ok(ListedPullRequest {
            format,
            number,
            head,
            commit: text(&["headRefOid", "head/sha", "sha"]),
            is_fork: is_fork(item),
            is_draft: first(&["isDraft", "draft", "work_in_progress"]).and_then(Value::as_bool),
            is_open: !text(&["state"]).is_some_and(is_closed),
            labels: item.get("labels").and_then(Value::as_array).map(|all| all.iter().filter_map(label).collect()),
            url: text(&["html_url", "web_url", "url"]).filter(|url| is_url(url)),
            title: text(&["title"]),
        })
    }

    /// Whether it has a label.
    pub(crate) fn has_label(&self, label: &str) -> bool {
        self.labels.iter().flatten().any(|own| own == label)
    }

    /// The name of its environment, if it is known by its pull request and not by its branch.
    pub(crate) fn environment(&self) -> SmolStr {
        crate::branch_name::of_pull_request(self.number)
    }
}

/// The value at a path of keys that are separated by `/`.
fn at<'v>(item: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let value = item.get(first)?;
    rest.map_or(Some(value), |rest| value.pointer(&format!("/{rest}")))
}

/// Whether the branch is in another repository. A repository that was deleted is another one.
fn is_fork(item: &Map<String, Value>) -> Option<bool> {
    if let Some(is_fork) = item.get("isCrossRepository") {
        return is_fork.as_bool();
    }
    let differ = |head: &Value, base: &Value| match (head, base) {
        (Value::Null, _) => Some(true),
        (_, Value::Null) => None,
        (head, base) => Some(head != base),
    };
    if let Some(head) = item.get("source_project_id") {
        return differ(head, item.get("target_project_id")?);
    }
    match at(item, "head/repo")? {
        Value::Null => Some(true),
        head => differ(head.get("full_name")?, at(item, "base/repo/full_name")?),
    }
}

/// The spec has the same rule.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ListedPullRequest, (String, String)> {
        ListedPullRequest::of(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn gh_github_and_gitlab_are_read() {
        let gh = r#"{"number":42,"headRefName":"feat/cart","headRefOid":"aa","isCrossRepository":false,"isDraft":true,
            "labels":[{"id":"x","name":"preview"}],"title":"Cart","url":"https://github.com/o/r/pull/42"}"#;
        let rest = r#"{"number":42,"state":"open","draft":true,"title":"Cart","url":"https://api.github.com/repos/o/r/pulls/42",
            "html_url":"https://github.com/o/r/pull/42","labels":[{"name":"preview"}],
            "head":{"ref":"feat/cart","sha":"aa","repo":{"full_name":"o/r"}},"base":{"ref":"main","repo":{"full_name":"o/r"}}}"#;
        let gitlab = r#"{"id":1,"iid":42,"state":"opened","draft":true,"title":"Cart","web_url":"https://github.com/o/r/pull/42",
            "labels":["preview"],"source_branch":"feat/cart","sha":"aa","source_project_id":1,"target_project_id":1}"#;
        let want = ListedPullRequest {
            format: PullRequestFormat::Gh,
            number: 42,
            head: "feat/cart".into(),
            commit: Some("aa".into()),
            is_fork: Some(false),
            is_draft: Some(true),
            is_open: true,
            labels: Some(vec!["preview".into()]),
            url: Some("https://github.com/o/r/pull/42".into()),
            title: Some("Cart".into()),
        };
        for (json, format) in
            [(gh, PullRequestFormat::Gh), (rest, PullRequestFormat::GitHub), (gitlab, PullRequestFormat::GitLab)]
        {
            assert_eq!(read(json), Ok(ListedPullRequest { format, ..want.clone() }), "{json}");
        }
    }

    #[test]
    fn forks_are_recognized() {
        for (fields, is_fork) in [
            (r#""isCrossRepository":true"#, Some(true)),
            (r#""isCrossRepository":null"#, None),
            (r#""x":1"#, None),
            (r#""head":{"ref":"x","sha":"a"}"#, None),
            (r#""head":{"ref":"x","repo":null}"#, Some(true)),
            (r#""head":{"ref":"x","repo":{"full_name":"o/r"}}"#, None),
            (r#""head":{"ref":"x","repo":{"full_name":"o/r"}},"base":{"repo":{"full_name":"o/r"}}"#, Some(false)),
            (r#""head":{"ref":"x","repo":{"full_name":"e/r"}},"base":{"repo":{"full_name":"o/r"}}"#, Some(true)),
            (r#""source_project_id":1,"target_project_id":2"#, Some(true)),
            (r#""source_project_id":null,"target_project_id":2"#, Some(true)),
            (r#""source_project_id":1,"target_project_id":null"#, None),
            (r#""source_project_id":1"#, None),
        ] {
            let read = read(&format!(r#"{{"number":1,"headRefName":"x",{fields}}}"#)).unwrap();
            assert_eq!(read.is_fork, is_fork, "{fields}");
        }
        assert!(read(r#"{"number":-1,"headRefName":"x"}"#).is_err());
        for (json, hint) in [
            (r#"{"number":1}"#, "`gh pr list` needs"),
            (r#"{"number":1,"head":{"sha":"a"}}"#, "GitHub's REST API"),
            (r#"{"iid":1}"#, "GitLab's REST API"),
        ] {
            let (what, help) = read(json).unwrap_err();
            assert_eq!(what, "does not have the branch name of pull request 1");
            assert!(help.starts_with(hint), "{help}");
        }
        assert_eq!(read(r#"{"number":1,"headRefName":"x","url":"javascript:x"}"#).unwrap().url, None);
        assert!(!read(r#"{"iid":1,"source_branch":"x","state":"merged"}"#).unwrap().is_open);
    }
}
