//! Writes the files of a namespace folder: one file for each object, and the lock file. Also the files of objects that branches share.
//!
//! Every object gets the labels and annotations of its branch, in its own metadata only. Selectors and pod templates do
//! not change, so a change of an annotation does not restart pods.

mod name;

use crate::annotation::{DATABASE_ANNOTATION, NAMESPACE_ADOPTED, NAMESPACE_ANNOTATION, PROJECT_LABEL};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Result};
use crate::limits::OUTPUT_BYTES;
use crate::node::Node;
use crate::output::{Lock, OutputPath};
use crate::plan::Branch;
use crate::resource::Resource;
use crate::source::Location;
use crate::spec::Placed;
use crate::yaml;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Adds the labels and annotations of a branch to its objects. The object of its `namespace` gets those for namespaces too.
pub(crate) fn objects(branch: &Branch, namespace: &str, mut resources: Vec<Resource>) -> Vec<Resource> {
    let is_namespace = |resource: &Resource| {
        let gvk = resource.gvk();
        gvk.group.is_empty() && gvk.kind == "Namespace" && resource.name() == namespace
    };
    // Without a `Namespace`, another object says which databases belong to the branch.
    let substitute = resources
        .iter()
        .position(|resource| resource.node.at_path(&["metadata", "annotations", DATABASE_ANNOTATION]).is_none());
    let substitute = substitute.filter(|_| branch.adopts_namespace());
    for (i, resource) in resources.iter_mut().enumerate() {
        mark_namespace(branch, namespace, resource);
        let of_namespace = is_namespace(resource) || substitute == Some(i);
        let of_namespace = of_namespace.then_some(("annotations", &branch.namespace_annotations));
        add_metadata(
            resource,
            [("labels", &branch.labels), ("annotations", &branch.annotations)].into_iter().chain(of_namespace),
        );
    }
    resources
}

/// Marks an object in a namespace that the branch does not own: only then it is removed on its own.
fn mark_namespace(branch: &Branch, namespace: &str, resource: &mut Resource) {
    if resource.namespace() != namespace {
        return;
    }
    let Some(metadata) = resource.node.map_entry("metadata") else { return };
    if branch.adopts_namespace() {
        let annotations = metadata.map_entry("annotations").and_then(Node::as_map_mut);
        annotations.map(|map| map.insert(NAMESPACE_ANNOTATION, Node::str(NAMESPACE_ADOPTED)));
    } else if let Some(annotations) = metadata.get_mut("annotations").and_then(Node::as_map_mut) {
        annotations.remove(NAMESPACE_ANNOTATION);
    }
}

/// The files of a branch with these objects, with their output paths.
pub(crate) fn files(branch: &Branch, resources: &[Resource]) -> Result<Vec<(OutputPath, Arc<str>)>> {
    let slug = branch.slug.as_str();
    let named = named_files(resources)?;
    let lock = Lock::of(&branch.name, named.iter().map(|(name, _)| name.as_str()));
    let lock = (OutputPath::lock(slug), lock.write().into());
    Ok(named.into_iter().map(|(name, text)| (OutputPath::object(slug, &name), text)).chain([lock]).collect())
}

/// The files of the objects that branches of a project share, with their output paths. They have the label of the project, and
/// nothing of a branch.
pub(crate) fn shared_files(project: &SmolStr, mut resources: Vec<Resource>) -> Result<Vec<(OutputPath, Arc<str>)>> {
    let label = Placed { value: project.clone(), at: Location::NONE };
    let labels = BTreeMap::from([(SmolStr::new_static(PROJECT_LABEL), label)]);
    for resource in &mut resources {
        add_metadata(resource, [("labels", &labels)].into_iter());
    }
    let named = named_files(&resources)?;
    Ok(named.into_iter().map(|(name, text)| (OutputPath::shared_object(&name), text)).collect())
}

/// The name and the text of the file of each object.
fn named_files(resources: &[Resource]) -> Result<Vec<(String, Arc<str>)>> {
    let (mut files, mut errors, mut bytes) = (Vec::new(), Vec::new(), 0);
    for (name, resource) in name::names(resources).into_iter().zip(resources) {
        match yaml::document(&resource.node) {
            Ok(text) => {
                bytes += text.len();
                files.push((name, text.into()));
            }
            Err(error) => errors.push(resource.blame(error)),
        }
        if bytes > OUTPUT_BYTES {
            let message = format!("the output of the branch would be larger than {} MiB", OUTPUT_BYTES >> 20);
            errors.push(resource.blame(Diagnostic::new(Code::Resource, message)));
            break;
        }
    }
    Diagnostics::check(errors, files)
}

