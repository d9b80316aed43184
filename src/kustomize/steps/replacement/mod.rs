//! `replacements`: values copied from one object to fields of others.
//!
//! The names of a replacement are those that an object has or ever had in the build. A scalar that is replaced keeps
//! its type and its quotes and takes the text only; anything else takes the whole value.

mod selection;
mod structured;

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field::linked;
use crate::kustomize::field::path::{Create, NodeForm, Reached, SourcePath, TargetPath};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::{Kustomization, Replacement, ReplacementEntry, Selector, Text};
use crate::kustomize::parsed::{self, Written};
use crate::kustomize::{field, model};
use crate::node::{Node, Scalar, Tag, Value};
use crate::resource::Resource;
use crate::schema::secret;
use crate::source::Location;
use crate::work::{self, WorkCounter};
use crate::yaml::{self, Dialect, FieldErrors};
use model::replacement::{FieldOptions, ReplacementSource, ReplacementTarget};
use selection::{TargetSelection, is_meant};
use std::borrow::Cow;
use structured::InnerFields;

/// The step `replacements`: reads those in files, then applies all.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    let mut replacements = Vec::new();
    for entry in &kustomization.replacements {
        match entry {
            ReplacementEntry::Inline(replacement) => replacements.push((Cow::Borrowed(&**replacement), replacement.at)),
            ReplacementEntry::Path(path) => {
                let read = read(path, context).map_err(cause::entry(path.at, "replacements"))?;
                replacements.extend(read.into_iter().map(|replacement| (Cow::Owned(replacement), path.at)));
            }
        }
    }
    gather(&replacements, |(replacement, at)| {
        replace(resources, replacement, context)
            .map_err(|errors| errors.map(|error| error.at(replacement.at)))
            .map_err(cause::entry(*at, "replacements"))
    })?;
    Ok(())
}

/// The replacements of a file, which contains one or a list of them.
fn read(path: &Text, context: &StepContext) -> Result<Vec<Replacement>> {
    let documents = context.documents(&context.file(path)?, Dialect::Yaml11)?;
    let mut errors = FieldErrors::ignoring_case(Code::Overlay).ignoring_unknown();
    // In a file of its own, unlike in a kustomization, numbers and booleans are strings.
    let document = documents.first().map(|document| plugin::strings(document, &[]));
    let replacements = match &document {
        Some(Node { value: Value::Seq(items), .. }) => {
            items.iter().filter_map(|item| model::replacement::replacement(item, &mut errors)).collect()
        }
        Some(one) => model::replacement::replacement(one, &mut errors).into_iter().collect(),
        None => {
            errors.report(path.at, format!("`{path}` contains no replacement"));
            Vec::new()
        }
    };
    errors.check(replacements)
}

fn replace(resources: &mut Resources, replacement: &Replacement, context: &StepContext) -> Result<()> {
    note_fields(replacement, context);
    let new_error = |message: &str| Diagnostic::new(Code::Overlay, message);
    if replacement.targets.is_empty() {
        return Err(new_error("a replacement requires at least one entry of `targets`").into());
    }
    let (counter, objects) = (context.input.work, resources.as_slice().len());
    resources.count_search(counter)?;
    let mut source = SourceValue::new(replacement, resources, counter)?;
    let mut unmatched = Vec::new();
    let mut renames = false;
    for target in &replacement.targets {
        let select = target.select.as_ref().ok_or_else(|| new_error("a target requires a `select`").at(target.at))?;
        resources.count_search(counter).map_err(|error| error.at(target.at))?;
        counter.compared(objects.saturating_mul(target.reject.len())).map_err(|error| error.at(target.at))?;
        let selection = TargetSelection::new(select, &target.reject, resources, counter)?;
        let name = [Text { text: "metadata.name".into(), at: target.at }];
        let paths = if target.field_paths.is_empty() { &name } else { &target.field_paths[..] };
        let renamed = paths.iter().find(|path| matches!(&***path, "metadata.name" | "metadata.namespace"));
        if let Some(path) = renamed.filter(|_| source.is_secret) {
            return Err(secret_as_name(path).into());
        }
        let mut ways = None;
        for i in 0..resources.as_slice().len() {
            if selection.matches(i, &resources.as_slice()[i], counter).map_err(|error| error.at(target.at))? {
                // An invalid path is not an error as long as no object is selected.
                let ways = match &mut ways {
                    Some(ways) => ways,
                    none => none.insert(gather(paths, |path| way(path, counter))?),
                };
                for (path, read) in &*ways {
                    let resource = &mut resources.as_mut()[i];
                    let lost = write(
                        resource,
                        (path, read),
                        &source.value,
                        &target.options,
                        (context.rules.is_branch, counter),
                    )?;
                    linked::settle(resource, context)?;
                    parsed::follow_one(resource, Written::copy_of(&source.value));
                    if let Some(loss) = lost {
                        let loss = Diagnostic::new(Code::Overlay, format!("`{path}` {loss}")).at(path.at);
                        context.lossy(loss.note(resource.origin, "in this object"))?;
                    }
                    source.again(i, resources)?;
                }
            }
        }
        renames |= renamed.is_some() && ways.is_some();
        if ways.is_none() {
            unmatched.push(nothing_selected(select, resources, target, counter));
        }
    }
    if renames {
        counter.merged(objects)?;
        resources.refuse_collisions("after this replacement", replacement.at)?;
    }
    unmatched.into_iter().try_for_each(|diagnostic| context.unmatched(replacement.optional, diagnostic))
}

