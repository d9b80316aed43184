//! Whether an image, a database or an object is in use by existing branches.
//!
//! The question is always asked for a set: [`Sought`] is what plans are about to list, [`InUse`] what existing branches use of
//! it. The objects come from a build or from an output; `pipeline` builds the branches that nobody else needs.

use super::footprint::{CreatedOutside, Footprint};
use super::image::{ImageIndex, images};
use crate::database::Database;
use crate::diagnostic::{Result, gather};
use crate::node::Node;
use crate::source::Location;
use crate::spec::ImageField;
use crate::yaml::{self, Dialect};
use rayon::prelude::*;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// What is looked for in the objects of existing branches.
#[derive(Debug, Default)]
pub struct Sought {
    all: Footprint,
    images: ImageIndex,
    fields: Vec<ImageField>,
}

/// What existing branches use of what is sought.
#[derive(Clone, Debug, Default)]
pub struct InUse {
    /// What is known to be in use.
    pub footprint: Footprint,
    /// The names of branches of which that cannot be known.
    pub unknown: BTreeSet<SmolStr>,
}

impl Sought {
    /// What some footprints have. `fields` are the spec's fields with images, beside those of pods.
    pub fn of<'a>(footprints: impl IntoIterator<Item = &'a Footprint>, fields: &[ImageField]) -> Self {
        let mut all = Footprint::default();
        footprints.into_iter().for_each(|footprint| all.add(footprint.clone()));
        all.images.append(&mut all.named);
        Sought { images: ImageIndex::of(&all.images), all, fields: fields.to_vec() }
    }

    /// Whether nothing is sought.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether everything that is sought is in `used`.
    pub fn is_covered_by(&self, used: &Footprint) -> bool {
        self.all.without(used).is_empty()
    }

    /// What some objects use of it.
    pub fn used_by<'n>(&self, objects: impl IntoIterator<Item = &'n Node>) -> Footprint {
        let mut used = Footprint::default();
        objects.into_iter().for_each(|object| self.find(object, &mut used));
        used
    }

    /// What the objects in some files use of it.
    pub fn used_by_files<T: AsRef<str> + Sync>(&self, files: &[T]) -> Result<Footprint> {
        let look = |text: &T| -> Result<Footprint> {
            Ok(self.used_by(&yaml::parse(text.as_ref(), Dialect::Kubernetes, &|_, _, _| Location::NONE)?))
        };
        let looked: Vec<Result<Footprint>> = files.par_iter().map(look).collect();
        let mut used = Footprint::default();
        gather(looked, |footprint| footprint)?.into_iter().for_each(|footprint| used.add(footprint));
        Ok(used)
    }

    /// What an image reference that no object has yet may use of it.
    pub fn named_by(&self, reference: &str) -> Footprint {
        let mut used = Footprint::default();
        let mut same = BTreeSet::new();
        self.images.find(reference, &mut same, &mut used.named);
        used.named.append(&mut same);
        used
    }

    fn find(&self, object: &Node, used: &mut Footprint) {
        match CreatedOutside::of(object) {
            Some(CreatedOutside::Namespace(name)) => drop(used.namespaces.insert(name)),
            Some(CreatedOutside::Object(found)) => {
                used.objects.extend(self.all.objects.iter().filter(|object| object.is(&found)).cloned());
            }
            None => {}
        }
        used.databases.extend(Database::of_object(object));
        if !self.all.images.is_empty() {
            images(object, &self.fields, &mut |image| self.images.find(image, &mut used.images, &mut used.named));
            self.images.find_in(object, &mut used.named);
        }
    }
}
