//! Targets: which objects a patch is for.

use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::Resources;
use crate::kustomize::model::PatchTarget;
use crate::resource::{Id, Resource};
use crate::work::WorkCounter;
use smol_str::SmolStr;

/// The positions of the objects that a target selects.
pub(crate) fn select(resources: &Resources, target: &PatchTarget, work: &WorkCounter) -> Result<Vec<usize>> {
    Ok(target.select(resources.iter(), work)?)
}

/// The error about a target that matches no object.
pub(crate) fn nothing(resources: &Resources, target: &PatchTarget) -> Diagnostic {
    let selector = &target.selector;
    let error = Diagnostic::new(Code::Overlay, "no object matches the target of this patch").at(selector.at);
    let kind = selector.kind.as_ref().filter(|kind| !resources.iter().any(|resource| resource.gvk().kind == ***kind));
    let kinds: Vec<SmolStr> = resources.iter().map(|resource| resource.gvk().kind).collect();
    match (kind, &selector.name) {
        (Some(kind), _) => error.suggest(kind, kinds.iter().map(SmolStr::as_str)),
        (None, Some(name)) => error.suggest(name, resources.iter().map(Resource::name)),
        (None, None) => error,
    }
}

/// The position of the one object that a patch without a target names.
pub(crate) fn named(resources: &Resources, patch: &Resource) -> Result<usize, Diagnostic> {
    let wanted = patch.id();
    match resources.by_any_id(|id| id.same(&wanted))[..] {
        [one] => Ok(one),
        [] => Err(unknown(resources, &wanted)),
        [first, second, ..] => {
            let place = |i: usize| resources.as_slice()[i].origin;
            Err(Diagnostic::new(Code::Overlay, format!("several objects have or had the name `{wanted}`"))
                .note(place(first), "one of them")
                .note(place(second), "another")
                .help("select one of them with `target`"))
        }
    }
}

fn unknown(resources: &Resources, wanted: &Id) -> Diagnostic {
    let error =
        Diagnostic::new(Code::Overlay, format!("no object `{wanted}` of `{}` exists", wanted.gvk.api_version()));
    let ids = || resources.iter().map(|resource| (resource.id(), resource));
    let namesake = ids().find(|(id, _)| id.gvk.kind == wanted.gvk.kind && id.name == wanted.name);
    if let Some((id, resource)) = namesake {
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
    let names: Vec<SmolStr> = ids().filter(|(id, _)| id.gvk == wanted.gvk).map(|(id, _)| id.name).collect();
    match crate::diagnostic::nearest(&wanted.name, names.iter().map(SmolStr::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => error.help(format!("no {} exists", wanted.gvk.kind)),
        None => error.help(format!("existing: {}", list(&names))),
    }
}

fn list(names: &[SmolStr]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
