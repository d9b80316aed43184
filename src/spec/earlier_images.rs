//! The names of images that earlier specs set.

use super::sync_image;
use crate::image::ImageReference;
use crate::node::Node;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// An entry of `images`: the name or alias of an image, and the name that it gets. Empty if only the tag is set.
type ImageEntry = (SmolStr, SmolStr);

/// The images that the texts of earlier specs set.
#[derive(Debug, Default)]
pub(super) struct EarlierImages {
    /// Aliases of images, and the names that they stand for.
    aliases: BTreeMap<SmolStr, SmolStr>,
    /// What branches, their versions and `sync` set.
    set: BTreeSet<ImageEntry>,
    /// What `defaults` set.
    defaults: BTreeSet<ImageEntry>,
}

impl EarlierImages {
    /// Adds what a document of a spec sets. `entries` are its branches.
    pub(super) fn add<'n>(&mut self, document: &Node, entries: impl Iterator<Item = &'n Node>, project: Option<&str>) {
        self.aliases.extend(texts(document.get("imageAliases")));
        self.defaults.extend(document.get("defaults").into_iter().flat_map(images));
        for entry in entries {
            let versions = entry.get("slots").and_then(|slots| slots.get("versions")?.as_map()).into_iter().flatten();
            self.set.extend(std::iter::once(entry).chain(versions.map(|version| &version.value)).flat_map(images));
        }
        let synced = texts(document.get("sync").and_then(|sync| sync.get("images")));
        self.set.extend(
            synced.filter_map(|(key, text)| Some((key, sync_image::image_name(&text, project.unwrap_or_default())?))),
        );
    }

    /// Adds what other texts set.
    pub(super) fn extend(&mut self, other: &EarlierImages) {
        self.aliases.extend(other.aliases.clone());
        self.set.extend(other.set.iter().cloned());
        self.defaults.extend(other.defaults.iter().cloned());
    }

    /// The names that `defaults` set. With a tag alone, they set a version of the image in the manifests.
    pub(super) fn defaults(&self) -> impl Iterator<Item = &SmolStr> {
        self.defaults.iter().map(|(key, name)| if name.is_empty() { self.image(key) } else { name })
    }

    /// The names that branches and `sync` set. With a tag alone, they set a version of the image of `defaults` or of the manifests.
    pub(super) fn set(&self) -> impl Iterator<Item = &SmolStr> {
        let named = self.defaults.iter().filter(|(_, name)| !name.is_empty());
        let mut of_defaults: BTreeMap<&SmolStr, Vec<&SmolStr>> = BTreeMap::new();
        named.for_each(|(key, name)| of_defaults.entry(self.image(key)).or_default().push(name));
        self.set.iter().flat_map(move |(key, name)| match of_defaults.get(self.image(key)) {
            _ if !name.is_empty() => vec![name],
            Some(names) => names.clone(),
            None => vec![self.image(key)],
        })
    }

    /// The image in the manifests that an alias or a name stands for.
    fn image<'k>(&'k self, key: &'k SmolStr) -> &'k SmolStr {
        self.aliases.get(key).unwrap_or(key)
    }
}

/// The entries of `images` of a branch, a version or `defaults`.
fn images(node: &Node) -> impl Iterator<Item = ImageEntry> {
    texts(node.get("images")).filter_map(|(key, text)| {
        let image = ImageReference::parse_replacement(&text).ok()?;
        Some((key, image.name.unwrap_or_default()))
    })
}

/// The entries of a mapping that are texts.
fn texts(node: Option<&Node>) -> impl Iterator<Item = (SmolStr, SmolStr)> {
    let entries = node.and_then(Node::as_map).into_iter().flatten();
    entries.filter_map(|entry| Some((entry.key.text.clone(), entry.value.as_text()?.into())))
}

#[cfg(test)]
mod tests {
    use super::super::EarlierSpec;
    use super::*;

    #[test]
    fn names_of_images_are_joined_over_all_texts() {
        let mut images = EarlierImages::default();
        for text in [
            "project: shop\nimageAliases: {web: app/web}\ndefaults: {images: {app/web: 'r.example.com/web:1', db: 'r.example.com/db:1'}}\n\
             sync: {images: {api: 'r.example.com/{{ project }}/api:{{ branch.tag }}', x: '{{ branch.tag }}/x:1'}}\n",
            "name: a\nimages: {web: ':2', other: ':1', none: null, bad: 'A B'}\n\
             slots: {active: a, versions: {a: {images: {job: 'r.example.com/job:1'}}}}\n",
        ] {
            images.extend(&EarlierSpec::read(text).images);
        }
        let names =
            |names: &mut dyn Iterator<Item = &SmolStr>| names.map(SmolStr::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(names(&mut images.set()), "r.example.com/shop/api r.example.com/job other r.example.com/web");
        assert_eq!(names(&mut images.defaults()), "r.example.com/web r.example.com/db");
    }
}