/// A field of the metadata, and the entries to add to it.
type MetadataEntries<'a> = (&'static str, &'a BTreeMap<SmolStr, Placed<SmolStr>>);

/// Sets labels and annotations of an object, and replaces existing values.
fn add_metadata<'a>(resource: &mut Resource, fields: impl Iterator<Item = MetadataEntries<'a>>) {
    let Some(metadata) = resource.node.map_entry("metadata") else { return };
    for (field, pairs) in fields.filter(|(_, pairs)| !pairs.is_empty()) {
        let Some(map) = metadata.map_entry(field).and_then(Node::as_map_mut) else { continue };
        for (key, pair) in pairs {
            map.insert(key.clone(), Node::str(pair.value.clone()).placed(pair.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::ContributorInput;
    use crate::plan::{self, BuildPlan};
    use crate::source::Project;
    use crate::spec::{self, Spec};
    use crate::yaml::Dialect;

    fn plan(branch: &str) -> (Spec, BuildPlan) {
        let spec = format!(
            "apiVersion: pleach/v1\nkind: Branches\nproject: shop\ndefaults: {{overlays: [], labels: {{tier: preview}}}}\n\
             branches:\n- name: {branch}\n"
        );
        let project = Project::in_memory([("branches.yaml", spec.as_str()), ("base/a.yaml", "")]);
        let spec = spec::read(&project).unwrap();
        let plan = plan::build_plan(&spec).unwrap();
        (spec, plan)
    }

    fn files(branch: &str, text: &str) -> Vec<(String, String)> {
        let (spec, plan) = plan(branch);
        let nodes = yaml::parse(text, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap();
        let mut resources = nodes.into_iter().map(Resource::new).collect();
        let branch = &plan.branches[0];
        let namespace = branch.namespace().unwrap();
        let input = ContributorInput { spec: &spec, branch, namespace, endpoints: &[] };
        crate::objects::add(&input, &mut resources).unwrap();
        let files = super::files(branch, &objects(branch, namespace, resources)).unwrap();
        files.into_iter().map(|(path, text)| (path.to_string(), text.to_string())).collect()
    }

    #[test]
    fn a_folder_has_one_file_per_object_and_a_lock() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {tier: mine, a: b}}\ndata: {a: <<}\n";
        let files = files("feature/login", text);
        let names: Vec<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
        let folder = "namespaces/feature-login-df7c7aeb";
        let want = ["30-configmap-x.yaml", "00-namespace-shop-feature-login-df7c7aeb.yaml", "pleach.lock"];
        assert_eq!(names, want.map(|name| format!("{folder}/{name}")));
        let annotations = "  annotations:\n    pleach.dev/branch-name: feature/login\n";
        let labels = "    pleach.dev/branch: feature-login-df7c7aeb\n    pleach.dev/project: shop\n    tier: preview\n";
        assert_eq!(
            files[0].1,
            format!(
                "apiVersion: v1\ndata:\n  a: \"<<\"\nkind: ConfigMap\nmetadata:\n{annotations}  labels:\n    a: b\n{labels}  name: x\n"
            )
        );
        assert_eq!(
            files[1].1,
            format!(
                "apiVersion: v1\nkind: Namespace\nmetadata:\n{annotations}  labels:\n{labels}  name: shop-feature-login-df7c7aeb\n"
            )
        );
        let lock = Lock::read(&files[2].1).unwrap();
        assert_eq!(lock.branch, "feature/login");
        assert_eq!(lock.files.len(), 2);
    }

    #[test]
    fn a_namespace_has_the_expiry_of_its_branch() {
        let expiring = files("main\n  expires: 2026-12-24\njanitor: true", "");
        assert!(expiring[0].1.contains("\n    janitor/expires: \"2026-12-24T23:59:59Z\"\n"), "{}", expiring[0].1);
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n";
        let all = files("main\n  expires: 2026-12-24\njanitor: true", service);
        assert_eq!(all.iter().filter(|(_, text)| text.contains("janitor")).count(), 1);
        let kept = "main\n  expires: 2026-12-24\n  pin: {reason: it stays}\njanitor: true";
        let needed = "main\n  expires: 2026-12-24\nbaseline: main\njanitor: true";
        for without in ["main\n  expires: 2026-12-24", "main\njanitor: true", kept, needed] {
            assert!(files(without, service).iter().all(|(_, text)| !text.contains("janitor")), "{without}");
        }
    }

    #[test]
    fn a_namespace_in_a_template_is_used() {
        let files = files("main", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop-main, labels: {a: b}}\n");
        assert_eq!(files.len(), 2);
        assert!(files[0].1.contains("    a: b\n    pleach.dev/branch: main\n"), "{}", files[0].1);
    }
}
