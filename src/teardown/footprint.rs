//! Footprints: the sets of everything that the output of a branch creates outside of its files.

use super::image::images;
use crate::annotation::{NAMESPACE_ADOPTED, NAMESPACE_ANNOTATION};
use crate::argument::is_argument;
use crate::database::Database;
use crate::name::DnsName;
use crate::node::Node;
use crate::schema::namespace::is_well_known;
use crate::schema::{Gvk, scope};
use crate::spec::ImageField;
use smol_str::SmolStr;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// An object in a cluster that is not deleted with a namespace of its branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterObject {
    /// Its kind.
    pub(crate) gvk: Gvk,
    /// Its name.
    pub(crate) name: SmolStr,
    /// Its namespace, which the branch does not own; empty if it is outside of namespaces.
    pub(crate) namespace: SmolStr,
}

impl ClusterObject {
    /// The identity of an object of the output.
    pub(super) fn of(object: &Node) -> Option<Self> {
        let (gvk, name) = (Gvk::of(object), object.str_at(&["metadata", "name"])?.into());
        let namespace = object.str_at(&["metadata", "namespace"]).filter(|_| !scope::is_cluster_scoped(&gvk));
        Some(ClusterObject { gvk, name, namespace: namespace.unwrap_or_default().into() })
    }

    /// Those of some objects that are the same in a cluster. All versions of an API group serve the same objects.
    pub(super) fn same_in<'a>(&'a self, objects: &'a BTreeSet<Self>) -> impl Iterator<Item = &'a Self> {
        let mut first = self.clone();
        first.gvk.version = SmolStr::default();
        objects.range(first..).take_while(|other| other.identity() == self.identity())
    }

    /// What distinguishes it from other objects of a cluster.
    fn identity(&self) -> [&SmolStr; 4] {
        [&self.gvk.group, &self.gvk.kind, &self.name, &self.namespace]
    }
}

/// By identity, then by version.
impl Ord for ClusterObject {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity()).then_with(|| self.gvk.version.cmp(&other.gvk.version))
    }
}

impl PartialOrd for ClusterObject {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Everything that the output of a branch creates outside of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// Namespaces, and with them all objects in them.
    pub(crate) namespaces: BTreeSet<SmolStr>,
    /// Objects outside of these namespaces.
    pub(crate) objects: BTreeSet<ClusterObject>,
    /// DNS names, each with its zone in the first position.
    pub(crate) names: BTreeSet<(DnsName, DnsName)>,
    /// Databases.
    pub(crate) databases: BTreeSet<Database>,
    /// Image references.
    pub(crate) images: BTreeSet<SmolStr>,
    /// Image references that an existing branch may use: it names them in an argument or an annotation; or it uses the same tag
    /// and only one of the two references has a digest; or it uses the same digest in another repository. The plan keeps them
    /// under `imagesInUse`, because a later build does not find them in the previous output.
    pub(crate) images_in_use: BTreeSet<SmolStr>,
}

impl Footprint {
    /// Whether the footprint is empty.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Footprint::default()
    }

    /// Adds another footprint.
    pub(crate) fn add(&mut self, other: Footprint) {
        self.namespaces.extend(other.namespaces);
        self.objects.extend(other.objects);
        self.names.extend(other.names);
        self.databases.extend(other.databases);
        self.images.extend(other.images);
        self.images_in_use.extend(other.images_in_use);
    }

    /// The footprint without everything that is `in_use`.
    #[must_use]
    pub(crate) fn without(&self, in_use: &Footprint) -> Self {
        let mut rest = self.clone();
        rest.images.append(&mut rest.images_in_use);
        // A namespace in which an object is listed was not the branch's when the object was written.
        let with_objects: BTreeSet<&str> = rest.objects.iter().map(|object| object.namespace.as_str()).collect();
        rest.namespaces.retain(|name| !in_use.namespaces.contains(name) && !with_objects.contains(name.as_str()));
        rest.objects.retain(|object| object.same_in(&in_use.objects).next().is_none());
        rest.names.retain(|name| !in_use.names.contains(name));
        rest.databases.retain(|database| !in_use.databases.contains(database));
        rest.images.retain(|image| !in_use.images.contains(image));
        (rest.images_in_use, rest.images) =
            rest.images.into_iter().partition(|image| in_use.images_in_use.contains(image));
        rest
    }

    /// The entries that both footprints have.
    #[must_use]
    pub(crate) fn common(&self, other: &Footprint) -> Self {
        Footprint {
            namespaces: &self.namespaces & &other.namespaces,
            objects: &self.objects & &other.objects,
            names: &self.names & &other.names,
            databases: &self.databases & &other.databases,
            images: &self.images & &other.images,
            images_in_use: &self.images_in_use & &other.images_in_use,
        }
    }

    /// Whether `other` has all entries of this footprint.
    pub(crate) fn is_subset(&self, other: &Footprint) -> bool {
        self.namespaces.is_subset(&other.namespaces)
            && self.objects.is_subset(&other.objects)
            && self.names.is_subset(&other.names)
            && self.databases.is_subset(&other.databases)
            && self.images.is_subset(&other.images)
            && self.images_in_use.is_subset(&other.images_in_use)
    }

    /// The same entries with all images as `images`, whether they may be in use or not.
    #[must_use]
    pub(crate) fn with_all_images(mut self) -> Self {
        self.images.append(&mut self.images_in_use);
        self
    }

    /// Adds everything that an object of the branch creates.
    pub(super) fn add_object(&mut self, object: &Node, fields: &[ImageField]) {
        match CreatedOutside::of(object) {
            // Other software has this namespace, whatever an output says.
            Some(CreatedOutside::Namespace(name)) if is_well_known(&name) => {}
            Some(CreatedOutside::Namespace(name)) => drop(self.namespaces.insert(name)),
            Some(CreatedOutside::Object(object)) => drop(self.objects.insert(object)),
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

/// Whether an object of the output is in a namespace that its branch adopts.
pub(super) fn is_in_adopted_namespace(object: &Node) -> bool {
    object.str_at(&["metadata", "annotations", NAMESPACE_ANNOTATION]) == Some(NAMESPACE_ADOPTED)
}

/// An object of the output that is not in a namespace of its branch.
pub(super) enum CreatedOutside {
    Namespace(SmolStr),
    Object(ClusterObject),
}

impl CreatedOutside {
    /// `None` if the object is in the namespace of its branch. In the output, such an object has `metadata.namespace`, and one
    /// in another namespace has the annotation [`NAMESPACE_ANNOTATION`] too.
    pub(super) fn of(object: &Node) -> Option<Self> {
        let found = ClusterObject::of(object)?;
        let is_marked = object.at_path(&["metadata", "annotations", NAMESPACE_ANNOTATION]).is_some();
        match () {
            () if found.gvk.group.is_empty() && found.gvk.kind == "Namespace" => {
                Some(CreatedOutside::Namespace(found.name))
            }
            () if found.namespace.is_empty() || is_marked => Some(CreatedOutside::Object(found)),
            () => None,
        }
    }
}
