//! The Job that migrates and seeds the database of a branch.
//!
//! A cluster does not let the pods of a Job change, so that another migration is another Job: its name ends in a hash of
//! the images, commands and arguments of its containers, and of nothing else. Where the database belongs to the
//! baseline, the Job stays out.

use super::ContributorInput;
use crate::database::DatabaseMode;
use crate::diagnostic::{Code, Diagnostic};
use crate::node::{Node, Value};
use crate::resource::Resource;
use crate::schema::name;
use crate::source::Location;
use sha2::{Digest, Sha256};

/// The number of hex digits after the name and `-`.
const HASH: usize = 8;

/// Gives the Job its name, or takes it out. Warns of what will keep a cluster from applying it again.
pub(super) fn contribute(
    input: &ContributorInput,
    resources: &mut Vec<Resource>,
) -> Result<Vec<Diagnostic>, Diagnostic> {
    let ContributorInput { spec, branch, .. } = *input;
    let job = spec.database.as_ref().and_then(|database| database.job.as_ref());
    let (Some(job), Some(database)) = (job, &branch.database) else { return Ok(Vec::new()) };
    let is_job = |resource: &Resource| {
        let gvk = resource.gvk();
        gvk.group == "batch" && gvk.kind == "Job"
    };
    let is_it = |resource: &Resource| is_job(resource) && resource.name() == job.value;
    if !database.is_migrated {
        resources.retain(|resource| !is_it(resource));
        return Ok(Vec::new());
    }
    match resources.iter().position(is_it) {
        Some(i) => {
            rename(&mut resources[i]);
            Ok(generated(&resources[i], resources))
        }
        None if branch.runs_all => {
            let jobs = resources.iter().filter(|resource| is_job(resource)).map(Resource::name);
            let message = format!("the branch makes no Job `{}` that could migrate its database", job.value);
            Err(Diagnostic::new(Code::Resource, message).at(job.at).suggest(&job.value, jobs))
        }
        // Who takes services from the baseline may lack the one that has the Job, and has no use for a database then.
        None => {
            let written = spec.branches.iter().find(|written| written.name == branch.name);
            let asked = written.and_then(|written| written.database.as_ref());
            Ok(asked.map(|mode| unmigrated(&job.value, mode.value, mode.at)).into_iter().collect())
        }
    }
}

/// A warning about a database that no Job creates.
fn unmigrated(job: &str, mode: DatabaseMode, at: Location) -> Diagnostic {
    let message = format!("the branch has a {} of its own, and no Job `{job}` to migrate it", mode.word());
    Diagnostic::new(Code::Resource, message)
        .at(at)
        .help("run the service that has the Job, which is not among the branch's `services`, or share the baseline's")
}

/// A warning for each generated object that the pods of a Job name: its name is another one with every change of it,
/// while that of the Job is not.
fn generated(job: &Resource, resources: &[Resource]) -> Vec<Diagnostic> {
    let hashed = resources.iter().filter(|resource| resource.generated.is_some_and(|generated| generated.hash));
    let template = job.node.at_path(&["spec", "template"]);
    let named = hashed.filter_map(|resource| Some((resource, place_of(template?, resource.name())?)));
    let warning = |(resource, at): (&Resource, Location)| {
        let message = format!("a Job whose pods cannot change names a generated `{}`", resource.gvk().kind);
        Diagnostic::new(Code::Resource, message).at(at).at(job.origin).note(resource.origin, "it is generated here").help(
            "when its content changes, so does its name, and the cluster refuses the Job: give the Job what it needs in `args`, or from an object without a hash",
        )
    };
    named.map(warning).collect()
}

/// The location of a text somewhere in a node.
fn place_of(node: &Node, text: &str) -> Option<Location> {
    match &node.value {
        Value::Scalar(scalar) => (scalar.text == text).then_some(node.at),
        Value::Seq(items) => items.iter().find_map(|item| place_of(item, text)),
        Value::Map(map) => map.iter().find_map(|entry| place_of(&entry.value, text)),
    }
}

fn rename(job: &mut Resource) {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(what_runs(&job.node)));
    let stem = job.name();
    let stem = stem.get(..name::LABEL - 1 - HASH).unwrap_or(stem).trim_end_matches(['-', '.']);
    let name = format!("{stem}-{:08x}", u32::from_be_bytes([a, b, c, d]));
    if let Some(node) = job.node.map_entry("metadata").and_then(|metadata| metadata.get_mut("name")) {
        *node = Node::str(name).placed(node.at);
    }
}

/// The names, images, commands and arguments of all containers, so that no two lists of them give one text.
fn what_runs(job: &Node) -> String {
    let mut text = String::new();
    let mut add = |what: &str, part: &str| {
        for word in [what, " ", &part.len().to_string(), ":", part, "\n"] {
            text.push_str(word);
        }
    };
    for list in ["initContainers", "containers"] {
        let containers = job.at_path(&["spec", "template", "spec", list]).and_then(Node::as_seq);
        for container in containers.unwrap_or_default() {
            add(list, container.str_at(&["name"]).unwrap_or_default());
            add("image", container.str_at(&["image"]).unwrap_or_default());
            for key in ["command", "args"] {
                for word in container.get(key).and_then(Node::as_seq).unwrap_or_default() {
                    add(key, word.as_text().unwrap_or_default());
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Location;
    use crate::yaml::{self, Dialect};

    fn renamed(name: &str, containers: &str, rest: &str) -> String {
        let text = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}, labels: {{a: b}}}}\nspec:\n  template:\n    spec:\n      {containers}\n      {rest}\n"
        );
        let node = yaml::parse(&text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().pop().unwrap();
        let mut job = Resource::new(node);
        rename(&mut job);
        job.name().to_owned()
    }

    #[test]
    fn a_job_has_another_name_if_it_runs_something_else() {
        let one = renamed("migrate", "containers: [{name: a, image: 'a:1', args: [up, --seed]}]", "");
        assert_eq!(one.len(), "migrate-".len() + HASH);
        for same in [
            ("containers: [{name: a, image: 'a:1', args: [up, --seed], env: [{name: A, value: b}]}]", ""),
            (
                "containers: [{name: a, args: [up, --seed], image: 'a:1', resources: {limits: {cpu: 1}}}]",
                "hostNetwork: true",
            ),
        ] {
            assert_eq!(renamed("migrate", same.0, same.1), one, "{same:?}");
        }
        let other = [
            "containers: [{name: a, image: 'a:2', args: [up, --seed]}]",
            "containers: [{name: a, image: 'a:1', args: [up]}]",
            "containers: [{name: a, image: 'a:1', args: ['up --seed']}]",
            "containers: [{name: a, image: 'a:1', command: [up, --seed]}]",
            "containers: [{name: a, image: 'a:1', command: [up], args: [--seed]}]",
            "containers: [{name: a, image: 'a:1', args: [--seed, up]}]",
            "initContainers: [{name: a, image: 'a:1', args: [up, --seed]}]",
            "containers: [{name: a, image: 'a:1', args: [up, --seed]}, {name: b, image: 'a:1'}]",
        ];
        let names: std::collections::BTreeSet<String> =
            other.iter().map(|containers| renamed("migrate", containers, "")).chain([one]).collect();
        assert_eq!(names.len(), other.len() + 1);
    }

    #[test]
    fn a_long_name_is_cut_to_a_label() {
        let name = renamed(&format!("{}-{}", "a".repeat(53), "b".repeat(20)), "containers: []", "");
        assert!(name.len() <= name::LABEL && name::is_label(&name), "{name}");
    }
}