/// Warns of fields that the kustomize of others does not know.
fn note_fields(replacement: &Replacement, context: &StepContext) {
    if replacement.optional {
        context.optional(replacement.at);
    }
    if let Some(value) = &replacement.value {
        context.since((7, "5.7"), "`sourceValue`", value.at);
    }
}

/// A path of a target and how it is read.
fn way<'p>(path: &'p Text, work: &'p WorkCounter) -> Result<(&'p Text, TargetPath<'p>), Diagnostic> {
    Ok((path, TargetPath::new(path, work).map_err(|error| error.at(path.at))?))
}

/// A selector as text for messages.
fn words(selector: &Selector) -> String {
    let parts = [
        ("group", &selector.group),
        ("version", &selector.version),
        ("kind", &selector.kind),
        ("name", &selector.name),
        ("namespace", &selector.namespace),
        ("labels", &selector.label_selector),
        ("annotations", &selector.annotation_selector),
    ];
    let conditions = parts.iter().filter_map(|(word, part)| part.as_ref().map(|part| format!("{word} `{part}`")));
    let conditions: Vec<_> = conditions.collect();
    if conditions.is_empty() { "anything".to_owned() } else { conditions.join(", ") }
}

/// The error that no object is selected, with a similar name.
fn missing(selector: &Selector, resources: &Resources, message: &str, work: &WorkCounter) -> Diagnostic {
    let error = Diagnostic::new(Code::Overlay, format!("{message} ({})", words(selector))).at(selector.at);
    let Some(name) = &selector.name else { return error };
    let unnamed = Selector { name: None, ..selector.clone() };
    let names = resources.iter().filter(|resource| is_meant(resource, &unnamed)).map(Resource::name);
    work.suggest(error, name, names)
}

fn nothing_selected(
    select: &Selector,
    resources: &Resources,
    target: &ReplacementTarget,
    work: &WorkCounter,
) -> Diagnostic {
    missing(select, resources, "no object matches the target of this replacement", work).at(target.at)
}

/// The value of a replacement, and the field that it comes from.
struct SourceValue<'s> {
    value: Node,
    field: Option<SourceField<'s>>,
    /// Whether it is a value of a Secret.
    is_secret: bool,
}

/// The field that a replacement copies.
struct SourceField<'s> {
    source: &'s ReplacementSource,
    path: SourcePath,
    /// The position of its object.
    holder: usize,
}

impl<'s> SourceValue<'s> {
    fn new(replacement: &'s Replacement, resources: &Resources, work: &WorkCounter) -> Result<Self, Diagnostic> {
        match (&replacement.source, &replacement.value) {
            (Some(source), None) => SourceValue::of(source, resources, work),
            (None, Some(text)) => Ok(SourceValue { value: field::plain(text, text.at), field: None, is_secret: false }),
            (None, None) => Err(Diagnostic::new(Code::Overlay, "a replacement requires a `source` or a `sourceValue`")),
            (Some(source), Some(text)) => {
                let message = "a replacement has either a `source` or a `sourceValue`, not both";
                Err(Diagnostic::new(Code::Overlay, message).at(text.at).note(source.object.at, "`source`"))
            }
        }
    }

    fn of(source: &'s ReplacementSource, resources: &Resources, work: &WorkCounter) -> Result<Self, Diagnostic> {
        let selector = &source.object;
        let mut holders = (0..resources.as_slice().len()).filter(|&i| is_meant(&resources.as_slice()[i], selector));
        let Some(holder) = holders.next() else {
            return Err(missing(selector, resources, "no object matches the source of this replacement", work));
        };
        if let Some(other) = holders.next() {
            let all = resources.as_slice();
            let message = format!("several objects match the source of this replacement ({})", words(selector));
            return Err(Diagnostic::new(Code::Overlay, message)
                .at(selector.at)
                .note(all[holder].origin, "this one")
                .note(all[other].origin, "and this one"));
        }
        let path = SourcePath::new(source.path()).map_err(|error| error.at(source.path_at()))?;
        let is_secret = secret::is_value_path(&resources.as_slice()[holder].gvk(), source.path());
        let field = SourceField { source, path, holder };
        Ok(SourceValue { value: field.read(&resources.as_slice()[holder])?, field: Some(field), is_secret })
    }

