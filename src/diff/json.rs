//! Differences for programs. The shape is stable: fields may be added, none changes or goes. `schema/diff.schema.json` describes it.

use super::change::{Change, ValueChange};
use super::derived::GeneralText;
use super::fact::Fact;
use super::{ChangeGroup, ChangeKind, Diff, EnvironmentDiff, FileDiff};
use crate::schema::quantity;
use crate::visible::visible_json;
use serde::Serialize;
use smol_str::SmolStr;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonDiff<'a> {
    api_version: &'a str,
    kind: &'a str,
    branches: Vec<JsonBranch<'a>>,
    not_rendered: Vec<&'a str>,
    groups: Vec<JsonGroup<'a>>,
    dangers: Vec<JsonFact<'a>>,
    images: Vec<JsonImage<'a>>,
    dns: Vec<JsonFact<'a>>,
    databases: Vec<JsonFact<'a>>,
    restarts: Vec<JsonFact<'a>>,
    jobs: Vec<JsonFact<'a>>,
    requests: JsonRequests,
    totals: JsonTotals,
}

#[derive(Serialize)]
struct JsonBranch<'a> {
    name: &'a str,
    slug: &'a str,
    change: ChangeKind,
    routine: bool,
    files: Vec<JsonFile<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonFile<'a> {
    path: &'a str,
    change: ChangeKind,
    added_lines: usize,
    removed_lines: usize,
    formatting_only: bool,
}

/// Changes that the same branches have. In their texts, `{slug}` is the slug of each branch.
#[derive(Serialize)]
struct JsonGroup<'a> {
    id: &'a str,
    branches: Vec<&'a str>,
    changes: Vec<JsonChange>,
}

#[derive(Serialize)]
struct JsonChange {
    object: JsonObject,
    /// Empty for the whole object.
    path: SmolStr,
    /// `added`, `removed`, `replaced`, `lines` or `reordered`.
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<SmolStr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<SmolStr>,
    /// The changed lines of a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<SmolStr>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonObject {
    api_version: SmolStr,
    kind: SmolStr,
    name: SmolStr,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<SmolStr>,
}

#[derive(Serialize)]
struct JsonImage<'a> {
    name: SmolStr,
    from: Option<SmolStr>,
    to: Option<SmolStr>,
    branches: Vec<&'a str>,
}

#[derive(Serialize)]
struct JsonFact<'a> {
    text: String,
    branches: Vec<&'a str>,
}

/// The difference of all requests.
#[derive(Serialize)]
struct JsonRequests {
    cpu: String,
    memory: String,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonTotals {
    branches: usize,
    added: usize,
    changed: usize,
    removed: usize,
    routine: usize,
    groups: usize,
    changes: usize,
    files: usize,
    added_lines: usize,
    removed_lines: usize,
}

/// One JSON document.
pub(crate) fn render(diff: &Diff) -> String {
    let facts = diff.facts();
    let names = |at: &[usize]| -> Vec<&str> { at.iter().map(|at| diff.environments[*at].name.as_str()).collect() };
    let with = |is_wanted: fn(&Fact) -> bool| -> Vec<JsonFact> {
        let facts = facts.iter().filter(|(fact, _)| is_wanted(fact));
        facts.map(|(fact, at)| JsonFact { text: fact.describe(), branches: names(at) }).collect()
    };
    let image = |(fact, at): &(Fact, Vec<usize>)| match fact {
        Fact::Image(name, from, to) => {
            Some(JsonImage { name: name.clone(), from: from.clone(), to: to.clone(), branches: names(at) })
        }
        _ => None,
    };
    let requests = diff.requests();
    let document = JsonDiff {
        api_version: "pleach/v1",
        kind: "Diff",
        branches: diff.environments.iter().map(branch).collect(),
        not_rendered: diff.not_rendered.iter().map(String::as_str).collect(),
        groups: diff.groups.iter().map(|group| json_group(group, names(&group.environments))).collect(),
        dangers: with(|fact| matches!(fact, Fact::Danger(..))),
        images: facts.iter().filter_map(image).collect(),
        dns: with(|fact| matches!(fact, Fact::Dns(..))),
        databases: with(|fact| matches!(fact, Fact::Database(..))),
        restarts: with(|fact| matches!(fact, Fact::Restart(..))),
        jobs: with(|fact| matches!(fact, Fact::Job(..))),
        requests: JsonRequests { cpu: quantity::cpu(requests.cpu), memory: quantity::bytes(requests.memory) },
        totals: JsonTotals::of(diff),
    };
    let json = serde_json::to_string_pretty(&document).expect("strings and numbers make JSON");
    visible_json(&json) + "\n"
}

impl JsonTotals {
    fn of(diff: &Diff) -> Self {
        let mut totals =
            JsonTotals { branches: diff.environments.len(), groups: diff.groups.len(), ..JsonTotals::default() };
        for environment in diff.branches() {
            match environment.change {
                ChangeKind::Added => totals.added += 1,
                ChangeKind::Changed => totals.changed += 1,
                ChangeKind::Removed => totals.removed += 1,
            }
        }
        for environment in &diff.environments {
            totals.routine += usize::from(environment.is_routine());
            totals.changes += environment.changes.len();
            totals.files += environment.files.len();
            for file in &environment.files {
                totals.added_lines += file.added;
                totals.removed_lines += file.removed;
            }
        }
        totals
    }
}

fn branch(environment: &EnvironmentDiff) -> JsonBranch<'_> {
    JsonBranch {
        name: &environment.name,
        slug: &environment.slug,
        change: environment.change,
        routine: environment.is_routine(),
        files: environment.files.iter().map(file).collect(),
    }
}

fn file(file: &FileDiff) -> JsonFile<'_> {
    JsonFile {
        path: &file.path,
        change: file.change,
        added_lines: file.added,
        removed_lines: file.removed,
        formatting_only: !file.has_changes,
    }
}

fn json_group<'a>(group: &'a ChangeGroup, branches: Vec<&'a str>) -> JsonGroup<'a> {
    JsonGroup { id: &group.id, branches, changes: group.changes.iter().map(json_change).collect() }
}

fn json_change(change: &Change<GeneralText>) -> JsonChange {
    let text = |text: &GeneralText| Some(text.shown());
    let (word, before, after, lines) = match &change.value {
        ValueChange::Added(after) => ("added", None, text(after), None),
        ValueChange::Removed(before) => ("removed", text(before), None, None),
        ValueChange::Replaced(before, after) => ("replaced", text(before), text(after), None),
        ValueChange::Lines(lines) => ("lines", None, None, text(lines)),
        ValueChange::Reordered(before, after) => ("reordered", text(before), text(after), None),
    };
    let object = &change.object;
    let object = JsonObject {
        api_version: object.api_version.clone(),
        kind: object.kind.clone(),
        name: object.name.shown(),
        namespace: object.namespace.as_ref().map(GeneralText::shown),
    };
    JsonChange { object, path: change.path.shown(), change: word, before, after, lines }
}
