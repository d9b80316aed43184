//! What the text of an earlier spec says about its branches, their names and images, and its output.
//!
//! It is read without the rules of a spec: an earlier version of pleach may have accepted it, or its overlays may not exist any more.

use super::earlier_images::EarlierImages;
use super::{CommonClaim, Pattern, PatternScope};
use crate::diagnostic::{Diagnostics, Result};
use crate::glob;
use crate::name::DnsName;
use crate::node::Node;
use crate::output::HistoryParents;
use crate::schema::scope::GroupKind;
use crate::slug::Slug;
use crate::source::FolderPath;
use crate::yaml;
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// The earlier versions of a spec. They are read when they are first asked for.
pub(crate) struct EarlierSpecs<'a> {
    texts: Box<dyn Fn(HistoryParents) -> Result<Vec<Arc<str>>> + Send + Sync + 'a>,
    versions: OnceLock<Vec<SpecVersion>>,
    /// The versions in all parents of merges.
    merged: OnceLock<Vec<SpecVersion>>,
    images: OnceLock<EarlierImages>,
    failure: OnceLock<Diagnostics>,
}

/// A version of a file of the spec, which is parsed when it is needed: most questions are about the newest ones.
struct SpecVersion {
    text: Arc<str>,
    read: OnceLock<EarlierSpec>,
}

impl<'a> EarlierSpecs<'a> {
    /// The versions with these texts. If they cannot be read, there are none, and [`EarlierSpecs::check`] fails.
    pub(crate) fn new(texts: impl Fn(HistoryParents) -> Result<Vec<Arc<str>>> + Send + Sync + 'a) -> Self {
        let texts = Box::new(texts);
        let (versions, merged) = (OnceLock::new(), OnceLock::new());
        EarlierSpecs { texts, versions, merged, images: OnceLock::new(), failure: OnceLock::new() }
    }

    /// The error if the versions that were asked for cannot be read. Without them, names of the project look like those of a stranger.
    pub(crate) fn check(&self) -> Result<()> {
        self.failure.get().map_or(Ok(()), |errors| Err(errors.clone()))
    }

    /// Whether one of them gave a branch or an alias this host.
    pub(crate) fn have_host(&self, name: &DnsName) -> bool {
        self.all().any(|spec| spec.hosts.contains(name))
    }

    /// Whether one of them had a branch with this slug. A file of the output without the name of its branch has the slug as the name.
    pub(crate) fn have_branch(&self, slug: &str, name: &str) -> bool {
        let is_name = |branch: &EarlierBranch| branch.name == name || name == slug || name.is_empty();
        let has = |spec: &EarlierSpec| spec.branches.iter().any(|branch| is_name(branch) && branch.has_slug(slug));
        self.any_has(has)
    }

    /// Whether one of them declared a zone.
    pub(crate) fn have_zone(&self, zone: &DnsName) -> bool {
        self.any_has(|spec: &EarlierSpec| spec.zones.contains(zone))
    }

    /// Whether one of them gives the branch with a slug this namespace.
    pub(crate) fn have_namespace(&self, project: &str, slug: &str, namespace: &str) -> bool {
        let matches = |spec: &EarlierSpec| {
            let project = spec.project.as_deref().unwrap_or(project);
            let mut of_slug = spec.namespaces.iter().filter(|given| given.is_for(slug));
            of_slug.any(|given| glob::matches(&given.pattern.glob(project, slug), namespace))
        };
        self.all().any(matches)
    }

    /// Whether one of them had a `database` with this name.
    pub(crate) fn have_database(&self, name: &str) -> bool {
        self.all().any(|spec| spec.database.as_deref() == Some(name))
    }

    /// Whether `shared.claims` of one of them named an object.
    pub(crate) fn share(&self, kind: &GroupKind, name: &str) -> bool {
        self.all().flat_map(|spec| &spec.shared_objects).any(|claim| claim.names(kind, name))
    }

    /// Whether `images` of a branch or `sync.images` of one of them set an image to a name that `is_searched`; with `in_defaults`, also
    /// `defaults.images`.
    pub(crate) fn set_image(&self, in_defaults: bool, is_searched: impl Fn(&str) -> bool) -> bool {
        let images = self.images.get_or_init(|| {
            let mut images = EarlierImages::default();
            self.all().for_each(|spec| images.extend(&spec.images));
            images
        });
        images.set().any(|name| is_searched(name)) || in_defaults && images.defaults().any(|name| is_searched(name))
    }

