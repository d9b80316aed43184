//! `pleach branch`: lists and changes the branches of the spec.

mod args;
mod expire;
mod key_path;
mod list;
mod settings;
mod slot;
mod sync;
mod today;
mod trial;

pub(super) use args::BranchCommand;

use super::Outcome;
use super::screen::{Screen, report_text};
use super::workspace::{LOCK_TIMEOUT, Workspace};
use crate::deletion_limits::BRANCHES;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::edit::expired::RecordEdit;
use crate::edit::{self, BranchEdit, FieldChange, Setting, SettingsOf, SpecFiles};
use crate::plan::{self, BuildPlan};
use crate::source::Project;
use crate::spec::Spec;
use crate::visible::visible;
use crate::{disk, git, spec};
use args::{
    BranchAddArgs, BranchRemoveArgs, BranchRenameArgs, BranchSetArgs, DeletionLimitArgs, HeadsSource, RepositoryArgs,
};
use smol_str::SmolStr;
use std::path::Path;
use trial::Effect;

/// The keys of a branch that are records for people and for `pleach branch`, and not for its output.
const RECORDS: [&str; 5] = ["added", "expires", "link", "owner", "pin"];

pub(super) fn run(command: &BranchCommand, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    if let BranchCommand::List { format } = command {
        return list::run(*format, workspace, screen);
    }
    // The lock is taken before the spec is read, so that no other change is lost.
    let _lock = disk::lock_workspace(&workspace.root, LOCK_TIMEOUT, || {
        screen.info("waiting for another run in this workspace");
    })?;
    let (spec, plan) = read(&workspace.project)?;
    let edit = BranchEditor { workspace, here, screen, spec };
    let files = SpecFiles::open(&workspace.project)?;
    match command {
        BranchCommand::List { .. } => unreachable!("`list` returned above"),
        BranchCommand::Add(args) => edit.add(args, files),
        BranchCommand::Set(args) => edit.set(args, files),
        BranchCommand::Remove(args) => edit.remove(args, files),
        BranchCommand::Rename(args) => edit.rename(args, &plan, files),
        BranchCommand::Expire(args) => expire::run(&edit, args, files),
        BranchCommand::Sync(args) => sync::run(&edit, args, files),
    }
}

/// The spec and the plan, also if there are too many branches: these commands can remove some.
fn read(project: &Project) -> Result<(Spec, BuildPlan)> {
    let spec = spec::read(project)?;
    let plan = plan::build_unlimited_plan(&spec)?;
    Ok((spec, plan))
}

/// The state that commands share which change the spec.
struct BranchEditor<'a> {
    workspace: &'a Workspace,
    here: &'a Path,
    screen: Screen,
    spec: Spec,
}

