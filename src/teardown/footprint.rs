//! What branches leave, as sets; and what of such sets other branches have.

use super::image::{Index, images};
use crate::argument::is_argument;
use crate::database::Database;
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::Gvk;
use crate::spec::ImageField;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// An object that stands outside of namespaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    /// Its kind.
    pub gvk: Gvk,
    /// Its name.
    pub name: SmolStr,
}

impl Object {
    /// Whether both are one for a cluster, which does not look at versions.
    fn is(&self, other: &Object) -> bool {
        self.gvk.group == other.gvk.group && self.gvk.kind == other.gvk.kind && self.name == other.name
    }
}

/// Things that go with a branch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Namespaces, and with them all that is in them.
    pub namespaces: BTreeSet<SmolStr>,
    /// Objects outside of namespaces.
    pub objects: BTreeSet<Object>,
    /// Names in DNS, the zone before each.
    pub names: BTreeSet<(DnsName, DnsName)>,
    /// Databases.
    pub databases: BTreeSet<Database>,
    /// References of images. Of a live branch, those that stand where images stand.
    pub images: BTreeSet<SmolStr>,
    /// Those that are not to go yet, because a live branch names them in an argument or an annotation, or has the same tag
    /// with or without a digest, or the same digest elsewhere: if they were not kept in mind here, nothing would tell of them once no branch does.
    pub named: BTreeSet<SmolStr>,
}

impl Footprint {
    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        *self == Footprint::default()
    }

    /// Adds what `other` has.
    pub fn add(&mut self, other: Footprint) {
        self.namespaces.extend(other.namespaces);
        self.objects.extend(other.objects);
        self.names.extend(other.names);
        self.databases.extend(other.databases);
        self.images.extend(other.images);
        self.named.extend(other.named);
    }

    /// What is left without what live branches have.
    #[must_use]
    pub fn without(&self, lives: &[&Footprint]) -> Self {
        let mut left = self.clone();
        left.images.append(&mut left.named);
        for live in lives {
            left.namespaces.retain(|name| !live.namespaces.contains(name));
            left.objects.retain(|object| !live.objects.iter().any(|other| object.is(other)));
            left.names.retain(|name| !live.names.contains(name));
            left.databases.retain(|database| !live.databases.contains(database));
            left.images.retain(|image| !live.images.contains(image));
        }
        let is_named = |image: &SmolStr| lives.iter().any(|live| live.named.contains(image));
        (left.named, left.images) = left.images.into_iter().partition(is_named);
        left
    }

    /// Adds what goes with an object of a branch.
    pub(super) fn read(&mut self, object: &Node, fields: &[ImageField]) {
        match outside(object) {
            Some(Outside::Namespace(name)) => drop(self.namespaces.insert(name)),
            Some(Outside::Object(object)) => drop(self.objects.insert(object)),
            None => {}
        }
        self.databases.extend(Database::of_object(object));
        images(object, fields, &mut |image| {
            if is_argument(image) {
                self.images.insert(image.into());
            }
        });
    }
}

enum Outside {
    Namespace(SmolStr),
    Object(Object),
}

/// What an object is that stands outside of namespaces. In the output all others name theirs.
fn outside(object: &Node) -> Option<Outside> {
    let gvk = Gvk::of(object);
    let name = SmolStr::from(object.str_at(&["metadata", "name"])?);
    let is_inside = object.str_at(&["metadata", "namespace"]).is_some_and(|namespace| !namespace.is_empty());
    match () {
        () if gvk.group.is_empty() && gvk.kind == "Namespace" => Some(Outside::Namespace(name)),
        () if gvk.is_cluster_scoped() || !is_inside => Some(Outside::Object(Object { gvk, name })),
        () => None,
    }
}

/// Things that are about to go, to be looked for in live branches.
#[derive(Debug, Default)]
pub struct Wanted {
    all: Footprint,
    images: Index,
}

impl Wanted {
    /// Those of several plans.
    pub fn of<'a>(lefts: impl IntoIterator<Item = &'a Footprint>) -> Self {
        let mut all = Footprint::default();
        lefts.into_iter().for_each(|left| all.add(left.clone()));
        all.images.append(&mut all.named);
        Wanted { images: Index::of(&all.images), all }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Adds to `live` what of these things the objects of a live branch have.
    pub fn find<'n>(&self, objects: impl IntoIterator<Item = &'n Node>, fields: &[ImageField], live: &mut Footprint) {
        for object in objects {
            match outside(object) {
                Some(Outside::Namespace(name)) => drop(live.namespaces.insert(name)),
                Some(Outside::Object(found)) => {
                    live.objects.extend(self.all.objects.iter().filter(|object| object.is(&found)).cloned());
                }
                None => {}
            }
            live.databases.extend(Database::of_object(object));
            if !self.all.images.is_empty() {
                images(object, fields, &mut |image| self.images.find(image, &mut live.images, &mut live.named));
                self.images.find_in(object, &mut live.named);
            }
        }
    }

    /// Adds to `live` the image that `reference` is about, which no object has yet.
    pub fn find_image(&self, reference: &str, live: &mut Footprint) {
        let mut same = BTreeSet::new();
        self.images.find(reference, &mut same, &mut live.named);
        live.named.append(&mut same);
    }
}