    /// Whether one of them, or one of a commit that was merged, has something.
    fn any_has(&self, has: impl Fn(&EarlierSpec) -> bool) -> bool {
        // After `git pull` on the default branch, its earlier commits are those of another parent.
        self.all().any(&has) || self.versions(&self.merged, HistoryParents::All).any(&has)
    }

    /// All of them, the newest first. What existed only in a pull request is not among them.
    fn all(&self) -> impl Iterator<Item = &EarlierSpec> {
        self.versions(&self.versions, HistoryParents::Published)
    }

    fn versions<'s>(
        &'s self,
        versions: &'s OnceLock<Vec<SpecVersion>>,
        parents: HistoryParents,
    ) -> impl Iterator<Item = &'s EarlierSpec> {
        let versions = versions.get_or_init(|| {
            let texts = (self.texts)(parents).unwrap_or_else(|errors| {
                self.failure.get_or_init(|| errors);
                Vec::new()
            });
            texts.into_iter().map(|text| SpecVersion { text, read: OnceLock::new() }).collect()
        });
        versions.iter().map(|version| version.read.get_or_init(|| EarlierSpec::read(&version.text)))
    }
}

impl fmt::Debug for EarlierSpecs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlierSpecs").finish_non_exhaustive()
    }
}

/// The content of an earlier `branches.yaml`, or of a file of `branches.d/`.
#[derive(Debug, Default)]
pub(crate) struct EarlierSpec {
    /// The folder of the output, if it is named.
    output: Option<FolderPath>,
    /// The branches.
    pub(crate) branches: Vec<EarlierBranch>,
    /// The hosts that it names, and those that its aliases get.
    hosts: BTreeSet<DnsName>,
    /// The name of the project. Files of `branches.d/` have none.
    pub(crate) project: Option<SmolStr>,
    /// The patterns of namespaces.
    namespaces: Vec<EarlierNamespace>,
    /// The zones.
    zones: BTreeSet<DnsName>,
    /// The name of the shared database.
    database: Option<SmolStr>,
    pub(super) images: EarlierImages,
    /// The objects that branches have in common.
    shared_objects: Vec<CommonClaim>,
}

/// A branch of an earlier spec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EarlierBranch {
    /// The name.
    pub(crate) name: SmolStr,
    /// The slug that the entry sets, or the longest one that derives from the name.
    pub(crate) slug: SmolStr,
}

/// A pattern of namespaces in an earlier spec.
#[derive(Debug)]
struct EarlierNamespace {
    /// The branch whose entry has it; `None` if it is that of all branches.
    branch: Option<EarlierBranch>,
    pattern: Pattern,
}

impl EarlierNamespace {
    /// Whether it gives the namespace of the branch with a slug.
    fn is_for(&self, slug: &str) -> bool {
        self.branch.as_ref().is_none_or(|branch| branch.has_slug(slug))
    }
}

impl EarlierSpec {
    /// What a text says. A text that is not YAML says nothing.
    pub(crate) fn read(text: &str) -> Self {
        let mut spec = EarlierSpec::default();
        for document in yaml::objects(text).unwrap_or_default() {
            let output = document.get("output").and_then(Node::as_text).and_then(FolderPath::new);
            spec.output = spec.output.or(output);
            let entries = document.get("branches").and_then(Node::as_seq).unwrap_or_default();
            spec.branches.extend(entries.iter().chain([&document]).filter_map(EarlierBranch::of));
            spec.project = spec.project.or_else(|| document.get("project").and_then(Node::as_text).map(SmolStr::from));
            let project = spec.project.as_deref();
            spec.hosts.extend(hosts(&document, project));
            let zones = document.get("zones").and_then(Node::as_map).into_iter().flatten();
            spec.zones.extend(zones.filter_map(|entry| DnsName::host(&entry.key.text).ok()));
            spec.images.add(&document, entries.iter().chain([&document]), project);
            spec.namespaces.extend(entries.iter().chain([&document]).filter_map(|entry| {
                let pattern = Pattern::parse(entry.get("namespace")?.as_text()?)?;
                Some(EarlierNamespace { branch: EarlierBranch::of(entry), pattern })
            }));
            if document.get("project").is_some() && document.get("namespace").is_none() {
                spec.namespaces.push(EarlierNamespace { branch: None, pattern: Pattern::namespace() });
            }
            let database = document.get("database").and_then(|database| database.get("name")?.as_text());
            spec.database = spec.database.or_else(|| database.map(SmolStr::from));
            let claims = document.get("shared").and_then(|shared| shared.get("claims")?.as_seq()).unwrap_or_default();
            let objects = claims.iter().filter_map(|claim| CommonClaim::of("object", claim.get("object")?).ok()?);
            spec.shared_objects.extend(objects);
        }
        spec
    }

