//! The variables of the image patterns in `sync.images`.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::spec::SyncRules;

/// The variables of image patterns.
pub(super) struct ImageVariables<'a> {
    pub(super) project: &'a str,
    pub(super) branch: &'a str,
    pub(super) commit: Option<&'a str>,
    pub(super) rules: &'a SyncRules,
}

impl ImageVariables<'_> {
    pub(super) fn expand(&self, pattern: &str) -> Result<String, Diagnostic> {
        let mut out = String::new();
        let mut rest = pattern;
        while let Some((before, inside)) = rest.split_once("{{") {
            let Some((name, after)) = inside.split_once("}}") else {
                return Err(Diagnostic::new(Code::Spec, "`{{` without `}}`"));
            };
            out.push_str(before);
            out.push_str(&self.value(name.trim())?);
            rest = after;
        }
        Ok(out + rest)
    }

    fn value(&self, name: &str) -> Result<String, Diagnostic> {
        let commit = || {
            self.commit.ok_or_else(|| {
                let message = format!("`{name}` requires a commit, but the list has none for branch `{}`", self.branch);
                Diagnostic::new(Code::Usage, message)
                    .help("list branches with their commits, as `git ls-remote --heads` does")
            })
        };
        let style = self.rules.tags;
        Ok(match name {
            "project" => self.project.to_owned(),
            "branch.name" => self.branch.to_owned(),
            "branch.tag" => style.tag(self.branch),
            "commit.sha" => commit()?.to_owned(),
            "commit.short" => commit()?.chars().take(style.short_commit()).collect(),
            _ => {
                return Err(Diagnostic::new(Code::Spec, format!("unknown image variable `{name}`"))
                    .help("use `project`, `branch.name`, `branch.tag`, `commit.sha` or `commit.short`"));
            }
        })
    }
}
