//! Ordinary input uses less than a tenth of the work of a branch, of its output and of a text.

use super::CONFIG_MAP;
use crate::disk;
use crate::kustomize::{self, Input, Memo, Options};
use crate::limits::{BRANCH_STEPS, OUTPUT_BYTES, TEXT_BYTES, TEXT_NODES};
use crate::source::{Location, Project, RelPath};
use crate::tests::kit::root;
use crate::work::WorkCounter;
use crate::yaml::{self, Dialect, DocumentCache, Quoting};
use std::fmt::Write as _;
use std::path::Path;

/// Builds a folder: the steps and the bytes of the output.
fn work(project: &Project, folder: &RelPath) -> (usize, usize) {
    let (cache, memo, work) = (DocumentCache::default(), Memo::default(), WorkCounter::default());
    let input = Input { project, cache: &cache, memo: &memo, work: &work, templates: None };
    let built = kustomize::kustomize(&input, folder, Options::default()).unwrap();
    let nodes = built.resources.iter().map(|resource| &resource.node);
    let text = yaml::stream(nodes, |out, node| yaml::write(out, node, Quoting::Kustomize)).unwrap();
    (work.done(), text.len())
}

#[track_caller]
fn is_below_a_tenth((steps, bytes): (usize, usize), what: &str) {
    assert!(steps * 10 < BRANCH_STEPS, "{what}: {steps} steps");
    assert!(bytes * 10 < OUTPUT_BYTES, "{what}: {bytes} bytes");
}

/// Public kustomizations, where the repository has them beside it.
#[test]
fn public_kustomizations() {
    let real = root().join("../shared/conformance/real");
    let Ok(list) = disk::load(&real.join("expected.sha256")) else { return };
    let project = disk::project(Path::new("/"), &real);
    for folder in list.lines().filter_map(|line| line.split_whitespace().nth(1)) {
        let path = disk::resolve(&real.join(folder)).unwrap();
        let path = disk::below(Path::new("/"), &path).unwrap();
        is_below_a_tenth(work(&project, &path), folder);
    }
}

/// 6,000 objects of 2 KB, which a base, a component and an overlay change: ten times the work of 600.
#[test]
fn large_output() {
    let value = "x".repeat(1_900);
    let objects: String = (0..600)
        .map(|i| {
            CONFIG_MAP.replace("name: a", &format!("name: a{i}")).replace("a: b", &format!("a: {value}")) + "---\n"
        })
        .collect();
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n\
                     patches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n";
    let project = Project::in_memory([
        ("base/all.yaml", objects.as_str()),
        ("base/kustomization.yaml", "resources: [all.yaml]\nnamePrefix: p-\nlabels: [{pairs: {a: b}}]\n"),
        ("component/kustomization.yaml", component),
        ("component/patch.yaml", &CONFIG_MAP.replace("a: b", "b: c")),
        (
            "app/kustomization.yaml",
            "resources: [../base]\ncomponents: [../component]\nnamespace: shop\nnameSuffix: -s\n",
        ),
    ]);
    let (steps, bytes) = work(&project, &RelPath::new("app").unwrap());
    let (steps, bytes) = (steps * 10, bytes * 10);
    assert!(bytes > 12_000_000, "{bytes}");
    is_below_a_tenth((steps, bytes), "large output");
}

/// The work of a branch does not depend on the number of branches, but the size of the spec does.
#[test]
fn spec_of_10000_branches() {
    let mut spec = "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nbranches:\n".to_owned();
    for i in 0..10_000 {
        let values = "{replicas: 2, host: app.example.com, features: [search, login, payment]}";
        writeln!(spec, "- name: feature/some-long-name-of-a-branch-{i}\n  values: {values}").unwrap();
    }
    assert!(spec.len() * 10 < TEXT_BYTES, "{} bytes", spec.len());
    let node = yaml::parse(&spec, Dialect::Kubernetes, &|_, _, _| Location::NONE).unwrap().remove(0);
    let nodes = node.node_count();
    assert!(nodes * 10 < TEXT_NODES, "{nodes} nodes");
}