    /// Reads the value again after a change of object `i`: a target may be the source itself.
    fn again(&mut self, i: usize, resources: &Resources) -> Result<(), Diagnostic> {
        if let Some(field) =
            self.field.as_ref().filter(|field| field.holder == i && field.source.options.delimiter.is_none())
        {
            self.value = field.read(&resources.as_slice()[i])?;
        }
        Ok(())
    }
}

impl SourceField<'_> {
    fn read(&self, resource: &Resource) -> Result<Node, Diagnostic> {
        let at = self.source.path_at();
        let text = self.source.path();
        let found = self.path.find(&resource.node).map_err(|error| error.note(at, "for this path"))?;
        let blank = |node: &&Node| {
            node.is_null()
                || node.as_map().is_some_and(crate::node::Map::is_empty)
                || node.as_seq().is_some_and(<[Node]>::is_empty)
        };
        let Some(node) = found.filter(|node| !blank(node)) else {
            return Err(Diagnostic::new(Code::Overlay, format!("the source has no `{text}`"))
                .at(at)
                .note(resource.origin, format!("in `{}`", resource.id())));
        };
        let Some(delimiter) = &self.source.options.delimiter else { return Ok(node.clone()) };
        let scalar = node.as_scalar().ok_or_else(|| no_parts(delimiter, node))?;
        let index = usize::try_from(self.source.options.index).ok();
        let Some(part) = index.and_then(|index| scalar.text.split(&**delimiter).nth(index)) else {
            let count = scalar.text.split(&**delimiter).count();
            let message = format!("`{}` has no part {} between `{delimiter}`", scalar.text, self.source.options.index);
            return Err(Diagnostic::new(Code::Overlay, message)
                .at(self.source.options.at)
                .note(node.at, format!("it has {count} parts, counted from 0")));
        };
        Ok(Node::new(Value::Scalar(Scalar { text: part.into(), ..scalar.clone() }), node.at))
    }
}

impl ReplacementSource {
    fn path(&self) -> &str {
        self.field_path.as_deref().unwrap_or("metadata.name")
    }

    fn path_at(&self) -> Location {
        self.field_path.as_ref().map_or(self.object.at, |path| path.at)
    }
}

fn secret_as_name(path: &Text) -> Diagnostic {
    let field = if **path == *"metadata.name" { "name" } else { "namespace" };
    Diagnostic::new(Code::Overlay, format!("the replacement makes a value of a Secret the {field} of an object"))
        .at(path.at)
        .help(
            "copy another field: names and namespaces are in paths of the output and in reports, which are not secret",
        )
}

fn no_parts(delimiter: &Text, node: &Node) -> Diagnostic {
    let message = format!("a value with a `delimiter` must be a string, got {}", node.kind_name());
    Diagnostic::new(Code::Overlay, message).at(delimiter.at).note(node.at, "this")
}

