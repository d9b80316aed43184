//! `pleach branch sync`: updates the spec to the branches or pull requests of a list.

use super::args::{BranchSyncArgs, HeadsSource};
use super::trial::EditedBranches;
use super::{BranchEditor, SpecEdit, lines, today};
use crate::branch_name;
use crate::cli::Outcome;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::edit::list::BranchList;
use crate::edit::sync::{SyncResult, SyncSettings, sync};
use crate::edit::{self, SettingsOf, SpecFiles};
use crate::glob;
use crate::source::Location;
use crate::spec::{Placed, Spec, SyncRules};
use crate::visible::visible;
use smol_str::SmolStr;
use std::collections::BTreeSet;

pub(super) fn run(editor: &BranchEditor, args: &BranchSyncArgs, mut files: SpecFiles) -> Result<Outcome> {
    if args.allow_empty && args.from == HeadsSource::Git {
        let error = Diagnostic::new(Code::Usage, "`--allow-empty` has no effect with `--from git`");
        return Err(error.help("it accepts the empty JSON list `[]`").into());
    }
    let text = editor.list(args.from, &args.repo)?;
    let listed = edit::list::read(&text, args.allow_empty)?;
    check_options(args, &listed)?;
    let rules = rules(&editor.spec.sync, args);
    // What the spec alone excludes is an error of the spec.
    Diagnostics::check(rules.without_names(), ())?;
    let warnings: Vec<Diagnostic> = unmatched(args, &rules.labels, &listed)
        .into_iter()
        .chain(unmatched_rules(&rules, &editor.spec, &listed))
        .collect();
    let settings = SyncSettings {
        rules,
        remotes: branch_name::REMOTES.into_iter().chain([args.repo.remote()]).collect(),
        today: today::today()?,
        allow_delete: args.limit.allow_delete,
    };
    let synced = sync(&mut files, &editor.spec, listed, &settings)?;
    // A list that cannot be trusted is refused, whatever number of deletions is allowed; a label may have no pull request left.
    Diagnostics::check(synced.guards.clone(), ())?;
    editor.limit(&synced.removed, args.limit)?;
    editor.screen.warn(&warnings, &editor.workspace.project);
    let edited = EditedBranches { added: &synced.added, ..EditedBranches::default() };
    let edit = SpecEdit { edited, settings: SettingsOf::default(), dry_run: args.limit.dry_run };
    editor.write(files, &edit, &summary(&synced))
}

/// Refuses options that have no effect on a list of branches.
fn check_options(args: &BranchSyncArgs, listed: &BranchList) -> Result<()> {
    let of_pull_requests = [("--label", !args.label.is_empty()), ("--skip-drafts", args.skip_drafts)];
    let given = of_pull_requests.into_iter().filter(|(_, is_given)| *is_given && listed.pull_requests.is_none());
    let errors = given.map(|(option, _)| {
        let error = Diagnostic::new(Code::Usage, format!("`{option}` has no effect on a list of branches"));
        error
            .help("it selects pull requests: use a list of `gh pr list`, GitHub's `pulls` or GitLab's `merge_requests`")
    });
    Diagnostics::check(errors.collect(), ())
}

/// Warnings about patterns of the command line and about labels that select nothing of the list.
fn unmatched(args: &BranchSyncArgs, labels: &[Placed<SmolStr>], listed: &BranchList) -> Vec<Diagnostic> {
    let open = || listed.pull_requests.iter().flatten().filter(|listed| listed.is_open);
    let names: Vec<&str> =
        listed.heads.keys().map(SmolStr::as_str).chain(open().map(|listed| listed.head.as_str())).collect();
    let includes = args.include.iter().filter(|pattern| !names.iter().any(|name| glob::matches(pattern, name)));
    let is_set = |label: &str| open().any(|listed| listed.has_label(label));
    let labels = labels.iter().map(|label| &label.value);
    let labels = labels.filter(|label| listed.pull_requests.is_some() && !is_set(label));
    let label_option = if args.label.is_empty() { "sync.labels:" } else { "--label" };
    let warning = |option: String, what: &str| {
        Diagnostic::new(Code::Usage, format!("`{option}` matches no {what} in the list of branches"))
    };
    let what = if listed.pull_requests.is_some() { "branch of an open pull request" } else { "name" };
    let includes = includes.map(|pattern| {
        let warning = warning(format!("--include {pattern}"), what);
        start_help(pattern, names.iter().copied()).into_iter().fold(warning, Diagnostic::help)
    });
    let labels = labels.map(|label| warning(format!("{label_option} {label}"), "open pull request"));
    if names.is_empty() { Vec::new() } else { includes.chain(labels).collect() }
}

