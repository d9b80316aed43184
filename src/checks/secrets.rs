//! No secret value in the output, because the output is committed.
//!
//! Keep secret values in a store and refer to them, with an `ExternalSecret` for example, or encrypt them, with a
//! `SealedSecret`. Values in other objects are not searched.

use super::{CheckInput, CheckedObject, Finding};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::resource::Resource;
use crate::schema::secret;
use crate::spec::SecretsMode;
use smol_str::SmolStr;

/// One finding for every object that contains values of a Secret; the spec's `secrets` decides how severe it is.
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
    let resource = object.resource;
    let held = value_paths(resource);
    let first = held.first()?;
    let place = secret::at(&resource.node, first).map_or(resource.origin, |value| value.at.or(resource.origin));
    // The name of a generated secret ends with the hash of its values, which differs between branches.
    let (kind, name) = (resource.gvk().kind, resource.original_id().name);
    let key = first.last().expect("a path has a key");
    let message = format!("`{kind} {name}` contains the value of `{key}`{}", more(held.len() - 1));
    Some(Diagnostic::new(Code::Secret, message).at(place).help(help(first)))
}

/// What helps against a value at this path.
fn help(path: &[SmolStr]) -> &'static str {
    match path.last().map(SmolStr::as_str) {
        Some(secret::LAST_APPLIED) => "remove the annotation, which `kubectl apply` added to an object of a cluster",
        _ => "keep the value in a store and refer to it, with an `ExternalSecret` or a `SealedSecret` for example",
    }
}

fn value_paths(resource: &Resource) -> Vec<Vec<SmolStr>> {
    if secret::may_have_values(&resource.gvk()) { secret::value_paths(&resource.node) } else { Vec::new() }
}

/// Whether an object contains values of a Secret.
pub(crate) fn has_values(resource: &Resource) -> bool {
    !value_paths(resource).is_empty()
}

fn more(count: usize) -> String {
    if count == 0 { String::new() } else { format!(" and {count} more") }
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
            (format!("{head}stringdata: {{a: x}}\n"), Some("`Secret db` contains the value of `a`")),
            (head.replace("Secret", "ConfigMap") + "data: {a: aGk=}\n", None),
        ] {
            let nodes = yaml::parse(&text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
            let resources: Vec<Resource> = nodes.into_iter().map(Resource::new).collect();
            let found: Vec<Diagnostic> = resources.iter().filter_map(|r| value_in(&CheckedObject::new(r))).collect();
            assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), want.into_iter().collect::<Vec<_>>());
        }
    }
}
