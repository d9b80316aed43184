//! Secret values in files that differ: whether they changed is shown, the values are not, nor anything that depends on them.
//!
//! Secret is what a Secret has, what is under a key that matches a pattern of the spec, and other values with the same text. Both
//! sides of a file are searched together, so a value that is found in one is hidden in the other as well.

use crate::diagnostic::redaction::{DISTINCT, REDACTED};
use crate::glob;
use crate::node::Node;
use crate::schema::secret;
use crate::yaml::{self, Quoting};
use aho_corasick::AhoCorasick;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is shown instead of a value that differs from the previous one.
pub(super) const CHANGED: &str = "(secret, changed)";
/// What is shown instead of a file whose secret values cannot be found.
const UNREADABLE: &str = "(a file with secret values that is not valid YAML)\n";

/// The texts under keys of a node that match a pattern of `keys`, at any depth.
pub(crate) fn values_under(keys: &[SmolStr], node: &Node) -> BTreeSet<SmolStr> {
    let mut values = BTreeSet::new();
    if !keys.is_empty() {
        add_values_under(keys, node, false, &mut values);
    }
    values
}

fn add_values_under(keys: &[SmolStr], node: &Node, is_secret: bool, values: &mut BTreeSet<SmolStr>) {
    if is_secret {
        values.extend(node.as_text().map(SmolStr::from));
    }
    for entry in node.as_map().into_iter().flat_map(|map| map.iter()) {
        add_values_under(keys, &entry.value, is_secret || matches(keys, &entry.key.text), values);
    }
    for item in node.as_seq().unwrap_or_default() {
        add_values_under(keys, item, is_secret, values);
    }
}

fn matches(keys: &[SmolStr], key: &str) -> bool {
    keys.iter().any(|pattern| glob::matches(pattern, key))
}

/// What is secret in the files of a branch.
pub(super) struct Secrets<'k> {
    keys: &'k [SmolStr],
    /// Values of the spec: a template may write one as a part of a text.
    of_spec: AhoCorasick,
    /// Values of Secrets: kustomize copies a whole one.
    of_objects: BTreeSet<String>,
}

impl<'k> Secrets<'k> {
    /// What is secret by `keys`, the secret `values` of the spec, and the Secrets in `files`. Short values are part of other texts,
    /// so they are secret under their own keys only.
    pub(super) fn of<'t>(
        keys: &'k [SmolStr],
        values: &BTreeSet<SmolStr>,
        files: impl Iterator<Item = &'t str>,
    ) -> Self {
        let values = values.iter().filter(|value| value.len() >= DISTINCT);
        let patterns = values.flat_map(|value| [value.to_string(), STANDARD.encode(value.as_bytes())]);
        // Its only errors are about sizes of more than 2 GiB.
        let of_spec = AhoCorasick::new(patterns).expect("the values of a branch are short");
        let objects = files.filter(|text| has_secret(text)).filter_map(documents).flatten();
        let of_objects = objects.flat_map(|object| texts_of(&object)).filter(|text| text.len() >= DISTINCT).collect();
        Secrets { keys, of_spec, of_objects }
    }

    /// The texts of a file before and after, without secret values.
    pub(super) fn redacted<'t>(&self, (before, after): (&'t str, &'t str)) -> (Cow<'t, str>, Cow<'t, str>) {
        if !self.may_be_in(before) && !self.may_be_in(after) {
            return (before.into(), after.into());
        }
        let (mut old, mut new) = (documents(before), documents(after));
        let count = [&old, &new].into_iter().flatten().map(Vec::len).max().unwrap_or_default();
        let mut found = old.is_none() || new.is_none();
        for index in 0..count {
            let (old, new) = (old.as_mut(), new.as_mut());
            found |= self.hide(old.and_then(|old| old.get_mut(index)), new.and_then(|new| new.get_mut(index)));
        }
        if !found {
            return (before.into(), after.into());
        }
        (written(before, old), written(after, new))
    }

    /// Whether there can be a secret value in a text.
    pub(super) fn may_be_in(&self, text: &str) -> bool {
        let knows_any = !self.keys.is_empty() || self.of_spec.patterns_len() > 0 || !self.of_objects.is_empty();
        knows_any || has_secret(text)
    }

    /// Replaces the secret values in a node before and after. Returns whether there is one.
    pub(super) fn hide(&self, mut old: Option<&mut Node>, mut new: Option<&mut Node>) -> bool {
        if self.holds(old.as_deref()) || self.holds(new.as_deref()) {
            return hide_value(old, new);
        }
        let mut found = false;
        for path in both(&old, &new, secret::value_paths) {
            found |= hide_value(
                old.as_deref_mut().and_then(|old| secret::at_mut(old, &path)),
                new.as_deref_mut().and_then(|new| secret::at_mut(new, &path)),
            );
        }
        let is_named = both(&old, &new, |node| node.get("name").and_then(Node::as_str).map(SmolStr::from))
            .iter()
            .any(|name| matches(self.keys, name));
        for key in both(&old, &new, keys) {
            let sides = (
                old.as_deref_mut().and_then(|old| old.get_mut(&key)),
                new.as_deref_mut().and_then(|new| new.get_mut(&key)),
            );
            let is_secret = self.is_secret(&key) || is_named && key == "value";
            found |= if is_secret { hide_value(sides.0, sides.1) } else { self.hide(sides.0, sides.1) };
        }
        let (old_items, new_items) = (items(old.as_deref()), items(new.as_deref()));
        for item in old_items.keys().chain(new_items.keys()).collect::<BTreeSet<_>>() {
            let old = old_items.get(item).and_then(|at| old.as_deref_mut()?.as_seq_mut()?.get_mut(*at));
            let new = new_items.get(item).and_then(|at| new.as_deref_mut()?.as_seq_mut()?.get_mut(*at));
            found |= self.hide(old, new);
        }
        found
    }

    /// Whether a text contains a known value.
    fn holds(&self, node: Option<&Node>) -> bool {
        let text = node.and_then(Node::as_text);
        text.is_some_and(|text| self.of_objects.contains(text) || self.of_spec.is_match(text))
    }

    fn is_secret(&self, key: &str) -> bool {
        // The annotation has a copy of the object, with its keys.
        matches(self.keys, key) || key == secret::LAST_APPLIED && !self.keys.is_empty()
    }
}

