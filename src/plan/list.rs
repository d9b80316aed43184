//! The JSON output of `pleach branch list`, a documented format.

use super::{Branch, BuildPlan, Platform};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A branch. Every field is always present; one without a value is null or empty.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedBranch<'a> {
    /// Its name in git.
    pub(crate) name: &'a str,
    /// Its name as a DNS label.
    pub(crate) slug: &'a str,
    /// The platform that serves it.
    pub(crate) platform: PlatformName,
    /// Its namespace. Null for an App Engine branch.
    pub(crate) namespace: Option<&'a str>,
    /// Its hosts.
    pub(crate) hosts: Vec<&'a str>,
    /// Its aliases that have hosts.
    pub(crate) aliases: BTreeSet<&'a str>,
    /// The full references of the images that the spec sets, by image name in the manifests.
    pub(crate) images: BTreeMap<&'a str, String>,
    /// The active slot, if it has slots.
    pub(crate) active: Option<&'a str>,
    /// The folders of its overlays, in order.
    pub(crate) overlays: Vec<&'a str>,
    /// Who is responsible for it.
    pub(crate) owner: Option<&'a str>,
    /// A link, such as its pull request.
    pub(crate) link: Option<&'a str>,
    /// Its pull request.
    pub(crate) pull_request: Option<BranchPullRequest<'a>>,
    /// The day on which it was added, as YYYY-MM-DD.
    pub(crate) added: Option<String>,
    /// Its expiry date, as YYYY-MM-DD.
    pub(crate) expires: Option<String>,
    /// Whether `expire` and `sync` keep it.
    pub(crate) pinned: bool,
}

/// The pull request of a branch.
#[derive(Debug, Serialize)]
pub(crate) struct BranchPullRequest<'a> {
    /// Its number.
    pub(crate) number: u64,
    /// The address of its page.
    pub(crate) url: Option<&'a str>,
    /// Its title.
    pub(crate) title: Option<&'a str>,
}

/// The platform that serves a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum PlatformName {
    /// Kubernetes.
    Kubernetes,
    /// App Engine.
    AppEngine,
}

/// The document with all branches, in the order of their names.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BranchDocument<'a> {
    api_version: &'static str,
    kind: &'static str,
    branches: Vec<ListedBranch<'a>>,
}

/// The document for a plan.
pub(crate) fn document(plan: &BuildPlan) -> BranchDocument<'_> {
    let branches = plan.branches.iter().map(ListedBranch::of).collect();
    BranchDocument { api_version: "pleach/v1", kind: "BranchList", branches }
}

impl<'a> ListedBranch<'a> {
    fn of(branch: &'a Branch) -> Self {
        ListedBranch {
            name: &branch.name,
            slug: branch.slug.as_str(),
            platform: match branch.platform {
                Platform::Kubernetes { .. } => PlatformName::Kubernetes,
                Platform::AppEngine { .. } => PlatformName::AppEngine,
            },
            namespace: branch.namespace(),
            hosts: branch.hosts.iter().map(|host| host.name.as_str()).collect(),
            aliases: branch.hosts.iter().filter_map(|host| host.alias.as_deref()).collect(),
            images: branch.images.keys().map(|name| (name.as_str(), branch.image(name))).collect(),
            active: branch.slots.as_ref().map(|slots| slots.active.value.as_str()),
            overlays: branch.overlays.iter().map(crate::source::RelPath::as_str).collect(),
            owner: branch.owner.as_ref().map(|owner| owner.value.as_str()),
            link: branch.link.as_ref().map(|link| link.value.as_str()),
            pull_request: branch.pull_request.as_ref().map(|pull_request| BranchPullRequest {
                number: pull_request.number.value,
                url: pull_request.url.as_ref().map(|url| url.value.as_str()),
                title: pull_request.title.as_ref().map(|title| title.value.as_str()),
            }),
            added: branch.added.as_ref().map(|date| date.value.to_string()),
            expires: branch.expires.as_ref().map(|date| date.value.to_string()),
            pinned: branch.pin.is_some(),
        }
    }
}
