//! Which images, databases and objects existing branches use.
//!
//! [`UsageCandidates`] is everything that plans would list, [`InUse`] the part of it that existing branches use. The objects of
//! the branches come from a build or from an output. `pipeline` also builds branches outside of the selection if their objects
//! are needed here.

use super::footprint::{ClusterObject, CreatedOutside, Footprint, is_in_adopted_namespace};
use super::image::{ImageIndex, deletable, each_text, images, references, repository};
use crate::database::Database;
use crate::diagnostic::{Result, gather};
use crate::node::Node;
use crate::spec::{ApplyScript, ImageField};
use crate::yaml;
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The entries of footprints that are searched for in the objects of existing branches.
#[derive(Debug, Default)]
pub(crate) struct UsageCandidates {
    all: Footprint,
    images: ImageIndex,
    fields: Vec<ImageField>,
}

/// The candidates that existing branches use.
#[derive(Clone, Debug, Default)]
pub(crate) struct InUse {
    /// The candidates that are known to be in use.
    pub(crate) footprint: Footprint,
    /// The names of the branches whose usage is unknown.
    pub(crate) unknown: BTreeSet<SmolStr>,
}

impl UsageCandidates {
    /// The entries of some footprints. `fields` are the image fields that the spec declares in addition to those of pods.
    pub(crate) fn of<'a>(footprints: impl IntoIterator<Item = &'a Footprint>, fields: &[ImageField]) -> Self {
        let mut all = Footprint::default();
        footprints.into_iter().for_each(|footprint| all.add(footprint.clone()));
        all.images.append(&mut all.images_in_use);
        UsageCandidates { images: ImageIndex::of(&all.images), all, fields: fields.to_vec() }
    }

    /// Whether there are no candidates.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether all candidates are in `used`.
    pub(crate) fn is_covered_by(&self, used: &Footprint) -> bool {
        self.all.without(used).is_empty()
    }

    /// The candidates that some objects use.
    pub(crate) fn used_by<'n>(&self, objects: impl IntoIterator<Item = &'n Node>) -> Footprint {
        let mut used = Footprint::default();
        objects.into_iter().for_each(|object| self.add_used_by(object, &mut used));
        used
    }

    /// The candidates that the objects in some files use.
    pub(crate) fn used_by_files<T: AsRef<str> + Sync>(&self, files: &[T]) -> Result<Footprint> {
        let read = |text: &T| -> Result<Footprint> { Ok(self.used_by(&yaml::objects(text.as_ref())?)) };
        let found: Vec<Result<Footprint>> = files.par_iter().map(read).collect();
        let mut used = Footprint::default();
        gather(found, |footprint| footprint)?.into_iter().for_each(|footprint| used.add(footprint));
        Ok(used)
    }

    /// The candidates that an image reference of the spec may use, although no object has it yet.
    pub(crate) fn used_by_reference(&self, reference: &str) -> Footprint {
        let mut used = Footprint::default();
        let mut same = BTreeSet::new();
        self.images.find(reference, &mut same, &mut used.images_in_use);
        used.images_in_use.append(&mut same);
        used
    }

    /// The repositories of the images.
    pub(crate) fn repositories(&self) -> BTreeSet<String> {
        self.all.images.iter().map(|image| repository(image)).collect()
    }

    /// A reference of the spec to an image in one of some repositories.
    pub(crate) fn reference(image: &str, repositories: &BTreeSet<String>) -> Option<SmolStr> {
        repositories.contains(&repository(image)).then(|| deletable(image).into())
    }

    /// All references of some objects to images in the repositories of the candidates.
    pub(crate) fn references<'n>(&self, objects: impl IntoIterator<Item = &'n Node>) -> BTreeSet<SmolStr> {
        let (repositories, mut found) = (self.repositories(), BTreeSet::new());
        for object in objects {
            references(object, &self.fields, &repositories, &mut found);
        }
        found
    }

    /// The databases among the candidates that a text of some objects names. They are not in use by the rules of plans, which go on
    /// listing them: only the objects of the removed branch say that they were its own.
    pub(crate) fn named_databases<'n>(&self, objects: impl IntoIterator<Item = &'n Node>) -> BTreeSet<Database> {
        let mut by_name: BTreeMap<&str, Vec<&Database>> = BTreeMap::new();
        for database in &self.all.databases {
            by_name.entry(&database.name).or_default().push(database);
        }
        let is_in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let mut found = BTreeSet::new();
        for object in objects {
            each_text(object, &mut |text| {
                let named = text.split(|c| !is_in_name(c)).filter_map(|word| by_name.get(word));
                found.extend(named.flatten().map(|database| (*database).clone()));
            });
        }
        found
    }

    fn add_used_by(&self, object: &Node, used: &mut Footprint) {
        if let Some(CreatedOutside::Namespace(name)) = CreatedOutside::of(object) {
            used.namespaces.insert(name);
        } else if !self.all.objects.is_empty()
            && let Some(found) = ClusterObject::of(object)
        {
            // Also one in the namespace of its own branch, which another branch may have had before.
            used.objects.extend(found.same_in(&self.all.objects).cloned());
            if is_in_adopted_namespace(object) {
                let is_record =
                    |other: &&ClusterObject| other.namespace == found.namespace && ApplyScript::is_record(&other.name);
                used.objects.extend(self.all.objects.iter().filter(is_record).cloned());
            }
        }
        used.databases.extend(Database::of_object(object));
        if !self.all.images.is_empty() {
            images(object, &self.fields, &mut |image| {
                self.images.find(image, &mut used.images, &mut used.images_in_use);
            });
            self.images.find_in_texts(object, &mut used.images_in_use);
        }
    }
}
