//! Which of several settings change the output of a branch: the branch is built without each of them.

use super::RECORDS;
use super::trial;
use crate::diagnostic::Result;
use crate::edit::{BranchEdit, Setting, SpecFiles};
use crate::output::Tree;
use crate::source::Project;
use crate::spec;
use std::collections::BTreeSet;

/// The options that change the spec and without which the output of a branch is the same, if other options change it.
pub(super) fn without_effect(before: &Project, settings: &[Setting], name: &str) -> Result<Vec<String>> {
    let output_with = |is_used: &dyn Fn(&str) -> bool| -> Result<Option<Tree>> {
        let used = settings.iter().filter(|setting| is_used(&setting.option));
        let mut files = SpecFiles::open(before)?;
        files.edit([(name.into(), BranchEdit::Set(used.map(|setting| setting.change.clone()).collect()))])?;
        let project = files.project();
        Ok(spec::read_keep_going(&project).ok().and_then(|spec| trial::output_of(&project, &spec, name)))
    };
    let files = SpecFiles::open(before)?;
    let changes = settings.iter().filter(|setting| !is_record(setting) && !files.has_field(name, &setting.change));
    let options: BTreeSet<&str> = changes.map(|setting| setting.option.as_str()).collect();
    let mut unused = Vec::new();
    if options.len() > 1
        && let Some(output) = output_with(&|_| true)?
    {
        for option in options {
            if output_with(&|other| other != option)?.as_ref() == Some(&output) {
                unused.push(option.to_owned());
            }
        }
    }
    Ok(unused)
}

/// Whether a setting is a record for people and for `pleach branch`, and not for the output.
pub(super) fn is_record(setting: &Setting) -> bool {
    setting.change.0.first().is_some_and(|key| RECORDS.contains(&key.as_str()))
}
