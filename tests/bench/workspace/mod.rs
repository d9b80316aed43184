//! Workspaces of any size: nine objects a branch, from templates, an overlay with a strategic merge patch, images and a
//! generator whose hash is referred to; and the same for `kubectl kustomize`, a folder a branch.

use std::fmt::Write;
use std::fs;
use std::path::Path;

fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Writes a workspace of `branches` branches to `root`.
pub(crate) fn write(root: &Path, branches: usize) {
    put(&root.join("branches.yaml"), &spec(branches));
    put(
        &root.join("base/kustomization.yaml.j2"),
        &base_kustomization("deployment.yaml.j2", "ingress.yaml.j2", "{{ values.level }}"),
    );
    put(&root.join("base/deployment.yaml.j2"), &deployments("{{ values.region }}"));
    put(&root.join("base/ingress.yaml.j2"), &ingress("{{ branch.host }}"));
    put(&root.join("base/others.yaml"), OTHERS);
    put(&root.join("base/app.conf"), &config());
    put(&root.join("overlays/preview/kustomization.yaml"), OVERLAY);
    put(&root.join("overlays/preview/patch.yaml"), PATCH);
}

/// Writes the first `branches` of them as kustomizations to `root/kustomize/branch-N`.
pub(crate) fn write_kustomizations(root: &Path, branches: usize) {
    let base = root.join("kustomize/base");
    put(&base.join("kustomization.yaml"), &base_kustomization("deployment.yaml", "ingress.yaml", "info"));
    put(&base.join("deployment.yaml"), &deployments("eu"));
    put(&base.join("ingress.yaml"), &ingress("host.dev.example.com"));
    put(&base.join("others.yaml"), OTHERS);
    put(&base.join("app.conf"), &config());
    put(&root.join("kustomize/preview/kustomization.yaml"), OVERLAY);
    put(&root.join("kustomize/preview/patch.yaml"), PATCH);
    for n in 0..branches {
        let kustomization = format!(
            "resources: [../base, namespace.yaml]\ncomponents: [../preview]\nnamespace: shop-{n}\n\
             images:\n- {{name: backend, newName: registry.example.com/shop/backend, newTag: \"{n}\"}}\n\
             labels:\n- pairs: {{branch: branch-{n}}}\n"
        );
        let folder = root.join(format!("kustomize/branch-{n}"));
        put(&folder.join("kustomization.yaml"), &kustomization);
        put(
            &folder.join("namespace.yaml"),
            &format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: shop-{n}}}\n"),
        );
    }
}

fn spec(branches: usize) -> String {
    let mut text = String::from(
        "apiVersion: pleach/v1\nkind: Branches\nproject: shop\nnamespace: \"{{ project }}-{{ branch.slug }}\"\n\
         hosts: [\"{{ branch.slug }}.dev.example.com\"]\n\
         defaults:\n  overlays: [preview]\n  values: {level: info, region: eu}\nbranches:\n",
    );
    for n in 0..branches {
        let level = ["info", "debug", "warning"][n % 3];
        let _ = write!(
            text,
            "- name: feature/SHOP-{n:05}-basket\n  values: {{level: {level}}}\n  \
             images: {{backend: \"registry.example.com/shop/backend:{n:07x}\"}}\n"
        );
    }
    text
}

fn base_kustomization(deployment: &str, ingress: &str, level: &str) -> String {
    format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- {deployment}\n- {ingress}\n- others.yaml\n\
         configMapGenerator:\n- name: app\n  files: [app.conf]\n  literals:\n  - LOG_LEVEL={level}\n"
    )
}

fn config() -> String {
    (0..12).map(|n| format!("option_{n} = \"value {n} of the application's configuration\"\n")).collect()
}

fn deployments(region: &str) -> String {
    let mut text = String::new();
    for name in ["web", "worker"] {
        let _ = write!(
            text,
            "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  replicas: 1\n  \
             selector:\n    matchLabels: {{app: {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      \
             serviceAccountName: web\n      containers:\n      - name: backend\n        image: backend\n        env:\n        - name: REGION\n          \
             value: {region}\n        - name: LOG_LEVEL\n          valueFrom:\n            configMapKeyRef: {{name: app, key: LOG_LEVEL}}\n        \
             ports:\n        - {{name: http, containerPort: 8000}}\n        readinessProbe:\n          httpGet: {{path: /healthz, port: http}}\n        \
             resources:\n          requests: {{cpu: 100m, memory: 128Mi}}\n          limits: {{memory: 256Mi}}\n        volumeMounts:\n        \
             - {{name: config, mountPath: /etc/app}}\n      - name: proxy\n        image: proxy:1.2.3\n        args: [--port=5432, --quiet]\n      \
             volumes:\n      - name: config\n        configMap: {{name: app}}\n"
        );
    }
    text
}

fn ingress(host: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: web\nspec:\n  rules:\n  - host: {host}\n    http:\n      \
         paths:\n      - path: /\n        pathType: Prefix\n        backend:\n          service:\n            name: web\n            port: {{name: http}}\n"
    )
}

const OTHERS: &str = "\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
---
apiVersion: v1
kind: ResourceQuota
metadata:
  name: branch
spec:
  hard: {pods: '10', requests.cpu: '2'}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: web
spec:
  maxUnavailable: 1
  selector:
    matchLabels: {app: web}
";

const OVERLAY: &str = "\
apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
patches:
- path: patch.yaml
";

const PATCH: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  revisionHistoryLimit: 1
  template:
    spec:
      containers:
      - name: backend
        env:
        - {name: PREVIEW, value: 'true'}
        resources:
          requests: {cpu: 10m}
";