/// Writes the value to every field that a path reaches. Returns how kustomize loses it, if it does.
fn write(
    resource: &mut Resource,
    (path, read): (&Text, &TargetPath),
    value: &Node,
    options: &FieldOptions,
    (newest, counter): (bool, &WorkCounter),
) -> Result<Option<&'static str>, Diagnostic> {
    work::check_depth(read.depth())?;
    let create = if options.create { Create::Like(NodeForm::of(value)) } else { Create::Nothing };
    let mut lost = false;
    let origin = resource.origin;
    let id = resource.id();
    let copy = |options: &FieldOptions, target: &mut Node, reached| {
        counter.value(value, read.depth())?;
        set(target, reached, value, options, counter)
    };
    // kustomize 5.8.1 copies the whole value into texts.
    let within = if newest { options.clone() } else { FieldOptions { delimiter: None, ..options.clone() } };
    let into_json = &mut |target: &mut Node, reached| copy(&within, target, reached);
    let into_yaml = &mut |target: &mut Node, reached| {
        counter.value(value, read.depth())?;
        let text = new_text(target, value, &within, counter)?;
        structured::set_styled(target, reached, &text, value);
        Ok(())
    };
    match structured::replace(&mut resource.node, path, create, counter, (into_json, into_yaml))? {
        InnerFields::Missing => {}
        InnerFields::Changed => {
            parsed::lose(resource);
            return Ok(None);
        }
        InnerFields::Cut => {
            return Ok(Some("is in the first of several documents, of which kustomize drops the others"));
        }
        InnerFields::Kept => {
            return Ok(Some("is in JSON that cannot have this value, which kustomize leaves as it was"));
        }
    }
    let count = read.each(&mut resource.node, create, &mut |target, reached| match reached {
        Reached::Lost => {
            lost = true;
            Ok(())
        }
        Reached::Found | Reached::Made => copy(options, target, reached),
    });
    match count {
        Ok(0) => Err(Diagnostic::new(Code::Overlay, format!("the target has no `{path}`"))
            .at(path.at)
            .note(origin, format!("in `{id}`"))
            .help("write `options: {create: true}` to create it")),
        Ok(_) if resource.name().is_empty() || resource.gvk().kind.is_empty() => {
            let lost = if resource.name().is_empty() { "name" } else { "kind" };
            let message = format!("`{path}` leaves the object without a {lost}");
            Err(Diagnostic::new(Code::Overlay, message).at(path.at).note(origin, format!("`{id}`")))
        }
        Ok(_) => Ok(lost.then_some("would be inside of a null, where kustomize loses it")),
        Err(error) if error.parts().at.is_some() => Err(error.note(path.at, "for this path")),
        Err(error) => Err(error.at(path.at).note(origin, format!("in `{id}`"))),
    }
}

fn set(
    target: &mut Node,
    reached: Reached,
    value: &Node,
    options: &FieldOptions,
    counter: &WorkCounter,
) -> Result<(), Diagnostic> {
    let text = new_text(target, value, options, counter)?;
    let Value::Scalar(old) = &target.value else {
        *target = value.clone();
        return Ok(());
    };
    if reached == Reached::Made {
        *target = field::plain(&text, value.at);
        return Ok(());
    }
    let read = yaml::resolve(&text, Dialect::Kubernetes);
    let agrees = old.tag == Tag::Str || old.tag == read || old.tag == Tag::Float && read == Tag::Int;
    if !agrees {
        let (new, old) = (Node::plain(&*text, read), target.kind_name());
        let message = format!("`{text}` is {}, but the replaced value is {old}", new.kind_name());
        return Err(Diagnostic::new(Code::Overlay, message)
            .note(target.at, "this")
            .help("a replacement never changes the type of a field"));
    }
    *target = Node::new(Value::Scalar(Scalar { text: (&*text).into(), ..old.clone() }), value.at);
    Ok(())
}

/// The text that a field gets: that of the value, or the old one with another part.
fn new_text<'v>(
    target: &Node,
    value: &'v Node,
    options: &FieldOptions,
    counter: &WorkCounter,
) -> Result<Cow<'v, str>, Diagnostic> {
    let text = value.as_scalar().map_or("", |scalar| scalar.text.as_str());
    match (&options.delimiter, target.as_scalar()) {
        (None, _) => Ok(text.into()),
        (Some(delimiter), Some(old)) => {
            // It is made, then copied.
            counter.text(2 * (old.text.len() + delimiter.len() + text.len()))?;
            Ok(join(&old.text, delimiter, options.index, text).into())
        }
        (Some(delimiter), None) => Err(no_parts(delimiter, target)),
    }
}

/// Replaces one part of `old` by `new`, or adds it at the start or the end.
fn join(old: &str, delimiter: &str, index: i64, new: &str) -> String {
    let Ok(index) = usize::try_from(index) else { return [new, delimiter, old].concat() };
    let start = match index.checked_sub(1) {
        None => Some(0),
        Some(before) => old.match_indices(delimiter).nth(before).map(|(at, _)| at + delimiter.len()),
    };
    match start {
        None => [old, delimiter, new].concat(),
        Some(start) => {
            let end = old[start..].find(delimiter).map_or(old.len(), |at| start + at);
            [&old[..start], new, &old[end..]].concat()
        }
    }
}

/// The plugin `ReplacementTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let replacements =
        plugin::read(plugin, |fields| fields.list("replacements", model::replacement::replacement_entry))?;
    step(resources, &Kustomization { replacements, ..Kustomization::default() }, context)
}

#[cfg(test)]
mod tests {
    #[test]
    fn joining() {
        for (old, index, want) in [
            ("a/b/c", 0, "N/b/c"),
            ("a/b/c", 2, "a/b/N"),
            ("a/b/c", 3, "a/b/c/N"),
            ("a/b/c", -1, "N/a/b/c"),
            ("", 0, "N"),
            ("", 1, "/N"),
        ] {
            assert_eq!(super::join(old, "/", index, "N"), want, "{old} {index}");
        }
    }
}
