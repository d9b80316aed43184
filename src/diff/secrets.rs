//! Secret values in a file that differs: whether they changed is shown, the values are not, nor anything that depends on them.

use crate::diagnostic::redaction::REDACTED;
use crate::glob;
use crate::node::Node;
use crate::yaml::{self, Quoting};
use smol_str::SmolStr;
use std::borrow::Cow;

/// What is shown instead of a value that differs from the previous one.
const CHANGED: &str = "(secret, changed)";
/// What is shown instead of a file whose secret values cannot be found.
const UNREADABLE: &str = "(a file with secret values that is not valid YAML)\n";

/// The texts of a file before and after, without the values of Secrets and of keys that match a pattern of `keys`.
pub(super) fn redacted<'t>((before, after): (&'t str, &'t str), keys: &[SmolStr]) -> (Cow<'t, str>, Cow<'t, str>) {
    if keys.is_empty() && ![before, after].iter().any(|text| text.contains("Secret")) {
        return (before.into(), after.into());
    }
    let (mut old, mut new) = (documents(before), documents(after));
    let nothing = Vec::new();
    let mut found = hide(new.as_mut(), old.as_ref().unwrap_or(&nothing), keys);
    found |= hide(old.as_mut(), &nothing, keys);
    if !found {
        return (before.into(), after.into());
    }
    (written(before, old), written(after, new))
}

/// The documents of a text. `None` if it is not valid YAML.
fn documents(text: &str) -> Option<Vec<Node>> {
    yaml::objects(text).ok()
}

/// Replaces the secret values of documents, each compared with the previous one. Returns whether there is one or may be one.
fn hide(documents: Option<&mut Vec<Node>>, previous: &[Node], keys: &[SmolStr]) -> bool {
    let Some(documents) = documents else { return true };
    let mut found = false;
    for (index, document) in documents.iter_mut().enumerate() {
        found |= SecretSearch { keys }.object(document, previous.get(index));
    }
    found
}

fn written(text: &str, documents: Option<Vec<Node>>) -> Cow<'_, str> {
    let Some(documents) = documents else {
        return if text.is_empty() { text.into() } else { UNREADABLE.into() };
    };
    let text = yaml::stream(&documents, |out, document| yaml::write(out, document, Quoting::Safe));
    text.map_or(UNREADABLE.into(), Cow::Owned)
}

struct SecretSearch<'k> {
    keys: &'k [SmolStr],
}

impl SecretSearch<'_> {
    /// Replaces the secret values of an object, and of the objects in a list.
    fn object(&self, object: &mut Node, previous: Option<&Node>) -> bool {
        let mut found = false;
        if object.get("kind").and_then(Node::as_str) == Some("Secret") {
            for field in ["data", "stringData"] {
                if let Some(values) = object.get_mut(field) {
                    found |= replace_all(values, previous.and_then(|previous| previous.get(field)));
                }
            }
        }
        found | self.keys(object, previous)
    }

    /// Replaces the values under secret keys, `value` beside a `name` that is one, and those of Secrets in lists.
    fn keys(&self, node: &mut Node, previous: Option<&Node>) -> bool {
        let is_named = node.get("name").and_then(Node::as_str).is_some_and(|name| self.is_secret(name));
        let mut found = false;
        if let Some(map) = node.as_map_mut() {
            for (key, value) in map.iter_mut() {
                let before = previous.and_then(|previous| previous.get(&key.text));
                found |= if self.is_secret(&key.text) || is_named && key.text == "value" {
                    replace(value, before)
                } else {
                    self.keys(value, before)
                };
            }
        } else if let Some(items) = node.as_seq_mut() {
            for (index, item) in items.iter_mut().enumerate() {
                found |= self.object(item, previous.and_then(|previous| previous.as_seq()?.get(index)));
            }
        }
        found
    }

    fn is_secret(&self, key: &str) -> bool {
        self.keys.iter().any(|pattern| glob::matches(pattern, key))
    }
}

/// Replaces the values of a mapping. Returns whether there is one.
fn replace_all(values: &mut Node, previous: Option<&Node>) -> bool {
    let Some(map) = values.as_map_mut() else { return replace(values, previous) };
    let pairs = map.iter_mut();
    pairs.fold(false, |found, (key, value)| {
        replace(value, previous.and_then(|previous| previous.get(&key.text))) | found
    })
}

/// Replaces a value, if it is not empty.
fn replace(value: &mut Node, previous: Option<&Node>) -> bool {
    if value.is_null() || value.as_str() == Some("") {
        return false;
    }
    let is_changed = previous.is_some_and(|previous| *previous != *value);
    *value = Node::str(if is_changed { CHANGED } else { REDACTED });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(before: &str, after: &str, keys: &[&str]) -> (String, String) {
        let keys: Vec<SmolStr> = keys.iter().copied().map(SmolStr::from).collect();
        let (before, after) = redacted((before, after), &keys);
        (before.into_owned(), after.into_owned())
    }

    #[test]
    fn values_of_secrets_are_not_shown() {
        let secret = |data: &str| format!("apiVersion: v1\ndata:\n{data}kind: Secret\n");
        let (before, after) = (secret("  a: aGk=\n  b: aGk=\n"), secret("  a: aGkhISE=\n  b: aGk=\n  c: aGk=\n"));
        assert_eq!(
            shown(&before, &after, &[]),
            (
                secret("  a: (secret)\n  b: (secret)\n"),
                secret("  a: (secret, changed)\n  b: (secret)\n  c: (secret)\n")
            )
        );
        assert_eq!(shown("", &before, &[]), (String::new(), secret("  a: (secret)\n  b: (secret)\n")));
        let broken = "kind: Secret\ndata: {a: hunter22\n";
        assert_eq!(shown(broken, &before, &[]).0, UNREADABLE);
        let list = "items:\n- kind: Secret\n  stringData:\n    a: hunter22\nkind: List\n";
        assert_eq!(shown(list, "", &[]).0, list.replace("hunter22", "(secret)"));
        let other = "data:\n  a: Secret\nkind: ConfigMap\n";
        assert_eq!(shown(other, "", &[]).0, other);
    }

    #[test]
    fn values_of_secret_keys_are_not_shown() {
        let text = |password: &str| {
            format!(
                "data:\n  a: b\n  dbPassword: {password}\nenv:\n- name: X_PASSWORD\n  value: {password}\n- name: OTHER\n  value: x\n"
            )
        };
        let keys = ["*Password", "*_PASSWORD"];
        let (before, after) = shown(&text("hunter22"), &text("hunter23"), &keys);
        assert_eq!((before, after), (text("(secret)"), text("(secret, changed)")));
    }
}
