//! `pleach branch`: the branches of the spec, looked at and changed.

mod args;
mod list;
mod settings;

pub(super) use args::BranchCommand;

use super::Outcome;
use super::screen::{Screen, report};
use super::workspace::{LOCK_PATIENCE, Workspace};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::edit::{self, Act, SpecFiles};
use crate::plan::{self, Plan};
use crate::source::Project;
use crate::spec::{ExpiryDate, Spec, SyncRules};
use crate::{disk, git, guard, spec};
use args::{
    BranchAddArgs, BranchExpireArgs, BranchRemoveArgs, BranchSetArgs, BranchSyncArgs, DeletionLimitArgs, HeadsSource,
};
use smol_str::SmolStr;
use std::path::Path;

pub(super) fn run(command: &BranchCommand, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    if let BranchCommand::List { format } = command {
        return list::run(*format, workspace, screen);
    }
    // Before anything is read, so that what is written was changed from what is there.
    let _lock = disk::lock_workspace(&workspace.root, LOCK_PATIENCE, || {
        screen.say("waiting for another run in this workspace");
    })?;
    let edit = BranchEditor { workspace, here, screen, spec: read(&workspace.project)?.0 };
    let files = SpecFiles::open(&workspace.project)?;
    match command {
        BranchCommand::List { .. } => unreachable!("it was done above"),
        BranchCommand::Add(args) => edit.add(args, files),
        BranchCommand::Set(args) => edit.set(args, files),
        BranchCommand::Remove(args) => edit.remove(args, files),
        BranchCommand::Expire(args) => edit.expire(args, files),
        BranchCommand::Sync(args) => edit.sync(args, files),
    }
}

/// What the spec says and what follows from it, also if there are too many branches: those that can go are taken out here.
fn read(project: &Project) -> Result<(Spec, Plan)> {
    let spec = spec::read(project)?;
    let plan = plan::of_any_size(&spec)?;
    Ok((spec, plan))
}

/// What the commands share that change the spec.
struct BranchEditor<'a> {
    workspace: &'a Workspace,
    here: &'a Path,
    screen: Screen,
    spec: Spec,
}

