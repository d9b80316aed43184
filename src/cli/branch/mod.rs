//! `pleach branch`: lists and changes the branches of the spec.

mod args;
mod effect;
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
use super::base::BaseFinder;
use super::previous::RecordedOutput;
use super::screen::{Screen, report_text};
use super::workspace::{LOCK_TIMEOUT, Workspace};
use crate::deletion_limits::BRANCHES;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::edit::expired::RecordEdit;
use crate::edit::{self, BranchEdit, FieldChange, Setting, SettingsOf, SpecFiles};
use crate::limits::BRANCH_SETTINGS;
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
use trial::{EditedBranches, Trial};

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
    // What is wrong with a branch alone must not block an edit that fixes it.
    let spec = spec::read_keep_going(&workspace.project)?;
    let edit = BranchEditor { workspace, here, screen, spec };
    let files = SpecFiles::open(&workspace.project)?;
    match command {
        BranchCommand::List { .. } => unreachable!("`list` returned above"),
        BranchCommand::Add(args) => edit.add(args, files),
        BranchCommand::Set(args) => edit.set(args, files),
        BranchCommand::Remove(args) => edit.remove(args, files),
        BranchCommand::Rename(args) => edit.rename(args, files),
        BranchCommand::Expire(args) => expire::run(&edit, args, files),
        BranchCommand::Sync(args) => sync::run(&edit, args, files),
    }
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
        let edited =
            EditedBranches { added: std::slice::from_ref(&name), set: Some(&name), ..EditedBranches::default() };
        let edit =
            SpecEdit { edited, settings: SettingsOf { branch: &name, settings: &settings }, dry_run: args.dry_run };
        self.write(files, &edit, &format!("added {}\n", visible(&name)))
    }

    fn set(&self, args: &BranchSetArgs, mut files: SpecFiles) -> Result<Outcome> {
        let name = args.name.as_str();
        let settings = settings::settings(&args.settings, &args.unset, name, &self.spec)?;
        if settings.is_empty() && !args.create {
            let error = Diagnostic::new(Code::Usage, "no setting is given");
            return Err(error.help("`pleach branch set --help` lists the settings").into());
        }
        if settings.len() > BRANCH_SETTINGS {
            let message = format!("{} settings, but at most {BRANCH_SETTINGS} are possible", settings.len());
            let error = Diagnostic::new(Code::Usage, message).help("edit the spec, or use several commands");
            return Err(error.into());
        }
        let is_for_output = settings.iter().any(|setting| !effect::is_record(setting));
        let is_added = !files.has(name);
        if is_added && !args.create {
            return Err(files.unknown_branch(name).help("`--create` adds it").into());
        }
        let message = format!("{} {}\n", if is_added { "added" } else { "changed" }, visible(name));
        let shown = visible(name);
        if is_added {
            add(&mut files, name, changes(&settings))?;
        } else if files.edit([(name.into(), BranchEdit::Set(changes(&settings)))])?.is_empty() {
            return report_text(&format!("{shown} has these settings already\n")).map(|()| Outcome::Done);
        }
        let added: Vec<SmolStr> = is_added.then(|| name.into()).into_iter().collect();
        let edited = EditedBranches { added: &added, set: Some(name), ..EditedBranches::default() };
        let edit =
            SpecEdit { edited, settings: SettingsOf { branch: name, settings: &settings }, dry_run: args.dry_run };
        if is_added || !is_for_output {
            return self.write(files, &edit, &message);
        }
        let before = self.trial(&self.workspace.project, &self.spec);
        let after = self.tried(&files, &edit, Some(&before))?;
        let has_effect = !(before.builds(name) && after.builds(name) && after.has_output_of(&before));
        if !has_effect {
            let message = message + &format!("no effect: the output of {shown} stays the same\n");
            return self.put(files, &edit, &message);
        }
        let unused = effect::without_effect(&self.workspace.project, edit.settings.settings, name)?;
        let line =
            |option: &String| format!("no effect: the output of {shown} is the same without `{}`\n", visible(option));
        self.put(files, &edit, &(message + &unused.iter().map(line).collect::<String>()))
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
        self.write(files, &SpecEdit::removal(args.dry_run), &lines("removed", &removed))
    }

    /// An error if a branch whose environment would be removed is pinned.
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

    fn rename(&self, args: &BranchRenameArgs, mut files: SpecFiles) -> Result<Outcome> {
        let (old, new) = (args.old.as_str(), args.new.as_str());
        if files.has(new) && old != new {
            let error = Diagnostic::new(Code::Usage, format!("the branch `{new}` exists already"));
            return Err(error.help("`pleach branch remove` removes it").into());
        }
        if old == new && !args.keep_slug && files.has(old) {
            return Err(Diagnostic::new(Code::Usage, format!("`{old}` is the name of the branch already")).into());
        }
        let entry = self.spec.branches.iter().find(|branch| branch.name == old);
        if !args.keep_slug && entry.is_some_and(|branch| branch.slug.is_none()) {
            let help = "`--keep-slug` keeps its slug and its environment";
            self.refuse_pinned(old).map_err(|error| error.help(help))?;
        }
        let plan = args.keep_slug.then(|| plan::build_unlimited_plan(&self.spec)).transpose()?;
        let branches = plan.iter().flat_map(|plan| &plan.branches);
        let slug = branches.filter(|branch| branch.name == old).map(|branch| &branch.slug).next();
        files.rename(old, new, slug)?;
        let edited = EditedBranches { renamed: Some((old, new)), ..EditedBranches::default() };
        let edit = SpecEdit { edited, settings: SettingsOf::default(), dry_run: args.dry_run };
        self.write(files, &edit, &format!("renamed {} to {}\n", visible(old), visible(new)))
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

    /// Writes the changed files if a build would accept the new spec, and reports what was done, by these lines.
    fn write(&self, files: SpecFiles, edit: &SpecEdit, lines: &str) -> Result<Outcome> {
        self.tried(&files, edit, None)?;
        self.put(files, edit, if lines.is_empty() { "nothing to do\n" } else { lines })
    }

    /// The outcome of a build with the changed files, which has no error that the spec before did not have. New warnings are shown. A
    /// spec with too many branches is accepted, unless the edit adds branches.
    fn tried(&self, files: &SpecFiles, edit: &SpecEdit, before: Option<&Trial>) -> Result<Trial> {
        let project = files.project();
        let origins = files.origins(&project, edit.settings);
        let locate = |errors| origins.locate(errors);
        let spec = spec::read_keep_going(&project).map_err(locate)?;
        let more = spec.branches.len() > self.spec.branches.len();
        let too_many = plan::too_many_branches(&spec).filter(|_| more);
        Diagnostics::check(too_many.into_iter().collect(), ()).map_err(locate)?;
        let after = self.trial(&project, &spec);
        if after.has_diagnostics(&edit.edited) {
            let other = before.is_none().then(|| self.trial(&self.workspace.project, &self.spec));
            let before = before.or(other.as_ref()).expect("one of the two");
            let located = |error: Diagnostic| locate(error.into()).into_iter().next().expect("each error is moved");
            let errors = trial::new_errors(before, &after, &edit.edited, located);
            let help = "nothing was written: without the removed branches, a build would refuse the spec";
            let explained = |error: Diagnostic| if edit.edited.only_removes { error.help(help) } else { error };
            Diagnostics::check(errors.into_iter().map(explained).collect(), ())?;
            self.screen.warn(&trial::new_warnings(before, &after, &edit.edited, located), &project);
        }
        if let Some(name) = edit.edited.set.filter(|name| after.lacks_objects_of(name)) {
            let message =
                format!("`{name}` cannot be built because of errors that existed before, so the change is not checked");
            let warning = Diagnostic::new(Code::Usage, message).help("`pleach build` reports the errors");
            self.screen.warn(&[warning], &self.workspace.project);
        }
        Ok(after)
    }

    /// Builds all branches of a spec in memory. If the previous output cannot be read, `pleach build` reports why.
    fn trial(&self, project: &Project, spec: &Spec) -> Trial {
        let previous = |plan: &BuildPlan| {
            let output = self.workspace.output(spec, None, self.here).ok()?;
            let finder = BaseFinder { workspace: self.workspace, spec, plan, output: &output };
            RecordedOutput::of(finder.find().ok()?, &finder, |_| true).ok()
        };
        Trial::of(project, spec, previous)
    }

    /// Writes the changed files, unless it is a dry run, and reports `message`.
    fn put(&self, files: SpecFiles, edit: &SpecEdit, message: &str) -> Result<Outcome> {
        let changed = files.into_changed().into_iter().filter(|_| !edit.dry_run);
        for (path, text) in changed {
            disk::put(&self.workspace.root.join(path.as_str()), text.as_deref())?;
        }
        report_text(message).map(|()| Outcome::Done)
    }
}

/// What the check of an edit depends on.
struct SpecEdit<'e> {
    /// The branches that it is about.
    edited: EditedBranches<'e>,
    /// The settings that errors can result from.
    settings: SettingsOf<'e>,
    /// Whether nothing is written.
    dry_run: bool,
}

impl SpecEdit<'_> {
    /// The removal of branches.
    fn removal(dry_run: bool) -> Self {
        let edited = EditedBranches { only_removes: true, ..EditedBranches::default() };
        SpecEdit { edited, settings: SettingsOf::default(), dry_run }
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

/// One line per name, such as `removed feature/login`.
fn lines(action: &str, names: &[SmolStr]) -> String {
    names.iter().fold(String::new(), |lines, name| lines + action + " " + &visible(name) + "\n")
}