/// Whether a text may have a Secret.
fn has_secret(text: &str) -> bool {
    text.contains("Secret")
}

/// The documents of a text. `None` if it is not valid YAML.
fn documents(text: &str) -> Option<Vec<Node>> {
    yaml::objects(text).ok()
}

fn written(text: &str, documents: Option<Vec<Node>>) -> Cow<'_, str> {
    let Some(documents) = documents else {
        return if text.is_empty() { text.into() } else { UNREADABLE.into() };
    };
    let text = yaml::stream(&documents, |out, document| yaml::write(out, document, Quoting::Safe));
    text.map_or(UNREADABLE.into(), Cow::Owned)
}

/// The values of an object as they are written, and those of `data` as they are used.
fn texts_of(object: &Node) -> Vec<String> {
    let paths = secret::value_paths(object);
    let texts = paths.iter().filter_map(|path| secret::at(object, path)?.as_text());
    let decoded = |text: &str| STANDARD.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    texts.flat_map(|text| decoded(text).into_iter().chain([text.to_owned()])).collect()
}

/// What both sides have, in order.
fn both<T: Ord, I: IntoIterator<Item = T>>(
    old: &Option<&mut Node>,
    new: &Option<&mut Node>,
    what: fn(&Node) -> I,
) -> BTreeSet<T> {
    [old, new].into_iter().flatten().flat_map(|node| what(node)).collect()
}

fn keys(node: &Node) -> Vec<SmolStr> {
    node.as_map().map(|map| map.iter().map(|entry| entry.key.text.clone()).collect()).unwrap_or_default()
}

/// The positions of the items of a list. Items with the same name, and those without a name, are numbered.
fn items(list: Option<&Node>) -> BTreeMap<(SmolStr, usize), usize> {
    let mut counts: BTreeMap<SmolStr, usize> = BTreeMap::new();
    let items = list.and_then(Node::as_seq).unwrap_or_default().iter().enumerate();
    let positions = items.map(|(position, item)| {
        let name = SmolStr::from(item.get("name").and_then(Node::as_str).unwrap_or_default());
        let count = counts.entry(name.clone()).or_default();
        *count += 1;
        ((name, *count), position)
    });
    positions.collect()
}

