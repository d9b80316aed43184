//! What the options of `branch add` and `branch set` mean: changes of the branch's entry.

use super::args::BranchSettingsArgs;
use super::slot;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result, gather};
use crate::edit::FieldChange;
use crate::node::{Map, Node};
use crate::source::Location;
use crate::spec::Spec;
use crate::yaml::{self, Dialect};

/// The changes, in a fixed order: first what goes.
pub(super) fn changes(
    settings: &BranchSettingsArgs,
    unset: &[String],
    branch: &str,
    spec: &Spec,
) -> Result<Vec<FieldChange>> {
    let text = |path: &[&str], value: &str| (owned(path), Some(Node::str(value)));
    let mut changes: Vec<FieldChange> = unset.iter().map(|path| (split(path), None)).collect();
    let slot = slot::slot(settings, branch, spec)?;
    let above = slot.map(|slot| vec!["slots", "versions", slot]).unwrap_or_default();
    for (name, reference) in &settings.image {
        changes.push(text(&[&above[..], &["images", image(name, spec)]].concat(), reference));
    }
    if let (Some(slot), Some(weight)) = (slot, settings.weight) {
        changes.extend(slot::weights(slot, weight, branch, spec)?);
    }
    changes.extend(gather(&settings.value, |(path, value)| -> Result<FieldChange> {
        let path = ["values".to_owned()].into_iter().chain(split(path)).collect();
        Ok((path, Some(parsed(value)?)))
    })?);
    for (name, count) in &settings.replicas {
        changes.push((owned(&["replicas", name]), Some(parsed(count)?)));
    }
    for (key, list) in [("overlays", &settings.overlay), ("services", &settings.service), ("hosts", &settings.host)] {
        if !list.is_empty() {
            changes.push((owned(&[key]), Some(Node::seq(list.iter().map(Node::str)))));
        }
    }
    for (field, pairs) in [("labels", &settings.label), ("annotations", &settings.annotation)] {
        changes.extend(pairs.iter().map(|(key, value)| text(&[field, key], value)));
    }
    for (path, word) in [(["database", "mode"], &settings.database), (["slots", "active"], &settings.active)] {
        changes.extend(word.iter().map(|word| text(&path, word)));
    }
    for (key, value) in [("owner", &settings.owner), ("link", &settings.link)] {
        changes.extend(value.iter().map(|value| text(&[key], value)));
    }
    // As people write it: a date without quotes.
    changes.extend(
        settings
            .expires
            .iter()
            .map(|date| (owned(&["expires"]), Some(parsed(date).unwrap_or(Node::str(date.as_str()))))),
    );
    changes.extend(settings.pin.iter().map(|reason| {
        let pin: Map = [("reason", Node::str(reason.as_str()))].into_iter().collect();
        (owned(&["pin"]), Some(pin.into()))
    }));
    Ok(changes)
}

/// The name under which the spec speaks of an image: its alias if it has one.
fn image<'a>(name: &'a str, spec: &'a Spec) -> &'a str {
    spec.image_aliases.iter().find(|(_, full)| full.value == name).map_or(name, |(alias, _)| alias.as_str())
}

fn owned(path: &[&str]) -> Vec<String> {
    path.iter().map(|&part| part.to_owned()).collect()
}

/// The keys of a path: parted by dots, `\.` being one within a key.
fn split(path: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut chars = path.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            ('.', _) => parts.push(String::new()),
            ('\\', Some(last)) => last.extend(chars.next()),
            (c, Some(last)) => last.push(c),
            (_, None) => unreachable!("there is always a last part"),
        }
    }
    parts
}

/// A value of the command line, which is YAML; nothing at all is the empty string.
fn parsed(text: &str) -> Result<Node, Diagnostics> {
    if text.is_empty() {
        return Ok(Node::str(""));
    }
    let refused = |why: String| Diagnostic::new(Code::Usage, format!("`{text}` is no value: {why}"));
    let nodes =
        yaml::parse(&format!("- {}\n", text.replace('\n', "\n  ")), Dialect::Kubernetes, &|_, _, _| Location::NONE)
            .map_err(|errors| {
                errors.map(|error| {
                    refused(error.to_string()).help("text with YAML's own characters needs quotes: `'PATH=\"text\"'`")
                })
            })?;
    match nodes.first().and_then(Node::as_seq) {
        Some([value]) => Ok(value.clone()),
        _ => Err(refused("it is more than one".to_owned()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn paths() {
        for (path, parts) in
            [("a", &["a"][..]), ("a.b.c", &["a", "b", "c"]), (r"a.b\.c\\d", &["a", r"b.c\d"]), ("", &[""])]
        {
            assert_eq!(split(path), parts, "{path}");
        }
    }
}
