//! Targets: which objects a patch is for.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::Resources;
use crate::kustomize::model::PatchTarget;
use crate::node::Node;
use crate::resource::{Id, Resource};
use crate::work::WorkCounter;

/// The positions of the objects that a target selects.
pub(crate) fn select(resources: &Resources, target: &PatchTarget, work: &WorkCounter) -> Result<Vec<usize>> {
    Ok(target.select(resources.as_slice(), work)?)
}

/// The error about a target that matches no object.
pub(crate) fn nothing(resources: &Resources, target: &PatchTarget, work: &WorkCounter) -> Diagnostic {
    let selector = &target.selector;
    let error = Diagnostic::new(Code::Overlay, "no object matches the target of this patch").at(selector.at);
    let kinds =
        || resources.iter().map(|resource| resource.node.get("kind").and_then(Node::as_text).unwrap_or_default());
    let kind = selector.kind.as_ref().filter(|kind| !kinds().any(|known| known == &***kind));
    match (kind, &selector.name) {
        (Some(kind), _) => work.suggest(error, kind, kinds()),
        (None, Some(name)) => work.suggest(error, name, resources.iter().map(Resource::name)),
        (None, None) => error,
    }
}

/// The position of the one object that a patch without a target names.
pub(crate) fn named(resources: &mut Resources, patch: &Resource, work: &WorkCounter) -> Result<usize, Diagnostic> {
    let wanted = patch.id();
    match resources.holders_of(&wanted, work)?[..] {
        [one] => Ok(one),
        [] => {
            work.merged(resources.as_slice().len())?;
            Err(unknown(resources, &wanted, work))
        }
        [first, second, ..] => {
            let place = |i: usize| resources.as_slice()[i].origin;
            Err(Diagnostic::new(Code::Overlay, format!("several objects have or had the name `{wanted}`"))
                .note(place(first), "one of them")
                .note(place(second), "another")
                .help("select one of them with `target`"))
        }
    }
}

fn unknown(resources: &Resources, wanted: &Id, work: &WorkCounter) -> Diagnostic {
    let error =
        Diagnostic::new(Code::Overlay, format!("no object `{wanted}` of `{}` exists", wanted.gvk.api_version()));
    let is_namesake = |resource: &&Resource| resource.name() == wanted.name && resource.gvk().kind == wanted.gvk.kind;
    if let Some(resource) = resources.iter().find(is_namesake) {
        let id = resource.id();
        let help = if id.gvk == wanted.gvk {
            match id.namespace.as_str() {
                "" => "it has no namespace; remove it from the patch".to_owned(),
                namespace => format!("it is in namespace `{namespace}`; use the same in the patch"),
            }
        } else {
            format!("its `apiVersion` is `{}`; use the same in the patch", id.gvk.api_version())
        };
        return error.note(resource.origin, format!("`{id}` exists")).help(help);
    }
    let names: Vec<&str> = resources.iter().filter(|r| r.gvk() == wanted.gvk).map(Resource::name).collect();
    let error = work.suggest(error, &wanted.name, names.iter().copied());
    match names[..] {
        _ if !error.parts().help.is_empty() || error.parts().is_of_work_limit => error,
        [] => error.help(format!("no {} exists", wanted.gvk.kind)),
        _ => error.help(format!("existing: {}", list(&names))),
    }
}

fn list(names: &[&str]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
