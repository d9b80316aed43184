//! `images`: names, tags and digests of container images.
//!
//! kustomize processes an object twice: first every list called `containers` or `initContainers`, however deep and in
//! whatever kind, and then over its field specs. What the first pass made is what the second one finds.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result};
use crate::image::ImageParts;
use crate::kustomize::field;
use crate::kustomize::field::{Edits, Make, SpecsByKind, Trail};
use crate::kustomize::input::{Resources, StepContext, cause};
use crate::kustomize::model::image::{Digests, ImageName, image};
use crate::kustomize::model::{ImageOverride, Kustomization};
use crate::kustomize::parsed::{self, Written};
use crate::node::{Node, Value};
use crate::resource::Resource;
use crate::schema::fieldspec::FieldSpec;
use crate::source::Location;
use crate::work::WorkCounter;
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The image volumes of each `CronJob`, which kustomize changes since 5.8.2.
const CRON_JOB_VOLUMES: &str = "spec/jobTemplate/spec/template/spec/volumes[]/image/reference";

/// The step `images`.
pub(crate) fn step(resources: &mut Resources, kustomization: &Kustomization, context: &StepContext) -> Result<()> {
    let mut known = vec![KnownImages::default(); resources.as_slice().len()];
    let cron_jobs =
        context.rules.is_branch.then(|| FieldSpec { path: CRON_JOB_VOLUMES.into(), ..FieldSpec::default() });
    let specs: Vec<FieldSpec> = context.specs.images.iter().cloned().chain(cron_jobs).collect();
    let mut specs = SpecsByKind::new(&specs);
    kustomization.images.iter().try_for_each(|image| {
        apply_to_known(resources, image, &mut specs, &mut known, context).map_err(cause::entry(image.at, "images"))
    })
}

/// The images of an object that a pass has found, so that most other images need no pass. `None` before the first pass.
type KnownImages = Option<BTreeSet<SmolStr>>;

/// Changes one image in all containers and in the fields that `specs` name.
pub(crate) fn apply(
    resources: &mut Resources,
    image: &ImageOverride,
    specs: &[FieldSpec],
    context: &StepContext,
) -> Result<()> {
    let mut known = vec![KnownImages::default(); resources.as_slice().len()];
    apply_to_known(resources, image, &mut SpecsByKind::new(specs), &mut known, context)
}

fn apply_to_known(
    resources: &mut Resources,
    image: &ImageOverride,
    specs: &mut SpecsByKind,
    known: &mut [KnownImages],
    context: &StepContext,
) -> Result<()> {
    let work = context.input.work;
    // kustomize knows other digests than those of SHA-256 since 5.8.2.
    let digests = if context.rules.is_branch { Digests::All } else { Digests::Sha256 };
    let names: usize = known.iter().flatten().map(BTreeSet::len).sum();
    image.name.check(names, work).map_err(|error| error.at(image.at))?;
    work.compared(known.len()).map_err(|error| error.at(image.at))?;
    for (resource, known) in resources.iter_mut().zip(known) {
        let has_none = match known {
            Some(images) => !matches_any(&image.name, images, (digests, work))?,
            None => false,
        };
        if has_none || resource.node.get("kind").and_then(Node::as_text) == Some("CustomResourceDefinition") {
            continue;
        }
        if known.is_some() {
            work.value(&resource.node, 0).map_err(|error| error.at(image.at))?;
        }
        let again = parsed::is_followed(resource);
        let mut pass = Pass { image, digests, work, again, changed: 0, found: BTreeSet::new() };
        let mut edits = Edits::default();
        pass.containers(&resource.node, &mut Trail::default(), &mut edits)
            .map_err(|error| resource.within(error.limit_at(image.at)))?;
        edits.apply(&mut resource.node);
        let first = pass.changed;
        let value = |old: &Node, _: &Trail, _: &FieldSpec| pass.value(old);
        field::change_all(&mut resource.node, specs, Make::Nothing, work, value)
            .map_err(|error| resource.within(error.limit_at(image.at)))?;
        if first > 0 && pass.changed > first && image.appends() {
            let message = format!("the `tagSuffix` of `{}` is appended to the tag twice", image.name);
            let help = "kustomize changes containers in two passes; write `newTag` instead";
            context.lossy(resource.within(Diagnostic::new(Code::Overlay, message).at(image.at).help(help)))?;
        }
        *known = Some(pass.found);
    }
    parsed::follow(resources, Written::Untagged);
    Ok(())
}

