//! `gitops:`, the tools that apply the output: Argo CD, Flux, or a pipeline with `kubectl`.

use super::section::{Section, text};
use super::spec_error;
use crate::diagnostic::Diagnostic;
use crate::node::Node;
use crate::output::OutputFolder;
use crate::source::{FolderPath, Location, RelPath};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// The tools to write files for, in any combination.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GitOps {
    /// Argo CD.
    pub(crate) argocd: Option<ArgoCd>,
    /// Flux.
    pub(crate) flux: Option<Flux>,
    /// A script that calls `kubectl apply`.
    pub(crate) apply: Option<ApplyScript>,
}

/// The settings for Argo CD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArgoCd {
    /// The repository of the output.
    pub(crate) repo_url: SmolStr,
    /// The branch, tag or commit to deploy.
    pub(crate) revision: SmolStr,
    /// The output folder in the repository.
    pub(crate) path: RelPath,
    /// The namespace of Argo CD.
    pub(crate) namespace: SmolStr,
    /// The Argo CD project of the Applications.
    pub(crate) project: SmolStr,
    /// The address of the cluster.
    pub(crate) server: SmolStr,
    /// How the Applications are created.
    pub(crate) applications: Applications,
    /// The sync options of the Applications.
    pub(crate) sync_options: Vec<SmolStr>,
    /// Where it is written.
    pub(crate) at: Location,
}

/// How the Applications are created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applications {
    /// By an `ApplicationSet`, from the folders of the repository.
    Set,
    /// Each Application is a file of the output.
    Each,
}

/// The settings for Flux.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flux {
    /// The name of the `GitRepository`.
    pub(crate) source: SmolStr,
    /// The output folder in the repository.
    pub(crate) path: RelPath,
    /// The namespace of the `GitRepository`.
    pub(crate) namespace: SmolStr,
    /// How often Flux reconciles.
    pub(crate) interval: SmolStr,
    /// Where it is written.
    pub(crate) at: Location,
}

/// How `kubectl` finds the objects to prune.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ApplyScript {
    /// By an `ApplySet`, which lists in the cluster what was applied.
    ApplySet,
    /// By the labels of the branch.
    PruneLabel,
}

impl ApplyScript {
    /// The ends of the names of [`record`](Self::record).
    const RECORDS: [&str; 2] = ["applyset.pleach.dev", "prune.pleach.dev"];

    /// The name of the `ConfigMap` in which the script records what it has applied to the namespace of a branch.
    pub(crate) fn record(self, project: &str) -> String {
        let [applyset, prune] = Self::RECORDS;
        let end = match self {
            ApplyScript::ApplySet => applyset,
            ApplyScript::PruneLabel => prune,
        };
        format!("{project}.{end}")
    }

    /// Whether a `ConfigMap` with this name is such a record.
    pub(crate) fn is_record(name: &str) -> bool {
        name.split_once('.').is_some_and(|(_, end)| Self::RECORDS.contains(&end))
    }
}

impl GitOps {
    pub(super) fn of(top: &Section, output: &FolderPath, faults: &mut Vec<Diagnostic>) -> Self {
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

    /// The setting that gives each branch an object with the name of [`name`](Self::name).
    pub(crate) fn objects(&self) -> Option<Location> {
        self.argocd.as_ref().map(|argocd| argocd.at).or_else(|| self.flux.as_ref().map(|flux| flux.at))
    }

    /// The name of the object of a branch. Argo CD and Flux use the name as a label value, so it has at most 63 characters.
    pub(crate) fn name(project: &str, slug: &str) -> String {
        format!("{project}-{slug}")
    }

    /// The name of the object that deploys what branches share, with the same limit. A dot is not part of a slug, so no branch
    /// has this name.
    pub(crate) fn shared_name(project: &str) -> String {
        format!("{project}.{}", OutputFolder::Shared.name())
    }
}

impl ArgoCd {
    fn of(section: &Section, output: &FolderPath, faults: &mut Vec<Diagnostic>) -> Self {
        let text = |key, default: &str| section.text(key).unwrap_or_else(|| default.into());
        let repo_url = text("repoURL", "");
        if has_password(&repo_url) {
            let error = spec_error("this URL contains a password, which would be committed".to_owned());
            let help = "remove the password; `argocd repo add` stores the credentials of this URL in Argo CD";
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
            sync_options: sync_options(section.list("syncOptions").unwrap_or_default(), faults),
            at: section.at,
        }
    }
}

/// Reads sync options, which the schema has checked one by one. Of two with the same name, Argo CD uses one.
fn sync_options(list: &[Node], faults: &mut Vec<Diagnostic>) -> Vec<SmolStr> {
    let mut first: BTreeMap<SmolStr, Location> = BTreeMap::new();
    let mut options = Vec::new();
    for node in list {
        let Some(option) = text(node) else { continue };
        let name = option.split('=').next().unwrap_or_default().into();
        match first.entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(node.at);
                options.push(option);
            }
            Entry::Occupied(entry) => {
                let error = spec_error(format!("duplicate sync option `{}`", entry.key())).at(node.at);
                faults.push(error.note(*entry.get(), "first set here").help("remove one of the two"));
            }
        }
    }
    if let (Some(replace), Some(apply)) = (first.get("Replace"), first.get("ServerSideApply")) {
        let error = spec_error("`ServerSideApply=true` has no effect with `Replace=true`".to_owned()).at(*apply);
        faults.push(error.note(*replace, "objects are replaced here").help("remove one of the two"));
    }
    options
}

impl Flux {
    fn of(section: &Section, output: &FolderPath, faults: &mut Vec<Diagnostic>) -> Self {
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

/// Whether a URL is `scheme://user:password@host/…`.
fn has_password(url: &str) -> bool {
    let authority = url.split_once("://").and_then(|(_, rest)| rest.split('/').next());
    authority.and_then(|authority| authority.rsplit_once('@')).is_some_and(|(user, _)| user.contains(':'))
}

/// The path of the output in the repository. Argo CD reads it as a glob and a template, so special characters are refused;
/// the schema checks those of a `path`.
fn path(section: &Section, output: &FolderPath, faults: &mut Vec<Diagnostic>) -> RelPath {
    if let Some(text) = section.text("path") {
        let path = RelPath::new(&text);
        if path.as_ref().is_none_or(|path| path.as_str() != text) && !text.is_empty() {
            let error = spec_error(format!("`{text}` is not a path inside the repository"));
            faults.push(error.at(section.place("path")).help(
                "write the path from the root of the repository, without `.` and `..`, such as `environments/out`",
            ));
        }
        return path.unwrap_or_default();
    }
    let Some(output) = output.inside() else {
        let error = spec_error(format!("the path of the output `{output}` in its repository is not known"));
        let help = "set `path` to the path from the root of that repository; `\"\"` is the root itself";
        faults.push(error.at(section.at).help(help));
        return RelPath::root();
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !output.as_str().chars().all(plain) {
        let error = spec_error(format!("Argo CD and Flux would read the path `{output}` as a pattern or a template"));
        faults
            .push(error.at(section.at).help("use letters, digits, `.`, `_` and `-` in the name of the output folder"));
    }
    output.clone()
}

#[cfg(test)]
mod tests {
    use super::has_password;

    #[test]
    fn urls_with_passwords() {
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
