//! Which names belong to the project: only these are in teardown plans.
//!
//! The output and its plans may have been edited, so an entry counts only if a spec had the branch and gives the name: by its
//! patterns, by the names of the project, the slug and the database, by the images that branches set, or by `cleanup:`.
//!
//! What only an earlier spec gives counts if it has the name of the project. A change may consist of several commits, and nobody has
//! reviewed the spec of each.

use super::footprint::{ClusterObject, Footprint};
use super::footprint_entry::{EntryText, FootprintEntry};
use super::image::{OFFICIAL, is_of_project, repository, spellings};
use crate::branch_name;
use crate::database::{Database, database_name};
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::image::ImageReference;
use crate::output::SHARED_SLUG;
use crate::plan::{Branch, BuildPlan, EntryOwner, KnownBranches};
use crate::schema::Gvk;
use crate::schema::namespace::is_well_known;
use crate::schema::scope::{GroupKind, is_cluster_scoped};
use crate::slug::{Slug, has_words};
use crate::spec::{BranchSettings, ImageField, Pattern, Placed, Spec, image_name};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What belongs to a project.
#[derive(Debug)]
pub(crate) struct ProjectNames<'a> {
    spec: &'a Spec,
    /// The existing branches, by slug.
    existing: BTreeMap<&'a str, &'a Branch>,
    /// Their slugs, by namespace.
    namespaces: BTreeMap<&'a str, &'a str>,
    /// The namespace patterns of entries, by branch.
    own_patterns: BTreeMap<&'a str, &'a Pattern>,
    /// Those with the slug, by text, each with the branches whose entries have it.
    slug_patterns: BTreeMap<String, (&'a Pattern, Vec<&'a str>)>,
    known: &'a KnownBranches<'a>,
    /// The repositories that entries of branches and `sync` set. With a tag alone, they set that of `defaults` only if it has the name
    /// of the project.
    repositories: BTreeSet<String>,
    /// The repositories with the name of the project that `defaults` sets.
    default_repositories: BTreeSet<String>,
}

/// Where an image was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageSource {
    /// In an object that an existing branch has replaced. If only `defaults` sets the repository, all branches replace it at once.
    ExistingBranch,
    /// In an object of a removed branch or in a teardown plan.
    RemovedBranch,
}

impl<'a> ProjectNames<'a> {
    /// The names that a spec, its plan and earlier specs give.
    pub(crate) fn of((spec, plan): (&'a Spec, &'a BuildPlan), known: &'a KnownBranches<'a>) -> Self {
        let is_ours = |name: &String| !name.starts_with(OFFICIAL);
        let set = spec.branches.iter().flat_map(|branch| {
            let versions = branch.slots.iter().flat_map(|slots| slots.versions.values());
            let all = [&branch.settings.images].into_iter().chain(versions).flatten();
            all.filter_map(|(name, image)| set_repository(spec, &branch.settings, name, &image.as_ref()?.value))
        });
        let existing = || plan.branches.iter().map(|branch| (branch.slug.as_str(), branch));
        let own_patterns: BTreeMap<_, _> =
            spec.branches.iter().filter_map(|entry| Some((entry.name.as_str(), entry.namespace.as_ref()?))).collect();
        let mut slug_patterns: BTreeMap<String, (&Pattern, Vec<&str>)> = BTreeMap::new();
        for (branch, pattern) in own_patterns.iter().filter(|(_, pattern)| pattern.has_slug()) {
            slug_patterns.entry(pattern.to_string()).or_insert((pattern, Vec::new())).1.push(branch);
        }
        ProjectNames {
            repositories: set.chain(synced(spec)).filter(is_ours).collect(),
            default_repositories: spec
                .defaults
                .images
                .keys()
                .filter_map(|name| default_repository(spec, name))
                .collect(),
            existing: existing().collect(),
            namespaces: existing().filter_map(|(slug, branch)| Some((branch.namespace()?, slug))).collect(),
            own_patterns,
            slug_patterns,
            spec,
            known,
        }
    }

    /// The project.
    pub(super) fn project(&self) -> &str {
        &self.spec.project
    }

