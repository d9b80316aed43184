//! The objects as kustomize has parsed and changed them, for the hash of an object of any kind.
//!
//! Only objects with the annotation that requests such a hash are followed: [`begin`] reads their values, each step calls
//! [`follow()`] or [`patch`] after a change, and the step that makes the hash reads the result. Whatever is not known for
//! sure ends it: the object has no such values from then on, and no hash.

mod comment;
mod follow;
mod merge;
mod printed;
mod read;

pub(crate) use follow::Written;
pub(crate) use merge::ParsedPatch;

use super::input::load::without_j2;
use super::input::{Resources, books};
use crate::annotation::ORIGIN_ANNOTATION;
use crate::resource::parsed::style;
use crate::resource::{ParsedNode, Resource};
use crate::schema::merge::MergeSchema;
use crate::source::File;

/// Begins to follow an object that was read from a file, if it requests a hash.
pub(crate) fn begin(resource: &mut Resource, file: &File) {
    let is_meant = |resource: &Resource| {
        books::requests_hash(resource).is_some()
            && !matches!(&*resource.gvk().kind, "ConfigMap" | "Secret")
            && !resource.has_history()
    };
    if is_meant(resource) && without_j2(file.path.name()).is_none() {
        resource.parsed = file.text().ok().and_then(|text| read::object(text, &resource.node)).map(Box::new);
    }
}

/// Whether an object is followed: then a step sets a field even to what it is already, because kustomize does.
pub(crate) fn is_followed(resource: &Resource) -> bool {
    resource.parsed.is_some()
}

/// Follows the objects after a step that has `written` some fields.
pub(crate) fn follow(resources: &mut Resources, written: Written) {
    resources.iter_mut().for_each(|resource| follow_one(resource, written));
}

/// Follows one object.
pub(crate) fn follow_one(resource: &mut Resource, written: Written) {
    change(resource, |parsed, resource| follow::follow(parsed, &resource.node, written));
}

/// Follows an object that a strategic merge patch has changed, if the patch is known.
pub(crate) fn patch(resource: &mut Resource, patch: Option<&ParsedPatch>, schema: &MergeSchema) {
    change(resource, |parsed, resource| patch?.merge(parsed, &resource.node, schema));
}

/// Follows an object that kustomize has printed and read again after it was changed.
pub(crate) fn print(resource: &mut Resource) {
    change(resource, |parsed, resource| printed::print(parsed, &resource.node));
}

/// Follows an object that has got the annotation with its origin.
pub(crate) fn add_origin(resource: &mut Resource) {
    change(resource, |parsed, resource| {
        let value = resource.node.str_at(&["metadata", "annotations", ORIGIN_ANNOTATION])?;
        parsed.get_mut("metadata")?.get_mut("annotations")?.set(ORIGIN_ANNOTATION, value, style::PLAIN);
        Some(())
    });
}

/// Follows an object whose annotations kustomize has made anew.
pub(crate) fn annotate_anew(resource: &mut Resource) {
    change(resource, |parsed, resource| {
        printed::make_annotations(parsed, &resource.node)?;
        follow::locate(parsed, &resource.node)
    });
}

/// Gives up.
pub(crate) fn lose(resource: &mut Resource) {
    resource.parsed = None;
}

/// The values of an object at the end, if they are known.
pub(crate) fn known(resource: &Resource) -> Option<Box<ParsedNode>> {
    let mut parsed = resource.parsed.clone()?;
    follow::locate(&mut parsed, &resource.node)?;
    Some(parsed)
}

fn change(resource: &mut Resource, change: impl FnOnce(&mut ParsedNode, &Resource) -> Option<()>) {
    if let Some(mut parsed) = resource.parsed.take() {
        resource.parsed = change(&mut parsed, resource).map(|()| parsed);
    }
}
