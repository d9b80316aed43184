//! What `pleach kustomize` costs beside `kubectl kustomize`, as ratios within one run: `cargo bench --bench kustomize`.
//!
//! Whole processes, best of several runs: one overlay with a strategic merge patch, an umbrella over 200 overlays of
//! eight objects each, and how the time grows from 400 to 800 overlays. Without kubectl only the growth is shown.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a bench reads the clock and prints")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const PLEACH: &str = env!("CARGO_BIN_EXE_pleach");

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    base(root);
    for n in 0..800 {
        overlay(root, n);
    }
    for size in [200, 400, 800] {
        umbrella(root, size);
    }
    versus(root, "overlays/0", "one overlay with a strategic merge patch", 20);
    versus(root, "umbrella-200", "an umbrella over 200 overlays, 1,600 objects", 3);
    let [first, second] = [400, 800].map(|size| best(PLEACH, root, &format!("umbrella-{size}"), 7));
    println!("3,200 objects {first:.3} s, 6,400 objects {second:.3} s: {:.2} times as long", second / first);
}

/// Prints what both programs take for a folder.
fn versus(root: &Path, folder: &str, what: &str, rounds: usize) {
    let ours = best(PLEACH, root, folder, rounds * 3);
    let there = Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|done| done.status.success());
    if there {
        let theirs = best("kubectl", root, folder, rounds);
        println!("{what}: {ours:.4} s, kubectl {theirs:.3} s: {:.0} times as fast", theirs / ours);
    } else {
        println!("{what}: {ours:.4} s");
    }
}

/// Seconds of the best of several runs.
fn best(program: &str, root: &Path, folder: &str, rounds: usize) -> f64 {
    let run = |_| {
        let mut command = Command::new(program);
        // cargo tells the loader to look for libraries in its own folders first, which no user's run does.
        command.args(["kustomize", folder]).current_dir(root).stdout(Stdio::null()).env_remove("LD_LIBRARY_PATH");
        let start = Instant::now();
        let done = command.status().unwrap();
        assert!(done.success(), "{program} kustomize {folder}");
        start.elapsed().as_secs_f64()
    };
    (0..rounds).map(run).fold(f64::INFINITY, f64::min)
}

fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Eight objects that refer to each other.
fn base(root: &Path) {
    let mut objects = String::new();
    for name in ["web", "worker"] {
        let _ = write!(
            objects,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  \
             template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      serviceAccountName: web\n      containers:\n      \
             - name: main\n        image: backend\n        envFrom: [{{configMapRef: {{name: settings}}}}]\n        ports: [{{containerPort: 80}}]\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{selector: {{app: {name}}}, ports: [{{port: 80}}]}}\n"
        );
    }
    objects.push_str(
        "---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: web}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\n\
         metadata: {name: web}\nspec: {defaultBackend: {service: {name: web, port: {number: 80}}}}\n---\napiVersion: v1\nkind: ConfigMap\n\
         metadata: {name: static}\ndata: {greeting: hello}\n",
    );
    put(&root.join("base/objects.yaml"), &objects);
    put(
        &root.join("base/kustomization.yaml"),
        "resources: [objects.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [level=info, region=eu]\n",
    );
}

fn overlay(root: &Path, n: usize) {
    let folder = root.join(format!("overlays/{n}"));
    put(
        &folder.join("kustomization.yaml"),
        &format!(
            "resources: [../../base]\nnamespace: team-{n}\nnamePrefix: p{n}-\nimages: [{{name: backend, newTag: v{n}}}]\n\
             patches: [{{path: patch.yaml}}]\n"
        ),
    );
    put(
        &folder.join("patch.yaml"),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 3\n  template:\n    spec:\n      containers:\n      \
         - {name: main, env: [{name: EXTRA, value: 'yes'}]}\n      - {name: sidecar, image: proxy:1}\n",
    );
}

fn umbrella(root: &Path, size: usize) {
    let list: String = (0..size).fold(String::from("resources:\n"), |mut text, n| {
        let _ = writeln!(text, "- ../overlays/{n}");
        text
    });
    put(&root.join(format!("umbrella-{size}/kustomization.yaml")), &list);
}