    /// The fields that contain images, besides those of pods.
    pub(crate) fn image_fields(&self) -> &'a [ImageField] {
        &self.spec.image_fields
    }

    /// The object in which `apply.sh` records what it has applied to a namespace that a branch adopts. It is deleted with a namespace of
    /// the branch.
    pub(super) fn apply_record(&self, namespace: &str) -> Option<ClusterObject> {
        let name = self.spec.gitops.apply?.record(self.project()).into();
        Some(ClusterObject { gvk: Gvk::new("v1", "ConfigMap"), name, namespace: namespace.into() })
    }

    /// Whether an earlier spec had the branch.
    pub(super) fn had_branch(&self, owner: EntryOwner) -> bool {
        self.known.had(owner)
    }

    /// The error if the output of a branch is in the base revision and no spec had the branch.
    pub(super) fn check_owner(&self, owner: EntryOwner) -> Result<(), Diagnostic> {
        if owner.slug == SHARED_SLUG { Ok(()) } else { self.known.check(owner, Code::Output) }
    }

    /// The error if an entry of the footprint of a branch is not known to belong to the project.
    pub(crate) fn check(&self, owner: EntryOwner, entry: FootprintEntry) -> Result<(), Diagnostic> {
        self.check_without(None, owner, entry)
    }

    /// Whether an entry of the footprint of an existing branch would be known to belong to the project if the spec did not have the
    /// branch.
    pub(super) fn knows_without_branch(&self, owner: EntryOwner, entry: FootprintEntry) -> bool {
        self.check_without(Some(owner.branch), owner, entry).is_ok()
    }

    /// The same once the entry of the branch `removed` is in an earlier spec only.
    fn check_without(&self, removed: Option<&str>, owner: EntryOwner, entry: FootprintEntry) -> Result<(), Diagnostic> {
        let is_ours = match entry {
            FootprintEntry::Branch(name) => return check_branch(name).and_then(|()| self.check_owner(owner)),
            FootprintEntry::Project(name) => return self.check_project(name),
            FootprintEntry::Name(zone, name) => {
                if name.below(zone).is_some() {
                    return Ok(());
                }
                return Err(Diagnostic::new(Code::Output, format!("`{name}` is not below the zone `{zone}`")));
            }
            FootprintEntry::Namespace(name) if is_well_known(name) => {
                let message = format!("the namespace `{name}` belongs to other software, and no plan may list it");
                return Err(Diagnostic::new(Code::Output, message).help("remove the entry"));
            }
            FootprintEntry::Namespace(name) => self.has_namespace(removed, owner, name),
            FootprintEntry::Object(object) => {
                check_shape(object)?;
                self.has_object(removed, owner, object)
            }
            FootprintEntry::Database(database) => self.has_database(owner, database),
            FootprintEntry::Image(image) => self.has_image(image, ImageSource::RemovedBranch) || self.keeps(image),
        };
        match EntryText::of(entry).filter(|_| !is_ours) {
            Some(text) => Err(text.unknown(owner.slug, self.project())),
            None => Ok(()),
        }
    }

    /// Removes from the footprint of a plan what is never torn down: images to keep, and objects in the namespace that an existing branch
    /// owns. An output has them only if the branch adopted the namespace, or somebody has edited the plan.
    pub(crate) fn drop_kept(&self, slug: &str, footprint: &mut Footprint) {
        footprint.images.retain(|image| !self.keeps(image));
        footprint.images_in_use.retain(|image| !self.keeps(image));
        let owned = self.existing.get(slug).filter(|branch| !branch.adopts_namespace());
        if let Some(namespace) = owned.and_then(|branch| branch.namespace()) {
            footprint.objects.retain(|object| object.namespace != namespace);
        }
    }

    fn check_project(&self, name: &str) -> Result<(), Diagnostic> {
        if name == self.project() {
            return Ok(());
        }
        let message = format!("the teardown plan is of the project `{name}`, not of `{}`", self.project());
        Err(Diagnostic::new(Code::Output, message)
            .help("remove the file; before a project is renamed, its plans must be carried out and pruned"))
    }

    fn has_namespace(&self, removed: Option<&str>, owner: EntryOwner, name: &str) -> bool {
        let Spec { project, cleanup, .. } = self.spec;
        // Others may have a namespace with the same words.
        let is_hashed = || !self.known.is_published || Slug::is_hashed(owner.slug, owner.branch);
        let has_slug = || has_words(name, owner.slug) && is_hashed();
        self.gives_namespace(removed, owner, name)
            || has_words(name, project) && (self.gave_namespace(removed, owner, name) || has_slug())
            || cleanup.namespaces.iter().any(|pattern| glob::matches(pattern, name))
    }

    /// Whether the spec gives the branch this namespace, without the entry of the branch `removed`.
    fn gives_namespace(&self, removed: Option<&str>, EntryOwner { slug, branch }: EntryOwner, name: &str) -> bool {
        let Spec { project, namespace, .. } = self.spec;
        let is_kept = |name: &&str| removed != Some(*name);
        let own = self.own_patterns.get(branch).filter(|_| is_kept(&branch)).copied();
        let of_slug = self.slug_patterns.values().filter(|(_, branches)| branches.iter().any(&is_kept));
        let mut patterns = [namespace].into_iter().chain(own).chain(of_slug.map(|(pattern, _)| *pattern));
        patterns.any(|pattern| glob::matches(&pattern.glob(project, slug), name))
    }

    /// Whether an earlier spec gave the branch this namespace. Once it is removed, that of today is one.
    fn gave_namespace(&self, removed: Option<&str>, owner: EntryOwner, name: &str) -> bool {
        removed.is_some() && self.known.is_published && self.gives_namespace(None, owner, name)
            || self.known.earlier.have_namespace(&self.spec.project, owner.slug, name)
    }

    /// The slug alone counts only with the hash of the branch name: others may have an object with the word `main` in its name. In the
    /// namespace of another branch, nothing else counts.
    fn has_object(&self, removed: Option<&str>, owner: EntryOwner, object: &ClusterObject) -> bool {
        let Spec { project, cleanup, shared, .. } = self.spec;
        let EntryOwner { slug, branch } = owner;
        let ClusterObject { gvk, name, namespace } = object;
        let kind = GroupKind::of(gvk);
        let has_slug = has_words(name, slug);
        let is_shared = || {
            shared.claims.iter().any(|shared| shared.claim.names(&kind, name))
                || has_words(name, project) && self.known.earlier.share(&kind, name)
        };
        let is_with_others = || self.namespaces.get(namespace.as_str()).is_some_and(|other| *other != slug);
        Slug::is_hashed(slug, branch) && has_slug
            || slug == SHARED_SLUG && is_shared()
            || (has_words(name, project) && has_slug || self.is_in_own_namespace(removed, owner, object))
                && !is_with_others()
            || cleanup.objects.iter().any(|own| own.value.has(&kind, namespace, name))
    }

    /// Whether an object is in a namespace of the branch: that of the pattern for all branches, or with the project in its name one
    /// that its entry in a spec gave.
    fn is_in_own_namespace(&self, removed: Option<&str>, owner: EntryOwner, object: &ClusterObject) -> bool {
        let Spec { project, namespace: pattern, .. } = self.spec;
        let ClusterObject { name, namespace, .. } = object;
        let is_derived = || pattern.has_slug() && glob::matches(&pattern.glob(project, owner.slug), namespace);
        let is_given = || {
            !self.known.is_published
                || self.gives_namespace(removed, owner, namespace)
                || self.gave_namespace(removed, owner, namespace)
        };
        !namespace.is_empty() && (is_derived() || has_words(name, project) && is_given())
    }

    /// Only the exact name counts, or a slug with the hash of the branch name: others may have a database with the word `main` in its
    /// name. The shared database is never one of them.
    fn has_database(&self, EntryOwner { slug, branch }: EntryOwner, database: &Database) -> bool {
        let Spec { project, cleanup, .. } = self.spec;
        let shared = self.spec.database.as_ref().map(|shared| &shared.name);
        let Database { kind, instance, name } = database;
        // The spec may not have this `database` any more.
        let is_shared = || {
            let is_earlier = || !self.known.is_published || self.known.earlier.have_database(instance);
            shared == Some(instance) || has_words(instance, project) && is_earlier()
        };
        let is_derived = || *name == database_name(instance, slug) && is_shared();
        let begins_with = |prefix: &SmolStr| {
            name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()))
        };
        let has_hash = || Slug::is_hashed(slug, branch) && has_words(name, slug);
        let is_listed = |own: &Placed<Database>| {
            let parts = [(&own.value.kind, kind), (&own.value.instance, instance), (&own.value.name, name)];
            parts.into_iter().all(|(pattern, text)| glob::matches(pattern, text))
        };
        shared != Some(name)
            && (is_derived()
                || shared.into_iter().chain([project]).any(begins_with) && has_hash()
                || cleanup.databases.iter().any(is_listed))
    }

    /// Whether a plan may list an image.
    pub(crate) fn has_image(&self, reference: &str, source: ImageSource) -> bool {
        let (repository, Spec { project, cleanup, .. }) = (repository(reference), self.spec);
        let is_listed = |pattern: &SmolStr| glob::matches(&self::repository(pattern), &repository);
        let is_removed = source == ImageSource::RemovedBranch;
        let is_default = || is_removed && self.default_repositories.contains(&repository);
        let is_earlier = || self.known.earlier.set_image(is_removed, |name| self::repository(name) == repository);
        !self.keeps(reference)
            && ImageReference::parse(reference).is_ok()
            && (self.repositories.contains(&repository)
                || cleanup.repositories.iter().any(is_listed)
                || is_of_project(&repository, project) && (is_default() || is_earlier()))
    }

    /// Whether an image of a removed branch may be the project's, although no branch sets its repository. What `defaults` sets is still
    /// in use.
    pub(super) fn may_have_image(&self, reference: &str, source: ImageSource) -> bool {
        source == ImageSource::RemovedBranch
            && !self.has_image(reference, source)
            && !self.keeps(reference)
            && !self.is_set_in_defaults(reference)
            && !repository(reference).starts_with(OFFICIAL)
            && ImageReference::parse(reference).is_ok()
    }

    fn is_set_in_defaults(&self, reference: &str) -> bool {
        let defaults = self.spec.defaults.images.iter();
        defaults.filter_map(|(name, image)| Some(image.as_ref()?.value.of(name))).any(|default| default == reference)
    }

    /// Whether `cleanup.images.keep` has an image.
    pub(crate) fn keeps(&self, reference: &str) -> bool {
        let spellings = spellings(reference);
        self.spec.cleanup.keep.iter().any(|pattern| spellings.iter().any(|text| glob::matches(pattern, text)))
    }
}

