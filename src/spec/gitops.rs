//! What carries the output to the cluster: Argo CD, Flux, or a pipeline with `kubectl`.

use super::section::Section;
use super::spec_error;
use crate::diagnostic::Diagnostic;
use crate::source::{Location, RelPath};
use smol_str::SmolStr;

/// What there is to be told of the branches; each part alone or with others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GitOps {
    /// Argo CD.
    pub argocd: Option<ArgoCd>,
    /// Flux.
    pub flux: Option<Flux>,
    /// A script that calls `kubectl apply`.
    pub apply: Option<ApplyScript>,
}

/// What Argo CD has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgoCd {
    /// The repository of the output.
    pub repo_url: SmolStr,
    /// What of it counts.
    pub revision: SmolStr,
    /// The output folder in the repository.
    pub path: RelPath,
    /// The namespace of Argo CD.
    pub namespace: SmolStr,
    /// The project of the Applications.
    pub project: SmolStr,
    /// The cluster.
    pub server: SmolStr,
    /// How many objects.
    pub applications: Applications,
    /// Where it is written.
    pub at: Location,
}

/// How Argo CD comes by its Applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applications {
    /// An `ApplicationSet` makes them of the folders that it finds.
    Set,
    /// Each is a file of its own.
    Each,
}

/// What Flux has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flux {
    /// The name of the `GitRepository`.
    pub source: SmolStr,
    /// The output folder in the repository.
    pub path: RelPath,
    /// The namespace of the `GitRepository`.
    pub namespace: SmolStr,
    /// How often the cluster is compared.
    pub interval: SmolStr,
    /// Where it is written.
    pub at: Location,
}

/// How `kubectl` finds what a branch no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyScript {
    /// By a list of what it applied, which it keeps in the cluster.
    ApplySet,
    /// By the labels of the branch.
    PruneLabel,
}

impl GitOps {
    pub(super) fn of(top: &Section, output: &RelPath, faults: &mut Vec<Diagnostic>) -> Self {
        let Some(section) = top.section("gitops") else { return GitOps::default() };
        GitOps {
            argocd: section.section("argocd").map(|section| ArgoCd::of(&section, output, faults)),
            flux: section.section("flux").map(|section| Flux::of(&section, output, faults)),
            apply: match section.text("apply").as_deref() {
                Some("applyset") => Some(ApplyScript::ApplySet),
                Some("pruneLabel") => Some(ApplyScript::PruneLabel),
                _ => None,
            },
        }
    }

    /// Where it is said that each branch is to have an object of its own, which [`name`](Self::name) names.
    pub fn objects(&self) -> Option<Location> {
        self.argocd.as_ref().map(|argocd| argocd.at).or_else(|| self.flux.as_ref().map(|flux| flux.at))
    }

    /// What the object of a branch is called. Argo CD and Flux put the name into labels, so it must fit in one.
    pub fn name(project: &str, slug: &str) -> String {
        format!("{project}-{slug}")
    }
}

impl ArgoCd {
    fn of(section: &Section, output: &RelPath, faults: &mut Vec<Diagnostic>) -> Self {
        let text = |key, default: &str| section.text(key).unwrap_or_else(|| default.into());
        let repo_url = text("repoURL", "");
        if has_password(&repo_url) {
            let error = spec_error("this address has a password in it, which would be committed".to_owned());
            let help = "Argo CD finds credentials by the address without them (`argocd repo add`)";
            faults.push(error.at(section.place("repoURL")).help(help));
        }
        ArgoCd {
            repo_url,
            revision: text("revision", "main"),
            path: path(section, output, faults),
            namespace: text("namespace", "argocd"),
            project: text("project", "default"),
            server: text("server", "https://kubernetes.default.svc"),
            applications: match section.text("applications").as_deref() {
                Some("each") => Applications::Each,
                _ => Applications::Set,
            },
            at: section.at,
        }
    }
}

impl Flux {
    fn of(section: &Section, output: &RelPath, faults: &mut Vec<Diagnostic>) -> Self {
        let text = |key, default: &str| section.text(key).unwrap_or_else(|| default.into());
        Flux {
            source: text("source", ""),
            path: path(section, output, faults),
            namespace: text("namespace", "flux-system"),
            interval: text("interval", "5m"),
            at: section.at,
        }
    }
}

/// Whether an address is `scheme://user:password@host/…`.
fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    authority.and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
}

/// The path of the output in the repository. Argo CD reads it as a glob and a template, so nothing may stand in it that
/// means something there; what is written under `path` is for the schema.
fn path(section: &Section, output: &RelPath, faults: &mut Vec<Diagnostic>) -> RelPath {
    if let Some(text) = section.text("path") {
        let path = RelPath::new(&text);
        if path.as_ref().is_none_or(|path| path.as_str() != text) && !text.is_empty() {
            let error = spec_error(format!("`{text}` is no path below the top of the repository"));
            faults.push(error.at(section.place("path")).help("such as `environments/out`, without `.` and `..`"));
        }
        return path.unwrap_or_default();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !output.as_str().chars().all(plain) {
        let error = spec_error(format!("the path `{output}` would be read as a pattern or a template"));
        faults.push(error.at(section.at).help("call the folder of the output by letters, digits, `.`, `_` and `-`"));
    }
    output.clone()
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn addresses_with_passwords() {
        for (url, want) in [
            ("https://git.example.com/shop.git", false),
            ("https://git.example.com:8443/shop.git", false),
            ("https://git.example.com:8443/a:b@c.git", false),
            ("ssh://git@git.example.com:22/shop.git", false),
            ("git@git.example.com:shop.git", false),
            ("https://token@git.example.com/shop.git", false),
            ("https://ci:token@git.example.com/shop.git", true),
            ("https://ci:to@ken@git.example.com", true),
        ] {
            assert_eq!(has_password(url), want, "{url}");
        }
    }
}
