//! The built-in plugin `ValueAddTransformer`: one value into fields of many objects, whole or as a part of a path.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::kustomize::input::{Resources, StepContext};
use crate::kustomize::model;
use crate::kustomize::model::{PatchTarget, Text};
use crate::kustomize::parsed;
use crate::kustomize::steps::patch;
use crate::node::{Node, Scalar, Style, Tag, Value};
use crate::resource::Resource;
use crate::source::Location;
use crate::work::{self, WorkCounter};
use crate::yaml::{self, Dialect, FieldErrors, Fields};
use smol_str::SmolStr;

/// The configuration.
pub(crate) struct ValueAdd {
    value: Option<Text>,
    targets: Vec<ValueTarget>,
    target_file_path: Option<Text>,
}

struct ValueTarget {
    selector: Option<PatchTarget>,
    field_path: Text,
    /// Counted from 1 among the parts between slashes; 0 for the whole field.
    file_path_position: i64,
}

impl ValueAdd {
    /// Reads the configuration.
    pub(crate) fn read(fields: &mut Fields) -> Self {
        let text = |fields: &mut Fields, name| fields.text(name).and_then(Text::of).filter(|text| !text.is_empty());
        ValueAdd {
            value: text(fields, "value"),
            targets: fields.list("targets", target),
            target_file_path: text(fields, "targetFilePath"),
        }
    }
}

fn target(node: &Node, errors: &mut FieldErrors) -> Option<ValueTarget> {
    Fields::read(node, "a target", errors, |fields| {
        let field_path = fields.required("fieldPath", Fields::text).and_then(Text::of)?;
        let selector = fields.node("selector").and_then(|node| model::target::patch_target(node, fields.errors()));
        let file_path_position = fields.int("filePathPosition", 0..=i64::MAX).unwrap_or_default();
        Some(ValueTarget { selector, field_path, file_path_position })
    })
}

/// Writes the value to the targets. The default value is the name of the folder of the kustomization.
pub(crate) fn apply(resources: &mut Resources, config: ValueAdd, context: &StepContext) -> Result<()> {
    resources.iter_mut().for_each(parsed::lose);
    let mut targets = config.targets;
    if let Some(path) = &config.target_file_path {
        let mut errors = FieldErrors::ignoring_case(Code::Overlay).ignoring_unknown();
        for document in &*context.documents(&context.file(path)?, Dialect::Yaml11)? {
            let more = Fields::read(document, "a file of targets", &mut errors, |f| Some(f.list("targets", target)));
            targets.extend(more.into_iter().flatten());
        }
        errors.check(())?;
    }
    if targets.is_empty() {
        return Err(Diagnostic::new(Code::Overlay, "`ValueAddTransformer` requires at least one target").into());
    }
    let value = config.value.as_deref().map_or("", str::trim);
    let value = if value.is_empty() { context.folder.name() } else { value };
    for target in &targets {
        let chosen = match &target.selector {
            Some(selector) => patch::select(resources, selector, context.input.work)?,
            None => (0..resources.as_slice().len()).collect(),
        };
        for i in chosen {
            let work = context.input.work;
            put(&mut resources.as_mut()[i].node, (&target.field_path, target.file_path_position), value, work)
                .map_err(|error| error.at(target.field_path.at))?;
        }
    }
    Ok(())
}

fn put(node: &mut Node, (path, position): (&str, i64), value: &str, work: &WorkCounter) -> Result<(), Diagnostic> {
    work::check_depth(path.split('/').count())?;
    work.text(path.len() + value.len())?;
    let mut field = node;
    let parts = path.replace("\\/", "\0");
    let mut parts = parts.split('/').map(|part| part.replace('\0', "/")).peekable();
    while let Some(part) = parts.next() {
        let refused = || Diagnostic::new(Code::Overlay, format!("`{part}` of `{path}` cannot be set"));
        if parts.peek().is_some() {
            if field.get(&part).is_some_and(Node::is_null) {
                // kustomize makes the rest of the way inside of the null, which swallows it.
                return Ok(());
            }
            field = field.map_entry(&part).ok_or_else(refused)?;
        } else {
            let map = field.as_map_mut().ok_or_else(refused)?;
            if !map.has(&part) {
                work.moved(map.count_from(&part))?;
            }
            let old =
                map.get(&part).map_or(Some(Scalar::str("")), |old| old.as_scalar().cloned()).ok_or_else(refused)?;
            let style = if map.has(&part) { old.style } else { Style::Plain };
            let before = if old.tag == Tag::Null { "" } else { &old.text };
            work.text(before.len())?;
            let text: SmolStr = placed(before, position, value).into();
            // What is written without quotes is what it looks like.
            let tag = if style == Style::Plain { yaml::resolve(&text, Dialect::Kubernetes) } else { Tag::Str };
            map.insert(part.as_str(), Node::new(Value::Scalar(Scalar { text, tag, style }), Location::NONE));
        }
    }
    Ok(())
}

/// `old` with `value` at a position among its parts, or `value` alone.
fn placed(old: &str, position: i64, value: &str) -> String {
    let Some(before) = usize::try_from(position).ok().and_then(|position| position.checked_sub(1)) else {
        return value.to_owned();
    };
    let mut parts: Vec<&str> = old.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(before.min(parts.len()), value);
    let root = if old.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// The plugin `ValueAddTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let config = plugin::read(plugin, ValueAdd::read)?;
    apply(resources, config, context).map_err(|errors| errors.map(|error| error.at(plugin.origin)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn positions() {
        for (old, position, want) in [
            ("/a/b", 0, "V"),
            ("/a/b", 1, "/V/a/b"),
            ("/a/b", 4, "/a/b/V"),
            ("a/b", 2, "a/V/b"),
            ("", 3, "V"),
            ("/", 2, "/V"),
            ("a/b/", 3, "a/b/V"),
        ] {
            assert_eq!(super::placed(old, position, "V"), want, "{old} {position}");
        }
    }
}
