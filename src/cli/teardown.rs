//! `pleach teardown`: what branches leave and have replaced, from the plans in the output.

use super::Outcome;
use super::args::{self, TeardownFormat};
use super::screen::{Screen, report};
use super::workspace::Workspace;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::glob::fits;
use crate::node::Node;
use crate::pipeline;
use crate::source::{Location, Project, RelPath};
use crate::spec;
use crate::teardown::{self, Footprint, Listed, TeardownPlan, Wanted};
use crate::tree::{NAMESPACES, TEARDOWN, slug_of};
use crate::yaml::{self, Dialect};
use rayon::prelude::*;
use std::collections::BTreeSet;

pub(super) fn run(args: &args::Teardown, workspace: &Workspace, screen: Screen) -> Result<Outcome> {
    let project = &workspace.project;
    let (spec, plan) = pipeline::plan(project)?;
    let slugs = plan.slugs();
    let plans: Vec<(String, TeardownPlan)> = plans(project, &spec.output)?;
    let live = live(workspace, &spec, &plans)?;
    let shown = |Listed { slug, is_live, plan }: &Listed| {
        let is_asked = |glob: &String| fits(glob, slug) || fits(glob, &plan.branch);
        !(args.removed && *is_live) && (args.only.is_empty() || args.only.iter().any(is_asked))
    };
    let mut kept = BTreeSet::new();
    let plans: Vec<Listed> = plans
        .into_iter()
        .map(|(slug, plan)| Listed { is_live: slugs.contains(slug.as_str()), slug, plan })
        .filter(shown)
        .map(|mut listed| {
            listed.plan.left.named.clear();
            let left = Footprint { named: BTreeSet::new(), ..listed.plan.left.without(&[&live]) };
            if left != listed.plan.left {
                kept.insert(listed.plan.branch.to_string());
            }
            Listed { plan: TeardownPlan { left, ..listed.plan }, ..listed }
        })
        .filter(|listed| !listed.plan.left.is_empty())
        .collect();
    let all = plans.iter().map(|listed| &listed.plan);
    report(&match args.format {
        TeardownFormat::Text if plans.is_empty() => "nothing to tear down\n".to_owned(),
        TeardownFormat::Text => teardown::text::render(&plans),
        TeardownFormat::Kubectl => teardown::kubectl::render(all)?,
        TeardownFormat::Images => {
            let images: BTreeSet<String> = all.flat_map(|plan| &plan.left.images).map(|i| teardown::bare(i)).collect();
            images.into_iter().flat_map(|image| [image, "\n".to_owned()]).collect()
        }
        TeardownFormat::Json => teardown::json::render(&plans),
        TeardownFormat::Script => teardown::script::render(&plans),
    })?;
    screen.warn(&kept.into_iter().map(|branch| in_use(&branch)).collect::<Vec<_>>(), project);
    Ok(Outcome::Done)
}

/// The plans of the output, by slug.
fn plans(project: &Project, output: &RelPath) -> Result<Vec<(String, TeardownPlan)>> {
    let folder = output.join(TEARDOWN).expect("a plain name");
    let crate::source::Found::Folder(names) = project.look(&folder) else { return Ok(Vec::new()) };
    let files = names.iter().filter(|name| name.strip_suffix(".yaml").is_some() && !name.starts_with('.'));
    let files: Vec<RelPath> = files.filter_map(|name| folder.join(name)).collect();
    let read = |path: RelPath| {
        let file = project.file(&path);
        let file =
            file.ok_or_else(|| Diagnostic::new(Code::Disk, format!("`{}` cannot be read", project.show(&path))))?;
        Ok::<_, crate::diagnostic::Diagnostics>((slug_of(&path).to_owned(), TeardownPlan::read(&file)?))
    };
    gather(files, read)
}

/// What branches that have a folder in the output have of what is about to go.
fn live(workspace: &Workspace, spec: &spec::Spec, plans: &[(String, TeardownPlan)]) -> Result<Footprint> {
    let wanted = Wanted::of(plans.iter().map(|(_, plan)| &plan.left));
    if wanted.is_empty() {
        return Ok(Footprint::default());
    }
    let output = workspace.output(&spec.output);
    let folder = RelPath::new(NAMESPACES).expect("a plain name");
    let files = output.read(&[folder], |path| path.name().strip_suffix(".yaml").is_some())?;
    let files: Vec<_> = files.into_iter().collect();
    let look = |(path, text): &(RelPath, std::sync::Arc<str>)| -> Result<Footprint> {
        let mut has = Footprint::default();
        let nodes: Vec<Node> = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).map_err(|_| {
            Diagnostic::new(
                Code::Output,
                format!("`{}` cannot be read, so what its branch uses is not known", output.show(path)),
            )
            .help("run `pleach build` first")
        })?;
        wanted.find(&nodes, &spec.image_fields, &mut has);
        Ok(has)
    };
    let all: Vec<Result<Footprint>> = files.par_iter().map(look).collect();
    let mut live = Footprint::default();
    gather(all, |has| has)?.into_iter().for_each(|has| live.add(has));
    Ok(live)
}

fn in_use(branch: &str) -> Diagnostic {
    let message = format!("some of what `{branch}` left is in use by a live branch and not shown");
    Diagnostic::new(Code::Output, message).help("`pleach build` brings the plans up to date")
}
