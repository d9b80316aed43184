//! Targets: which objects a patch is for.

use super::label_selector::LabelSelector;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::Resources;
use crate::kustomize::model::{Selector, Text, expression};
use crate::node::Node;
use crate::resource::{Id, Resource};
use regex::Regex;
use smol_str::SmolStr;

/// A selector, made ready once for all objects and branches.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    group: Pattern,
    version: Pattern,
    kind: Pattern,
    name: Pattern,
    namespace: Pattern,
    labels: Lazy,
    annotations: Lazy,
}

/// A label selector, or what is wrong with it, which matters once an object fits everything else.
type Lazy = Result<LabelSelector, Diagnostic>;

/// A regular expression for a whole text. Most are plain words, which need no engine.
#[derive(Clone, Debug)]
enum Pattern {
    Any,
    Word(SmolStr),
    Regex(Regex),
}

impl Pattern {
    fn new(text: Option<&Text>) -> Result<Self, Diagnostic> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(Pattern::Any) };
        if text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/') {
            return Ok(Pattern::Word(text.text.clone()));
        }
        expression::compile(&format!("^(?:{})$", text.text)).map(Pattern::Regex).map_err(|why| {
            Diagnostic::new(Code::Overlay, format!("`{text}` is no regular expression: {why}")).at(text.at)
        })
    }

    fn fits(&self, text: &str) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Word(word) => word == text,
            Pattern::Regex(regex) => regex.is_match(text),
        }
    }
}

impl Target {
    fn new(selector: &Selector) -> Result<Self, Diagnostic> {
        let labels = |text: &Option<Text>| match text {
            Some(text) => LabelSelector::new(text).map_err(|error| error.at(text.at)),
            None => Ok(LabelSelector::default()),
        };
        Ok(Target {
            group: Pattern::new(selector.group.as_ref())?,
            version: Pattern::new(selector.version.as_ref())?,
            kind: Pattern::new(selector.kind.as_ref())?,
            name: Pattern::new(selector.name.as_ref())?,
            namespace: Pattern::new(selector.namespace.as_ref())?,
            labels: labels(&selector.label_selector),
            annotations: labels(&selector.annotation_selector),
        })
    }

    /// Whether an object fits: by its kind as it is, by its name and namespace as they are or were at first.
    fn fits(&self, resource: &Resource) -> Result<bool, Diagnostic> {
        let gvk = resource.gvk();
        let first = resource.previous.first();
        let fits_namespace = |id: &Id| self.namespace.fits(id.effective_namespace());
        let metadata = |field: &'static str| {
            let fields = resource.node.at_path(&["metadata", field]).and_then(Node::as_map);
            move |key: &str| Some(fields?.get(key)?.as_scalar().map_or("", |scalar| scalar.text.as_str()))
        };
        let fits = self.kind.fits(&gvk.kind)
            && self.group.fits(&gvk.group)
            && self.version.fits(&gvk.version)
            && (self.name.fits(resource.name()) || first.is_some_and(|id| self.name.fits(&id.name)))
            && (matches!(self.namespace, Pattern::Any)
                || fits_namespace(&resource.id())
                || first.is_some_and(fits_namespace));
        let selects = |selector: &Lazy, field| Ok(selector.as_ref().map_err(Diagnostic::clone)?.fits(metadata(field)));
        Ok(fits && selects(&self.labels, "labels")? && selects(&self.annotations, "annotations")?)
    }
}

/// The positions of the objects that a selector means.
pub(crate) fn select(resources: &Resources, selector: &Selector) -> Result<Vec<usize>> {
    let target = if let Some(target) = selector.target.get() {
        target
    } else {
        let target = Target::new(selector)?;
        selector.target.get_or_init(|| target)
    };
    let mut chosen = Vec::new();
    for (i, resource) in resources.iter().enumerate() {
        if target.fits(resource)? {
            chosen.push(i);
        }
    }
    Ok(chosen)
}

/// What to say of a selector that means no object.
pub(crate) fn nothing(resources: &Resources, selector: &Selector) -> Diagnostic {
    let error = Diagnostic::new(Code::Overlay, "the target of this patch is no object of the build").at(selector.at);
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
            Err(Diagnostic::new(Code::Overlay, format!("several objects are or were called `{wanted}`"))
                .note(place(first), "one of them")
                .note(place(second), "another")
                .help("say with `target` which of them is meant"))
        }
    }
}

fn unknown(resources: &Resources, wanted: &Id) -> Diagnostic {
    let error = Diagnostic::new(Code::Overlay, format!("no object is `{wanted}` of `{}`", wanted.gvk.api_version()));
    let ids = || resources.iter().map(|resource| (resource.id(), resource));
    let namesake = ids().find(|(id, _)| id.gvk.kind == wanted.gvk.kind && id.name == wanted.name);
    if let Some((id, resource)) = namesake {
        let help = if id.gvk == wanted.gvk {
            match id.namespace.as_str() {
                "" => "it has no namespace; leave that of the patch out".to_owned(),
                namespace => format!("it is in namespace `{namespace}`; give the patch the same"),
            }
        } else {
            format!("its `apiVersion` is `{}`; give the patch the same", id.gvk.api_version())
        };
        return error.note(resource.origin, format!("there is `{id}`")).help(help);
    }
    let names: Vec<SmolStr> = ids().filter(|(id, _)| id.gvk == wanted.gvk).map(|(id, _)| id.name).collect();
    match crate::diagnostic::nearest(&wanted.name, names.iter().map(SmolStr::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => error.help(format!("there is no {} at all", wanted.gvk.kind)),
        None => error.help(format!("there is {}", list(&names))),
    }
}

fn list(names: &[SmolStr]) -> String {
    let shown: Vec<String> = names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if names.len() > shown.len() { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}