/// Warnings about patterns of the spec that match neither a name of the list nor a branch of the spec. A pattern with `*` or `?`
/// may be for branches to come, unless no pattern of `sync.include` matches. A list of pull requests does not have all branches.
fn unmatched_rules(rules: &SyncRules, spec: &Spec, listed: &BranchList) -> Vec<Diagnostic> {
    let names: BTreeSet<&str> =
        listed.heads.keys().chain(spec.branches.iter().map(|branch| &branch.name)).map(SmolStr::as_str).collect();
    if listed.pull_requests.is_some() || listed.heads.is_empty() {
        return Vec::new();
    }
    let is_matched = |pattern: &Placed<SmolStr>| names.iter().any(|name| glob::matches(&pattern.value, name));
    let is_name = |pattern: &Placed<SmolStr>| !pattern.value.contains(['*', '?']);
    let selects_none = !rules.include.iter().any(is_matched);
    let includes =
        rules.include.iter().filter(|pattern| selects_none || is_name(pattern)).map(|pattern| ("include", pattern));
    let excludes = rules.exclude.iter().filter(|pattern| is_name(pattern)).map(|pattern| ("exclude", pattern));
    let unmatched = includes.chain(excludes).filter(|(_, pattern)| pattern.at.is_some() && !is_matched(pattern));
    let warning = |(key, pattern): (&str, &Placed<SmolStr>)| {
        let message = format!("`{}` in `sync.{key}` matches no name in the list of branches", pattern.value);
        let warning = Diagnostic::new(Code::Spec, message).at(pattern.at);
        match start_help(&pattern.value, names.iter().copied()) {
            Some(help) => warning.help(help),
            None => warning.suggest(&pattern.value, names.iter().copied()),
        }
    };
    unmatched.map(warning).collect()
}

/// The help for a pattern without `*` that is the start of a name.
fn start_help<'n>(pattern: &str, mut names: impl Iterator<Item = &'n str>) -> Option<String> {
    let is_start = !pattern.contains(['*', '?']) && names.any(|name| name.starts_with(pattern));
    is_start.then(|| format!("a pattern is compared with the whole name: `{pattern}*` matches all names that begin so"))
}

/// The rules of the spec with those of the command line.
fn rules(spec: &SyncRules, args: &BranchSyncArgs) -> SyncRules {
    let or = |given: &[String], spec: &[Placed<SmolStr>]| match given {
        [] => spec.to_vec(),
        given => given.iter().map(|text| Placed { value: text.into(), at: Location::NONE }).collect(),
    };
    SyncRules {
        include: or(&args.include, &spec.include),
        exclude: or(&args.exclude, &spec.exclude),
        labels: or(&args.label, &spec.labels),
        skip_drafts: args.skip_drafts || spec.skip_drafts,
        ..spec.clone()
    }
}

fn summary(synced: &SyncResult) -> String {
    let parts = [
        ("added", &synced.added),
        ("changed", &synced.changed),
        ("removed", &synced.removed),
        ("pinned", &synced.pinned),
        ("needed", &synced.needed),
        ("dropped the record of", &synced.forgotten),
        ("recorded the commit of", &synced.recorded),
    ];
    let summary: String = parts.into_iter().map(|(action, names)| lines(action, names)).collect();
    let skipped = synced.skipped.iter().map(|(name, why)| format!("skipped {}: {}\n", visible(name), visible(why)));
    summary + &skipped.collect::<String>()
}
