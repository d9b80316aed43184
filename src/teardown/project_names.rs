//! Which names belong to the project: only these are in teardown plans.
//!
//! The output and its plans may have been edited, so an entry counts only if the spec gives its name: by its patterns, by the
//! names of the project, the slug and the database, by the images that branches set, or by `cleanup:`.

use super::footprint::ClusterObject;
use super::image::{OFFICIAL, repository, spellings};
use crate::database::{Database, database_name};
use crate::diagnostic::{Code, Diagnostic};
use crate::glob;
use crate::image::ImageReference;
use crate::name::DnsName;
use crate::output::SHARED_SLUG;
use crate::schema::namespace::is_well_known;
use crate::spec::{BranchImage, BranchSettings, ImageField, Spec};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// What belongs to a project.
#[derive(Debug)]
pub(crate) struct ProjectNames<'a> {
    spec: &'a Spec,
    /// The repositories that entries of branches and `sync` set.
    repositories: BTreeSet<String>,
    /// The repositories that `defaults` sets.
    default_repositories: BTreeSet<String>,
}

/// Where an image was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ImageSource {
    /// In an object that an existing branch has replaced. If only `defaults` sets the repository, it may be a third party's.
    ExistingBranch,
    /// In an object of a removed branch or in a teardown plan.
    RemovedBranch,
}