    /// The folder of the output.
    pub(crate) fn output_folder(&self) -> FolderPath {
        self.output.clone().unwrap_or_else(|| super::path(super::OUTPUT).into())
    }
}

impl EarlierBranch {
    fn of(entry: &Node) -> Option<Self> {
        let name = entry.get("name").and_then(Node::as_text)?;
        let slug = entry.get("slug").and_then(Node::as_text);
        let slug = slug.map_or_else(|| Slug::of(name, Slug::MAX_LENGTH).as_str().into(), SmolStr::from);
        Some(EarlierBranch { name: name.into(), slug })
    }

    /// Whether its output may have this slug, whose length depends on the patterns of the spec.
    fn has_slug(&self, slug: &str) -> bool {
        self.slug == slug || Slug::is_hashed(slug, &self.name)
    }
}

/// The hosts of a document: those without the slug, and those of its aliases. Those with values are not known.
fn hosts(document: &Node, project: Option<&str>) -> Vec<DnsName> {
    let lists = |node: &Node| -> Vec<Pattern> {
        let entries = node.get("hosts").and_then(Node::as_seq).unwrap_or_default();
        let name = |entry: &Node| Pattern::parse(entry.as_text().or_else(|| entry.get("name")?.as_text())?);
        entries.iter().filter_map(name).filter(|pattern| project.is_some() || !pattern.has_project()).collect()
    };
    let branches = document.get("branches").and_then(Node::as_seq).unwrap_or_default();
    let parts = [Some(document), document.get("defaults")].into_iter().flatten().chain(branches);
    let (of_slug, fixed): (Vec<Pattern>, Vec<Pattern>) = parts.flat_map(lists).partition(Pattern::has_slug);
    let aliases = document.get("aliases").and_then(Node::as_map).into_iter().flatten().map(|entry| &entry.key.text);
    let values = Node::null();
    let expand = |pattern: &Pattern, slug: &str| {
        let scope = PatternScope { project: project.unwrap_or_default(), values: &values };
        DnsName::host(&pattern.expand(scope, slug).ok()?).ok()
    };
    let of_aliases = aliases.flat_map(|alias| of_slug.iter().filter_map(|pattern| expand(pattern, alias)));
    of_aliases.chain(fixed.iter().filter_map(|pattern| expand(pattern, ""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_read_without_the_rules_of_a_spec() {
        let slugs = |text: &str| -> Vec<String> {
            EarlierSpec::read(text).branches.iter().map(|branch| branch.slug.to_string()).collect()
        };
        assert_eq!(
            slugs("unknown: 1\nbranches:\n- name: main\n- {name: a, slug: b, overlays: [none]}\n- 1\n"),
            ["main", "b"]
        );
        assert_eq!(slugs("name: feature/login\n"), ["feature-login-df7c7aeb"]);
        assert_eq!(slugs("<<<<<<< HEAD\nbranches: [{name: a}]\n"), [""; 0]);
        let hosts =
            |text: &str| -> Vec<String> { EarlierSpec::read(text).hosts.iter().map(ToString::to_string).collect() };
        assert_eq!(
            hosts(
                "hosts: ['{{ branch.slug }}.dev.example.com', {name: WWW.example.com}]\naliases: {stable: main}\n\
                 project: shop\nbranches: [{name: a, hosts: [a.example.com, '{{ values.x }}.example.com', '{{ project }}.example.com']}]\n"
            ),
            ["a.example.com", "shop.example.com", "stable.dev.example.com", "www.example.com"]
        );
        assert_eq!(hosts("name: a\nhosts: [a.example.com]\n"), ["a.example.com"]);
        let output = |text: &str| EarlierSpec::read(text).output_folder().to_string();
        assert_eq!(output("output: ../rendered/\n"), "../rendered");
        assert_eq!(output("output: [1]\n"), "out");
    }
}
