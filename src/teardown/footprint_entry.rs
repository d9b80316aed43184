//! Entries of footprints and plans, one by one, as checks and diagnostics need them.

use super::footprint::{ClusterObject, Footprint};
use super::image::repository;
use crate::database::Database;
use crate::diagnostic::{Code, Diagnostic};
use crate::name::DnsName;
use crate::slug::with_wildcard;

/// An entry of a footprint, to be checked.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FootprintEntry<'a> {
    /// The branch in the header of a plan.
    Branch(&'a str),
    /// The project in the header of a plan.
    Project(&'a str),
    /// A namespace.
    Namespace(&'a str),
    /// An object outside of the namespaces of the branch.
    Object(&'a ClusterObject),
    /// A DNS name after its zone.
    Name(&'a DnsName, &'a DnsName),
    /// A database.
    Database(&'a Database),
    /// An image in a plan.
    Image(&'a str),
}

/// How an entry is called, and the entry of `cleanup:` that accepts it.
pub(super) struct EntryText {
    /// As in a sentence: kind and name.
    pub(super) what: String,
    /// What the pattern identifies.
    pub(super) noun: &'static str,
    /// The key below `cleanup:`.
    pub(super) key: &'static str,
    /// The pattern.
    pub(super) pattern: String,
    /// The name that needs no pattern.
    pub(super) rule: &'static str,
}

impl EntryText {
    /// `None` for entries that `cleanup:` cannot accept.
    pub(super) fn of(entry: FootprintEntry) -> Option<Self> {
        let words = "a name with the project and the slug of the branch";
        let (noun, what, key, pattern, rule) = match entry {
            FootprintEntry::Branch(_) | FootprintEntry::Project(_) | FootprintEntry::Name(..) => return None,
            FootprintEntry::Namespace(name) => {
                ("namespace", format!("namespace `{name}`"), "namespaces", name.to_owned(), words)
            }
            FootprintEntry::Object(ClusterObject { gvk, name, namespace }) => {
                if namespace.is_empty() {
                    ("object", format!("{} `{name}`", gvk.kind), "objects", format!("{}/{name}", gvk.kind), words)
                } else {
                    let what = format!("{} `{name}` in the namespace `{namespace}`", gvk.kind);
                    ("object", what, "objects", format!("{}/{namespace}/{name}", gvk.kind), words)
                }
            }
            FootprintEntry::Database(database) => {
                let rule = "the name that `database` of the spec gives";
                ("database", format!("database `{database}`"), "databases", database.to_string(), rule)
            }
            FootprintEntry::Image(image) => {
                let rule = "a repository that `images` of a branch sets";
                ("image", format!("image `{}`", image.escape_debug()), "images.repositories", repository(image), rule)
            }
        };
        Some(EntryText { what, noun, key, pattern, rule })
    }

    /// The pattern for all objects whose names are `stem` and a hash of the content. `name` is one of them.
    pub(super) fn for_all_hashes(&self, name: &str, stem: &str) -> Self {
        let start = self.pattern.strip_suffix(name).unwrap_or_default();
        EntryText { pattern: format!("{start}{stem}-*"), what: self.what.clone(), ..*self }
    }

    /// The pattern for all branches, with `*` in place of the slug.
    pub(super) fn for_all_branches(&self, slug: &str) -> Self {
        let (start, name) = self.pattern.split_at(self.pattern.rfind('/').map_or(0, |slash| slash + 1));
        let words = [slug, &slug.replace('-', "_")];
        let pattern = words.into_iter().find_map(|word| Some(format!("{start}{}", with_wildcard(name, word)?)));
        EntryText { pattern: pattern.unwrap_or_else(|| self.pattern.clone()), what: self.what.clone(), ..*self }
    }

    /// The warning about an image of a removed branch whose repository is not known to be the project's.
    pub(super) fn unlisted(&self) -> Diagnostic {
        let EntryText { what, key, pattern, .. } = self;
        let message = format!("no teardown plan lists the {what}, because no branch of the spec sets its repository");
        Diagnostic::new(Code::Output, message).help(format!(
            "if it belongs to the project, add `{pattern}` to `cleanup.{key}`, otherwise to `cleanup.images.keep`"
        ))
    }

    /// The error about an entry that is not known to belong to the project.
    pub(super) fn unknown(&self, slug: &str, project: &str) -> Diagnostic {
        let EntryText { what, key, pattern, .. } = self;
        let message = format!(
            "the {what} is not known to belong to the branch with the slug `{slug}` of the project `{project}`"
        );
        Diagnostic::new(Code::Output, message).help(format!("if it does, add `{pattern}` to `cleanup.{key}`"))
    }
}

impl Footprint {
    /// The entries that objects have, except images, each with a footprint of it alone.
    pub(super) fn entries(&self) -> impl Iterator<Item = (FootprintEntry<'_>, Footprint)> {
        let nothing = Footprint::default;
        let namespaces = self.namespaces.iter().map(move |name| {
            (FootprintEntry::Namespace(name), Footprint { namespaces: [name.clone()].into(), ..nothing() })
        });
        let databases = self.databases.iter().map(move |database| {
            (FootprintEntry::Database(database), Footprint { databases: [database.clone()].into(), ..nothing() })
        });
        let objects = self.objects.iter().map(move |object| {
            (FootprintEntry::Object(object), Footprint { objects: [object.clone()].into(), ..nothing() })
        });
        namespaces.chain(databases).chain(objects)
    }
}
