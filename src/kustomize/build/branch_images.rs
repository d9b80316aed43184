//! The images that the spec sets for a branch.
//!
//! They differ from `images` of a kustomization: a name is no pattern, a digest may have any algorithm, and image volumes and
//! ephemeral containers are included. Each image is compared as it is before any of them is replaced.

use crate::diagnostic::Result;
use crate::image::{self, ImageParts, ImageReference};
use crate::kustomize::field::{self, Edits, Make, SpecsByKind, Trail};
use crate::kustomize::input::{Resources, StepContext};
use crate::node::{Node, Value};
use crate::schema::fieldspec::{FieldSpec, FieldSpecs};
use crate::source::Location;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// The images that the spec sets for a branch.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageReplacements {
    /// What replaces an image, by its name, and where that is written.
    pub(crate) by_name: BTreeMap<SmolStr, (ImageReference, Location)>,
    /// References that stay as they are.
    pub(crate) kept: BTreeSet<String>,
    /// Fields with images, besides those of pods and those of the field specs.
    pub(crate) fields: Vec<FieldSpec>,
}

/// Replaces images in all objects, and returns the names of all images that were there before.
pub(super) fn apply(
    resources: &mut Resources,
    replacements: &ImageReplacements,
    context: &StepContext,
) -> Result<BTreeSet<SmolStr>> {
    // The fields of pods are found without field specs.
    let builtin = &FieldSpecs::builtin().images;
    let configured = context.specs.images.iter().filter(|spec| !builtin.contains(spec));
    let fields: Vec<FieldSpec> = configured.chain(&replacements.fields).cloned().collect();
    let (mut specs, work) = (SpecsByKind::new(&fields), context.input.work);
    let mut pass = ImagePass { replacements, names: BTreeSet::new() };
    for resource in resources.iter_mut() {
        if resource.node.get("kind").and_then(Node::as_text) == Some("CustomResourceDefinition") {
            continue;
        }
        let mut edits = Edits::default();
        pass.pods(&resource.node, &mut Trail::default(), &mut edits);
        let mut collect = |node: &Node, trail: &Trail, _: &FieldSpec| {
            pass.field(node, trail, &mut edits);
            Ok(None)
        };
        field::change_all(&mut resource.node, &mut specs, Make::Nothing, work, &mut collect).or_else(|error| {
            let is_ignored = replacements.by_name.is_empty() && !error.parts().is_of_work_limit;
            if is_ignored { Ok(false) } else { Err(resource.within(error)) }
        })?;
        edits.apply(&mut resource.node);
    }
    Ok(pass.names)
}

/// The images on the way through the objects.
struct ImagePass<'a> {
    replacements: &'a ImageReplacements,
    names: BTreeSet<SmolStr>,
}

impl ImagePass<'_> {
    /// The images of pods at any depth.
    fn pods<'n>(&mut self, node: &'n Node, trail: &mut Trail<'n>, edits: &mut Edits) {
        match &node.value {
            Value::Scalar(_) => {}
            Value::Seq(items) => {
                for (i, item) in items.iter().enumerate() {
                    trail.index(i, |trail| self.pods(item, trail, edits));
                }
            }
            Value::Map(map) => {
                for entry in map {
                    let path = image::path_in_pod_list(&entry.key.text);
                    trail.key(&entry.key.text, |trail| {
                        for (i, item) in entry.value.as_seq().unwrap_or_default().iter().enumerate() {
                            trail.index(i, |trail| self.at(item, path.unwrap_or_default(), trail, edits));
                        }
                        self.pods(&entry.value, trail, edits);
                    });
                }
            }
        }
    }

    /// The image at a path, which is not empty, below `node`.
    fn at<'n>(&mut self, node: &'n Node, path: &'static [&'static str], trail: &mut Trail<'n>, edits: &mut Edits) {
        let Some((key, rest)) = path.split_first() else { return };
        let Some(child) = node.get(key) else { return };
        trail.key(key, |trail| match rest {
            [] => self.field(child, trail, edits),
            rest => self.at(child, rest, trail, edits),
        });
    }

    /// A field with an image or a list of images.
    fn field(&mut self, node: &Node, trail: &Trail, edits: &mut Edits) {
        let new = match node.as_seq() {
            None => self.image(node),
            Some(items) => {
                let new: Vec<Option<Node>> = items.iter().map(|item| self.image(item)).collect();
                let is_changed = new.iter().any(Option::is_some);
                let items = items.iter().zip(new).map(|(old, new)| new.unwrap_or_else(|| old.clone()));
                is_changed.then(|| Node::seq(items).placed(node.at))
            }
        };
        if let Some(new) = new {
            edits.push(trail, new);
        }
    }

    /// What replaces an image, if it changes.
    fn image(&mut self, node: &Node) -> Option<Node> {
        let text = node.as_text()?;
        let parts = ImageParts::of(text);
        if parts.name.is_empty() {
            return None;
        }
        self.names.insert(parts.name.into());
        let (replacement, at) = self.replacements.by_name.get(parts.name)?;
        let new = replacement.replacing(parts);
        let is_kept = new == text || self.replacements.kept.contains(text);
        (!is_kept).then(|| field::rewritten(node, &new, *at))
    }
}
