//! The files that `pleach init` writes: the sample workspace at the root of this repository, which the tests build.

pub(crate) mod ci;
pub(crate) mod id;
mod spec;

pub(crate) use spec::spec;

macro_rules! embedded {
    ($($path:literal)*) => { &[$(($path, include_str!(concat!("../../", $path)))),*] };
}

/// How Git treats the files of a workspace.
pub(crate) const ATTRIBUTES: (&str, &str) = (".gitattributes", include_str!("../../.gitattributes"));

/// The spec of the sample.
pub(crate) const SPEC: &str = include_str!("../../branches.yaml");

/// The files of the sample and their paths.
pub(crate) const FILES: &[(&str, &str)] = embedded! {
    ".gitattributes"
    "branches.yaml"
    "branches.d/README.md"
    "base/deployment.yaml.j2"
    "base/ingress.yaml.j2"
    "base/kustomization.yaml.j2"
    "base/nginx/nginx.conf.j2"
    "base/registry-secret.yaml"
    "base/service-account.yaml"
    "base/service.yaml"
    "base/web.j2"
    "overlays/backend/credentials.yaml"
    "overlays/backend/kustomization.yaml.j2"
    "overlays/backend/service.yaml.j2"
    "overlays/blue-green/blue.yaml"
    "overlays/blue-green/green.yaml.j2"
    "overlays/blue-green/kustomization.yaml"
    "overlays/blue-green/service.yaml.j2"
    "overlays/cloudsql/kustomization.yaml"
    "overlays/cloudsql/migrate.yaml.j2"
    "overlays/cloudsql/secret.yaml"
    "overlays/cloudsql/service.yaml.j2"
    "overlays/monitoring/kustomization.yaml.j2"
    "overlays/monitoring/metrics.yaml"
    "overlays/monitoring/probe.yaml.j2"
    "overlays/monitoring/rule.yaml.j2"
    "overlays/preview/kustomization.yaml"
    "overlays/preview/server-preview.conf"
    "overlays/preview/small.yaml.j2"
    "overlays/quota/kustomization.yaml"
    "overlays/quota/network.yaml.j2"
    "overlays/quota/quota.yaml"
    "overlays/tls/backend.yaml.j2"
    "overlays/tls/default-tls.conf.j2"
    "overlays/tls/http-tls.conf"
    "overlays/tls/ingress.yaml.j2"
    "overlays/tls/kustomization.yaml.j2"
    "overlays/tls/mount.yaml.j2"
    "overlays/tls/secret.yaml"
    "overlays/tls/server-tls.conf.j2"
    "overlays/tls/service.yaml"
    "schema/branches.schema.json"
};

#[cfg(test)]
mod tests {
    use super::FILES;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn all_files_of_the_sample_are_embedded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut existing =
            BTreeSet::from([".gitattributes", "branches.yaml", "schema/branches.schema.json"].map(str::to_owned));
        for folder in ["base", "branches.d", "overlays"] {
            for entry in walkdir::WalkDir::new(root.join(folder)) {
                let entry = entry.unwrap();
                if entry.file_type().is_file() {
                    existing.insert(entry.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        assert_eq!(FILES.iter().map(|(path, _)| (*path).to_owned()).collect::<BTreeSet<_>>(), existing);
    }
}