/// The error about a name that no branch can have.
fn check_branch(name: &str) -> Result<(), Diagnostic> {
    let Some(why) = branch_name::invalid(name) else { return Ok(()) };
    Err(Diagnostic::new(Code::Output, format!("`{name}` is not the name of a branch: {why}")))
}

/// An error about an object that no build lists like this, but that `kubectl delete` would delete: a namespace, and an object outside of
/// namespaces that a plan gives one, which would not be found among the objects in use.
fn check_shape(ClusterObject { gvk, name, namespace }: &ClusterObject) -> Result<(), Diagnostic> {
    let why = match () {
        () if gvk.group.is_empty() && gvk.kind == "Namespace" => "belongs in `namespaces`",
        () if !namespace.is_empty() && is_cluster_scoped(gvk) => "is outside of namespaces",
        () => return Ok(()),
    };
    let message = format!("the {} `{name}` {why}", gvk.kind);
    Err(Diagnostic::new(Code::Output, message).help("remove the entry"))
}

/// The repository that an entry of a branch sets: its own, or that of the image which it changes, if this has the name of the project.
fn set_repository(spec: &Spec, settings: &BranchSettings, name: &SmolStr, image: &ImageReference) -> Option<String> {
    let of = |settings: &BranchSettings| settings.images.get(name)?.as_ref()?.value.name.clone();
    let own = image.name.clone().or_else(|| of(settings)).map(|name| repository(&name));
    own.or_else(|| default_repository(spec, name))
}

/// The repository that `defaults` gives the image `name` of the manifests, or that it has there, if it has the name of the project.
/// Others may be a third party's.
fn default_repository(spec: &Spec, name: &SmolStr) -> Option<String> {
    let default = spec.defaults.images.get(name).and_then(|image| image.as_ref()?.value.name.as_ref());
    Some(repository(default.unwrap_or(name))).filter(|name| is_of_project(name, &spec.project))
}

/// The repositories of `sync.images`. Only the tag of such an image depends on the branch.
fn synced(spec: &Spec) -> impl Iterator<Item = String> + '_ {
    spec.sync.images.iter().filter_map(|(key, image)| {
        let name = image_name(&image.text, &spec.project)?;
        let key = spec.image_aliases.get(key).map_or(key, |name| &name.value);
        if name.is_empty() { default_repository(spec, key) } else { Some(repository(&name)) }
    })
}