/// Replaces a value before and after, if it is not empty. Returns whether there is one.
fn hide_value(old: Option<&mut Node>, new: Option<&mut Node>) -> bool {
    let (old, new) = (old.filter(|old| !secret::is_empty(old)), new.filter(|new| !secret::is_empty(new)));
    let is_changed = old.as_deref().zip(new.as_deref()).is_some_and(|(old, new)| old != new);
    let found = old.is_some() || new.is_some();
    if let Some(old) = old {
        *old = Node::str(REDACTED);
    }
    if let Some(new) = new {
        *new = Node::str(if is_changed { CHANGED } else { REDACTED });
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str, keys: &[&str], values: &[&str]) -> (String, String) {
        let keys: Vec<SmolStr> = keys.iter().copied().map(SmolStr::from).collect();
        let values = values.iter().copied().map(SmolStr::from).collect();
        let secrets = Secrets::of(&keys, &values, [before, after].into_iter());
        let (before, after) = secrets.redacted((before, after));
        (before.into_owned(), after.into_owned())
    }

    #[test]
    fn values_of_secrets_are_not_shown() {
        let secret = |data: &str| format!("apiVersion: v1\ndata:\n{data}kind: Secret\n");
        let (before, after) = (secret("  a: aGk=\n  b: aGk=\n"), secret("  a: aGkhISE=\n  b: aGk=\n  c: aGk=\n"));
        assert_eq!(
            shown(&before, &after, &[], &[]),
            (
                secret("  a: (secret)\n  b: (secret)\n"),
                secret("  a: (secret, changed)\n  b: (secret)\n  c: (secret)\n")
            )
        );
        assert_eq!(shown("", &before, &[], &[]), (String::new(), secret("  a: (secret)\n  b: (secret)\n")));
        let broken = "kind: Secret\ndata: {a: hunter22\n";
        assert_eq!(shown(broken, &before, &[], &[]).0, UNREADABLE);
        let list = "items:\n- kind: Secret\n  stringData:\n    a: hunter22\nkind: List\n";
        assert_eq!(shown(list, "", &[], &[]).0, list.replace("hunter22", "(secret)"));
        let other = "data:\n  a: Secret\nkind: ConfigMap\n";
        assert_eq!(shown(other, "", &[], &[]).0, other);
    }

    #[test]
    fn values_in_other_fields_of_secrets_are_not_shown() {
        let text = "kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{\"data\":{\"a\":\"hunter22\"}}'\nstringdata:\n  a: hunter22\n";
        let (_, after) = shown("", text, &[], &[]);
        assert!(!after.contains("hunter22") && after.contains("a: (secret)"), "{after}");
        // An object that is a Secret on one side only, and a value that moved to another field.
        let (before, after) = shown(&text.replace("Secret", "ConfigMap"), text, &[], &[]);
        assert!(!before.contains("hunter22") && !after.contains("hunter22"), "{before}{after}");
    }

    #[test]
    fn values_of_secret_keys_are_not_shown() {
        let text = |password: &str| {
            format!(
                "data:\n  a: b\n  dbPassword: {password}\nenv:\n- name: X_PASSWORD\n  value: {password}\n- name: OTHER\n  value: x\n"
            )
        };
        let keys = ["*Password", "*_PASSWORD"];
        let (before, after) = shown(&text("hunter22"), &text("hunter23"), &keys, &[]);
        assert_eq!((before, after), (text("(secret)"), text("(secret, changed)")));
    }

    #[test]
    fn known_values_are_not_shown_under_any_key() {
        let text = |value: &str| format!("env:\n- name: A\n  value: first\n- name: URL\n  value: {value}\n");
        let url = |password: &str| text(&format!("postgres://u:{password}@db"));
        // The item of the list that is in the place of the other one before.
        let before = url("hunter22").replace("- name: A\n  value: first\n", "");
        let (before, after) = shown(&before, &url("hunter23"), &["*Password"], &["hunter23"]);
        assert_eq!(before, "env:\n- name: URL\n  value: (secret)\n");
        assert_eq!(after, text("(secret, changed)"));
        let base64 = text(&STANDARD.encode("hunter23"));
        assert_eq!(shown("", &base64, &["*Password"], &["hunter23"]).1, text("(secret)"));

        let copy =
            "kind: Secret\ndata:\n  a: aHVudGVyMjI=\n---\nkind: ConfigMap\ndata:\n  b: hunter22\n  c: hunter22x\n";
        let want = "data:\n  a: (secret)\nkind: Secret\n---\ndata:\n  b: (secret)\n  c: hunter22x\nkind: ConfigMap\n";
        let shown = |text| shown("", text, &[], &[]).1;
        assert_eq!(shown(copy).lines().collect::<BTreeSet<_>>(), want.lines().collect());
    }

    #[test]
    fn values_under_keys_are_found_at_any_depth() {
        let node = yaml::objects("a: {myPassword: x, other: y}\nb: [{passwords: {c: [z, 1]}}]\n").unwrap().remove(0);
        let found = values_under(&["*assword*".into()], &node);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["1", "x", "z"]);
        assert!(values_under(&[], &node).is_empty());
    }
}
