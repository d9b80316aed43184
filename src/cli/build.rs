//! `pleach build`: writing the output.

use super::Outcome;
use super::args::{self, Prune};
use super::base::base;
use super::limit;
use super::progress::watched;
use super::screen::{Screen, report};
use super::workspace::{PATIENCE, Workspace, scope};
use crate::diagnostic::{self, Code, Diagnostic, Diagnostics, Result};
use crate::disk;
use crate::pipeline::{self, Part};
use crate::source::{Project, RelPath};
use crate::tree::{NAMESPACES, TEARDOWN, slug_of};
use std::collections::BTreeSet;
use std::path::Path;

pub(super) fn run(args: &args::Build, workspace: &Workspace, here: &Path, screen: Screen) -> Result<Outcome> {
    let part = match (&args.only, args.shard) {
        (_, Some(shard)) => Part::Shard(shard),
        (only, None) if only.is_empty() => Part::All,
        (only, None) => Part::Only(only.clone()),
    };
    // Before anything is read, so that what is written last was read last.
    let _turn =
        disk::turn(&workspace.root, PATIENCE, || screen.say("waiting for another run that writes this output"))?;
    let project = &workspace.project;
    let planned = if args.keep_going {
        pipeline::plan_apart(project).map_err(|e| of_all(&e, project))
    } else {
        pipeline::plan(project)
    }?;
    let base = base(args.base.as_deref(), workspace, here, &planned, &part)?;
    let built = watched(screen, |progress| pipeline::build(project, planned, &base, &part, progress));
    let mut built = if args.keep_going { built.map_err(|e| of_all(&e, project))? } else { built?.whole()? };
    let output = workspace.output(&built.spec.output);
    // Only now is it known whose last output matters to what others leave.
    if !built.unknown().is_empty() {
        let namespaces = RelPath::new(NAMESPACES).expect("a plain name");
        let folders: Vec<RelPath> = built.unknown().into_iter().filter_map(|slug| namespaces.join(slug)).collect();
        built.know(&output.read(&folders, |_| true)?)?;
    }
    let live: BTreeSet<String> = built.plan.branches.iter().map(|branch| branch.slug.to_string()).collect();
    built.prune(|path, _| match args.prune {
        None => false,
        Some(Prune::All) => true,
        Some(Prune::Removed) => path.parts().next() != Some(TEARDOWN) || !live.contains(slug_of(path)),
    });

    limit::folders(&built, &output, &part, args.allow_delete)?;
    let survey = output.survey(&built.tree, scope(&built, &part))?;
    limit::names(&built, workspace, &survey, &part, args.allow_delete_names)?;
    let mut faults = output.taken(&survey);
    let unmanaged = output.unmanaged(&survey);
    if args.keep_unmanaged {
        built.warnings.extend(unmanaged);
    } else {
        faults.extend(unmanaged);
    }
    Diagnostics::check(faults, ())?;
    let done = output.write(&survey)?;

    built.warnings.extend(base.warnings);
    screen.warn(&built.warnings, &workspace.project);
    let branches =
        built.plan.branches.iter().filter(|b| part.has(&b.name, b.slug.as_str())).count() - built.failed.len();
    report(&format!(
        "built {branches} {} into `{}`: {} written, {} unchanged, {} removed\n",
        if branches == 1 { "branch" } else { "branches" },
        workspace.project.show(&built.spec.output),
        if done.written == 1 { "1 file".to_owned() } else { format!("{} files", done.written) },
        done.unchanged,
        done.removed
    ))?;
    built.whole().map(|_| Outcome::Done)
}

/// Complaints that concern all branches, with a word on why they stop all, although one that fails should not.
fn of_all(errors: &Diagnostics, project: &Project) -> Diagnostics {
    let mut errors = diagnostic::sorted(errors.iter(), project);
    let of_spec =
        |error: &&mut Diagnostic| matches!(error.parts().code, Code::Spec | Code::Yaml | Code::Name | Code::Dns);
    if let Some(last) = errors.iter_mut().rfind(of_spec) {
        *last = last.clone().help(
            "names come from the whole spec, so that nothing is written until it is right, with `--keep-going` too",
        );
    }
    errors.into_iter().map(Diagnostics::from).collect::<Vec<_>>().into()
}
