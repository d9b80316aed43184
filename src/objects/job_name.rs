//! The names of Jobs that run again when their pod template changes.
//!
//! A cluster does not let the pod template of a Job change. The name of such a Job ends in a hash of the template, so that
//! another template makes another Job. This applies to the migration Job and to every Job with the annotation
//! `pleach.dev/name-hash: "true"`.

use super::ContributorInput;
use super::migration_job::{is_job, is_migration_job};
use crate::annotation::NAME_HASH_ANNOTATION;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::resource::Resource;
use crate::schema::name;
use crate::source::Location;
use crate::yaml;
use sha2::{Digest, Sha256};

/// The number of hex digits after the name and `-`.
const HASH: usize = 8;

/// Renames the Jobs. Warns of other Jobs whose pod template changes with the name of a generated object.
pub(super) fn contribute(input: &ContributorInput, resources: &mut [Resource]) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut warnings = Vec::new();
    for i in 0..resources.len() {
        let is_asked = asks_for_hash(&resources[i])?;
        if !is_job(&resources[i]) {
            continue;
        }
        if is_asked || is_migration_job(input, &resources[i]) {
            rename(&mut resources[i])?;
        } else {
            warnings.extend(generated(&resources[i], resources));
        }
    }
    Ok(warnings)
}

/// Whether an object has the annotation. Only a Job may have it.
fn asks_for_hash(resource: &Resource) -> Result<bool, Diagnostic> {
    let Some(value) = resource.node.at_path(&["metadata", "annotations", NAME_HASH_ANNOTATION]) else {
        return Ok(false);
    };
    let error = |message: String, help: &'static str| {
        Err(Diagnostic::new(Code::Resource, message).at(value.at).at(resource.origin).help(help))
    };
    match value.as_text() {
        Some("true") if is_job(resource) => Ok(true),
        Some("false") => Ok(false),
        Some("true") => {
            let message = format!("the annotation `{NAME_HASH_ANNOTATION}` has no effect on a {}", resource.gvk().kind);
            error(message, "remove it: only the name of a Job can end in a hash of its pod template")
        }
        other => {
            let value = other.unwrap_or("a mapping or list");
            error(
                format!("`{value}` is not a value of the annotation `{NAME_HASH_ANNOTATION}`"),
                "write `\"true\"`, or remove the annotation",
            )
        }
    }
}

/// A warning for each generated object that the pod template of a Job names.
fn generated(job: &Resource, resources: &[Resource]) -> Vec<Diagnostic> {
    let hashed = resources.iter().filter(|resource| resource.generated.is_some_and(|generated| generated.hash));
    let template = job.node.at_path(&["spec", "template"]);
    let named = hashed.filter_map(|resource| Some((resource, location_of(template?, resource.name())?)));
    let warning = |(resource, at): (&Resource, Location)| {
        let kind = resource.gvk().kind;
        let message = format!("the pod template of a Job references a generated {kind}, whose name changes");
        let help = format!(
            "the cluster refuses a Job whose pod template changes: add the annotation `{NAME_HASH_ANNOTATION}: \"true\"` to the Job"
        );
        Diagnostic::new(Code::Resource, message)
            .at(at)
            .at(job.origin)
            .note(resource.origin, "it is generated here")
            .help(help)
    };
    named.map(warning).collect()
}

/// The location of a text somewhere in a node.
fn location_of(node: &Node, text: &str) -> Option<Location> {
    match &node.value {
        Value::Scalar(scalar) => (scalar.text == text).then_some(node.at),
        Value::Seq(items) => items.iter().find_map(|item| location_of(item, text)),
        Value::Map(map) => map.iter().find_map(|entry| location_of(&entry.value, text)),
    }
}

fn rename(job: &mut Resource) -> Result<(), Diagnostic> {
    let template = match job.node.at_path(&["spec", "template"]) {
        Some(template) => yaml::document(template)?,
        None => String::new(),
    };
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(template));
    let stem = job.name();
    let stem = stem.get(..name::LABEL - 1 - HASH).unwrap_or(stem).trim_end_matches(['-', '.']);
    let (stem, hash) = (stem.to_owned(), format!("{:08x}", u32::from_be_bytes([a, b, c, d])));
    job.append_hash(&stem, &hash);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;
    use crate::yaml::Dialect;
    use std::collections::BTreeSet;

    fn renamed(name: &str, spec: &str, pods: &str) -> String {
        let text = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, labels: {{a: b}}}}\nspec:\n  {spec}\n  template:\n    spec:\n      {pods}\n"
        );
        let node = yaml::parse(&text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().pop().unwrap();
        let mut job = Resource::new(node);
        rename(&mut job).unwrap();
        job.name().to_owned()
    }

    #[test]
    fn the_name_changes_with_the_pod_template_only() {
        let one = renamed("migrate", "backoffLimit: 1", "containers: [{name: a, image: 'a:1', args: [up]}]");
        assert_eq!(one.len(), "migrate-".len() + HASH);
        for same in [
            "containers: [{image: 'a:1', name: a, args: [\"up\"]}] # comment",
            "containers:\n      - {name: a, args: [up], image: a:1}",
        ] {
            assert_eq!(renamed("migrate", "backoffLimit: 2", same), one, "{same}");
        }
        let others = [
            "containers: [{name: a, image: 'a:2', args: [up]}]",
            "containers: [{name: a, image: 'a:1', args: [up, --seed]}]",
            "containers: [{name: a, image: 'a:1', args: [up], env: [{name: A, value: b}]}]",
            "containers: [{name: a, image: 'a:1', args: [up], envFrom: [{configMapRef: {name: env-1}}]}]",
            "containers: [{name: a, image: 'a:1', args: [up]}]\n      serviceAccountName: b",
            "initContainers: [{name: a, image: 'a:1', args: [up]}]",
        ];
        let names: BTreeSet<String> =
            others.iter().map(|pods| renamed("migrate", "backoffLimit: 1", pods)).chain([one]).collect();
        assert_eq!(names.len(), others.len() + 1);
    }

    #[test]
    fn a_long_name_is_cut_to_a_label() {
        let name = renamed(&format!("{}-{}", "a".repeat(53), "b".repeat(20)), "suspend: true", "containers: []");
        assert!(name.len() <= name::LABEL && name::is_label(&name), "{name}");
    }
}