/// Whether an image of an object has a name.
fn matches_any(
    name: &ImageName,
    images: &BTreeSet<SmolStr>,
    (digests, work): (Digests, &WorkCounter),
) -> Result<bool, Diagnostic> {
    for image in images {
        if name.matches(image, digests, work)? {
            return Ok(true);
        }
    }
    Ok(false)
}

impl ImageOverride {
    /// Whether the outcome depends on what the tag was.
    fn appends(&self) -> bool {
        self.new_tag.is_none() && self.digest.is_none() && self.tag_suffix.is_some()
    }
}

/// One image on its way over an object.
struct Pass<'a> {
    image: &'a ImageOverride,
    digests: Digests,
    work: &'a WorkCounter,
    /// Whether it sets an image to what it is already.
    again: bool,
    /// How many fields it changed so far.
    changed: usize,
    /// The images that it found or made.
    found: BTreeSet<SmolStr>,
}

impl Pass<'_> {
    /// The images of all containers in `node`.
    fn containers<'n>(&mut self, node: &'n Node, trail: &mut Trail<'n>, edits: &mut Edits) -> Result<(), Diagnostic> {
        match &node.value {
            Value::Scalar(_) => Ok(()),
            Value::Seq(items) => {
                items.iter().enumerate().try_for_each(|(i, item)| trail.index(i, |t| self.containers(item, t, edits)))
            }
            Value::Map(map) => map.iter().try_for_each(|entry| {
                let key = entry.key.text.as_str();
                trail.key(key, |trail| {
                    self.containers(&entry.value, trail, edits)?;
                    match entry.value.as_seq() {
                        Some(items) if key == "containers" || key == "initContainers" => items
                            .iter()
                            .enumerate()
                            .try_for_each(|(i, item)| trail.index(i, |trail| self.container(item, trail, edits))),
                        _ => Ok(()),
                    }
                })
            }),
        }
    }

    fn container<'n>(&mut self, node: &'n Node, trail: &mut Trail<'n>, edits: &mut Edits) -> Result<(), Diagnostic> {
        if node.is_null() {
            return Ok(());
        }
        let map = node.as_map().ok_or_else(|| {
            Diagnostic::new(Code::Resource, format!("a container must be a mapping, got {}", node.kind_name()))
                .at(node.at)
        })?;
        let Some(old) = map.get("image") else { return Ok(()) };
        if let Some(new) = self.value(old)? {
            trail.key("image", |trail| edits.push(trail, new));
        }
        Ok(())
    }

    /// The image reference that replaces `old`, if it matches and changes.
    fn value(&mut self, old: &Node) -> Result<Option<Node>, Diagnostic> {
        let text = &field::scalar(old, "image")?.text;
        if !self.image.name.matches(text, self.digests, self.work)? {
            self.found.insert(text.clone());
            return Ok(None);
        }
        let new = self.image.applied(text);
        self.found.insert(SmolStr::new(&new));
        self.changed += usize::from(new != *text);
        Ok((self.again || new != *text).then(|| field::rewritten(old, &new, self.at())))
    }

    fn at(&self) -> Location {
        let image = self.image;
        let parts = [&image.new_tag, &image.digest, &image.new_name, &image.tag_suffix];
        parts.into_iter().flatten().next().map_or(image.at, |text| text.at)
    }
}

impl ImageOverride {
    /// An image reference with what is new in it.
    fn applied(&self, reference: &str) -> String {
        let ImageParts { name, tag, digest } = ImageParts::of_kustomize(reference);
        let (tag, digest) = (tag.unwrap_or_default(), digest.unwrap_or_default());
        let name = self.new_name.as_deref().unwrap_or(name);
        let suffixed;
        let (tag, digest) = match (self.new_tag.as_deref(), self.digest.as_deref(), self.tag_suffix.as_deref()) {
            (Some(tag), digest, _) => (tag, digest.unwrap_or("")),
            (None, Some(digest), _) => ("", digest),
            (None, None, Some(suffix)) => {
                suffixed = format!("{tag}{suffix}");
                (suffixed.as_str(), "")
            }
            (None, None, None) => (tag, digest),
        };
        let mut new = name.to_owned();
        for (mark, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                new.push(mark);
                new.push_str(part);
            }
        }
        new
    }
}

/// The plugin `ImageTagTransformer`.
pub(crate) fn configured(resources: &mut Resources, plugin: &Resource, context: &StepContext) -> Result<()> {
    let (image, specs) =
        plugin::read(plugin, |fields| (plugin::entry(fields, "imageTag", image), plugin::specs(fields)))?;
    apply(resources, &image.unwrap_or_default(), &specs, context)
}