impl BranchEditor<'_> {
    fn add(&self, args: &BranchAddArgs, mut files: SpecFiles) -> Result<Outcome> {
        if files.has(&args.name) {
            let error = Diagnostic::new(Code::Usage, format!("the branch `{}` is there already", args.name));
            return Err(error.help("`pleach branch set` changes it").into());
        }
        let changes = settings::changes(&args.settings, &[], &self.spec)?;
        files.change([(args.name.as_str().into(), Act::Add(changes))])?;
        self.write(files, &format!("added {}\n", args.name))
    }

    fn set(&self, args: &BranchSetArgs, mut files: SpecFiles) -> Result<Outcome> {
        let name = args.name.as_str();
        let changes = settings::changes(&args.settings, &args.unset, &self.spec)?;
        if changes.is_empty() && !args.create {
            let error = Diagnostic::new(Code::Usage, "there is nothing to set");
            return Err(error.help("`pleach branch set --help` shows what can be set").into());
        }
        let (act, said) = match (files.has(name), args.create) {
            (true, _) => (Act::Set(changes), format!("changed {name}\n")),
            (false, true) => (Act::Add(changes), format!("added {name}\n")),
            (false, false) => return Err(files.unknown(name).help("`--create` adds it").into()),
        };
        let said =
            if files.change([(name.into(), act)])?.is_empty() { format!("{name} is so already\n") } else { said };
        self.write(files, &said)
    }

    fn remove(&self, args: &BranchRemoveArgs, mut files: SpecFiles) -> Result<Outcome> {
        let mut gone: Vec<SmolStr> = Vec::new();
        for name in &args.names {
            match self.spec.branches.iter().find(|branch| branch.name == *name) {
                None => {
                    let project = &self.workspace.project;
                    self.screen.warn(&[files.unknown(name).help("there is nothing to take out")], project);
                }
                Some(_) if gone.iter().any(|known| known == name) => {}
                Some(branch) => gone.push(branch.name.clone()),
            }
        }
        gather(&gone, |name| self.refuse_pinned(name))?;
        self.limit(&gone, args.limit)?;
        files.change(gone.iter().map(|name| (name.clone(), Act::Remove)))?;
        self.finish(files, args.limit, &told("removed", &gone))
    }

    fn refuse_pinned(&self, name: &str) -> Result<(), Diagnostic> {
        let pinned = self.spec.branches.iter().find(|branch| branch.name == name && branch.pin.is_some());
        let Some((branch, pin)) = pinned.and_then(|branch| Some((branch, branch.pin.as_ref()?))) else { return Ok(()) };
        Err(Diagnostic::new(Code::Guard, format!("`{name}` is pinned: {}", pin.reason))
            .at(branch.at)
            .help(format!("nothing was written; `pleach branch set {name} --unset pin` lets it go")))
    }

    fn expire(&self, args: &BranchExpireArgs, mut files: SpecFiles) -> Result<Outcome> {
        let today = ExpiryDate::parse(&args.as_of).map_err(|error| Diagnostic::new(Code::Usage, error.to_string()))?;
        let overdue =
            |branch: &&crate::spec::BranchEntry| branch.expires.as_ref().is_some_and(|date| date.value < today);
        let (pinned, others): (Vec<_>, Vec<_>) =
            self.spec.branches.iter().filter(overdue).partition(|branch| branch.pin.is_some());
        let (needed, gone): (Vec<_>, Vec<_>) = others.into_iter().partition(|branch| self.spec.needs(&branch.name));
        let names =
            |branches: &[&crate::spec::BranchEntry]| branches.iter().map(|b| b.name.clone()).collect::<Vec<_>>();
        let (pinned, needed, gone) = (names(&pinned), names(&needed), names(&gone));
        self.limit(&gone, args.limit)?;
        files.change(gone.iter().map(|name| (name.clone(), Act::Remove)))?;
        self.finish(files, args.limit, &(told("expired", &gone) + &told("pinned", &pinned) + &told("needed", &needed)))
    }

    fn sync(&self, args: &BranchSyncArgs, mut files: SpecFiles) -> Result<Outcome> {
        let text = match args.from {
            HeadsSource::Git => git::branches(&self.here.join(&args.repo), &args.remote)?,
            HeadsSource::Stdin => disk::input()?,
        };
        let listed = edit::list::read(&text)?;
        let or = |given: &[String], spec: &[SmolStr]| match given {
            [] => spec.to_vec(),
            given => given.iter().map(SmolStr::from).collect(),
        };
        let rules = &self.spec.sync;
        let rules = SyncRules {
            include: or(&args.include, &rules.include),
            exclude: or(&args.exclude, &rules.exclude),
            ..rules.clone()
        };
        let synced = edit::sync::sync(&mut files, &self.spec, &listed, &rules)?;
        self.limit(&synced.removed, args.limit)?;
        let parts = [
            ("added", &synced.added),
            ("changed", &synced.changed),
            ("removed", &synced.removed),
            ("pinned", &synced.pinned),
            ("needed", &synced.needed),
        ];
        let said: String = parts.into_iter().map(|(what, names)| told(what, names)).collect();
        self.finish(files, args.limit, &said)
    }

    fn limit(&self, gone: &[SmolStr], limit: DeletionLimitArgs) -> Result<(), Diagnostic> {
        let gone: Vec<&str> = gone.iter().map(SmolStr::as_str).collect();
        guard::check("branches", self.spec.branches.len(), &gone, limit.allow_delete, "--allow-delete")
    }

    fn finish(&self, files: SpecFiles, limit: DeletionLimitArgs, said: &str) -> Result<Outcome> {
        let said = if said.is_empty() { "nothing to do\n" } else { said };
        if limit.dry_run { report(said).map(|()| Outcome::Done) } else { self.write(files, said) }
    }

    /// Writes what has changed, if a build would take it, and says so. More branches than are allowed are no reason not to,
    /// unless there would be even more.
    fn write(&self, files: SpecFiles, said: &str) -> Result<Outcome> {
        let project = files.project();
        let checked = read(&project).and_then(|(spec, _)| {
            let more = spec.branches.len() > self.spec.branches.len();
            Diagnostics::check(plan::too_many(&spec).filter(|_| more).into_iter().collect(), ())
        });
        // Places of complaints are those of the text that would have been written.
        if let Err(errors) = checked {
            return Ok(Outcome::Refused(self.screen.fail(&errors, &project)));
        }
        for (path, text) in files.into_changed() {
            disk::put(&self.workspace.root.join(path.as_str()), text.as_deref())?;
        }
        report(said).map(|()| Outcome::Done)
    }
}

/// A line for each name.
fn told(what: &str, names: &[SmolStr]) -> String {
    names.iter().fold(String::new(), |lines, name| lines + what + " " + name + "\n")
}
