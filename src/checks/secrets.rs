//! No secret value in the output, because the output is committed.
//!
//! Keep secret values in a store and refer to them, with an `ExternalSecret` for example, or encrypt them, with a
//! `SealedSecret`. Values in other objects are not searched.

use super::{CheckInput, CheckedObject, Finding};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::node::{MapEntry, Node};
use crate::resource::Resource;
use crate::spec::SecretsMode;

/// One finding for every `Secret` that contains values; the spec's `secrets` decides how severe it is.
pub(super) fn check(input: &CheckInput) -> Vec<Finding> {
    let rules = &input.spec.secrets;
    let severity = match rules.mode {
        SecretsMode::Allow => return Vec::new(),
        SecretsMode::Warn => Severity::Warning,
        SecretsMode::Refuse => Severity::Error,
    };
    let refused = input.objects.iter().filter(|object| !rules.allows(&object.resource.original_id().name));
    let found = refused.filter_map(value_in);
    found.map(|diagnostic| Finding { severity, diagnostic }).collect()
}

fn value_in(object: &CheckedObject) -> Option<Diagnostic> {
    if !object.is("", "Secret") {
        return None;
    }
    let resource = object.resource;
    let mut held = values(resource);
    let first = held.next()?;
    // The name of a generated secret ends with the hash of its values, which differs between branches.
    let name = resource.original_id().name;
    let message = format!("`Secret {name}` contains the value of `{}`{}", first.key.text, more(held.count()));
    Some(
        Diagnostic::new(Code::Secret, message).at(place(&first.value, resource)).help(
            "keep the value in a store and refer to it, with an `ExternalSecret` or a `SealedSecret` for example",
        ),
    )
}

/// The values of a Secret, without empty ones.
fn values(secret: &Resource) -> impl Iterator<Item = &MapEntry> {
    let entries = ["data", "stringData"].into_iter().filter_map(|field| secret.node.get(field)?.as_map());
    entries.flatten().filter(|entry| entry.value.as_text().is_some_and(|text| !text.is_empty()))
}

/// Whether a Secret contains values.
pub(crate) fn has_values(secret: &Resource) -> bool {
    values(secret).next().is_some()
}

fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" and {count} more") }
}

fn place(value: &Node, resource: &Resource) -> crate::source::Location {
    value.at.or(resource.origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    #[test]
    fn values_are_found() {
        let head = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\n";
        for (text, want) in [
            (format!("{head}data: {{a: aGk=}}\n"), Some("`Secret db` contains the value of `a`")),
            (
                format!("{head}stringData: {{a: x, b: y, c: 1}}\n"),
                Some("`Secret db` contains the value of `a` and 2 more"),
            ),
            (format!("{head}data: {{a: ''}}\nstringData: {{b: }}\n"), None),
            (head.to_owned(), None),
            (head.replace("v1", "example.com/v1") + "data: {a: aGk=}\n", None),
            (head.replace("Secret", "ConfigMap") + "data: {a: aGk=}\n", None),
        ] {
            let nodes = yaml::parse(&text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
            let resources: Vec<Resource> = nodes.into_iter().map(Resource::new).collect();
            let found: Vec<Diagnostic> = resources.iter().filter_map(|r| value_in(&CheckedObject::new(r))).collect();
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), want.into_iter().collect::<Vec<_>>());
        }
    }
}