/// An entry of a footprint, to be checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FootprintEntry<'a> {
    /// The project in the header of a plan.
    Project(&'a str),
    /// A namespace.
    Namespace(&'a str),
    /// An object outside of namespaces.
    Object(&'a ClusterObject),
    /// A DNS name after its zone.
    Name(&'a DnsName, &'a DnsName),
    /// A database.
    Database(&'a Database),
    /// An image in a plan.
    Image(&'a str),
}

impl<'a> ProjectNames<'a> {
    /// The names that a spec gives.
    pub(crate) fn of(spec: &'a Spec) -> Self {
        let is_ours = |name: &String| !name.starts_with(OFFICIAL);
        let set = spec.branches.iter().flat_map(|branch| {
            let versions = branch.slots.iter().flat_map(|slots| slots.versions.values());
            let all = [&branch.settings.images].into_iter().chain(versions).flatten();
            all.filter_map(|(name, image)| {
                set_repository(&branch.settings, &spec.defaults, name, &image.as_ref()?.value)
            })
        });
        let defaults = spec.defaults.images.values().flatten();
        let defaults = defaults.filter_map(|image| image.value.name.as_deref()).map(repository);
        ProjectNames {
            repositories: set.chain(synced(spec)).filter(is_ours).collect(),
            default_repositories: defaults.filter(is_ours).collect(),
            spec,
        }
    }

    /// The fields that contain images, besides those of pods.
    pub(crate) fn image_fields(&self) -> &'a [ImageField] {
        &self.spec.image_fields
    }

    /// The error if an entry of the footprint of a slug does not belong to the project.
    pub(crate) fn check(&self, slug: &str, entry: FootprintEntry) -> Result<(), Diagnostic> {
        let (is_ours, what, key) = match entry {
            FootprintEntry::Project(name) => {
                if *name == self.spec.project {
                    return Ok(());
                }
                let message = format!("the teardown plan is of the project `{name}`, not of `{}`", self.spec.project);
                return Err(Diagnostic::new(Code::Output, message)
                    .help("remove the file; before a project is renamed, its plans must be carried out and pruned"));
            }
            FootprintEntry::Namespace(name) => {
                (self.has_namespace(slug, name), format!("namespace `{name}`"), "namespaces")
            }
            FootprintEntry::Object(object) => {
                (self.has_object(slug, object), format!("{} `{}`", object.gvk.kind, object.name), "objects")
            }
            FootprintEntry::Database(database) => {
                (self.has_database(slug, database), format!("database `{database}`"), "databases")
            }
            FootprintEntry::Image(image) => {
                let is_ours = self.has_image(image, ImageSource::RemovedBranch) || self.keeps(image);
                (is_ours, format!("image `{}`", image.escape_debug()), "images.repositories")
            }
            FootprintEntry::Name(zone, name) => {
                if name.below(zone).is_some() {
                    return Ok(());
                }
                return Err(Diagnostic::new(Code::Output, format!("`{name}` is not below the zone `{zone}`")));
            }
        };
        if is_ours {
            return Ok(());
        }
        let message = format!(
            "the {what} is not known to belong to the branch with the slug `{slug}` of the project `{}`",
            self.spec.project
        );
        Err(Diagnostic::new(Code::Output, message).help(format!("if it does, add it to `cleanup.{key}`")))
    }

    fn has_namespace(&self, slug: &str, name: &str) -> bool {
        let Spec { project, cleanup, namespace, branches, .. } = self.spec;
        let mut patterns = branches.iter().filter_map(|branch| branch.namespace.as_ref()).chain([namespace]);
        !is_well_known(name)
            && (patterns.any(|pattern| glob::matches(&pattern.glob(project, slug), name))
                || has_words(name, project) && has_words(name, slug)
                || cleanup.namespaces.iter().any(|pattern| glob::matches(pattern, name)))
    }

    fn has_object(&self, slug: &str, object: &ClusterObject) -> bool {
        let Spec { project, cleanup, .. } = self.spec;
        let is_kept = !object.namespace.is_empty() && has_words(&object.name, slug);
        has_words(&object.name, project)
            || is_kept
            || slug == SHARED_SLUG
            || cleanup.objects.iter().any(|pattern| glob::matches(pattern, &object.name))
    }

    /// The shared database is never one of them.
    fn has_database(&self, slug: &str, database: &Database) -> bool {
        let Spec { project, cleanup, .. } = self.spec;
        let shared = self.spec.database.as_ref().map(|shared| &shared.name);
        let Database { instance, name, .. } = database;
        let is_derived = shared.is_some_and(|shared| instance == shared && *name == database_name(shared, slug));
        let begins_with = |prefix: &SmolStr| {
            name.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.starts_with(|c: char| !c.is_alphanumeric()))
        };
        shared != Some(name)
            && (is_derived
                || shared.into_iter().chain([project]).any(begins_with) && has_words(name, slug)
                || cleanup.databases.iter().any(|pattern| glob::matches(pattern, name)))
    }

    /// Whether a plan may list an image.
    pub(crate) fn has_image(&self, reference: &str, source: ImageSource) -> bool {
        let (repository, rules) = (repository(reference), &self.spec.cleanup);
        let is_listed = |pattern: &SmolStr| glob::matches(&self::repository(pattern), &repository);
        let is_set = self.repositories.contains(&repository)
            || source == ImageSource::RemovedBranch && self.default_repositories.contains(&repository);
        (is_set || rules.repositories.iter().any(is_listed))
            && !self.keeps(reference)
            && ImageReference::parse(reference).is_ok()
    }

    /// Whether `cleanup.images.keep` has an image.
    pub(crate) fn keeps(&self, reference: &str) -> bool {
        let spellings = spellings(reference);
        self.spec.cleanup.keep.iter().any(|pattern| spellings.iter().any(|text| glob::matches(pattern, text)))
    }
}

/// Whether `text` contains `words` as whole words. All characters but letters and digits separate words.
fn has_words(text: &str, words: &str) -> bool {
    let normal = |text: &str| format!("-{}-", text.replace(|c: char| !c.is_alphanumeric(), "-"));
    normal(text).contains(&normal(words))
}

/// The repository that an entry of a branch sets: its own, or that of the default which it changes.
fn set_repository(
    settings: &BranchSettings,
    defaults: &BranchSettings,
    name: &SmolStr,
    image: &ImageReference,
) -> Option<String> {
    let of = |images: &BTreeMap<SmolStr, Option<BranchImage>>| images.get(name)?.as_ref()?.value.name.clone();
    let set = image.name.clone().or_else(|| of(&settings.images)).or_else(|| of(&defaults.images));
    set.map(|name| repository(&name))
}

/// The repositories of `sync.images`. Only the tag of such an image depends on the branch.
fn synced(spec: &Spec) -> impl Iterator<Item = String> + '_ {
    spec.sync.images.iter().filter_map(|(key, image)| {
        let text = image.value.replace("{{ project }}", &spec.project);
        let (name, _) = text.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((&text, ""));
        let key = spec.image_aliases.get(key).map_or(key, |name| &name.value);
        let default = || spec.defaults.images.get(key)?.as_ref()?.value.name.clone();
        let name = if name.is_empty() { default()? } else { SmolStr::from(name) };
        (!name.contains("{{")).then(|| repository(&name))
    })
}
