//! Whole builds: of a workspace, and of a kustomization.

use super::Reader;
use super::archive::{files, parts};
use crate::diagnostic::{Diagnostics, Severity, human, json};
use crate::kustomize::{Input, Memo, Options};
use crate::output::{OutputPath, Tree};
use crate::pipeline::{self, Inputs, OnFailure, Progress, Selection};
use crate::source::{Project, RelPath};
use crate::work::WorkCounter;
use crate::yaml::{self, DocumentCache, Quoting};

/// Builds a workspace. What is below `out/` is the previous output. A second build changes nothing, and another reader can read
/// every file.
pub(super) fn build(data: &[u8], read: Reader) {
    let Some(files) = files(data) else { return };
    let out = RelPath::new("out").expect("a path");
    let mut previous = Tree::default();
    for (path, content) in &files {
        let path = RelPath::new(path).expect("checked when the archive was read");
        if let (true, Ok(text)) = (path.is_within(&out), std::str::from_utf8(content)) {
            let below = path.as_str().strip_prefix("out/").and_then(RelPath::new);
            below.into_iter().for_each(|path| previous.insert(OutputPath::from(path), text));
        }
    }
    let project = Project::in_memory(files);
    let Some(first) = built(&project, &previous) else { return };
    for (path, text) in first.iter().filter(|(path, _)| path.name().ends_with(".yaml")) {
        read(text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
    }
    if let Some(second) = built(&project, &first) {
        assert_eq!(first, second, "a build is its own fixed point");
    }
}

/// The output of a build in which no branch fails.
fn built(project: &Project, previous: &Tree) -> Option<Tree> {
    let (spec, plan) = pipeline::plan(project).map_err(|errors| render(&errors, project)).ok()?;
    let (selection, progress) = (&Selection::All, &Progress::default());
    let on_failure = OnFailure::Stop;
    let inputs = Inputs { project, spec: &spec, plan: &plan, previous, selection, progress, on_failure };
    let built = pipeline::build(&inputs).map_err(|errors| render(&errors.into(), project)).ok()?;
    for warning in &built.warnings {
        human::render(Severity::Warning, warning, project);
    }
    built.failures.iter().for_each(|failure| render(&failure.errors, project));
    built.failures.is_empty().then_some(built.tree)
}

/// Renders errors, which must not fail.
fn render(errors: &Diagnostics, project: &Project) {
    for error in errors.iter() {
        human::render(Severity::Error, error, project);
        json::render(Severity::Error, error, project);
    }
}

/// Builds a kustomization. Another reader can read what is written.
pub(super) fn kustomize(data: &[u8], read: Reader) {
    if let Some(files) = files(data) {
        built_kustomization(Project::in_memory(files), read);
    }
}

/// Applies a strategic merge patch to an object.
pub(super) fn strategic_merge(data: &[u8], read: Reader) {
    patched(data, "resources: [object.yaml]\npatches: [{path: patch.yaml}]\n", read);
}

/// Applies a JSON 6902 patch to an object.
pub(super) fn json6902(data: &[u8], read: Reader) {
    patched(data, "resources: [object.yaml]\npatches: [{path: patch.yaml, target: {name: .*}}]\n", read);
}

fn patched(data: &[u8], kustomization: &str, read: Reader) {
    let Some([object, patch]) = parts(data) else { return };
    let files = [("kustomization.yaml", kustomization), ("object.yaml", object), ("patch.yaml", patch)];
    built_kustomization(Project::in_memory(files), read);
}

fn built_kustomization(project: Project, read: Reader) {
    let (cache, memo, work) = (DocumentCache::default(), Memo::default(), WorkCounter::default());
    let input = Input { project: &project, cache: &cache, memo: &memo, work: &work, templates: None };
    let built = match crate::kustomize::kustomize(&input, &RelPath::root(), Options::default()) {
        Ok(built) => built,
        Err(errors) => return render(&errors, &project),
    };
    let write =
        |out: &mut String, resource: &crate::resource::Resource| yaml::write(out, &resource.node, Quoting::Safe);
    if let Ok(text) = yaml::stream(&built.resources, write) {
        let documents = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        // A text without objects is one empty document.
        assert_eq!(documents.len(), built.resources.len().max(1), "{text}");
    }
}
