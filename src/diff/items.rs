//! Differences as items of a [`report`](crate::report), for CI systems: removed environments and dangers as warnings, each change
//! group as a note about the files that it changes.

use super::change::{Change, ObjectName};
use super::derived::GeneralText;
use super::fact::{self, Fact};
use super::{ChangeGroup, ChangeKind, Diff, EnvironmentDiff, counted};
use crate::report::{ItemLevel, ItemLocation, ReportItem, Rule};
use smol_str::SmolStr;
use std::collections::BTreeSet;

impl Diff {
    /// The items. `path` is the path of a file of the output as the CI system knows it.
    pub(crate) fn items(&self, path: impl Fn(&str) -> String) -> Vec<ReportItem> {
        let location = |file: &str| ItemLocation::file(path(file));
        let mut items = Vec::new();
        for name in &self.not_rendered {
            let message = format!("the environment of `{name}` is not rendered: the branch cannot be built");
            items.push(ReportItem::new(rule("not-rendered"), ItemLevel::Warning, message));
        }
        for environment in self.branches().filter(|environment| environment.change == ChangeKind::Removed) {
            let message = format!("the environment of `{}` is deleted", environment.name);
            let files = environment.files.iter().map(|file| location(&file.path));
            items.push(ReportItem::new(rule("environment-deleted"), ItemLevel::Warning, message).at(files));
        }
        for (fact, at) in self.facts().iter().filter(|(fact, _)| matches!(fact, Fact::Danger(..))) {
            let message = format!("{} in {}", fact.describe(), self.names(at));
            let files = at.iter().flat_map(|at| self.environments[*at].files_of(fact)).map(location);
            items.push(ReportItem::new(rule("danger"), ItemLevel::Warning, message).at(files));
        }
        for group in &self.groups {
            let item = ReportItem::new(rule("change-group"), ItemLevel::Note, self.message(group));
            items.push(item.at(self.files(group).into_iter().map(location)));
        }
        items
    }

    /// `Deployment/web, ConfigMap/nginx in all 40 environments: 3 changes (3f2a9c01)`.
    fn message(&self, group: &ChangeGroup) -> String {
        let (changes, names) = (counted(group.changes.len(), "change"), self.names(&group.environments));
        format!("{} in {names}: {changes} ({})", group.objects(), group.id)
    }

    /// The files that have the objects of a group.
    fn files(&self, group: &ChangeGroup) -> BTreeSet<&str> {
        let environments = group.environments.iter().map(|at| &self.environments[*at]);
        let objects = environments.flat_map(|environment| {
            let own = |change: &Change<GeneralText>| {
                let name = change.object.map(&|text| text.expanded(&environment.names))?;
                environment.objects.get(&name).map(String::as_str)
            };
            group.changes.iter().filter_map(own)
        });
        objects.collect()
    }
}

impl EnvironmentDiff {
    /// The files of the object that a fact is about.
    fn files_of(&self, fact: &Fact) -> Vec<&str> {
        let Fact::Danger(_, object) = fact else { return Vec::new() };
        let is_object = |name: &ObjectName<SmolStr>| fact::shown(name) == *object;
        self.objects.iter().filter(|(name, _)| is_object(name)).map(|(_, file)| file.as_str()).collect()
    }
}

fn rule(id: &'static str) -> Rule {
    let title = match id {
        "not-rendered" => "a branch that cannot be built",
        "environment-deleted" => "an environment that is deleted",
        "danger" => "a change that can lose data, is refused by the API server, or gives more rights",
        _ => "changes that the same environments have",
    };
    Rule { id: id.into(), title: title.into(), help: "docs/src/guides/review.md".into() }
}