impl BranchEditor<'_> {
    fn add(&self, args: &BranchAddArgs, mut files: SpecFiles) -> Result<Outcome> {
        if files.has(&args.name) {
            let error = Diagnostic::new(Code::Usage, format!("the branch `{}` exists already", args.name));
            return Err(error.help("`pleach branch set` changes it").into());
        }
        let settings = settings::settings(&args.settings, &[], &args.name, &self.spec)?;
        let name = SmolStr::from(&args.name);
        add(&mut files, &name, changes(&settings))?;
        let settings = SettingsOf { branch: &name, settings: &settings };
        self.write_if(files, args.dry_run, settings, |after| {
            trial::add(&self.workspace.project, after, std::slice::from_ref(&name))?;
            Ok(format!("added {}\n", visible(&name)))
        })
    }

    fn set(&self, args: &BranchSetArgs, mut files: SpecFiles) -> Result<Outcome> {
        let name = args.name.as_str();
        let settings = settings::settings(&args.settings, &args.unset, name, &self.spec)?;
        if settings.is_empty() && !args.create {
            let error = Diagnostic::new(Code::Usage, "no setting is given");
            return Err(error.help("`pleach branch set --help` lists the settings").into());
        }
        let is_for_output =
            settings.iter().any(|set| !set.change.0.first().is_some_and(|key| RECORDS.contains(&key.as_str())));
        let is_added = !files.has(name);
        if is_added && !args.create {
            return Err(files.unknown_branch(name).help("`--create` adds it").into());
        }
        let message = format!("{} {}\n", if is_added { "added" } else { "changed" }, visible(name));
        if is_added {
            add(&mut files, name, changes(&settings))?;
        } else if files.edit([(name.into(), BranchEdit::Set(changes(&settings)))])?.is_empty() {
            return self.finish(files, args.dry_run, &format!("{} has these settings already\n", visible(name)));
        }
        let settings = SettingsOf { branch: name, settings: &settings };
        self.write_if(files, args.dry_run, settings, |after| {
            let (before, name) = (&self.workspace.project, SmolStr::from(name));
            if is_added {
                return trial::add(before, after, &[name]).map(|()| message);
            }
            Ok(match trial::compare(before, after, &name)? {
                Effect::None if is_for_output => {
                    message + &format!("no effect: the output of {} stays the same\n", visible(&name))
                }
                _ => message,
            })
        })
    }

    fn remove(&self, args: &BranchRemoveArgs, mut files: SpecFiles) -> Result<Outcome> {
        let mut removed: Vec<SmolStr> = Vec::new();
        for name in &args.names {
            match self.spec.branches.iter().find(|branch| branch.name == *name) {
                None => {
                    let project = &self.workspace.project;
                    self.screen.warn(&[files.unknown_branch(name)], project);
                }
                Some(_) if removed.iter().any(|known| known == name) => {}
                Some(branch) => removed.push(branch.name.clone()),
            }
        }
        gather(&removed, |name| self.refuse_pinned(name))?;
        Diagnostics::check(removed.iter().flat_map(|name| self.references(name)).collect(), ())?;
        files.edit(removed.iter().map(|name| (name.clone(), BranchEdit::Remove)))?;
        self.finish(files, args.dry_run, &lines("removed", &removed))
    }

    fn refuse_pinned(&self, name: &str) -> Result<(), Diagnostic> {
        let pinned = self.spec.branches.iter().find(|branch| branch.name == name && branch.pin.is_some());
        let Some((branch, pin)) = pinned.and_then(|branch| Some((branch, branch.pin.as_ref()?))) else { return Ok(()) };
        Err(Diagnostic::new(Code::Guard, format!("`{name}` is pinned: {}", pin.reason))
            .at(branch.at)
            .help(format!("nothing was written; `pleach branch set {name} --unset pin` removes the pin")))
    }

    /// An error for each part of the spec that refers to a branch.
    fn references(&self, name: &str) -> Vec<Diagnostic> {
        let refusal = |(key, at)| {
            Diagnostic::new(Code::Spec, format!("`{name}` cannot be removed, because {key} refers to it"))
                .at(at)
                .help("nothing was written; first remove this reference, or change it to another branch")
        };
        self.spec.references(name).map(refusal).collect()
    }

    fn rename(&self, args: &BranchRenameArgs, plan: &BuildPlan, mut files: SpecFiles) -> Result<Outcome> {
        let (old, new) = (args.old.as_str(), args.new.as_str());
        if files.has(new) && old != new {
            let error = Diagnostic::new(Code::Usage, format!("the branch `{new}` exists already"));
            return Err(error.help("`pleach branch remove` removes it").into());
        }
        if old == new && !args.keep_slug && files.has(old) {
            return Err(Diagnostic::new(Code::Usage, format!("`{old}` is the name of the branch already")).into());
        }
        let slug = plan.branches.iter().find(|branch| branch.name == old).map(|branch| &branch.slug);
        files.rename(old, new, slug.filter(|_| args.keep_slug))?;
        self.finish(files, args.dry_run, &format!("renamed {} to {}\n", visible(old), visible(new)))
    }

    /// The text of a list of branches.
    fn list(&self, source: HeadsSource, repo: &RepositoryArgs) -> Result<String, Diagnostic> {
        let given = [("--repo", repo.repo.is_some()), ("--remote", repo.remote.is_some())];
        match (source, given.into_iter().find(|(_, is_given)| *is_given)) {
            // A path with `..` or a link would be searched for a repository among the folders that it names.
            (HeadsSource::Git, _) => git::branches(&disk::resolve_new(&self.here.join(repo.repo())), repo.remote()),
            (HeadsSource::Stdin, None) => disk::input(),
            (HeadsSource::Stdin, Some((option, _))) => {
                let error = Diagnostic::new(Code::Usage, format!("`{option}` has no effect with `--from -`"));
                Err(error.help("`--from git` reads a repository"))
            }
        }
    }

    fn limit(&self, removed: &[SmolStr], limit: DeletionLimitArgs) -> Result<(), Diagnostic> {
        let removed: Vec<&str> = removed.iter().map(SmolStr::as_str).collect();
        BRANCHES.check(self.spec.branches.len(), &removed, limit.allow_delete)
    }

    /// Writes the changed files if the new spec is valid, and reports `message`. With `dry_run`, nothing is written.
    fn finish(&self, files: SpecFiles, dry_run: bool, message: &str) -> Result<Outcome> {
        self.write_if(files, dry_run, SettingsOf::default(), |_| Ok(self::message(message)))
    }

    /// Writes the changed files if the new spec is valid and `check` accepts the project with it, and reports the message that
    /// `check` returns. A spec with too many branches is written, unless the change adds branches. `settings` are those that
    /// errors can result from.
    fn write_if(
        &self,
        files: SpecFiles,
        dry_run: bool,
        settings: SettingsOf,
        check: impl FnOnce(&Project) -> Result<String>,
    ) -> Result<Outcome> {
        let project = files.project();
        let checked = read(&project).and_then(|(spec, _)| {
            let more = spec.branches.len() > self.spec.branches.len();
            Diagnostics::check(plan::too_many_branches(&spec).filter(|_| more).into_iter().collect(), ())
        });
        let message =
            checked.and_then(|()| check(&project)).map_err(|errors| files.locate_before(errors, &project, settings))?;
        let changed = files.into_changed().into_iter().filter(|_| !dry_run);
        for (path, text) in changed {
            disk::put(&self.workspace.root.join(path.as_str()), text.as_deref())?;
        }
        report_text(&message).map(|()| Outcome::Done)
    }
}

fn changes(settings: &[Setting]) -> Vec<FieldChange> {
    settings.iter().map(|setting| setting.change.clone()).collect()
}

/// Adds a branch with the current day. If it had expired, the record is dropped.
fn add(files: &mut SpecFiles, name: &str, mut changes: Vec<FieldChange>) -> Result<()> {
    changes.insert(0, edit::added(today::today()?));
    files.edit([(name.into(), BranchEdit::Add(changes))])?;
    files.edit_expired(&[(name.into(), RecordEdit::Drop)].into())
}

/// What a command reports that has these `lines` to report.
fn message(lines: &str) -> String {
    if lines.is_empty() { "nothing to do\n" } else { lines }.to_owned()
}

/// One line per name, such as `removed feature/login`.
fn lines(action: &str, names: &[SmolStr]) -> String {
    names.iter().fold(String::new(), |lines, name| lines + action + " " + &visible(name) + "\n")
}
